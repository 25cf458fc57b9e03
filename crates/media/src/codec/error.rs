use confcall_state::ReferenceCode;
use thiserror::Error;

use super::h264::H264Fault;
use crate::error::{OpenError, SealError};

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
