//! Logins by codes.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| confcall_fuzz::mtproto_login(data));
