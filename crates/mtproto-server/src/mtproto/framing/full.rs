//! The full transport: a length and a number, the payload, and a checksum of all of it.
//!
//! ```text
//! length (4)  number (4)  payload  CRC-32 (4)
//! ```
//!
//! The length counts all four parts. Each side numbers its packets from 0.

use super::cut::{Cut, FramingError, check_length};

/// The offset of the payload.
const HEADER: usize = 8;
const CHECKSUM: usize = 4;
const OVERHEAD: u32 = 12;

pub(super) struct Full {
    received: u32,
    sent: u32,
}

impl Full {
    pub(super) fn new() -> Self {
        Self {
            received: 0,
            sent: 0,
        }
    }

    pub(super) fn cut(&mut self, bytes: &[u8], limit: usize) -> Result<Option<Cut>, FramingError> {
        let Some((length, rest)) = bytes.split_first_chunk() else {
            return Ok(None);
        };
        let length = u32::from_le_bytes(*length);
        let payload = length.checked_sub(OVERHEAD);
        let payload = check_length(payload.ok_or(FramingError::Length(length))?, limit)?;
        // At once, so that no garbage is waited for to its end.
        if let Some(number) = rest.first_chunk() {
            self.check_number(u32::from_le_bytes(*number))?;
        }
        let end = HEADER.saturating_add(payload);
        let Some((covered, rest)) = bytes.split_at_checked(end) else {
            return Ok(None);
        };
        let Some(checksum) = rest.first_chunk() else {
            return Ok(None);
        };
        if crc32fast::hash(covered) != u32::from_le_bytes(*checksum) {
            return Err(FramingError::Checksum);
        }
        self.received = self.received.wrapping_add(1);
        Ok(Some(Cut {
            payload: HEADER..end,
            end: end.saturating_add(CHECKSUM),
            wants_ack: false,
        }))
    }

    pub(super) fn frame(&mut self, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        let length = length.saturating_add(OVERHEAD).to_le_bytes();
        let mut framed = [&length, &self.sent.to_le_bytes(), payload].concat();
        framed.extend(crc32fast::hash(&framed).to_le_bytes());
        self.sent = self.sent.wrapping_add(1);
        framed
    }

    fn check_number(&self, found: u32) -> Result<(), FramingError> {
        let expected = self.received;
        match found == expected {
            true => Ok(()),
            false => Err(FramingError::Sequence { expected, found }),
        }
    }
}
