//! From the JSON shapes to the values that they describe, whatever those are worth on a chain.

use std::sync::Arc;

use confcall_state::keys::{PublicKey, Signature};
use confcall_state::{BlockHash, Height, KvHash, UserId, wire};

use super::{Block, Change, GroupState, Participant, SharedKey};

impl From<Participant> for wire::Participant {
    fn from(one: Participant) -> Self {
        Self {
            user_id: UserId::new(one.user_id),
            public_key: PublicKey::from_bytes(one.public_key.0),
            permissions: wire::Permissions::from_bits(one.flags),
            version: one.version,
        }
    }
}

impl From<GroupState> for wire::GroupState {
    fn from(group: GroupState) -> Self {
        let external = group.external_permissions.cast_unsigned();
        Self {
            participants: group.participants.into_iter().map(Into::into).collect(),
            external_permissions: wire::Permissions::from_bits(external),
        }
    }
}

impl From<SharedKey> for wire::SharedKey {
    fn from(key: SharedKey) -> Self {
        Self {
            ephemeral_key: PublicKey::from_bytes(key.ek.0),
            encrypted_shared_key: key.encrypted_shared_key.0,
            recipients: key.dest_user_id.into_iter().map(UserId::new).collect(),
            headers: key.dest_header.into_iter().map(|one| one.0).collect(),
        }
    }
}

impl From<Change> for wire::Change {
    fn from(change: Change) -> Self {
        match change {
            Change::Noop { nonce } => Self::Noop { nonce: nonce.0 },
            Change::SetValue { key, value } => Self::SetValue {
                key: key.0,
                value: value.0,
            },
            Change::SetGroupState { group_state } => {
                Self::SetGroupState(Arc::new(group_state.into()))
            }
            Change::SetSharedKey { shared_key } => Self::SetSharedKey(Arc::new(shared_key.into())),
        }
    }
}

/// A signature that the fields do not have is zero.
impl From<Block> for wire::BlockFields {
    fn from(block: Block) -> Self {
        let signature = block.signature.map(|bytes| Signature::from_bytes(bytes.0));
        let signer = block.signature_public_key;
        Self {
            signature: signature.unwrap_or(Signature::ZERO),
            prev_block_hash: BlockHash::from_bytes(block.prev_block_hash.0),
            changes: block.changes.into_iter().map(Into::into).collect(),
            height: Height::new(block.height),
            state_proof: wire::StateProof {
                kv_hash: KvHash::from_bytes(block.kv_hash.0),
                group_state: block.proof_group_state.map(|one| Arc::new(one.into())),
                shared_key: block.proof_shared_key.map(|one| Arc::new(one.into())),
            },
            signature_public_key: signer.map(|key| PublicKey::from_bytes(key.0)),
        }
    }
}
