//! The error for bytes that are no block and no broadcast.

use core::fmt;

use confcall::state::tl::{ReadError, ReadErrorKind};

use super::form::ItemForm;

/// The bytes cannot be explained.
#[derive(Debug)]
pub(crate) struct Malformed {
    what: String,
    offset: usize,
    reason: String,
    advice: &'static str,
}

impl Malformed {
    /// Bytes that do not even start as an item.
    pub(super) fn of_unknown_id(bytes: &[u8]) -> Self {
        let reason = match bytes.first_chunk() {
            Some(id) => format!(
                "{:08x} is not the constructor of a block or broadcast",
                u32::from_le_bytes(*id)
            ),
            None => format!("{} bytes have no room for a constructor id", bytes.len()),
        };
        Self {
            what: "neither a block nor a broadcast".to_owned(),
            offset: 0,
            reason,
            advice: "give one item of `updateGroupCallChainBlocks.blocks` or a block as it is sent, \
                without the update or the string around it",
        }
    }

    /// An item that starts well and goes wrong.
    pub(super) fn of_item(what: &str, form: ItemForm, error: ReadError) -> Self {
        Self {
            what: format!("malformed {what} in {}", form.words()),
            offset: error.offset,
            reason: error.kind.to_string(),
            advice: advice(error.kind),
        }
    }

    /// The place of the error, in bytes from the start.
    pub(super) fn offset(&self) -> usize {
        self.offset
    }
}

fn advice(kind: ReadErrorKind) -> &'static str {
    match kind {
        ReadErrorKind::UnexpectedEnd { .. } => {
            "the input looks cut off; compare its size with that of the original"
        }
        ReadErrorKind::TrailingBytes { .. } => {
            "give one item alone; several blocks must be split before"
        }
        _ => "the reference refuses these bytes too; compare them with what the sender wrote",
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            offset,
            reason,
            advice,
        } = self;
        write!(f, "{what}, at byte {offset}: {reason}\n  next: {advice}")
    }
}

impl std::error::Error for Malformed {}
