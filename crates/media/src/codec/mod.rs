//! Rules by which one encoded frame of each codec becomes a packet, and back.
//!
//! ```text
//! frame ── rule of the codec ──▶ clear prefix + what is encrypted ── seal ──▶ packet
//! packet ── open ──▶ content ── rule of the codec ──▶ frame
//! ```
//!
//! A frame is one encoded frame before packetisation. The rules decide which bytes routers and packetisers can
//! still read. A frame that cannot be sealed or opened is dropped: there is no rule that passes it as it is.
//!
//! Implements `spec/protocol.md`, 4.1.

mod bits;
mod error;
mod frames;
mod h264;
mod opus;
mod vp8;

pub use error::{OpenFrameError, SealFrameError};
pub use frames::{EncodedFrame, FrameInfo, OpenedFrame};
pub use h264::H264Fault;
pub use opus::{AudioLevel, Speech};

/// A codec that official clients understand inside a conference call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// Opus audio.
    Opus,
    /// VP8 video.
    Vp8,
    /// H.264 video as an Annex B byte stream.
    H264,
}

impl Codec {
    /// The name in WebRTC.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opus => "opus",
            Self::Vp8 => "VP8",
            Self::H264 => "H264",
        }
    }
}
