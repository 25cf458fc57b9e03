//! Blocks, judged by the model and by the engine.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| confcall_fuzz::chain_ops(data));
