//! Operations on calls of several sizes against their floor.

mod timing;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall_state::wire::{Change, GroupState, Participant, Permissions, SharedKey};
use confcall_state::{Block, Chain, PrivateKey, UserId};

/// The numbers of participants that are measured.
pub(crate) const PARTICIPANTS: [usize; 5] = [2, 10, 50, 200, 1000];

/// Compares an operation on a call of so many participants with its floor.
pub(crate) fn compare<A, B>(
    name: &str,
    participants: usize,
    ours: impl FnMut() -> A,
    floor: impl FnMut() -> B,
) {
    let label = format!("{name:<18} {participants:>5} participants");
    timing::compare(&label, ours, floor);
}

/// A generator with a stated seed.
pub(crate) fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([42; 32])
}

/// The keys of a call with this many participants, whose user ids are in no order, and its block 0.
pub(crate) fn call(participants: usize, rng: &mut ChaCha20Rng) -> (Vec<PrivateKey>, Block) {
    let keys: Vec<_> = (0..participants)
        .map(|_| PrivateKey::generate(rng))
        .collect();
    let participants = keys.iter().enumerate();
    let participants: Vec<_> = participants.map(|(id, key)| participant(id, key)).collect();
    let shared_key =
        SharedKey::for_participants(&participants, rng).expect("generated keys are usable");
    let group_state = GroupState {
        participants,
        external_permissions: Permissions::from_bits(3),
    };
    let changes = vec![
        Change::SetGroupState(group_state.into()),
        Change::SetSharedKey(shared_key.into()),
    ];
    let block = Chain::client()
        .build(changes, &keys[0])
        .expect("a founder may write block 0");
    (keys, block)
}

fn participant(id: usize, key: &PrivateKey) -> Participant {
    Participant {
        user_id: UserId::new((id as i64).wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64)),
        public_key: key.public_key(),
        permissions: Permissions::from_bits(3),
        version: 0,
    }
}
