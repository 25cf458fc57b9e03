use core::fmt;
use core::str::FromStr;

use thiserror::Error;

use crate::limits;

/// The name of a conference in its link: 1 to 64 letters, digits, `_` and `-`.
///
/// A dot is refused: links end in dots wherever they end a sentence, and the server issues no slug that
/// contains one. Case matters. It is all that it takes to join, so `Debug` does not show it. Implements `spec/protocol.md`, 12.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug(String);

/// A text is not a slug.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SlugError {
    /// It has no character at all.
    #[error("a slug has at least one character")]
    Empty,
    /// It is too long.
    #[error("a slug has at most {max} bytes, not {length}", max = limits::SLUG_BYTES)]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// A character that no slug contains.
    #[error("a slug has only letters, digits, '_' and '-', not {found:?} at byte {offset}")]
    InvalidCharacter {
        /// The character.
        found: char,
        /// Its place, in bytes.
        offset: usize,
    },
}

impl Slug {
    /// Takes a text that is a slug and nothing else.
    ///
    /// # Errors
    ///
    /// [`SlugError`]
    pub fn new(text: &str) -> Result<Self, SlugError> {
        if text.is_empty() {
            return Err(SlugError::Empty);
        }
        if text.len() > limits::SLUG_BYTES {
            return Err(SlugError::TooLong { length: text.len() });
        }
        match text.char_indices().find(|(_, c)| !is_slug_character(*c)) {
            Some((offset, found)) => Err(SlugError::InvalidCharacter { found, offset }),
            None => Ok(Self(text.to_owned())),
        }
    }

    /// The slug as it stands in links and requests.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// True for a character that can stand in the opaque part of a link.
pub(crate) fn is_slug_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

impl FromStr for Slug {
    type Err = SlugError;

    fn from_str(text: &str) -> Result<Self, SlugError> {
        Self::new(text)
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Slug(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_slug_has_one_to_sixty_four_characters() {
        assert_eq!(Slug::new(""), Err(SlugError::Empty));
        assert!(Slug::new("a").is_ok());
        assert!(Slug::new(&"a".repeat(64)).is_ok());
        let length = 65;
        assert_eq!(
            Slug::new(&"a".repeat(65)),
            Err(SlugError::TooLong { length })
        );
    }

    #[test]
    fn a_slug_with_a_dot_is_refused() {
        let (found, offset) = ('.', 2);
        let error = SlugError::InvalidCharacter { found, offset };
        assert_eq!(Slug::new("ab.c"), Err(error));
    }

    proptest! {
        #[test]
        fn a_text_is_a_slug_exactly_if_its_characters_and_length_are(text in "\\PC{0,70}|[A-Za-z0-9_-]{0,70}") {
            let allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
            let expected = (1..=64).contains(&text.len()) && text.chars().all(|c| allowed.contains(c));
            prop_assert_eq!(Slug::new(&text).is_ok(), expected);
        }
    }
}
