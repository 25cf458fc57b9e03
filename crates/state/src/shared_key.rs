//! Writing a key for every participant, and opening it as one of them.
//!
//! ```text
//! raw key ── encrypt_data(one-time secret) ──▶ encrypted_shared_key
//! one-time secret ── encrypt_header(secret shared with participant i) ──▶ header i
//!
//! own header ──▶ one-time secret ──▶ raw key ── version, block hash ──▶ epoch key
//! ```
//!
//! Implements `spec/protocol.md`, 3.

use rand_core::CryptoRng;
use thiserror::Error;

use crate::encryption::{
    DecryptionError, HeaderError, decrypt_data, decrypt_header, encrypt_data, encrypt_header, kdf,
};
use crate::keys::{EpochKey, NoSharedSecret, OneTimeSecret, PrivateKey, PublicKey, RawKey};
use crate::reference::ReferenceCode;
use crate::types::{BlockHash, UserId};
use crate::wire::{ByteStrings, Participant, SharedKey};

/// The headers that are written at once at most; the inversions of their points are batched.
const BATCH: usize = 64;
/// The participants for whom one core writes all headers, so that no other core is woken for small calls.
#[cfg(feature = "parallel")]
const ONE_CORE: usize = 64;

/// A participant for whom no key can be written, so that no block with it can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("no key can be written for user {user_id}, whose public key {public_key} shares no secret")]
pub struct UnusableParticipant {
    /// The user.
    pub user_id: UserId,
    /// The user's key.
    pub public_key: PublicKey,
}

/// The key of an epoch could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EpochKeyError {
    /// Our key is not in the group.
    #[error("no participant has our key {key}")]
    NotParticipant {
        /// Our public key.
        key: PublicKey,
    },
    /// Our key stands in the group for another user.
    #[error("our key stands for user {found}, not for {expected}")]
    WrongUserId {
        /// Our user id.
        expected: UserId,
        /// The user id that stands beside our key.
        found: UserId,
    },
    /// There is no header for us, or no key at all.
    #[error("the shared key has no header for user {user_id}")]
    NotRecipient {
        /// Our user id.
        user_id: UserId,
    },
    /// The ephemeral key shares no secret with ours.
    #[error(transparent)]
    EphemeralKey(#[from] NoSharedSecret),
    /// Our header has a wrong size.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The key does not decrypt under our header.
    #[error("the shared key does not open: {0}")]
    Decryption(#[from] DecryptionError),
    /// The decrypted content is no key.
    #[error("a key has 32 bytes, not {length}")]
    Length {
        /// Its length in bytes.
        length: usize,
    },
}

impl EpochKeyError {
    /// The reference's code, where it has one for this.
    pub fn reference_code(&self) -> Option<ReferenceCode> {
        match self {
            Self::NotParticipant { .. } => Some(ReferenceCode::NotParticipant),
            Self::WrongUserId { .. } => Some(ReferenceCode::WrongUserId),
            _ => None,
        }
    }
}

impl SharedKey {
    /// Draws a new key and writes it for these participants, in their order.
    ///
    /// With the feature `parallel` the headers for more than 64 participants are written on all cores; the result is the same.
    ///
    /// # Errors
    ///
    /// [`UnusableParticipant`] names the first participant whose key shares no secret.
    pub fn for_participants(
        participants: &[Participant],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, UnusableParticipant> {
        let raw = RawKey::random(rng);
        let secret = OneTimeSecret::random(rng);
        // A pair of its own for each shared key, so that no secret encrypts two headers; the private half ends here.
        let ephemeral = PrivateKey::generate(rng);
        let encrypted = encrypt_data(raw.dangerous_bytes(), &secret, b"", rng).bytes;
        let batch = |batch: &[Participant]| headers(batch, &ephemeral, &secret, &encrypted);
        let mut all = ByteStrings::with_capacity(participants.len(), 32 * participants.len());
        for headers in batches(participants, batch)? {
            headers.iter().for_each(|header| all.push(header));
        }
        Ok(Self {
            ephemeral_key: ephemeral.public_key(),
            encrypted_shared_key: encrypted,
            recipients: participants.iter().map(|one| one.user_id).collect(),
            headers: all,
        })
    }

    /// Opens the key as one of its recipients.
    ///
    /// # Errors
    ///
    /// [`EpochKeyError`]
    pub fn open(&self, user_id: UserId, key: &PrivateKey) -> Result<RawKey, EpochKeyError> {
        // The chain checked that each participant is a recipient once, so the first is the only one.
        let place = self.recipients.iter().position(|one| *one == user_id);
        let header = place.and_then(|place| self.headers.get(place));
        let header = header.ok_or(EpochKeyError::NotRecipient { user_id })?;
        let encrypted = &self.encrypted_shared_key;
        let shared = key.shared_secret(&self.ephemeral_key)?;
        let secret = decrypt_header(header, encrypted, &(&shared).into())?;
        let raw = decrypt_data(encrypted, &secret, b"")?.payload;
        // A member can encrypt anything as the key.
        match raw.first_chunk() {
            Some(bytes) if raw.len() == 32 => Ok(RawKey::from_bytes(bytes)),
            _ => Err(EpochKeyError::Length { length: raw.len() }),
        }
    }
}

#[cfg(not(feature = "parallel"))]
use in_turn as batches;

fn in_turn<T>(
    participants: &[Participant],
    batch: impl Fn(&[Participant]) -> Result<T, UnusableParticipant>,
) -> Result<Vec<T>, UnusableParticipant> {
    participants.chunks(BATCH).map(batch).collect()
}

#[cfg(feature = "parallel")]
fn batches<T: Send>(
    participants: &[Participant],
    batch: impl Fn(&[Participant]) -> Result<T, UnusableParticipant> + Send + Sync,
) -> Result<Vec<T>, UnusableParticipant> {
    use rayon::prelude::*;

    if participants.len() <= ONE_CORE {
        return in_turn(participants, batch);
    }
    // Batches of one size, as many for each core, so that none works on alone at the end.
    let cores = rayon::current_num_threads();
    let rounds = participants.len().div_ceil(cores * BATCH);
    let size = participants.len().div_ceil(cores * rounds);
    // Collected before they are looked at, so that the first fault is named, not the fastest.
    let all: Vec<_> = participants.par_chunks(size).map(batch).collect();
    all.into_iter().collect()
}

/// The headers for some participants.
fn headers(
    participants: &[Participant],
    ephemeral: &PrivateKey,
    secret: &OneTimeSecret,
    encrypted: &[u8],
) -> Result<Vec<[u8; 32]>, UnusableParticipant> {
    let keys = participants.iter().map(|one| one.public_key);
    let mut headers = Vec::with_capacity(participants.len());
    ephemeral.for_each_shared_secret(keys, |shared| {
        headers.push(
            shared
                .ok()
                .and_then(|shared| encrypt_header(secret, encrypted, &(&shared).into()).ok()),
        );
    });
    let headers = headers.into_iter().zip(participants);
    headers
        .map(|(header, participant)| {
            header.ok_or(UnusableParticipant {
                user_id: participant.user_id,
                public_key: participant.public_key,
            })
        })
        .collect()
}

impl RawKey {
    /// The key of the epoch that a block starts.
    ///
    /// `version` is the protocol version of that block's group state: 0 takes the raw key itself, 1 and later
    /// mix it with the block's hash.
    pub fn epoch_key(&self, version: u8, block: &BlockHash) -> EpochKey {
        match version {
            0 => EpochKey::from_bytes(self.dangerous_bytes()),
            _ => EpochKey::from_bytes(&kdf(self.dangerous_bytes(), block.as_bytes()).left),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::wire::Permissions;
    use chacha20::ChaCha20Rng;
    use chacha20::rand_core::SeedableRng as _;
    use sha2::{Digest as _, Sha256};

    #[test]
    fn each_shared_key_has_a_key_a_one_time_secret_and_an_ephemeral_pair_of_its_own() {
        let mut rng = ChaCha20Rng::from_seed([4; 32]);
        let (user_id, private) = (UserId::new(1), PrivateKey::generate(&mut rng));
        let participant = Participant {
            user_id,
            public_key: private.public_key(),
            permissions: Permissions::ALL,
            version: 0,
        };
        let mut seen = BTreeSet::new();
        for _ in 0..20 {
            let key = SharedKey::for_participants(&[participant], &mut rng).unwrap();
            let shared = private.shared_secret(&key.ephemeral_key).unwrap();
            let header = key.headers.get(0).unwrap();
            let encrypted = &key.encrypted_shared_key;
            let secret = decrypt_header(header, encrypted, &(&shared).into()).unwrap();
            let raw = key.open(user_id, &private).unwrap();
            assert!(seen.insert(*key.ephemeral_key.as_bytes()));
            assert!(seen.insert(*secret.dangerous_bytes()));
            assert!(seen.insert(*raw.dangerous_bytes()));
        }
    }

    #[test]
    fn the_bytes_of_a_key_for_many_do_not_depend_on_how_many_cores_write_it() {
        let mut rng = ChaCha20Rng::from_seed([3; 32]);
        let participants: Vec<_> = (0..100)
            .map(|id| Participant {
                user_id: UserId::new(id),
                public_key: PrivateKey::generate(&mut rng).public_key(),
                permissions: Permissions::ALL,
                version: 0,
            })
            .collect();
        let key = SharedKey::for_participants(&participants, &mut rng).unwrap();
        let headers: Vec<u8> = key.headers.iter().flatten().copied().collect();
        // One value for builds with and without the feature `parallel`.
        let digest: [u8; 32] = Sha256::digest(&headers).into();
        assert_eq!(
            BlockHash::from_bytes(digest).to_string(),
            "62235e92b5c047ef71a31f40aabb66b299d653ec93cf69172fbefe486f07d2c5"
        );
    }
}
