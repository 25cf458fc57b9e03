//! The intermediate transport: a length of four bytes, then the payload.
//!
//! In its padded form up to fifteen bytes follow the payload, which the length counts: of the payload, which says itself how long
//! it is, they are no part.

use super::cut::{Cut, FramingError, check_length};

pub(super) const TAG: [u8; 4] = [0xee; 4];
pub(super) const PADDED_TAG: [u8; 4] = [0xdd; 4];

const HEADER: usize = 4;
/// The bit of the length that asks for a quick acknowledgement.
const ACK: u32 = 1 << 31;
/// The most bytes of padding.
const MOST_PADDING: usize = 15;

pub(super) fn cut(bytes: &[u8], limit: usize) -> Result<Option<Cut>, FramingError> {
    let Some((length, wants_ack)) = read_length(bytes) else {
        return Ok(None);
    };
    let length = check_length(length, limit)?;
    Ok(whole(bytes, length, length, wants_ack))
}

pub(super) fn cut_padded(bytes: &[u8], limit: usize) -> Result<Option<Cut>, FramingError> {
    let Some((length, wants_ack)) = read_length(bytes) else {
        return Ok(None);
    };
    let all = usize::try_from(length).unwrap_or(usize::MAX);
    if all > limit.saturating_add(MOST_PADDING) {
        return Err(FramingError::Length(length));
    }
    let Some(padded) = bytes.get(HEADER..).and_then(|rest| rest.get(..all)) else {
        return Ok(None);
    };
    let payload = u32::try_from(without_padding(padded)).unwrap_or(u32::MAX);
    let payload = check_length(payload, limit)?;
    Ok(whole(bytes, payload, all, wants_ack))
}

/// The length of a payload that is followed by padding.
///
/// ```text
/// key (8, not 0)  message key (16)  blocks (16 each)
/// 0 (8)  message id (8)  length (4)  body
/// ```
fn without_padding(bytes: &[u8]) -> usize {
    const SEALED: usize = 24;
    const CLEAR: usize = 20;
    let length = match bytes.split_at_checked(CLEAR) {
        Some((&[0, 0, 0, 0, 0, 0, 0, 0, .., a, b, c, d], _)) => {
            let body = usize::try_from(u32::from_le_bytes([a, b, c, d]));
            CLEAR.saturating_add(body.unwrap_or(usize::MAX))
        }
        _ => match bytes.len().checked_sub(SEALED) {
            Some(blocks) => SEALED + blocks / 16 * 16,
            None => bytes.len(),
        },
    };
    length.min(bytes.len())
}

fn read_length(bytes: &[u8]) -> Option<(u32, bool)> {
    let length = u32::from_le_bytes(*bytes.first_chunk()?);
    Some((length & !ACK, length & ACK != 0))
}

fn whole(bytes: &[u8], payload: usize, all: usize, wants_ack: bool) -> Option<Cut> {
    let end = all.saturating_add(HEADER);
    (bytes.len() >= end).then_some(Cut {
        payload: HEADER..payload.saturating_add(HEADER),
        end,
        wants_ack,
    })
}

/// The padded form may have no padding, too.
pub(super) fn frame(payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    [&length.to_le_bytes(), payload].concat()
}

/// The bytes of a quick acknowledgement, whose highest bit tells it from a length.
pub(super) fn frame_ack(token: u32) -> Vec<u8> {
    token.to_le_bytes().to_vec()
}
