use super::form::{self, Form};
use crate::keys::{InvalidSignature, PrivateKey, PublicKey, Signature, VerifyingKey};
use crate::tl::{ReadError, ReadErrorKind, Reader, Writer};
use crate::types::{BlockHash, Height, UserId};

pub(super) const COMMIT: u32 = 0xd151_2ae7;
pub(super) const REVEAL: u32 = 0x83f4_f9d8;

/// The content of a broadcast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BroadcastContent {
    /// The SHA-256 of a nonce that is still secret.
    Commit {
        /// The hash.
        nonce_hash: [u8; 32],
    },
    /// The nonce of the commit before.
    Reveal {
        /// The nonce.
        nonce: [u8; 32],
    },
}

impl BroadcastContent {
    fn id(&self) -> u32 {
        match self {
            Self::Commit { .. } => COMMIT,
            Self::Reveal { .. } => REVEAL,
        }
    }
}

/// A message of the verification that all members of a call receive.
///
/// It has one form only: all its fields have fixed sizes. Broadcasts are ordered by their fields, which means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Broadcast {
    /// The signature over the broadcast with this field zero.
    pub signature: Signature,
    /// The user who says it.
    pub user_id: UserId,
    /// The height of the block that is verified.
    pub height: Height,
    /// The hash of the block that is verified.
    pub block_hash: BlockHash,
    /// The commit or reveal.
    pub content: BroadcastContent,
}

impl Broadcast {
    /// Reads a broadcast with the canonical id, as clients send it.
    ///
    /// # Errors
    ///
    /// [`ReadError`] with the offset; the reference has no code for it.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReadError> {
        Self::read(bytes, Form::Local)
    }

    /// Reads a broadcast with the incremented id, as the server sends it.
    ///
    /// # Errors
    ///
    /// [`ReadError`] with the offset, also for the canonical id.
    pub fn from_server(bytes: &[u8]) -> Result<Self, ReadError> {
        Self::read(bytes, Form::Server)
    }

    fn read(bytes: &[u8], form: Form) -> Result<Self, ReadError> {
        let what = "a broadcast";
        let mut reader = Reader::new(bytes);
        let found = reader.u32(what)?;
        // The two kinds have the same layout, so the id alone distinguishes them.
        let is_commit = found == form.id(COMMIT);
        if !is_commit && found != form.id(REVEAL) {
            let kind = ReadErrorKind::UnexpectedConstructor { what, found };
            return Err(reader.error_before(4, kind));
        }
        let broadcast = Self {
            signature: Signature::from_bytes(reader.raw("a signature")?),
            user_id: UserId::new(reader.i64("a user id")?),
            height: Height::new(reader.i32("a block's height")?),
            block_hash: BlockHash::from_bytes(reader.raw("a block's hash")?),
            content: if is_commit {
                BroadcastContent::Commit {
                    nonce_hash: reader.raw("a nonce's hash")?,
                }
            } else {
                BroadcastContent::Reveal {
                    nonce: reader.raw("a nonce")?,
                }
            },
        };
        reader.finish(what)?;
        Ok(broadcast)
    }

    /// The broadcast as it is sent to the server.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::with_capacity(144);
        writer.u32(self.content.id());
        writer.raw(self.signature.as_bytes());
        writer.i64(self.user_id.value());
        writer.i32(self.height.value());
        writer.raw(self.block_hash.as_bytes());
        match &self.content {
            BroadcastContent::Commit { nonce_hash: value }
            | BroadcastContent::Reveal { nonce: value } => writer.raw(value),
        }
        writer.into_bytes()
    }

    /// The broadcast in server form, as the server sends it.
    pub fn to_server(&self) -> Vec<u8> {
        form::with_id(&self.to_bytes(), Form::Server.id(self.content.id()))
    }

    /// The same broadcast signed by `key`.
    #[must_use]
    pub fn sign(self, key: &PrivateKey) -> Self {
        let unsigned = Self {
            signature: Signature::ZERO,
            ..self
        };
        Self {
            signature: key.sign(&unsigned.to_bytes()),
            ..self
        }
    }

    /// Checks that `key` signed the broadcast.
    ///
    /// # Errors
    ///
    /// [`InvalidSignature`]
    pub fn verify(&self, key: &PublicKey) -> Result<(), InvalidSignature> {
        self.verify_with(&key.into())
    }

    /// Checks that the owner of a key that is parsed already signed the broadcast.
    ///
    /// # Errors
    ///
    /// [`InvalidSignature`]
    pub fn verify_with(&self, key: &VerifyingKey) -> Result<(), InvalidSignature> {
        form::verify(&self.to_bytes(), &self.signature, key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn broadcasts() -> [Broadcast; 2] {
        let broadcast = Broadcast {
            signature: Signature::ZERO,
            user_id: UserId::new(i64::MIN),
            height: Height::new(3),
            block_hash: BlockHash::from_bytes([1; 32]),
            content: BroadcastContent::Commit {
                nonce_hash: [2; 32],
            },
        };
        let content = BroadcastContent::Reveal { nonce: [3; 32] };
        [
            broadcast,
            Broadcast {
                content,
                ..broadcast
            },
        ]
    }

    #[test]
    fn both_kinds_are_read_back_in_the_form_they_were_written_in() {
        for broadcast in broadcasts() {
            assert_eq!(Broadcast::parse(&broadcast.to_bytes()), Ok(broadcast));
            assert_eq!(
                Broadcast::from_server(&broadcast.to_server()),
                Ok(broadcast)
            );
            assert!(Broadcast::parse(&broadcast.to_server()).is_err());
            assert!(Broadcast::from_server(&broadcast.to_bytes()).is_err());
        }
    }

    #[test]
    fn a_signature_covers_every_field() {
        let key = PrivateKey::from_seed(&[4; 32]);
        for broadcast in broadcasts() {
            let signed = broadcast.sign(&key);
            assert_eq!(signed.verify(&key.public_key()), Ok(()));
            let bytes = signed.to_bytes();
            for at in (0..bytes.len()).step_by(4) {
                let mut bytes = bytes.clone();
                bytes[at] ^= 1;
                let damaged = Broadcast::parse(&bytes);
                assert!(damaged.is_err() || damaged.unwrap().verify(&key.public_key()).is_err());
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused_or_are_the_whole_broadcast(mut bytes: Vec<u8>, id in 0..2_usize) {
            let length = bytes.len();
            bytes.resize(length + 144, 7);
            let known = broadcasts().map(|broadcast| broadcast.to_bytes());
            bytes[..4].copy_from_slice(&known[id][..4]);
            prop_assert_eq!(Broadcast::parse(&bytes).is_ok(), length == 0);
            bytes.truncate(144);
            prop_assert_eq!(Broadcast::parse(&bytes).unwrap().to_bytes(), bytes);
        }
    }
}
