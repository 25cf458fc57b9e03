use core::fmt;

use thiserror::Error;

use crate::api::is_slug_character;

/// A public name: a letter, then up to 31 letters, digits and `_`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Username(String);

/// The hash in the invitation link of a video chat: 1 to 64 letters, digits, `_` and `-`.
///
/// It gives the right to speak, so `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct InviteHash(String);

/// A text is no name of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NameError {
    /// It has no character at all.
    #[error("it is empty")]
    Empty,
    /// It is too long.
    #[error("it has {length} bytes")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// A character that cannot stand in its place.
    #[error("{found:?} cannot stand at byte {offset}")]
    Character {
        /// The character.
        found: char,
        /// Its place, in bytes.
        offset: usize,
    },
}

impl Username {
    /// Takes a name without `@`.
    ///
    /// # Errors
    ///
    /// [`NameError`]
    pub fn new(text: &str) -> Result<Self, NameError> {
        check(text, 32, |offset, c| match offset {
            0 => c.is_ascii_alphabetic(),
            _ => c.is_ascii_alphanumeric() || c == '_',
        })?;
        Ok(Self(text.to_owned()))
    }

    /// The pseudonym of a name, which no link has.
    pub(crate) fn of_trace(pseudonym: &str) -> Self {
        Self(pseudonym.to_owned())
    }

    /// The name as it stands in links.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl InviteHash {
    /// Takes a hash as it stands in links.
    ///
    /// # Errors
    ///
    /// [`NameError`]
    pub fn new(text: &str) -> Result<Self, NameError> {
        check(text, 64, |_, c| is_slug_character(c))?;
        Ok(Self(text.to_owned()))
    }

    /// The hash as it stands in links and requests.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Checks that a text has 1 to `max` characters, each of which may stand in its place.
fn check(text: &str, max: usize, may_stand: impl Fn(usize, char) -> bool) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    let mut characters = text.char_indices();
    match characters.find(|(offset, c)| !may_stand(*offset, *c)) {
        Some((offset, found)) => Err(NameError::Character { found, offset }),
        None if text.len() > max => Err(NameError::TooLong { length: text.len() }),
        None => Ok(()),
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for InviteHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for InviteHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InviteHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn character(found: char, offset: usize) -> Option<NameError> {
        Some(NameError::Character { found, offset })
    }

    #[test]
    fn a_username_is_a_letter_and_up_to_thirty_one_more_characters() {
        for valid in ["a", "Some_1", &"a".repeat(32)] {
            assert!(Username::new(valid).is_ok(), "{valid}");
        }
        for (invalid, expected) in [
            ("", Some(NameError::Empty)),
            ("1a", character('1', 0)),
            ("_a", character('_', 0)),
            ("a-b", character('-', 1)),
            ("@a", character('@', 0)),
            ("aé", character('é', 1)),
            (&"a".repeat(33), Some(NameError::TooLong { length: 33 })),
        ] {
            assert_eq!(Username::new(invalid).err(), expected, "{invalid}");
        }
    }

    #[test]
    fn an_invite_hash_has_one_to_sixty_four_characters() {
        for valid in ["a", "-_9", &"a".repeat(64)] {
            assert!(InviteHash::new(valid).is_ok(), "{valid}");
        }
        for (invalid, expected) in [
            ("", Some(NameError::Empty)),
            ("a.b", character('.', 1)),
            ("é", character('é', 0)),
            (&"a".repeat(65), Some(NameError::TooLong { length: 65 })),
        ] {
            assert_eq!(InviteHash::new(invalid).err(), expected, "{invalid}");
        }
    }
}
