use core::fmt;

use thiserror::Error;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::kdf::{decrypt_blocks, encrypt_blocks, kdf};
use super::message_id::MessageId;
use crate::keys::{EpochKey, OneTimeSecret, SharedSecret, with_wiped_stack};
use crate::primitives::KeyedMac;

/// A key that encrypts headers: derived from the secret shared with one participant, or from the key of an epoch.
///
/// The key of an epoch is derived once for all headers under it, which takes a quarter of the time of one each. It is
/// wiped when dropped and not printed.
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
pub struct HeaderKey(KeyedMac);

impl From<&SharedSecret> for HeaderKey {
    fn from(secret: &SharedSecret) -> Self {
        Self::derive(secret.dangerous_bytes())
    }
}

impl From<&EpochKey> for HeaderKey {
    fn from(key: &EpochKey) -> Self {
        // The MAC is made of a block that holds the key, and the library does not wipe it.
        with_wiped_stack(|| Self::derive(key.dangerous_bytes()))
    }
}

impl HeaderKey {
    /// A MAC under `KDF(secret, "tde2e_encrypt_header")[0:32]`.
    fn derive(secret: &[u8; 32]) -> Self {
        Self(KeyedMac::new(&kdf(secret, b"tde2e_encrypt_header").left))
    }
}

/// The MAC in it is.
impl ZeroizeOnDrop for HeaderKey where KeyedMac: ZeroizeOnDrop {}

impl fmt::Debug for HeaderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HeaderKey(..)")
    }
}

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
    key: &HeaderKey,
) -> Result<[u8; 32], HeaderError> {
    let message = message_id(encrypted)?;
    // It is encrypted where it stands, so no copy of the secret is left.
    let mut header = *secret.dangerous_bytes();
    encrypt_blocks(key.0.clone(), message, &mut header);
    Ok(header)
}

/// Decrypts the one-time secret of `encrypted` from the header written for this reader.
///
/// A header that was written for another reader gives a wrong secret, under which the message id of the data fails.
///
/// Implements `spec/protocol.md`, 3.1.
///
/// # Errors
///
/// [`HeaderError`]
pub fn decrypt_header(
    header: &[u8],
    encrypted: &[u8],
    key: &HeaderKey,
) -> Result<OneTimeSecret, HeaderError> {
    let length = header.len();
    let mut secret: Zeroizing<[u8; 32]> = header
        .try_into()
        .map(Zeroizing::new)
        .map_err(|_| HeaderError::HeaderLength { length })?;
    decrypt_blocks(key.0.clone(), message_id(encrypted)?, secret.as_mut_slice());
    Ok(OneTimeSecret::from_bytes(&secret))
}

fn message_id(encrypted: &[u8]) -> Result<&MessageId, HeaderError> {
    encrypted.first_chunk().ok_or(HeaderError::DataLength {
        length: encrypted.len(),
    })
}
