use core::fmt;

use rand_core::CryptoRng;
use thiserror::Error;

use crate::limits;

/// The characters of a ufrag and a pwd, one for each value of six bits.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The name and the password by which two ends of a media connection find each other.
///
/// Both consist of letters, digits, `+` and `/`; the ufrag has 4 to 256 characters and the pwd 22 to 256
/// (`spec/protocol.md`, 10). `Debug` does not show the pwd.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IceCredentials {
    ufrag: String,
    pwd: String,
}

/// Texts are no ICE credentials; the error holds none of their characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum IceError {
    /// One of them is too short or too long.
    #[error("{field} has {min} to {max} characters, not {length}")]
    Length {
        /// `ufrag` or `pwd`.
        field: &'static str,
        /// The least length.
        min: usize,
        /// The greatest length.
        max: usize,
        /// The length it has, in bytes.
        length: usize,
    },
    /// One of them has a character that ICE does not allow.
    #[error("{field} has only letters, digits, '+' and '/', which fails at byte {offset}")]
    Character {
        /// `ufrag` or `pwd`.
        field: &'static str,
        /// The place of the character.
        offset: usize,
    },
}

impl IceCredentials {
    const MIN_UFRAG: usize = 4;
    const MIN_PWD: usize = 22;

    /// Takes a ufrag and a pwd.
    ///
    /// # Errors
    ///
    /// [`IceError`]
    pub fn new(ufrag: &str, pwd: &str) -> Result<Self, IceError> {
        check("ufrag", ufrag, Self::MIN_UFRAG)?;
        check("pwd", pwd, Self::MIN_PWD)?;
        let (ufrag, pwd) = (ufrag.to_owned(), pwd.to_owned());
        Ok(Self { ufrag, pwd })
    }

    /// Draws a ufrag of 8 and a pwd of 32 characters, 48 and 192 bits.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let ufrag = draw::<8>(rng);
        let pwd = draw::<32>(rng);
        Self { ufrag, pwd }
    }

    /// The name.
    pub fn ufrag(&self) -> &str {
        &self.ufrag
    }

    /// The password.
    pub fn pwd(&self) -> &str {
        &self.pwd
    }
}

fn check(field: &'static str, text: &str, min: usize) -> Result<(), IceError> {
    // Bytes are characters here, once every one of them is of the alphabet.
    let (length, max) = (text.len(), limits::ICE_BYTES);
    if !(min..=max).contains(&length) {
        return Err(IceError::Length {
            field,
            min,
            max,
            length,
        });
    }
    match text.bytes().position(|byte| !ALPHABET.contains(&byte)) {
        Some(offset) => Err(IceError::Character { field, offset }),
        None => Ok(()),
    }
}

fn draw<const N: usize>(rng: &mut (impl CryptoRng + ?Sized)) -> String {
    let mut bytes = [0; N];
    rng.fill_bytes(&mut bytes);
    let characters = bytes
        .iter()
        // Six of the eight bits: all 64 characters are equally likely.
        .filter_map(|byte| ALPHABET.get(usize::from(byte & 63)));
    characters.map(|&character| char::from(character)).collect()
}

impl fmt::Debug for IceCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceCredentials")
            .field("ufrag", &self.ufrag)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chacha20::ChaCha20Rng;
    use chacha20::rand_core::SeedableRng;
    use proptest::prelude::*;

    #[test]
    fn drawn_credentials_are_valid_and_new_each_time() {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let first = IceCredentials::generate(&mut rng);
        assert_eq!(
            IceCredentials::new(first.ufrag(), first.pwd()).as_ref(),
            Ok(&first)
        );
        assert_eq!((first.ufrag().len(), first.pwd().len()), (8, 32));
        let second = IceCredentials::generate(&mut rng);
        assert_ne!(first.ufrag(), second.ufrag());
        assert_ne!(first.pwd(), second.pwd());
    }

    #[test]
    fn debug_does_not_show_the_pwd() {
        let credentials = IceCredentials::new("user", &"p".repeat(22)).unwrap();
        assert_eq!(
            format!("{credentials:?}"),
            r#"IceCredentials { ufrag: "user", .. }"#
        );
    }

    #[test]
    fn credentials_of_a_wrong_length_are_refused() {
        let refused = |ufrag: usize, pwd: usize| {
            IceCredentials::new(&"u".repeat(ufrag), &"p".repeat(pwd)).unwrap_err()
        };
        let max = 256;
        for length in [0, 3, 257] {
            let (field, min) = ("ufrag", 4);
            assert_eq!(
                refused(length, 22),
                IceError::Length {
                    field,
                    min,
                    max,
                    length
                }
            );
        }
        for length in [0, 21, 257] {
            let (field, min) = ("pwd", 22);
            assert_eq!(
                refused(4, length),
                IceError::Length {
                    field,
                    min,
                    max,
                    length
                }
            );
        }
        assert!(IceCredentials::new(&"u".repeat(256), &"p".repeat(256)).is_ok());
    }

    proptest! {
        #[test]
        fn only_ice_characters_are_taken(text in "[ -~é]{22,30}") {
            let valid = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '+' || c == '/');
            prop_assert_eq!(IceCredentials::new(&text, &"p".repeat(22)).is_ok(), valid);
            prop_assert_eq!(IceCredentials::new("user", &text).is_ok(), valid);
        }
    }
}
