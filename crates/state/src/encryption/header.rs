use core::fmt;

use thiserror::Error;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::cbc;
use super::kdf::{KeyedMac, kdf, keyed};
use super::message_id::MessageId;
use crate::keys::{EpochKey, OneTimeSecret, SharedSecret};

mod sealed {
    use super::super::kdf::KeyedMac;

    /// The MAC from which the cipher of each header is keyed.
    pub trait HeaderMac {
        fn header_mac(&self) -> KeyedMac;
    }
}
use sealed::HeaderMac;

/// A key that encrypts headers: the secret shared with one participant, or the key of an epoch.
pub trait HeaderKey: HeaderMac {}

impl HeaderMac for SharedSecret {
    fn header_mac(&self) -> KeyedMac {
        derived_mac(self.dangerous_bytes())
    }
}
impl HeaderKey for SharedSecret {}

impl HeaderMac for EpochKey {
    fn header_mac(&self) -> KeyedMac {
        derived_mac(self.dangerous_bytes())
    }
}
impl HeaderKey for EpochKey {}

/// What an epoch's key derives for headers, kept for many of them.
///
/// It takes a quarter of the time of deriving it anew for each header. It is wiped when dropped and not
/// printed.
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
pub struct CachedHeaderKey(KeyedMac);

impl CachedHeaderKey {
    /// Derives what all headers under this key have in common.
    pub fn new(key: &impl HeaderKey) -> Self {
        Self(key.header_mac())
    }
}

impl HeaderMac for CachedHeaderKey {
    fn header_mac(&self) -> KeyedMac {
        self.0.clone()
    }
}
impl HeaderKey for CachedHeaderKey {}

/// The states of SHA-512 in it are.
impl ZeroizeOnDrop for CachedHeaderKey where sha2::block_api::Sha512VarCore: ZeroizeOnDrop {}

impl fmt::Debug for CachedHeaderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CachedHeaderKey(..)")
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
    key: &impl HeaderKey,
) -> Result<[u8; 32], HeaderError> {
    let message = message_id(encrypted)?;
    let mut header = *secret.dangerous_bytes();
    cbc::encrypt(key.header_mac(), message, &mut header);
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
        key.header_mac(),
        message_id(encrypted)?,
        secret.as_mut_slice(),
    );
    Ok(OneTimeSecret::from_bytes(*secret))
}

/// A MAC under `KDF(secret, "tde2e_encrypt_header")[0:32]`.
fn derived_mac(secret: &[u8; 32]) -> KeyedMac {
    keyed(&kdf(secret, b"tde2e_encrypt_header").left)
}

fn message_id(encrypted: &[u8]) -> Result<&MessageId, HeaderError> {
    encrypted.first_chunk().ok_or(HeaderError::DataLength {
        length: encrypted.len(),
    })
}
