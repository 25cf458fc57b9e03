//! An engine and a server that lies.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| confcall_fuzz::engine_ops(data));
