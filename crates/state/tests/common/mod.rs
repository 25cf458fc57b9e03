//! Calls whose blocks are written field by field, with keys of stated seeds.
#![allow(dead_code, reason = "no test needs all of it")]

use std::sync::Arc;

use confcall_state::keys::Signature;
use confcall_state::wire::{
    BlockFields, Change, GroupState, Participant, Permissions, SharedKey, StateProof,
};
use confcall_state::{Block, Chain, ChainState, Height, KvHash, PrivateKey, UserId};

pub(crate) const NOTHING: u32 = 0;
pub(crate) const ADD: u32 = 1;
pub(crate) const REMOVE: u32 = 2;
pub(crate) const SET_VALUE: u32 = 4;
pub(crate) const ALL: u32 = 7;

pub(crate) fn user(number: u8) -> UserId {
    UserId::new(number.into())
}

pub(crate) fn key(number: u8) -> PrivateKey {
    PrivateKey::from_seed(&[number; 32])
}

/// The user of this number, with the key of the same number.
pub(crate) fn member(number: u8, permissions: u32) -> Participant {
    Participant {
        user_id: user(number),
        public_key: key(number).public_key(),
        permissions: Permissions::from_bits(permissions),
        version: 0,
    }
}

/// The same user with another key.
pub(crate) fn rekeyed(number: u8, permissions: u32) -> Participant {
    Participant {
        public_key: key(0x80 | number).public_key(),
        ..member(number, permissions)
    }
}

pub(crate) fn group(participants: &[Participant], external: u32) -> GroupState {
    GroupState {
        participants: participants.to_vec(),
        external_permissions: Permissions::from_bits(external),
    }
}

/// A key for these, as far as the chain can tell.
pub(crate) fn shared_key(members: &[Participant]) -> SharedKey {
    SharedKey {
        recipients: members.iter().map(|one| one.user_id).collect(),
        headers: members.iter().map(|_| [0; 32]).collect(),
        encrypted_shared_key: vec![1; 64],
        ..SharedKey::empty()
    }
}

pub(crate) fn set_group(participants: &[Participant], external: u32) -> Change {
    Change::SetGroupState(Arc::new(group(participants, external)))
}

pub(crate) fn set_key(members: &[Participant]) -> Change {
    Change::SetSharedKey(Arc::new(shared_key(members)))
}

pub(crate) fn set_value() -> Change {
    Change::SetValue {
        key: vec![1; 32],
        value: vec![1],
    }
}

/// A block with these changes, and a proof of what they do not tell.
pub(crate) fn fields(on: &ChainState, changes: Vec<Change>, signer: u8) -> BlockFields {
    let tells_group = changes
        .iter()
        .any(|one| matches!(one, Change::SetGroupState(_)));
    let tells_key = changes
        .iter()
        .any(|one| matches!(one, Change::SetSharedKey(_)));
    let (group_state, shared_key) = (on.group_state(), on.shared_key());
    BlockFields {
        signature: Signature::ZERO,
        prev_block_hash: on.hash(),
        changes,
        height: Height::new(on.height().value() + 1),
        state_proof: StateProof {
            kv_hash: KvHash::EMPTY,
            group_state: (!tells_group).then(|| group_state.clone()),
            shared_key: (!tells_group && !tells_key).then(|| shared_key.clone()),
        },
        signature_public_key: Some(key(signer).public_key()),
    }
}

/// Block 0 with these changes, whether or not a chain would accept it.
pub(crate) fn founding(changes: Vec<Change>) -> Block {
    let first = Chain::client();
    fields(first.state(), changes, 1).sign(&key(1))
}

/// A client's chain in a call of these members, in which nobody has a key.
pub(crate) fn call(members: &[Participant], external: u32) -> Chain {
    Chain::start_from(&founding(vec![set_group(members, external)])).unwrap()
}

/// A client's chain in a call of these members, who have a key.
pub(crate) fn keyed_call(members: &[Participant], external: u32) -> Chain {
    let changes = vec![set_group(members, external), set_key(members)];
    Chain::start_from(&founding(changes)).unwrap()
}
