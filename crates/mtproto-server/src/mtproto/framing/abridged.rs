//! The abridged transport: a length of one or four bytes, in units of four, then the payload.

use super::cut::{Cut, FramingError, check_length};

pub(super) const TAG: u8 = 0xef;
pub(super) const OBFUSCATED_TAG: [u8; 4] = [TAG; 4];

/// The byte after which a length follows in three bytes.
const LONG: u8 = 0x7f;
/// The bit of the first byte that asks for a quick acknowledgement.
const ACK: u8 = 0x80;

pub(super) fn cut(bytes: &[u8], limit: usize) -> Result<Option<Cut>, FramingError> {
    let Some((first, rest)) = bytes.split_first() else {
        return Ok(None);
    };
    let (units, header) = match (first & !ACK, rest) {
        (LONG, [a, b, c, ..]) => (u32::from_le_bytes([*a, *b, *c, 0]), 4),
        (LONG, _) => return Ok(None),
        (units, _) => (u32::from(units), 1),
    };
    let end = check_length(units.saturating_mul(4), limit)?.saturating_add(header);
    Ok((bytes.len() >= end).then_some(Cut {
        payload: header..end,
        end,
        wants_ack: first & ACK != 0,
    }))
}

/// The payload comes padded to a multiple of four.
pub(super) fn frame(payload: &[u8]) -> Vec<u8> {
    let units = payload.len() / 4;
    let [a, b, c, ..] = units.to_le_bytes();
    let header: &[u8] = match a {
        short @ ..LONG if units < usize::from(LONG) => &[short],
        _ => &[LONG, a, b, c],
    };
    [header, payload].concat()
}

/// The bytes of a quick acknowledgement, whose highest bit tells it from a length.
pub(super) fn frame_ack(token: u32) -> Vec<u8> {
    token.to_be_bytes().to_vec()
}
