#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| confcall_fuzz::chain_ops(data));
