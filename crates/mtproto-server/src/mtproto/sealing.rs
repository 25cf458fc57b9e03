//! Encryption of packets: AES-IGE under a key that comes from the authorisation key and from the packet itself.
//!
//! ```text
//! name of the key (8)  message key (16)  ciphertext of: salt (8)  session (8)  message  padding (12 to 1024)
//! ```
//!
//! The message key is the middle of a SHA-256 over part of the authorisation key and the whole plaintext, and so
//! authenticates it.

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::auth_key::{AuthKey, AuthKeyId};
use super::ige::{self, BLOCK};

/// The number of bytes that name the key.
const KEY_ID: usize = 8;
/// The least padding.
const MIN_PADDING: usize = 12;
/// The most random bytes that [`seal`] pads with.
pub(crate) const PADDING: usize = MIN_PADDING + BLOCK - 1;

/// A packet is not one that the client of its key sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum PacketError {
    #[error("a packet of {0} bytes is none that is encrypted")]
    Length(usize),
    #[error("the message key does not fit the packet")]
    MessageKey,
}

/// The maker of a packet; each direction uses other parts of the authorisation key.
#[derive(Clone, Copy)]
enum Side {
    Client,
    Server,
}

impl Side {
    fn offset(self) -> usize {
        match self {
            Self::Client => 0,
            Self::Server => 8,
        }
    }
}

/// The name of the key of a packet, whatever follows.
pub(crate) fn key_id(packet: &[u8]) -> Option<AuthKeyId> {
    packet.first_chunk().copied().map(AuthKeyId)
}

/// Decrypts a packet of a client; the plaintext comes with its padding.
pub(crate) fn open(key: &AuthKey, packet: &[u8]) -> Result<Vec<u8>, PacketError> {
    let parts = packet.split_at_checked(KEY_ID);
    let parts = parts.and_then(|(_, rest)| rest.split_first_chunk());
    let (message_key, body) = parts.ok_or(PacketError::Length(packet.len()))?;
    if body.is_empty() || !body.len().is_multiple_of(BLOCK) {
        return Err(PacketError::Length(packet.len()));
    }
    let mut plaintext = body.to_vec();
    let cipher = CipherKeys::new(key, message_key, Side::Client);
    ige::decrypt(&mut plaintext, &cipher.key, &cipher.iv);
    let expected = derive_message_key(key, &plaintext, Side::Client);
    // In constant time: the time would show how many bytes of a guess are right.
    match bool::from(expected.ct_eq(message_key)) {
        true => Ok(plaintext),
        false => Err(PacketError::MessageKey),
    }
}

/// Encrypts a plaintext to the client; it is padded with some of the random bytes.
pub(crate) fn seal(key: &AuthKey, plaintext: Vec<u8>, padding: &[u8; PADDING]) -> Vec<u8> {
    seal_from(Side::Server, key, plaintext, padding)
}

/// Encrypts a plaintext as the client does.
#[cfg(any(fuzzing, confcall_testing))]
pub(crate) fn seal_as_client(
    key: &AuthKey,
    plaintext: Vec<u8>,
    padding: &[u8; PADDING],
) -> Vec<u8> {
    seal_from(Side::Client, key, plaintext, padding)
}

fn seal_from(
    side: Side,
    key: &AuthKey,
    mut plaintext: Vec<u8>,
    padding: &[u8; PADDING],
) -> Vec<u8> {
    let least = plaintext.len().saturating_add(MIN_PADDING);
    let needed = least.next_multiple_of(BLOCK) - plaintext.len();
    plaintext.extend(padding.iter().take(needed));
    let message_key = derive_message_key(key, &plaintext, side);
    let cipher = CipherKeys::new(key, &message_key, side);
    ige::encrypt(&mut plaintext, &cipher.key, &cipher.iv);
    [key.id().0.as_slice(), &message_key, &plaintext].concat()
}

/// The name of a packet of a client in a quick acknowledgement.
pub(crate) fn ack_token(key: &AuthKey, plaintext: &[u8]) -> u32 {
    let [a, b, c, d, ..] = message_hash(key, plaintext, Side::Client);
    u32::from_le_bytes([a, b, c, d]) | 1 << 31
}

fn derive_message_key(key: &AuthKey, plaintext: &[u8], side: Side) -> [u8; 16] {
    middle(&message_hash(key, plaintext, side))
}

fn message_hash(key: &AuthKey, plaintext: &[u8], side: Side) -> [u8; 32] {
    let hash = Sha256::new()
        .chain_update(part(key, 88 + side.offset(), 32))
        .chain_update(plaintext);
    hash.finalize().into()
}

/// The key and the initialisation vector of one packet.
#[derive(Zeroize, ZeroizeOnDrop)]
struct CipherKeys {
    key: [u8; 32],
    iv: [u8; 32],
}

impl CipherKeys {
    fn new(key: &AuthKey, message_key: &[u8; 16], side: Side) -> Self {
        let x = side.offset();
        let a = Sha256::new()
            .chain_update(message_key)
            .chain_update(part(key, x, 36));
        let b = Sha256::new()
            .chain_update(part(key, 40 + x, 36))
            .chain_update(message_key);
        let (a, b) = (a.finalize().into(), b.finalize().into());
        Self {
            key: interleave(&a, &b),
            iv: interleave(&b, &a),
        }
    }
}

/// The outer quarters of one hash around the middle of another.
fn interleave(outer: &[u8; 32], inner: &[u8; 32]) -> [u8; 32] {
    let mut mixed = *outer;
    let middle = mixed.iter_mut().zip(inner).skip(8).take(16);
    middle.for_each(|(to, from)| *to = *from);
    mixed
}

/// The bytes 8 to 23 of a hash.
fn middle(hash: &[u8; 32]) -> [u8; 16] {
    core::array::from_fn(|place| hash.get(place + 8).copied().unwrap_or_default())
}

fn part(key: &AuthKey, from: usize, length: usize) -> &[u8] {
    key.expose().get(from..from + length).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use grammers_crypto::{DequeBuffer, decrypt_data_v2, encrypt_data_v2};

    /// A key whose every part is another one.
    fn secret() -> [u8; 256] {
        let mut secret = [0; 256];
        blake3::Hasher::new().finalize_xof().fill(&mut secret);
        secret
    }

    fn sealed_by_a_client(plaintext: &[u8]) -> Vec<u8> {
        let mut buffer = DequeBuffer::with_capacity(plaintext.len(), 32);
        buffer.extend(plaintext.iter().copied());
        encrypt_data_v2(&mut buffer, &grammers_crypto::AuthKey::from_bytes(secret()));
        buffer.as_ref().to_vec()
    }

    #[test]
    fn what_a_client_seals_opens() {
        let key = AuthKey::from_bytes(secret());
        let packet = sealed_by_a_client(b"thirty-two bytes of a plaintext.");
        assert_eq!(key_id(&packet), Some(key.id()));
        let plaintext = open(&key, &packet).unwrap();
        assert!(plaintext.starts_with(b"thirty-two bytes of a plaintext."));
    }

    #[test]
    fn a_client_opens_what_the_server_seals() {
        let key = AuthKey::from_bytes(secret());
        for length in 0..40 {
            let plaintext = vec![1; length];
            let mut packet = seal(&key, plaintext.clone(), &[9; PADDING]);
            let theirs = grammers_crypto::AuthKey::from_bytes(secret());
            let opened = decrypt_data_v2(&mut packet, &theirs).unwrap();
            assert!(opened.starts_with(&plaintext));
            assert!((MIN_PADDING..=PADDING).contains(&(opened.len() - length)));
        }
    }

    #[test]
    fn a_quick_acknowledgement_names_a_packet_by_the_start_of_its_hash() {
        let key = AuthKey::from_bytes(secret());
        let plaintext = open(&key, &sealed_by_a_client(&[3; 32])).unwrap();
        let hash = Sha256::digest([&secret()[88..120], &plaintext].concat());
        let start = u32::from_le_bytes(*hash.first_chunk().unwrap());
        assert_eq!(ack_token(&key, &plaintext), start | 0x8000_0000);
    }

    #[test]
    fn a_packet_with_any_byte_changed_does_not_open() {
        let key = AuthKey::from_bytes(secret());
        let packet = sealed_by_a_client(&[3; 32]);
        for place in KEY_ID..packet.len() {
            let mut changed = packet.clone();
            changed[place] ^= 1;
            assert_eq!(open(&key, &changed), Err(PacketError::MessageKey));
        }
    }

    #[test]
    fn a_packet_that_is_cut_does_not_open() {
        let key = AuthKey::from_bytes(secret());
        let packet = sealed_by_a_client(&[3; 32]);
        for length in 0..packet.len() {
            assert!(open(&key, &packet[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn what_the_server_seals_is_nothing_that_a_client_sealed() {
        let key = AuthKey::from_bytes(secret());
        let packet = seal(&key, vec![1; 32], &[9; PADDING]);
        assert_eq!(open(&key, &packet), Err(PacketError::MessageKey));
    }
}
