//! The sealed form of a checkpoint (`spec/checkpoint.md`).
//!
//! ```text
//! "confcall" │ version │ number │ length │ key id │ nonce │ content, encrypted │ tag
//!     8           1        8        4        32      24         length - 16      16
//! └──────────────────── authenticated ────────────────────┘
//! ```
//!
//! All keys come from the caller's by BLAKE3, each for one purpose. The key id commits to the key, which the tag
//! alone does not, and distinguishes another key from a change. The nonce is a keyed hash of the number and the content: it
//! needs no randomness, and two contents never share one.

use chacha20poly1305::aead::{AeadInOut as _, KeyInit as _};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};
use zeroize::{Zeroize as _, Zeroizing};

use super::{CheckpointError, RestoreError};

const MAGIC: [u8; 8] = *b"confcall";
const VERSION: u8 = 2;
const HEADER: usize = 8 + 1 + 8 + 4 + 32 + 24;
const TAG: usize = 16;

const ENCRYPTION: &str = "confcall 2026-11 checkpoint encryption";
const KEY_ID: &str = "confcall 2026-11 checkpoint key id";
const NONCE: &str = "confcall 2026-11 checkpoint nonce";

/// A checkpoint that was opened.
pub(crate) struct Opened {
    pub(crate) number: u64,
    pub(crate) content: Zeroizing<Vec<u8>>,
}

/// The header before the content.
struct Header {
    number: u64,
    /// The length of the content and the tag.
    length: u32,
    key_id: [u8; 32],
    nonce: [u8; 24],
}

impl Header {
    fn to_bytes(&self) -> Vec<u8> {
        let Self {
            number,
            length,
            key_id,
            nonce,
        } = self;
        let (number, length) = (number.to_le_bytes(), length.to_le_bytes());
        let parts: [&[u8]; 6] = [&MAGIC, &[VERSION], &number, &length, key_id, nonce];
        parts.concat()
    }

    /// Reads the header; the rest is as long as it says.
    fn read(blob: &[u8]) -> Result<(Self, &[u8]), RestoreError> {
        let found = blob.len();
        let rest = blob.strip_prefix(&MAGIC);
        let rest = rest.ok_or(RestoreError::NotACheckpoint { length: found })?;
        let cut = RestoreError::Length {
            expected: HEADER as u64,
            found,
        };
        let ([version], rest) = rest.split_first_chunk().ok_or(cut)?;
        if *version != VERSION {
            let version = *version;
            return Err(RestoreError::Version { version });
        }
        let (number, rest) = rest.split_first_chunk().ok_or(cut)?;
        let (length, rest) = rest.split_first_chunk().ok_or(cut)?;
        let (key_id, rest) = rest.split_first_chunk().ok_or(cut)?;
        let (nonce, rest) = rest.split_first_chunk().ok_or(cut)?;
        let header = Self {
            number: u64::from_le_bytes(*number),
            length: u32::from_le_bytes(*length),
            key_id: *key_id,
            nonce: *nonce,
        };
        let expected = HEADER as u64 + u64::from(header.length);
        if expected != found as u64 {
            return Err(RestoreError::Length { expected, found });
        }
        Ok((header, rest))
    }
}

/// Seals a content under the caller's key.
pub(crate) fn seal(
    key: &[u8; 32],
    number: u64,
    content: &[u8],
) -> Result<Vec<u8>, CheckpointError> {
    let length = u32::try_from(content.len().saturating_add(TAG));
    let header = Header {
        number,
        length: length.map_err(|_| CheckpointError::TooLarge)?,
        key_id: key_id(key),
        nonce: nonce(key, number, content),
    };
    let mut blob = header.to_bytes();
    let head = blob.clone();
    blob.extend_from_slice(content);
    let (_, encrypted) = blob.split_at_mut(HEADER);
    let nonce = XNonce::from(header.nonce);
    let tag = cipher(key).encrypt_inout_detached(&nonce, &head, encrypted.into());
    blob.extend_from_slice(&tag.map_err(|_| CheckpointError::TooLarge)?);
    Ok(blob)
}

/// Opens a checkpoint that has at least the lowest number.
pub(crate) fn open(key: &[u8; 32], lowest: u64, blob: &[u8]) -> Result<Opened, RestoreError> {
    let (header, sealed) = Header::read(blob)?;
    if header.key_id != key_id(key) {
        return Err(RestoreError::OtherKey);
    }
    let (encrypted, tag) = sealed
        .split_last_chunk::<TAG>()
        .ok_or(RestoreError::Tampered)?;
    let mut content = Zeroizing::new(encrypted.to_vec());
    let nonce = XNonce::from(header.nonce);
    cipher(key)
        .decrypt_inout_detached(
            &nonce,
            &header.to_bytes(),
            content.as_mut_slice().into(),
            &Tag::from(*tag),
        )
        .map_err(|_| RestoreError::Tampered)?;
    let number = header.number;
    if number < lowest {
        return Err(RestoreError::TooOld { number, lowest });
    }
    Ok(Opened { number, content })
}

fn cipher(key: &[u8; 32]) -> XChaCha20Poly1305 {
    let key = Zeroizing::new(blake3::derive_key(ENCRYPTION, key));
    XChaCha20Poly1305::new((&*key).into())
}

fn key_id(key: &[u8; 32]) -> [u8; 32] {
    blake3::derive_key(KEY_ID, key)
}

fn nonce(key: &[u8; 32], number: u64, content: &[u8]) -> [u8; 24] {
    let key = Zeroizing::new(blake3::derive_key(NONCE, key));
    let mut hasher = blake3::Hasher::new_keyed(&key);
    hasher.update(&number.to_le_bytes());
    hasher.update(content);
    let mut nonce = [0; 24];
    let mut output = hasher.finalize_xof();
    output.fill(&mut nonce);
    output.zeroize();
    hasher.zeroize();
    nonce
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: [u8; 32] = [9; 32];
    const CONTENT: &[u8] = b"the content of a checkpoint";

    fn refused(blob: &[u8]) -> RestoreError {
        open(&KEY, 0, blob).err().unwrap()
    }

    #[test]
    fn what_was_sealed_opens_again_and_shows_nothing_of_itself() {
        let blob = seal(&KEY, 7, CONTENT).unwrap();
        let opened = open(&KEY, 7, &blob).unwrap();
        assert_eq!((opened.number, &**opened.content), (7, CONTENT));
        let mut pairs = blob.windows(4);
        assert!(!pairs.any(|four| CONTENT.windows(4).any(|plain| plain == four)));
    }

    #[test]
    fn the_layout_is_the_one_of_the_specification() {
        let blob = seal(&KEY, 7, CONTENT).unwrap();
        assert_eq!(blob[..8], *b"confcall");
        assert_eq!(blob[8], 2);
        assert_eq!(blob[9..17], 7_u64.to_le_bytes());
        assert_eq!(blob[17..21], (CONTENT.len() as u32 + 16).to_le_bytes());
        assert_eq!(blob.len(), 77 + CONTENT.len() + 16);
    }

    #[test]
    fn every_flipped_bit_is_refused_by_the_name_of_what_it_changes() {
        let blob = seal(&KEY, 7, CONTENT).unwrap();
        for at in 0..blob.len() {
            for bit in 0..8 {
                let mut changed = blob.clone();
                changed[at] ^= 1 << bit;
                let error = refused(&changed);
                let expected = match at {
                    0..8 => matches!(error, RestoreError::NotACheckpoint { .. }),
                    8 => matches!(error, RestoreError::Version { .. }),
                    17..21 => matches!(error, RestoreError::Length { .. }),
                    21..53 => error == RestoreError::OtherKey,
                    _ => error == RestoreError::Tampered,
                };
                assert!(expected, "byte {at}: {error}");
            }
        }
    }

    #[test]
    fn a_checkpoint_that_is_cut_or_continued_is_refused() {
        let blob = seal(&KEY, 7, CONTENT).unwrap();
        for length in 0..blob.len() {
            let error = refused(&blob[..length]);
            let expected = match length {
                0..8 => RestoreError::NotACheckpoint { length },
                8..77 => RestoreError::Length {
                    expected: 77,
                    found: length,
                },
                _ => RestoreError::Length {
                    expected: blob.len() as u64,
                    found: length,
                },
            };
            assert_eq!(error, expected);
        }
        let longer = [&*blob, &[0]].concat();
        assert!(matches!(refused(&longer), RestoreError::Length { .. }));
    }

    #[test]
    fn another_key_is_told_from_a_change() {
        let blob = seal(&KEY, 7, CONTENT).unwrap();
        let other = open(&[8; 32], 0, &blob).err();
        assert_eq!(other, Some(RestoreError::OtherKey));
    }

    #[test]
    fn an_older_checkpoint_is_refused_and_the_lowest_is_not() {
        let blob = seal(&KEY, 7, CONTENT).unwrap();
        assert!(open(&KEY, 7, &blob).is_ok());
        let (number, lowest) = (7, 8);
        let old = open(&KEY, lowest, &blob).err();
        assert_eq!(old, Some(RestoreError::TooOld { number, lowest }));
    }

    #[test]
    fn two_contents_or_two_numbers_never_share_a_nonce() {
        let nonce = |number, content| seal(&KEY, number, content).unwrap()[53..77].to_vec();
        assert_ne!(nonce(7, CONTENT), nonce(7, b"another content of a checkp"));
        assert_ne!(nonce(7, CONTENT), nonce(8, CONTENT));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(
            head in prop_oneof![Just(Vec::new()), Just(b"confcall".to_vec()), Just(b"confcall\x01".to_vec())],
            tail: Vec<u8>,
        ) {
            prop_assert!(open(&KEY, 0, &[head, tail].concat()).is_err());
        }
    }
}
