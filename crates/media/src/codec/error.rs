use confcall_state::ReferenceCode;
use thiserror::Error;

use super::h264::H264Fault;
use crate::error::{OpenError, SealError};
use crate::limits;

/// A codec that official clients do not understand.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("frames of the codec {name:?} are not understood by others")]
pub struct UnsupportedCodec {
    /// The first 32 characters of its name.
    pub name: String,
}

impl UnsupportedCodec {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.chars().take(limits::CODEC_NAME).collect(),
        }
    }
}

/// An encoded frame could not be sealed: drop it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SealFrameError {
    /// There is no packet for it.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The rule for H.264 does not allow it.
    #[error(transparent)]
    H264(#[from] H264Fault),
}

impl SealFrameError {
    /// The reference's code, where it has one for this.
    pub fn reference_code(&self) -> Option<ReferenceCode> {
        match self {
            Self::Seal(error) => error.reference_code(),
            Self::H264(_) => None,
        }
    }
}

/// An encoded frame could not be opened: drop it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OpenFrameError {
    /// The packet does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The packet is authentic, and is no audio: it has not even a trailer.
    #[error("an audio frame without its trailer")]
    NoOpusTrailer,
}

impl OpenFrameError {
    /// The reference's code, where it has one for this.
    pub fn reference_code(&self) -> Option<ReferenceCode> {
        match self {
            Self::Open(error) => error.reference_code(),
            Self::NoOpusTrailer => None,
        }
    }
}
