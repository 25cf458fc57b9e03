use core::fmt;

use subtle::ConstantTimeEq as _;
use thiserror::Error;
use zeroize::Zeroizing;

use super::kdf::{decrypt_blocks, encrypt_blocks, kdf};
use super::message_id::{MESSAGE_ID, MIN_PAD, MessageId, large_msg_id, msg_id};
use crate::keys::OneTimeSecret;
use crate::primitives::{Derived, KeyedMac};

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
    let mut bytes = Zeroizing::new(encrypted.to_vec());
    let decrypted = decrypt_data_in_place(&mut bytes, secret, [extra].into_iter())?;
    let payload = Zeroizing::new(decrypted.payload().to_vec());
    let large_msg_id = *decrypted.large_msg_id();
    decrypted.keep();
    Ok(DecryptedData {
        payload,
        large_msg_id,
    })
}

/// A payload that was decrypted where it stood, and passed its message id.
///
/// Dropping it encrypts the payload again, which gives back the bytes that were there: to refuse a payload
/// later changes nothing. [`Self::keep`] leaves the payload.
#[must_use = "dropping it encrypts the payload again"]
pub struct DecryptedInPlace<'a> {
    blocks: Blocks<'a>,
    pad: usize,
    large_msg_id: [u8; 32],
}

/// Decrypted blocks, with what encrypts them again.
struct Blocks<'a> {
    padded: &'a mut [u8],
    message: MessageId,
    keys: Derived,
    fate: Fate,
}

enum Fate {
    EncryptAgain,
    Keep,
}

impl Drop for Blocks<'_> {
    fn drop(&mut self) {
        if let Fate::EncryptAgain = self.fate {
            encrypt_blocks(KeyedMac::new(&self.keys.left), &self.message, self.padded);
        }
    }
}

impl DecryptedInPlace<'_> {
    /// The payload without its pad.
    pub fn payload(&self) -> &[u8] {
        self.blocks.padded.get(self.pad..).unwrap_or_default()
    }

    /// The whole tag, of which the message id is the first half; packets are signed over it.
    pub fn large_msg_id(&self) -> &[u8; 32] {
        &self.large_msg_id
    }

    /// Leaves the payload decrypted, and says how many bytes stand before it.
    pub fn keep(mut self) -> usize {
        self.blocks.fate = Fate::Keep;
        MESSAGE_ID + self.pad
    }
}

impl fmt::Debug for DecryptedInPlace<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DecryptedInPlace({} bytes)", self.payload().len())
    }
}

/// Decrypts as [`decrypt_data`] does, in place, with the extra bytes in parts.
///
/// It allocates nothing. What is refused is left as it was.
///
/// # Errors
///
/// [`DecryptionError`], in the order of its variants.
pub fn decrypt_data_in_place<'a, 'e>(
    encrypted: &'a mut [u8],
    secret: &OneTimeSecret,
    extra: impl Iterator<Item = &'e [u8]> + Clone,
) -> Result<DecryptedInPlace<'a>, DecryptionError> {
    let length = encrypted.len();
    let (message, padded) = encrypted
        .split_first_chunk_mut::<MESSAGE_ID>()
        // A multiple of 16 with the message id taken off is one too, so both are checked at once.
        .filter(|_| length.is_multiple_of(16))
        .ok_or(DecryptionError::Length { length })?;
    let keys = kdf(secret.dangerous_bytes(), b"tde2e_encrypt_data");
    decrypt_blocks(KeyedMac::new(&keys.left), message, padded);
    // From here on any return drops this, and the caller finds the bytes that it gave.
    let blocks = Blocks {
        padded,
        message: *message,
        keys,
        fate: Fate::EncryptAgain,
    };
    let large_msg_id = large_msg_id(&blocks.keys.right, blocks.padded, extra);
    // In constant time: a sender who could find out how much of it agrees could forge it piece by piece.
    if !bool::from(msg_id(&large_msg_id).ct_eq(message)) {
        return Err(DecryptionError::MessageId);
    }
    let pad = blocks.padded.first().map_or(0, |&pad| usize::from(pad));
    let length = blocks.padded.len();
    // Only after the tag, so that the pad of a forgery says nothing. A pad above 31 is accepted, as by the reference.
    if !(MIN_PAD..=length).contains(&pad) {
        return Err(DecryptionError::Pad { pad, length });
    }
    Ok(DecryptedInPlace {
        blocks,
        pad,
        large_msg_id,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encryption::encrypt_data;
    use chacha20::ChaCha20Rng;
    use chacha20::rand_core::SeedableRng as _;

    #[test]
    fn what_is_refused_or_dropped_is_left_as_it_was() {
        let mut rng = ChaCha20Rng::from_seed([11; 32]);
        let secret = OneTimeSecret::random(&mut rng);
        let mut bytes = encrypt_data(b"a payload", &secret, b"extra", &mut rng).bytes;
        let before = bytes.clone();

        let parts = |parts: &'static [&str]| parts.iter().map(|part| part.as_bytes());
        let wrong = decrypt_data_in_place(&mut bytes, &secret, parts(&["other"]));
        assert_eq!(wrong.err(), Some(DecryptionError::MessageId));
        assert_eq!(bytes, before);

        let opened = decrypt_data_in_place(&mut bytes, &secret, parts(&["ex", "tra"])).unwrap();
        assert_eq!(opened.payload(), b"a payload");
        drop(opened);
        assert_eq!(bytes, before);

        let opened = decrypt_data_in_place(&mut bytes, &secret, parts(&["extra"])).unwrap();
        let start = opened.keep();
        assert_eq!(&bytes[start..], b"a payload");
    }

    #[test]
    fn a_message_id_counts_with_all_of_its_bytes() {
        let secret = OneTimeSecret::from_bytes(&[5; 32]);
        // Found by trying numbers: the tag of what they decrypt agrees with them in the first, and in the last two bytes.
        for (number, part) in [(11_677_u32, 0..2), (4_331, 14..16)] {
            let mut bytes = [16; MESSAGE_ID + 32];
            bytes[..MESSAGE_ID].fill(0);
            bytes[6..10].copy_from_slice(&number.to_le_bytes());
            let (message, padded) = bytes.split_first_chunk().unwrap();
            let (keys, mut padded) = (kdf(&[5; 32], b"tde2e_encrypt_data"), padded.to_vec());
            decrypt_blocks(KeyedMac::new(&keys.left), message, &mut padded);
            let tag = large_msg_id(&keys.right, &padded, core::iter::empty());
            assert_eq!(tag[part.clone()], message[part]);

            let opened = decrypt_data_in_place(&mut bytes, &secret, core::iter::empty());
            assert_eq!(opened.err(), Some(DecryptionError::MessageId));
        }
    }
}
