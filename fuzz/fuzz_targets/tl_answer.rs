//! The bytes of an answer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| confcall_fuzz::tl_answer(data));
