//! An engine and a server that lies.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| confcall_fuzz::group_call_ops(data));
