//! The intermediate transport: a length of four bytes, then the payload.

use super::cut::{Cut, FramingError, check_length};

pub(super) const TAG: [u8; 4] = [0xee; 4];

const HEADER: usize = 4;

pub(super) fn cut(bytes: &[u8], limit: usize) -> Result<Option<Cut>, FramingError> {
    let Some(length) = bytes.first_chunk() else {
        return Ok(None);
    };
    let end = check_length(u32::from_le_bytes(*length), limit)?.saturating_add(HEADER);
    Ok((bytes.len() >= end).then_some(Cut {
        payload: HEADER..end,
        end,
    }))
}

pub(super) fn frame(payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    [&length.to_le_bytes(), payload].concat()
}
