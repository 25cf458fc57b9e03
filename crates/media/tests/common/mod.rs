//! A call whose members and epochs are made of stated seeds.
#![allow(dead_code, reason = "no test needs all of it")]

use std::sync::Arc;
use std::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall_media::{AddedEpoch, ChannelId, Cryptor, Epoch, Moment, RemovalGrace};
use confcall_state::wire::{GroupState, Participant, Permissions};
use confcall_state::{BlockHash, EpochKey, ParticipantKeys, PrivateKey, UserId};

pub(crate) const MAIN: ChannelId = ChannelId::MAIN;

pub(crate) fn at(seconds: u64) -> Moment {
    Moment::new(Duration::from_secs(seconds))
}

pub(crate) fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([77; 32])
}

pub(crate) fn user(number: u8) -> UserId {
    UserId::new(i64::from(number))
}

pub(crate) fn hash(number: u8) -> BlockHash {
    BlockHash::from_bytes([0x80 | number; 32])
}

/// The key of a user; the same number gives the same key.
pub(crate) fn key(number: u8) -> Arc<PrivateKey> {
    Arc::new(PrivateKey::from_seed(&[number; 32]))
}

/// An epoch of these users, each with the key of its number.
pub(crate) fn epoch(number: u8, users: &[u8]) -> Epoch {
    epoch_of_keys(
        number,
        &users.iter().map(|one| (*one, *one)).collect::<Vec<_>>(),
    )
}

/// An epoch of users with keys that have numbers of their own.
pub(crate) fn epoch_of_keys(number: u8, members: &[(u8, u8)]) -> Epoch {
    let participants = members.iter().map(|(user_id, seed)| Participant {
        user_id: user(*user_id),
        public_key: key(*seed).public_key(),
        permissions: Permissions::from_bits(3),
        version: 0,
    });
    Epoch {
        hash: hash(number),
        key: EpochKey::from_bytes(&[number; 32]),
        participants: ParticipantKeys::new(&GroupState {
            participants: participants.collect(),
            external_permissions: Permissions::from_bits(3),
        }),
    }
}

pub(crate) fn member(number: u8) -> Cryptor {
    Cryptor::new(user(number), key(number), RemovalGrace::WithGrace)
}

pub(crate) fn add(cryptor: &Cryptor, seconds: u64, epoch: Epoch) {
    assert_eq!(cryptor.add_epoch(at(seconds), epoch), AddedEpoch::Newest);
}

/// Users 1 and 2 in epoch 1, which starts at second 0.
pub(crate) fn pair() -> (Cryptor, Cryptor) {
    let pair = (member(1), member(2));
    add(&pair.0, 0, epoch(1, &[1, 2]));
    add(&pair.1, 0, epoch(1, &[1, 2]));
    pair
}

/// `count` packets of user 1, with the seqnos from 1 on.
pub(crate) fn packets(sender: &Cryptor, count: usize) -> Vec<Vec<u8>> {
    let mut rng = rng();
    let seal = |_| sender.seal(at(0), MAIN, 2, b"a frame", &mut rng).unwrap();
    (0..count).map(seal).collect()
}

/// Makes the next seqno of every channel this one.
pub(crate) fn continue_at(sender: &Cryptor, seqno: u32) {
    sender.resume(&confcall_media::Counters::default(), seqno - 1);
}
