//! A server's snapshot.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| confcall_fuzz::server_snapshot(data));
