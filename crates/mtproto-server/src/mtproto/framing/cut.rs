use core::ops::Range;

use thiserror::Error;

/// A stream is none of packets; nothing after this can be read from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum FramingError {
    #[error("the stream starts as no transport that is served")]
    UnknownTransport,
    #[error("a packet cannot have a length of {0}")]
    Length(u32),
    #[error("the packet has the number {found}, not {expected}")]
    Sequence { expected: u32, found: u32 },
    #[error("the checksum of a packet is wrong")]
    Checksum,
}

/// A packet that is whole: where its payload stands, where the next packet starts, and whether the client wants to be told at
/// once that it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) payload: Range<usize>,
    pub(super) end: usize,
    pub(super) wants_ack: bool,
}

/// Checks the length of a payload, which is a multiple of four.
pub(super) fn check_length(length: u32, limit: usize) -> Result<usize, FramingError> {
    let bytes = usize::try_from(length).unwrap_or(usize::MAX);
    if (4..=limit).contains(&bytes) && bytes.is_multiple_of(4) {
        Ok(bytes)
    } else {
        Err(FramingError::Length(length))
    }
}
