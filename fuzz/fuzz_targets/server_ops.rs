//! A server under requests of all kinds.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| confcall_fuzz::server_ops(data));
