use rand_core::CryptoRng;
use thiserror::Error;

use super::kdf::{encrypt_blocks, kdf};
use super::message_id::{MESSAGE_ID, MIN_PAD, large_msg_id, msg_id};
use crate::keys::OneTimeSecret;
use crate::primitives::KeyedMac;

/// An encrypted payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptedData {
    /// The message id and the encrypted blocks.
    pub bytes: Vec<u8>,
    /// The whole tag, of which the message id is the first half; packets are signed over it.
    pub large_msg_id: [u8; 32],
}

/// The bytes to encrypt are no payload behind a pad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a pad of {pad} bytes does not fill {length} bytes up to whole blocks of 16")]
pub struct PaddingError {
    /// The length of the pad, as its first byte says.
    pub pad: usize,
    /// The length of pad and payload.
    pub length: usize,
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
    let mut bytes = Vec::with_capacity(encrypted_length(payload.len()));
    let large_msg_id = encrypt_data_into(&[payload], secret, [extra].into_iter(), rng, &mut bytes);
    EncryptedData {
        bytes,
        large_msg_id,
    }
}

/// Encrypts as [`encrypt_data`] does, a payload in parts under extra bytes in parts, to the end of `out`.
///
/// It appends [`encrypted_length`] bytes. Room for them beforehand spares the allocation, and keeps the
/// payload from being left behind in a buffer that `out` outgrew. Returns the large message id.
pub fn encrypt_data_into<'a>(
    payload: &[&[u8]],
    secret: &OneTimeSecret,
    extra: impl Iterator<Item = &'a [u8]> + Clone,
    rng: &mut (impl CryptoRng + ?Sized),
    out: &mut Vec<u8>,
) -> [u8; 32] {
    let start = out.len();
    let length = payload.iter().map(|part| part.len()).sum();
    let pad = pad_length(length);
    // Once for all that follows: a buffer that grows leaves the payload behind in the memory that it had.
    out.reserve(encrypted_length(length));
    out.resize(start + MESSAGE_ID + pad, 0);
    let drawn = out.get_mut(start + MESSAGE_ID..).unwrap_or_default();
    // The whole pad is random, although a secret is used once: the message id keys the cipher and must not repeat.
    rng.fill_bytes(drawn);
    if let [first, ..] = drawn {
        // At most 31.
        *first = pad as u8;
    }
    payload.iter().for_each(|part| out.extend_from_slice(part));
    let written = out.get_mut(start..).unwrap_or_default();
    encrypt_padded(written, secret, extra)
}

/// The size of a payload when it is encrypted.
pub const fn encrypted_length(payload: usize) -> usize {
    payload.saturating_add(MESSAGE_ID + pad_length(payload))
}

const fn pad_length(payload: usize) -> usize {
    MIN_PAD + (payload.wrapping_neg() & 15)
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
    // What the encryption draws itself is always so; a reader would take longer pads too.
    if length.is_multiple_of(16) && (MIN_PAD..=length.min(31)).contains(&pad) {
        let mut bytes = [&[0; MESSAGE_ID], padded].concat();
        let large_msg_id = encrypt_padded(&mut bytes, secret, [extra].into_iter());
        Ok(EncryptedData {
            bytes,
            large_msg_id,
        })
    } else {
        Err(PaddingError { pad, length })
    }
}

/// Encrypts in place what stands behind the room for the message id, and fills that in.
fn encrypt_padded<'a>(
    written: &mut [u8],
    secret: &OneTimeSecret,
    extra: impl Iterator<Item = &'a [u8]> + Clone,
) -> [u8; 32] {
    let keys = kdf(secret.dangerous_bytes(), b"tde2e_encrypt_data");
    let Some((message, padded)) = written.split_first_chunk_mut() else {
        return [0; 32];
    };
    let large_msg_id = large_msg_id(&keys.right, padded, extra);
    *message = *msg_id(&large_msg_id);
    encrypt_blocks(KeyedMac::new(&keys.left), message, padded);
    large_msg_id
}
