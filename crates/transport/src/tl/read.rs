//! Values of the API from bytes that anyone may have written.

use grammers_tl_types::deserialize::Error as Malformed;
use grammers_tl_types::{Cursor, Deserializable, name_for_id};
use thiserror::Error;

use crate::limits;

/// Bytes are not one value of the API.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum ReadFault {
    /// They are of another type, or end too early.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// They may nest more deeply than is safe to read.
    #[error("it nests too deeply")]
    TooDeep,
    /// Bytes follow the value.
    #[error("{length} bytes follow it")]
    TrailingBytes {
        /// The number of bytes.
        length: usize,
    },
}

/// Reads a value that takes all bytes.
pub(crate) fn read_whole<T: Deserializable>(bytes: &[u8]) -> Result<T, ReadFault> {
    if is_too_deep(bytes) {
        return Err(ReadFault::TooDeep);
    }
    let mut cursor = Cursor::from_slice(bytes);
    let value = T::deserialize(&mut cursor)?;
    match bytes.len().saturating_sub(cursor.pos()) {
        0 => Ok(value),
        length => Err(ReadFault::TrailingBytes { length }),
    }
}

/// The names with which the constructors of the five types begin through which every cycle of the schema goes.
const RECURSIVE: [&str; 5] = [
    "inputMedia",
    "inputPeer",
    "messageMedia",
    "pageBlock",
    "text",
];

/// The rule for bytes that may nest more deeply than is safe to read.
///
/// The reader recurses. A rich text can hold a rich text, and so on: four bytes for each level are enough, so that an answer
/// of a megabyte could use up any stack. All values of TL are whole words long, so the words that may be constructors of
/// the recursive types are at least as many as the levels.
fn is_too_deep(bytes: &[u8]) -> bool {
    let (words, _) = bytes.as_chunks();
    let mut recursive = words.iter().filter(|word| may_recurse(**word));
    recursive.nth(limits::NESTED).is_some()
}

fn may_recurse(word: [u8; 4]) -> bool {
    let name = name_for_id(u32::from_le_bytes(word));
    RECURSIVE.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use grammers_tl_types::{Identifiable, types};

    #[test]
    fn each_of_the_five_types_is_counted() {
        for level in [
            types::InputMediaPaidMedia::CONSTRUCTOR_ID,
            types::InputPeerUserFromMessage::CONSTRUCTOR_ID,
            types::MessageMediaWebPage::CONSTRUCTOR_ID,
            types::PageBlockDetails::CONSTRUCTOR_ID,
            types::TextBold::CONSTRUCTOR_ID,
        ] {
            let level = level.to_le_bytes();
            assert!(!is_too_deep(&level.repeat(limits::NESTED)));
            assert!(is_too_deep(&level.repeat(limits::NESTED + 1)));
        }
    }
}
