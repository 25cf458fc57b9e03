//! A proof in network form.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| confcall_fuzz::trie_proof(data));
