use thiserror::Error;

use super::block::BLOCK;
use super::broadcast::{COMMIT, REVEAL};

/// The canonical constructor ids of the items that a server passes on: a block, a commit and a reveal.
///
/// Each stands incremented by one in what comes from the server (`spec/protocol.md`, 1.3).
pub const ITEM_IDS: [u32; 3] = [BLOCK, COMMIT, REVEAL];

/// An item from the server that is refused for its form, before anything in it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotServerForm {
    /// It is too short for a constructor id.
    #[error("an item has at least 4 bytes, not {length}")]
    TooShort {
        /// Its length in bytes.
        length: usize,
    },
    /// It is in the form in which clients send items.
    #[error("{id:08x} is not an id that the server sends")]
    Local {
        /// The id.
        id: u32,
    },
}

/// Checks that an item is in the form in which a server sends items, whatever it may be an item of.
///
/// To a membership an item in another form is none: it is as if nothing had come (`spec/protocol.md`, 1.3 and 3).
///
/// # Errors
///
/// [`NotServerForm`]
pub fn check_server_form(item: &[u8]) -> Result<(), NotServerForm> {
    let length = item.len();
    let id = item
        .first_chunk()
        .ok_or(NotServerForm::TooShort { length })?;
    let id = u32::from_le_bytes(*id);
    // Any other id is read, and fails as a block or a broadcast does.
    match ITEM_IDS.contains(&id) {
        true => Err(NotServerForm::Local { id }),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_items_and_canonical_ids_are_refused_for_their_form_and_any_other_id_is_not() {
        for length in 0..4 {
            let refused = check_server_form(&[0xff; 3][..length]);
            assert_eq!(refused, Err(NotServerForm::TooShort { length }));
        }
        for id in ITEM_IDS {
            let refused = check_server_form(&id.to_le_bytes());
            assert_eq!(refused, Err(NotServerForm::Local { id }));
            for other in [id - 1, id + 1, 0, u32::MAX] {
                assert_eq!(check_server_form(&other.to_le_bytes()), Ok(()));
            }
        }
    }
}
