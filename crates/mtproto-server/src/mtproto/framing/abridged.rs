//! The abridged transport: a length of one or four bytes, in units of four, then the payload.

use super::cut::{Cut, FramingError, check_length};

pub(super) const TAG: u8 = 0xef;
pub(super) const OBFUSCATED_TAG: [u8; 4] = [TAG; 4];

/// The byte after which a length follows in three bytes.
const LONG: u8 = 0x7f;

pub(super) fn cut(bytes: &[u8], limit: usize) -> Result<Option<Cut>, FramingError> {
    let (units, header) = match *bytes {
        [LONG, a, b, c, ..] => (u32::from_le_bytes([a, b, c, 0]), 4),
        [] | [LONG, ..] => return Ok(None),
        // The highest bit asks for quick acknowledgements, which are not served.
        [units @ ..LONG, ..] => (u32::from(units), 1),
        [other, ..] => return Err(FramingError::Length(u32::from(other))),
    };
    let end = check_length(units.saturating_mul(4), limit)?.saturating_add(header);
    Ok((bytes.len() >= end).then_some(Cut {
        payload: header..end,
        end,
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
