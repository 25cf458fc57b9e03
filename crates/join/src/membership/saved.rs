//! A membership as a checkpoint keeps it, and how it goes on from there after a restart.

use core::fmt;
use std::sync::Arc;

use confcall_media::{ChannelId, Cryptor, Moment, RemovalGrace, ReplayFloor};
use confcall_state::keys::{Nonce, Seed};
use confcall_state::verification::{Contribution, Progress};
use confcall_state::wire::Broadcast;
use confcall_state::{Block, PrivateKey, PublicKey, UserId};
use rand_core::CryptoRng;
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Membership, PublicMembership, epoch};

/// Seqnos by the number of their channel.
pub(crate) type SavedSeqnos = Vec<(u16, u32)>;

/// The secret part, and what belongs to it.
#[derive(Serialize, Deserialize)]
pub(crate) struct SavedMembership {
    pub(crate) user_id: i64,
    /// The seed of the private key.
    pub(crate) key: SavedSecret,
    /// The newest block in canonical form.
    pub(crate) block: Vec<u8>,
    pub(crate) verification: SavedVerification,
    /// The last that were used.
    pub(crate) counters: SavedSeqnos,
    /// The newest that were floors, by the key of the sender.
    pub(crate) floors: Vec<([u8; 32], SavedSeqnos)>,
}

/// The progress of the verification of the newest block.
#[derive(Serialize, Deserialize)]
pub(crate) struct SavedVerification {
    pub(crate) commits: Vec<(i64, [u8; 32])>,
    pub(crate) reveals: Vec<(i64, [u8; 32])>,
    pub(crate) nonce: Option<SavedSecret>,
    /// Broadcasts for later blocks, in canonical form.
    pub(crate) early: Vec<Vec<u8>>,
}

/// A secret as a checkpoint holds it: written from its place, and read into it.
pub(crate) struct SavedSecret(Seed);

impl Serialize for SavedSecret {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.dangerous_bytes().serialize(to)
    }
}

impl<'de> Deserialize<'de> for SavedSecret {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_tuple(32, SecretVisitor)
    }
}

struct SecretVisitor;

impl<'de> Visitor<'de> for SecretVisitor {
    type Value = SavedSecret;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("32 bytes")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut bytes: A) -> Result<SavedSecret, A::Error> {
        let seed = Seed::try_fill_with(|seed| {
            for (place, byte) in seed.iter_mut().enumerate() {
                let next = bytes.next_element()?;
                *byte = next.ok_or_else(|| de::Error::invalid_length(place, &self))?;
            }
            Ok(())
        });
        seed.map(SavedSecret)
    }
}

/// A part of a checkpoint that does not fit the others, although it was sealed so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SavedFault(pub(crate) &'static str);

impl Membership {
    /// Everything of it that a checkpoint keeps.
    pub(crate) fn to_saved(&self) -> SavedMembership {
        let floors = self.cryptor.replay_floors().into_iter();
        let progress = Progress::of(self.public.verification(), &self.contribution);
        SavedMembership {
            user_id: self.public.user_id().value(),
            key: SavedSecret(self.key.dangerous_seed()),
            block: self.public.block().bytes().to_vec(),
            verification: saved_verification(progress),
            counters: numbers(self.cryptor.counters().iter()),
            floors: floors
                .map(|one| (*one.sender.as_bytes(), numbers(one.newest.into_iter())))
                .collect(),
        }
    }

    /// Goes on from what was saved; the seqnos leave out `reserve` on every channel.
    pub(crate) fn resume(
        now: Moment,
        saved: SavedMembership,
        reserve: u32,
        removal_grace: RemovalGrace,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, SavedFault> {
        let user_id = UserId::new(saved.user_id);
        let key = Arc::new(PrivateKey::from_seed(saved.key.0.dangerous_bytes()));
        let block = Block::parse(&saved.block);
        let block = block.map_err(|_| SavedFault("its block cannot be read"))?;
        let public = PublicMembership::start(user_id, key.public_key(), &block);
        let public = public.map_err(|_| SavedFault("its block shows no state"))?;
        // The block is the proof that the key is a member's, so no epoch key is kept beside it.
        let epoch_key = public.state().open_epoch_key(user_id, &key);
        let epoch_key = epoch_key.map_err(|_| SavedFault("its key does not open its block"))?;
        let progress = progress_of(saved.verification)?;
        let public = public.resume(&progress);
        let counts = public.verification();
        let contribution = Contribution::resume(user_id, counts, progress.nonce, &key, rng);
        let cryptor = Cryptor::new(user_id, Arc::clone(&key), removal_grace);
        cryptor.add_epoch(now, epoch(counts, epoch_key));
        // Before anything can be sealed: frames were sent after the checkpoint, under the same key.
        cryptor.resume(&channels(saved.counters)?.into_iter().collect(), reserve);
        cryptor.restore_replay_floors(&floors_of(saved.floors)?);
        Ok(Self {
            public,
            key,
            contribution,
            cryptor: Arc::new(cryptor),
        })
    }
}

fn saved_verification(progress: Progress) -> SavedVerification {
    let values = |values: Vec<(UserId, [u8; 32])>| {
        let values = values.into_iter();
        values.map(|(user, value)| (user.value(), value)).collect()
    };
    let early = progress.early.iter();
    SavedVerification {
        commits: values(progress.commits),
        reveals: values(progress.reveals),
        nonce: progress
            .nonce
            .map(|nonce| SavedSecret(Seed::copy_of(nonce.dangerous_bytes()))),
        early: early.map(Broadcast::to_bytes).collect(),
    }
}

fn progress_of(saved: SavedVerification) -> Result<Progress, SavedFault> {
    let what = "a broadcast cannot be read";
    let values = |values: Vec<(i64, [u8; 32])>| {
        let values = values.into_iter();
        values
            .map(|(user, value)| (UserId::new(user), value))
            .collect()
    };
    let early = saved.early.iter().map(|bytes| Broadcast::parse(bytes));
    Ok(Progress {
        commits: values(saved.commits),
        reveals: values(saved.reveals),
        nonce: saved
            .nonce
            .map(|nonce| Nonce::from_bytes(nonce.0.dangerous_bytes())),
        early: early
            .collect::<Result<_, _>>()
            .map_err(|_| SavedFault(what))?,
    })
}

fn numbers(channels: impl Iterator<Item = (ChannelId, u32)>) -> SavedSeqnos {
    // A channel is below 1024.
    let number = |channel: ChannelId| u16::try_from(channel.value()).unwrap_or_default();
    channels.map(|(id, seqno)| (number(id), seqno)).collect()
}

fn channels(numbers: SavedSeqnos) -> Result<Vec<(ChannelId, u32)>, SavedFault> {
    let what = "there is no such channel";
    let channels = numbers.into_iter().map(|(number, seqno)| {
        let channel = ChannelId::new(number.into()).map_err(|_| SavedFault(what))?;
        Ok((channel, seqno))
    });
    channels.collect()
}

fn floors_of(saved: Vec<([u8; 32], SavedSeqnos)>) -> Result<Vec<ReplayFloor>, SavedFault> {
    let floors = saved.into_iter().map(|(sender, newest)| {
        Ok(ReplayFloor {
            sender: PublicKey::from_bytes(sender),
            newest: channels(newest)?,
        })
    });
    floors.collect()
}
