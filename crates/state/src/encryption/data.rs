use core::fmt;

use rand_core::CryptoRng;
use subtle::ConstantTimeEq as _;
use thiserror::Error;
use zeroize::Zeroizing;

use super::cbc::{self, MessageId};
use super::kdf::{hmac_sha256, kdf};
use crate::keys::OneTimeSecret;

/// The smallest pad, which is also the size of a message id.
const MIN_PAD: usize = 16;

/// An encrypted payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptedData {
    /// The message id and the encrypted blocks.
    pub bytes: Vec<u8>,
    /// The whole tag, of which the message id is the first half; packets are signed over it.
    pub large_msg_id: [u8; 32],
}

/// A decrypted payload; its content is wiped when dropped and not printed.
pub struct DecryptedData {
    /// The payload without its pad.
    pub payload: Zeroizing<Vec<u8>>,
    /// The whole tag, of which the message id is the first half; packets are signed over it.
    pub large_msg_id: [u8; 32],
}

impl fmt::Debug for DecryptedData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DecryptedData({} bytes)", self.payload.len())
    }
}

/// What should be encrypted is no payload behind a pad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a pad of {pad} bytes does not fill {length} bytes up to whole blocks of 16")]
pub struct PaddingError {
    /// The length of the pad, as its first byte says.
    pub pad: usize,
    /// The length of pad and payload.
    pub length: usize,
}

/// Encrypted data could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecryptionError {
    /// The length is not a multiple of 16 that leaves room for a message id.
    #[error("{length} bytes are not a message id and whole blocks")]
    Length {
        /// The length in bytes.
        length: usize,
    },
    /// The message id is not that of this content: another secret, other extra bytes, or damage.
    #[error("the message id does not match the content")]
    MessageId,
    /// The length of the pad is below 16 or larger than the content.
    #[error("a pad of {pad} bytes cannot stand in {length} bytes")]
    Pad {
        /// The length of the pad.
        pad: usize,
        /// The length of pad and payload.
        length: usize,
    },
}

/// Encrypts a payload behind a random pad of 16 to 31 bytes; `extra` is authenticated with it.
///
/// Implements `spec/protocol.md`, 3.1.
pub fn encrypt_data(
    payload: &[u8],
    secret: &OneTimeSecret,
    extra: &[u8],
    rng: &mut (impl CryptoRng + ?Sized),
) -> EncryptedData {
    let pad = MIN_PAD + (payload.len().next_multiple_of(16) - payload.len());
    let mut padded = Zeroizing::new(vec![0; pad]);
    rng.fill_bytes(&mut padded);
    if let [first, ..] = padded.as_mut_slice() {
        // At most 31.
        *first = pad as u8;
    }
    padded.extend_from_slice(payload);
    encrypt_padded(&padded, secret, extra)
}

/// Encrypts a payload with its pad already before it.
///
/// It exists for vectors: the caller answers for the pad being random.
///
/// # Errors
///
/// [`PaddingError`]
pub fn dangerous_encrypt_padded(
    padded: &[u8],
    secret: &OneTimeSecret,
    extra: &[u8],
) -> Result<EncryptedData, PaddingError> {
    let length = padded.len();
    let pad = padded.first().map_or(0, |&pad| usize::from(pad));
    if length.is_multiple_of(16) && (MIN_PAD..=length.min(31)).contains(&pad) {
        Ok(encrypt_padded(padded, secret, extra))
    } else {
        Err(PaddingError { pad, length })
    }
}

fn encrypt_padded(padded: &[u8], secret: &OneTimeSecret, extra: &[u8]) -> EncryptedData {
    let keys = kdf(secret.dangerous_bytes(), b"tde2e_encrypt_data");
    let large_msg_id = large_msg_id(&keys.right, padded, extra);
    let message = msg_id(&large_msg_id);
    let mut bytes = [message, padded].concat();
    if let Some((message, blocks)) = bytes.split_first_chunk_mut() {
        cbc::encrypt(&keys.left, message, blocks);
    }
    EncryptedData {
        bytes,
        large_msg_id,
    }
}

/// Decrypts a payload and checks its message id in constant time.
///
/// Implements `spec/protocol.md`, 3.1.
///
/// # Errors
///
/// [`DecryptionError`], in the order of its variants.
pub fn decrypt_data(
    encrypted: &[u8],
    secret: &OneTimeSecret,
    extra: &[u8],
) -> Result<DecryptedData, DecryptionError> {
    let length = encrypted.len();
    let (message, blocks) = encrypted
        .split_first_chunk::<16>()
        .filter(|_| length.is_multiple_of(16))
        .ok_or(DecryptionError::Length { length })?;
    let keys = kdf(secret.dangerous_bytes(), b"tde2e_encrypt_data");
    let mut padded = Zeroizing::new(blocks.to_vec());
    cbc::decrypt(&keys.left, message, &mut padded);
    let large_msg_id = large_msg_id(&keys.right, &padded, extra);
    if !bool::from(msg_id(&large_msg_id).ct_eq(message)) {
        return Err(DecryptionError::MessageId);
    }
    let pad = padded.first().map_or(0, |&pad| usize::from(pad));
    match padded.get(pad..) {
        Some(payload) if pad >= MIN_PAD => Ok(DecryptedData {
            payload: Zeroizing::new(payload.to_vec()),
            large_msg_id,
        }),
        _ => Err(DecryptionError::Pad {
            pad,
            length: padded.len(),
        }),
    }
}

fn large_msg_id(key: &[u8; 32], padded: &[u8], extra: &[u8]) -> [u8; 32] {
    // The wire has no room for a longer length, and nobody can hold so many extra bytes that it matters.
    let length = (extra.len() as u32).to_le_bytes();
    hmac_sha256(key, &[padded, extra, &length])
}

fn msg_id(large: &[u8; 32]) -> &MessageId {
    let [id @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = large;
    id
}
