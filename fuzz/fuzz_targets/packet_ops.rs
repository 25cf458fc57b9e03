//! Two members and what a network does.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| confcall_fuzz::packet_ops(data));
