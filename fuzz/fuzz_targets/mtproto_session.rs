//! A session of MTProto and a client that keeps to few rules.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| confcall_fuzz::mtproto_session(data));
