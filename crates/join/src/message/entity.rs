use core::fmt;
use core::ops::Range;

use serde::{Serialize, Serializer};

use crate::shown::{self, Form};

/// The id of the document that a custom emoji is; the whole int64 range is used.
///
/// It is part of what a message says, so `Debug` does not show it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentId(i64);

impl DocumentId {
    /// Wraps an id.
    pub const fn new(value: i64) -> Self {
        Self(value)
    }

    /// The id as a number; in JSON it is a string, since it can be beyond what a floating-point number holds.
    pub const fn value(self) -> i64 {
        self.0
    }
}

impl Form for DocumentId {
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        shown::id(self.value(), to)
    }
}

impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DocumentId(..)")
    }
}

/// The way in which a part of a text is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum EntityKind {
    /// In bold type.
    Bold,
    /// In italic type.
    Italic,
    /// Underlined.
    Underline,
    /// Struck through.
    Strike,
    /// Hidden until it is touched.
    Spoiler,
    /// In the type of programs; messages between members of a conference have none.
    Code,
    /// As a picture in place of the text.
    CustomEmoji {
        /// The picture.
        #[serde(serialize_with = "shown::form")]
        document_id: DocumentId,
    },
}

/// A part of a text that is shown in a way of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Entity {
    /// The way in which it is shown.
    #[serde(flatten)]
    pub kind: EntityKind,
    /// Its beginning, in UTF-16 units of the text.
    pub offset: usize,
    /// Its length in UTF-16 units.
    pub length: usize,
}

impl Entity {
    /// The bytes of `text` that it covers; `None` if it ends outside the text or inside a character.
    pub fn bytes_in(&self, text: &str) -> Option<Range<usize>> {
        let start = byte_at(text, self.offset)?;
        let length = byte_at(text.get(start..)?, self.length)?;
        Some(start..start + length)
    }
}

/// The place in `text`, in bytes, at which `units` UTF-16 units end, if a character does.
fn byte_at(text: &str, units: usize) -> Option<usize> {
    let (mut bytes, mut left) = (0, units);
    let mut characters = text.chars();
    while left > 0 {
        let next = characters.next()?;
        left = left.checked_sub(next.len_utf16())?;
        bytes += next.len_utf8();
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covered(text: &str, offset: usize, length: usize) -> Option<&str> {
        let kind = EntityKind::Bold;
        let entity = Entity {
            kind,
            offset,
            length,
        };
        entity.bytes_in(text).map(|range| &text[range])
    }

    #[test]
    fn bounds_are_utf_16_units() {
        let text = "aé👍z";
        assert_eq!(covered(text, 1, 1), Some("é"));
        assert_eq!(covered(text, 2, 2), Some("👍"));
        assert_eq!(covered(text, 4, 1), Some("z"));
        assert_eq!(covered(text, 0, 5), Some(text));
    }

    #[test]
    fn bounds_outside_the_text_or_inside_a_character_cover_nothing() {
        for (offset, length) in [(0, 6), (5, 1), (6, 0), (2, 1), (3, 1), (usize::MAX, 1)] {
            assert_eq!(covered("aé👍z", offset, length), None);
        }
        assert_eq!(covered("a", 0, usize::MAX), None);
    }
}
