use thiserror::Error;
use zeroize::Zeroizing;

use super::cbc::{self, MessageId};
use super::kdf::kdf;
use crate::keys::{EpochKey, OneTimeSecret, SharedSecret};

mod sealed {
    /// The bytes of a key that encrypts headers.
    pub trait Bytes {
        fn bytes(&self) -> &[u8; 32];
    }
}
use sealed::Bytes;

/// A key that encrypts headers: the secret shared with one participant, or the key of an epoch.
pub trait HeaderKey: Bytes {}

impl Bytes for SharedSecret {
    fn bytes(&self) -> &[u8; 32] {
        self.dangerous_bytes()
    }
}
impl HeaderKey for SharedSecret {}

impl Bytes for EpochKey {
    fn bytes(&self) -> &[u8; 32] {
        self.dangerous_bytes()
    }
}
impl HeaderKey for EpochKey {}

/// A header could not be written or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// The encrypted header is not 32 bytes.
    #[error("an encrypted header has 32 bytes, not {length}")]
    HeaderLength {
        /// Its length in bytes.
        length: usize,
    },
    /// The encrypted data is too short for a message id.
    #[error("encrypted data has at least 16 bytes, not {length}")]
    DataLength {
        /// Its length in bytes.
        length: usize,
    },
}

/// Encrypts a one-time secret for one reader of `encrypted`.
///
/// Implements `spec/protocol.md`, 3.1.
///
/// # Errors
///
/// [`HeaderError::DataLength`]
pub fn encrypt_header(
    secret: &OneTimeSecret,
    encrypted: &[u8],
    key: &impl HeaderKey,
) -> Result<[u8; 32], HeaderError> {
    let message = message_id(encrypted)?;
    let mut header = *secret.dangerous_bytes();
    cbc::encrypt(&header_key(key).left, message, &mut header);
    Ok(header)
}

/// Decrypts the one-time secret of `encrypted` from the header written for this reader.
///
/// A header that was written for somebody else gives a wrong secret; only the data's message id tells.
///
/// Implements `spec/protocol.md`, 3.1.
///
/// # Errors
///
/// [`HeaderError`]
pub fn decrypt_header(
    header: &[u8],
    encrypted: &[u8],
    key: &impl HeaderKey,
) -> Result<OneTimeSecret, HeaderError> {
    let length = header.len();
    let mut secret: Zeroizing<[u8; 32]> = header
        .try_into()
        .map(Zeroizing::new)
        .map_err(|_| HeaderError::HeaderLength { length })?;
    cbc::decrypt(
        &header_key(key).left,
        message_id(encrypted)?,
        secret.as_mut_slice(),
    );
    Ok(OneTimeSecret::from_bytes(*secret))
}

fn header_key(key: &impl HeaderKey) -> super::kdf::Derived {
    kdf(key.bytes(), b"tde2e_encrypt_header")
}

fn message_id(encrypted: &[u8]) -> Result<&MessageId, HeaderError> {
    encrypted.first_chunk().ok_or(HeaderError::DataLength {
        length: encrypted.len(),
    })
}
