use chacha20::ChaCha20Rng;
use confcall_state::wire::{Change, GroupState, Participant, Permissions, SharedKey};
use confcall_state::{Block, Chain, PrivateKey, UserId};

use crate::reference::Reference;
use crate::timing::compare;

/// The numbers of participants that are measured.
pub const PARTICIPANTS: [usize; 5] = [2, 10, 50, 200, 1000];

/// Compares an operation on a call of so many participants with its floor.
pub fn compare_calls<A, B>(
    name: &str,
    participants: usize,
    ours: impl FnMut() -> A,
    floor: impl FnMut() -> B,
) {
    compare(&label(name, participants), ours, floor);
}

/// Prints what joining on a tip takes the reference.
pub fn time_reference_join(peer: &mut Reference, participants: usize, tip: &Block) {
    let (seed, tip) = (hex::encode([9; 32]), hex::encode(tip.to_server()));
    let request = format!(
        r#"{{"op":"self_add","seed":"{seed}","previous_block":"{tip}","user_id":-7,"flags":3,"version":0}}"#
    );
    peer.compare(&label("join_block", participants), |_| request.clone());
}

fn label(name: &str, participants: usize) -> String {
    format!("{name:<18} {participants:>5} participants")
}

/// The keys of a call with this many participants, whose user ids are in no order, and its block 0.
pub fn call(participants: usize, rng: &mut ChaCha20Rng) -> (Vec<PrivateKey>, Block) {
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

/// The bytes that the signature of a block or broadcast in canonical form is made over.
pub fn signed_bytes(canonical: &[u8]) -> Vec<u8> {
    let mut signed = canonical.to_vec();
    signed[4..68].fill(0);
    signed
}
