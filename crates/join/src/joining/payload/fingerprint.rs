use core::fmt;

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};
use thiserror::Error;

use crate::api::words;

words! {
    /// The hash function of a certificate's fingerprint.
    FingerprintHash {
        /// SHA-1, 20 bytes.
        Sha1 = "sha-1",
        /// SHA-224, 28 bytes.
        Sha224 = "sha-224",
        /// SHA-256, 32 bytes.
        Sha256 = "sha-256",
        /// SHA-384, 48 bytes.
        Sha384 = "sha-384",
        /// SHA-512, 64 bytes.
        Sha512 = "sha-512",
    }
}

impl FingerprintHash {
    /// The size of a fingerprint by this function, in bytes.
    pub const fn size(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

words! {
    /// The end that opens the DTLS connection. Clients of a call write `passive`: the server opens it.
    Setup {
        /// This end opens it.
        Active = "active",
        /// The other end opens it.
        Passive = "passive",
        /// Either end may.
        ActPass = "actpass",
    }
}

/// The fingerprint of a DTLS certificate (`spec/protocol.md`, 10).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    hash: FingerprintHash,
    bytes: Vec<u8>,
    setup: Setup,
}

/// Something is not a fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FingerprintError {
    /// A hash function that is not known.
    #[error("the hash function of a fingerprint is not a known one")]
    UnknownHash,
    /// A DTLS role that is not known.
    #[error("the setup of a fingerprint is one of active, passive and actpass")]
    UnknownSetup,
    /// Not two hexadecimal digits for each byte, with colons between them.
    #[error(
        "a fingerprint is bytes in hexadecimal with colons between them, which fails at byte {offset}"
    )]
    Syntax {
        /// The place at which the text fails, in bytes.
        offset: usize,
    },
    /// Not as many bytes as the hash function gives.
    #[error("a {hash} fingerprint has {expected} bytes, not {size}", hash = hash.as_str(), expected = hash.size())]
    Size {
        /// The hash function.
        hash: FingerprintHash,
        /// The number of bytes.
        size: usize,
    },
}

impl Fingerprint {
    /// The fingerprint that a client of a call announces: SHA-256 of its certificate, passive.
    pub fn sha256(digest: [u8; 32]) -> Self {
        let (hash, bytes) = (FingerprintHash::Sha256, digest.to_vec());
        let setup = Setup::Passive;
        Self { hash, bytes, setup }
    }

    /// Takes the bytes of a fingerprint by any known function.
    ///
    /// # Errors
    ///
    /// [`FingerprintError::Size`]
    pub fn new(
        hash: FingerprintHash,
        bytes: Vec<u8>,
        setup: Setup,
    ) -> Result<Self, FingerprintError> {
        if bytes.len() == hash.size() {
            Ok(Self { hash, bytes, setup })
        } else {
            let size = bytes.len();
            Err(FingerprintError::Size { hash, size })
        }
    }

    /// Reads the three texts of the wire. Hexadecimal digits are read in either case.
    ///
    /// # Errors
    ///
    /// [`FingerprintError`]
    pub fn from_texts(hash: &str, text: &str, setup: &str) -> Result<Self, FingerprintError> {
        let hash = FingerprintHash::from_word(hash).ok_or(FingerprintError::UnknownHash)?;
        let setup = Setup::from_word(setup).ok_or(FingerprintError::UnknownSetup)?;
        Self::new(hash, parse_hex(text)?, setup)
    }

    /// The hash function.
    pub fn hash(&self) -> FingerprintHash {
        self.hash
    }

    /// The bytes of the fingerprint.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The end that opens the DTLS connection.
    pub fn setup(&self) -> Setup {
        self.setup
    }
}

/// Reads `AA:BB:..`.
fn parse_hex(text: &str) -> Result<Vec<u8>, FingerprintError> {
    let mut offset = 0;
    let mut bytes = Vec::with_capacity(text.len() / 3 + 1);
    for pair in text.split(':') {
        match pair.as_bytes() {
            // A sign would be taken by the parser of numbers.
            [a, b] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => {
                let byte = u8::from_str_radix(pair, 16);
                bytes.push(byte.map_err(|_| FingerprintError::Syntax { offset })?);
            }
            _ => return Err(FingerprintError::Syntax { offset }),
        }
        offset += 3;
    }
    Ok(bytes)
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut object = to.serialize_struct("Fingerprint", 3)?;
        object.serialize_field("hash", self.hash.as_str())?;
        object.serialize_field("fingerprint", &self.to_string())?;
        object.serialize_field("setup", self.setup.as_str())?;
        object.end()
    }
}

impl fmt::Display for Fingerprint {
    /// Writes upper-case digits with colons, without the hash function and the setup.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for byte in &self.bytes {
            write!(f, "{separator}{byte:02X}")?;
            separator = ":";
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hash, setup) = (self.hash.as_str(), self.setup.as_str());
        write!(f, "Fingerprint({hash} {self} {setup})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Fingerprint, FingerprintError> {
        Fingerprint::from_texts("sha-256", text, "passive")
    }

    #[test]
    fn a_fingerprint_is_written_in_upper_case_and_read_in_either() {
        let fingerprint = Fingerprint::sha256([0xab; 32]);
        let text = ["AB"; 32].join(":");
        assert_eq!(fingerprint.to_string(), text);
        assert_eq!(read(&text).as_ref(), Ok(&fingerprint));
        assert_eq!(read(&text.to_lowercase()), Ok(fingerprint));
    }

    #[test]
    fn each_function_gives_its_own_size() {
        let functions = [
            ("sha-1", 20),
            ("sha-224", 28),
            ("sha-256", 32),
            ("sha-384", 48),
            ("sha-512", 64),
        ];
        for (word, expected) in functions {
            for size in [expected - 1, expected, expected + 1] {
                let text = vec!["00"; size].join(":");
                let read = Fingerprint::from_texts(word, &text, "active");
                assert_eq!(read.is_ok(), size == expected, "{word} {size}");
            }
        }
    }

    #[test]
    fn a_malformed_fingerprint_is_refused_with_its_place() {
        for (text, offset) in [
            ("", 0),
            ("AB:", 3),
            (":AB", 0),
            ("AB:C", 3),
            ("ABCD", 0),
            ("AB::CD", 3),
            ("AB:+1", 3),
            ("AB:G0", 3),
            ("AB é", 0),
        ] {
            assert_eq!(
                read(text),
                Err(FingerprintError::Syntax { offset }),
                "{text}"
            );
        }
    }

    #[test]
    fn an_unknown_function_or_role_is_refused() {
        let text = ["AB"; 32].join(":");
        let refused = |hash, setup| Fingerprint::from_texts(hash, &text, setup).unwrap_err();
        assert_eq!(refused("md5", "passive"), FingerprintError::UnknownHash);
        assert_eq!(refused("SHA-256", "passive"), FingerprintError::UnknownHash);
        assert_eq!(
            refused("sha-256", "holdconn"),
            FingerprintError::UnknownSetup
        );
    }

    proptest! {
        #[test]
        fn a_written_fingerprint_is_read_back(digest: [u8; 32]) {
            let fingerprint = Fingerprint::sha256(digest);
            prop_assert_eq!(read(&fingerprint.to_string()), Ok(fingerprint));
        }

        #[test]
        fn an_arbitrary_text_is_read_or_refused(text: String) {
            let _ = read(&text);
        }
    }
}
