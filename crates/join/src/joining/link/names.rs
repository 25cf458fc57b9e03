use core::fmt;

use super::LinkError;
use crate::api::is_slug_character;

/// A public name: a letter, then up to 31 letters, digits and `_`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Username(String);

/// The hash in the invitation link of a video chat: 1 to 64 letters, digits, `_` and `-`.
///
/// Whoever has it may speak, so `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct InviteHash(String);

impl Username {
    /// Takes a name without `@`.
    ///
    /// # Errors
    ///
    /// [`LinkError::InvalidUsername`]
    pub fn new(text: &str) -> Result<Self, LinkError> {
        let starts_well = text.starts_with(|c: char| c.is_ascii_alphabetic());
        let mut characters = text.chars();
        let valid = starts_well
            && text.len() <= 32
            && characters.all(|c| c.is_ascii_alphanumeric() || c == '_');
        valid
            .then(|| Self(text.to_owned()))
            .ok_or(LinkError::InvalidUsername)
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
    /// [`LinkError::InvalidInviteHash`]
    pub fn new(text: &str) -> Result<Self, LinkError> {
        let valid = (1..=64).contains(&text.len()) && text.chars().all(is_slug_character);
        valid
            .then(|| Self(text.to_owned()))
            .ok_or(LinkError::InvalidInviteHash)
    }

    /// The hash as it stands in links and requests.
    pub fn as_str(&self) -> &str {
        &self.0
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

    #[test]
    fn a_username_is_a_letter_and_up_to_thirty_one_more_characters() {
        for valid in ["a", "Some_1", &"a".repeat(32)] {
            assert!(Username::new(valid).is_ok(), "{valid}");
        }
        for invalid in ["", "1a", "_a", "a-b", "@a", "é", &"a".repeat(33)] {
            assert_eq!(
                Username::new(invalid),
                Err(LinkError::InvalidUsername),
                "{invalid}"
            );
        }
    }

    #[test]
    fn an_invite_hash_has_one_to_sixty_four_characters() {
        for valid in ["a", "-_9", &"a".repeat(64)] {
            assert!(InviteHash::new(valid).is_ok(), "{valid}");
        }
        for invalid in ["", "a.b", "é", &"a".repeat(65)] {
            assert_eq!(
                InviteHash::new(invalid),
                Err(LinkError::InvalidInviteHash),
                "{invalid}"
            );
        }
    }
}
