//! The bodies of the fuzz targets for packets; each panics where a law of them does not hold.
//!
//! They stand behind `cfg(any(fuzzing, confcall_testing))`: crates that depend on this one cannot turn them on, and
//! the tests and lints of this workspace see them.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a law that does not hold is a finding"
)]

mod packet_open;
mod packet_ops;

pub use packet_open::packet_open;
pub use packet_ops::packet_ops;

use std::sync::Arc;

use confcall_state::wire::{GroupState, Participant, Permissions};
use confcall_state::{BlockHash, EpochKey, ParticipantKeys, PrivateKey, UserId};

use crate::epochs::Epoch;

/// The key of a user; the same number gives the same key.
fn key(number: u8) -> Arc<PrivateKey> {
    Arc::new(PrivateKey::from_seed(&[number; 32]))
}

fn user(number: u8) -> UserId {
    UserId::new(i64::from(number))
}

fn hash(number: u8) -> BlockHash {
    BlockHash::from_bytes([0x80 | number; 32])
}

/// An epoch of these users.
fn epoch(number: u8, users: impl IntoIterator<Item = u8>) -> Epoch {
    let participants = users.into_iter().map(|one| Participant {
        user_id: user(one),
        public_key: key(one).public_key(),
        permissions: Permissions::from_bits(3),
        version: 0,
    });
    Epoch {
        hash: hash(number),
        key: EpochKey::from_bytes(&[number; 32]),
        participants: ParticipantKeys::new(&GroupState {
            participants: participants.collect(),
            external_permissions: Permissions::NONE,
        }),
    }
}
