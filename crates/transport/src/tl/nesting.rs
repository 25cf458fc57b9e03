//! A bound on how deeply bytes can nest, before a reader recurses into them.
//!
//! A rich text can hold a rich text, and so on: four bytes for each level are enough, so that an answer of a megabyte could
//! use up any stack. Every such cycle of the schema goes through one of five types. All values of TL are whole words
//! long, so the words that may be constructors of these types are at least as many as the levels.

use grammers_tl_types::name_for_id;

use crate::limits;

/// How the constructors of the five types are called.
const RECURSIVE: [&str; 5] = [
    "inputMedia",
    "inputPeer",
    "messageMedia",
    "pageBlock",
    "text",
];

/// Whether bytes may nest more deeply than is safe to read.
pub(super) fn is_too_deep(bytes: &[u8]) -> bool {
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
