//! A packet of a stranger, or of a member who keeps to no rule.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| confcall_fuzz::packet_open(data));
