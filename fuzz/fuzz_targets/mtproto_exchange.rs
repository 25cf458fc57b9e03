//! The key exchanges of an MTProto client.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| confcall_fuzz::mtproto_exchange(data));
