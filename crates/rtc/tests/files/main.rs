//! Files of sound and picture, as their users read and write them.
#![cfg(feature = "files")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests"
)]

mod built;
mod changed;
mod ivf;
mod opus_reading;
mod opus_writing;
mod recordings;
mod tools;

/// Three seconds of a chime in packets of 20 ms, by opusenc.
const CHIME: &[u8] = include_bytes!("../media/chime.ogg");
/// Two seconds of a test picture, by FFmpeg.
const PICTURE: &[u8] = include_bytes!("../media/test-picture.ivf");
