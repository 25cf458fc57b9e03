//! How one encoded frame of each codec becomes a packet, and back.
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

pub use error::{OpenFrameError, SealFrameError, UnsupportedCodec};
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
    const ALL: [Self; 3] = [Self::Opus, Self::Vp8, Self::H264];

    /// The codec of a WebRTC name, in any case: `opus`, `VP8`, `H264`.
    ///
    /// # Errors
    ///
    /// [`UnsupportedCodec`] for every other name: drop what it encodes.
    pub fn from_name(name: &str) -> Result<Self, UnsupportedCodec> {
        let mut all = Self::ALL.into_iter();
        let codec = all.find(|codec| codec.name().eq_ignore_ascii_case(name));
        codec.ok_or_else(|| UnsupportedCodec::new(name))
    }

    /// The name in WebRTC.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opus => "opus",
            Self::Vp8 => "VP8",
            Self::H264 => "H264",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_codec_is_known_by_its_name_in_any_case_and_others_are_refused() {
        for codec in Codec::ALL {
            assert_eq!(Codec::from_name(codec.name()), Ok(codec));
            assert_eq!(Codec::from_name(&codec.name().to_lowercase()), Ok(codec));
        }
        for name in ["VP9", "AV1", "H265", "", "opus ", "red"] {
            let error = Codec::from_name(name).unwrap_err();
            assert_eq!(error, UnsupportedCodec::new(name));
        }
        let long = Codec::from_name(&"x".repeat(1000)).unwrap_err();
        assert!(long.to_string().len() < 100);
    }
}
