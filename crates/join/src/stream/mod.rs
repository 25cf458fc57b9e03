//! A call that is shown as a stream of files instead of media over WebRTC, as values.
//!
//! ```text
//! channels, parts, failures ──▶ StreamClock ──▶ what to ask for and when, parts in the order of their times
//!
//! the bytes of a part ──▶ Chunk: the header of a picture, and where its media file begins
//!                    └──▶ AudioPart: who speaks in an Ogg file of sound, and which pictures there are
//! ```
//!
//! The media within the files is the client's to decode.
//!
//! Implements `spec/group-calls.md`, "Stream mode".

mod chunk;
mod clock;
#[cfg(any(fuzzing, confcall_testing))]
#[doc(hidden)]
pub mod fuzzing;
mod ogg;

pub use chunk::{Chunk, ChunkError, ChunkEvent, ChunkHeader};
pub use clock::{
    AskId, ChannelsAnswer, PartAnswer, PartAsk, Quality, StreamAsk, StreamClock, StreamOutput,
    StreamPart, Track, WantedVideo,
};
pub use ogg::{AudioPart, AudioPartError, SpeakerChange};
