//! A trie in snapshot form.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| confcall_fuzz::trie_snapshot(data));
