//! The JSON shapes of blocks, their parts and the state of a chain.
//!
//! Byte strings are lower-case hexadecimal, user ids are integers of the whole int64 range, and a field that
//! a block does not have is left out.

mod to_wire;

use serde::{Deserialize, Serialize};

use confcall_state::verification::RoundCounts;
use confcall_state::{ChainState as State, wire};

use crate::hex_bytes::{Array, Bytes};

/// One participant of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Participant {
    /// The user's id.
    pub user_id: i64,
    /// The user's key in this call.
    pub public_key: Array<32>,
    /// The bits of what the participant may do.
    pub flags: u32,
    /// The newest protocol version that the participant's client speaks.
    pub version: i32,
}

/// The participants of a call, and the permissions of all others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupState {
    /// The participants in the order of the chain.
    pub participants: Vec<Participant>,
    /// The bits of what those who are not participants may do, as the int32 that stands on the wire.
    pub external_permissions: i32,
}

/// A key for every participant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedKey {
    /// The public key made for this value alone.
    pub ek: Array<32>,
    /// The encrypted key.
    pub encrypted_shared_key: Bytes,
    /// The users that the headers are for.
    pub dest_user_id: Vec<i64>,
    /// A header for each recipient.
    pub dest_header: Vec<Bytes>,
}

/// One change that a block makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Change {
    /// Changes nothing.
    Noop {
        /// Any 32 bytes.
        nonce: Array<32>,
    },
    /// Sets a value in the key-value trie.
    SetValue {
        /// The key.
        key: Bytes,
        /// The value.
        value: Bytes,
    },
    /// Replaces the group state.
    SetGroupState {
        /// The new one.
        group_state: GroupState,
    },
    /// Sets the shared key.
    SetSharedKey {
        /// The new one.
        shared_key: SharedKey,
    },
}

/// The fields of a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// The block's height.
    pub height: i32,
    /// The hash of the block before.
    pub prev_block_hash: Array<32>,
    /// The changes in order.
    pub changes: Vec<Change>,
    /// The root hash of the key-value trie after the block.
    pub kv_hash: Array<32>,
    /// The signer, if the block names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature_public_key: Option<Array<32>>,
    /// The group state that the state proof repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof_group_state: Option<GroupState>,
    /// The shared key that the state proof repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof_shared_key: Option<SharedKey>,
    /// The signature; absent in fields that are still to be signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Array<64>>,
}

/// A block that was read: its canonical bytes, their hash, and the fields.
#[derive(PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ParsedBlock {
    canonical: Bytes,
    hash: Array<32>,
    block: Block,
}

impl From<&confcall_state::Block> for ParsedBlock {
    fn from(block: &confcall_state::Block) -> Self {
        Self {
            canonical: Bytes(block.bytes().to_vec()),
            hash: Array(*block.hash().as_bytes()),
            block: Block::from(block.fields()),
        }
    }
}

/// The public state of a chain after a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainState {
    /// The height of the last block.
    pub height: i32,
    /// The hash of the last block.
    pub hash: Array<32>,
    /// The root hash of the key-value trie.
    pub kv_hash: Array<32>,
    /// The participants, and the permissions of all others.
    pub group_state: GroupState,
    /// The shared key in force.
    pub shared_key: SharedKey,
}

/// An operation of a kind that has two.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Direction {
    Encrypt,
    Decrypt,
}

/// An error by the reference's code and name; code 0 and an empty name where it has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodedError {
    /// The code.
    pub code: i32,
    /// The name.
    pub name: String,
    /// The fault in words.
    #[serde(default)]
    pub message: String,
}

impl CodedError {
    /// Describes an error that has this code, if any.
    pub fn new(
        code: Option<confcall_state::ReferenceCode>,
        message: &impl core::fmt::Display,
    ) -> Self {
        Self {
            // The vectors write 0 and an empty name where the reference has no code.
            code: code.map_or(0, |code| code.code()),
            name: code.map_or("", |code| code.name()).to_owned(),
            message: message.to_string(),
        }
    }
}

/// The progress of a verification by itself.
#[derive(PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoundProgress {
    height: i32,
    phase: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    emoji_hash: Option<Array<64>>,
}

impl From<&RoundCounts> for RoundProgress {
    fn from(counts: &RoundCounts) -> Self {
        Self {
            height: counts.height().value(),
            phase: counts.phase().number(),
            emoji_hash: emoji_hash(counts),
        }
    }
}

/// The progress of the verification that a member of a call takes part in.
#[derive(PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallProgress {
    height: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    emoji_hash: Option<Array<64>>,
}

impl From<&RoundCounts> for CallProgress {
    fn from(counts: &RoundCounts) -> Self {
        Self {
            height: counts.height().value(),
            emoji_hash: emoji_hash(counts),
        }
    }
}

/// The hash that the emoji of a verification are made of, once it is complete.
pub(crate) fn emoji_hash(counts: &RoundCounts) -> Option<Array<64>> {
    counts.emoji_hash().map(|hash| Array(*hash.as_bytes()))
}

impl From<&wire::Participant> for Participant {
    fn from(one: &wire::Participant) -> Self {
        Self {
            user_id: one.user_id.value(),
            public_key: Array(*one.public_key.as_bytes()),
            flags: one.permissions.bits(),
            version: one.version,
        }
    }
}

impl From<&wire::GroupState> for GroupState {
    fn from(group: &wire::GroupState) -> Self {
        Self {
            participants: group.participants.iter().map(Participant::from).collect(),
            // The vectors have it as the int32 of the schema, unlike the flags of participants.
            external_permissions: group.external_permissions.bits().cast_signed(),
        }
    }
}

impl From<&wire::SharedKey> for SharedKey {
    fn from(key: &wire::SharedKey) -> Self {
        Self {
            ek: Array(*key.ephemeral_key.as_bytes()),
            encrypted_shared_key: Bytes(key.encrypted_shared_key.clone()),
            dest_user_id: key.recipients.iter().map(|user| user.value()).collect(),
            dest_header: key.headers.iter().map(|one| Bytes(one.to_vec())).collect(),
        }
    }
}

impl From<&wire::Change> for Change {
    fn from(change: &wire::Change) -> Self {
        match change {
            wire::Change::Noop { nonce } => Self::Noop {
                nonce: Array(*nonce),
            },
            wire::Change::SetValue { key, value } => Self::SetValue {
                key: Bytes(key.clone()),
                value: Bytes(value.clone()),
            },
            wire::Change::SetGroupState(group_state) => Self::SetGroupState {
                group_state: GroupState::from(&**group_state),
            },
            wire::Change::SetSharedKey(shared_key) => Self::SetSharedKey {
                shared_key: SharedKey::from(&**shared_key),
            },
        }
    }
}

impl From<&wire::BlockFields> for Block {
    fn from(fields: &wire::BlockFields) -> Self {
        let proof = &fields.state_proof;
        Self {
            height: fields.height.value(),
            prev_block_hash: Array(*fields.prev_block_hash.as_bytes()),
            changes: fields.changes.iter().map(Change::from).collect(),
            kv_hash: Array(*proof.kv_hash.as_bytes()),
            signature_public_key: fields
                .signature_public_key
                .map(|key| Array(*key.as_bytes())),
            proof_group_state: proof.group_state.as_deref().map(GroupState::from),
            proof_shared_key: proof.shared_key.as_deref().map(SharedKey::from),
            signature: Some(Array(*fields.signature.as_bytes())),
        }
    }
}

impl From<&State> for ChainState {
    fn from(state: &State) -> Self {
        Self {
            height: state.height().value(),
            hash: Array(*state.hash().as_bytes()),
            kv_hash: Array(*state.kv_hash().as_bytes()),
            group_state: GroupState::from(&**state.group_state()),
            shared_key: SharedKey::from(&**state.shared_key()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_ids_are_integers_of_the_whole_range() {
        for user_id in [i64::MIN, -1, i64::MAX] {
            let one = Participant {
                user_id,
                public_key: Array([7; 32]),
                flags: 3,
                version: 0,
            };
            let text = serde_json::to_string(&one).unwrap();
            assert!(text.contains(&format!(r#""user_id":{user_id},"#)), "{text}");
            assert_eq!(serde_json::from_str::<Participant>(&text).unwrap(), one);
        }
    }

    #[test]
    fn changes_carry_their_type() {
        let change = Change::from(&wire::Change::SetValue {
            key: vec![1],
            value: Vec::new(),
        });
        let text = r#"{"type":"set_value","key":"01","value":""}"#;
        assert_eq!(serde_json::to_string(&change).unwrap(), text);
        assert_eq!(serde_json::from_str::<Change>(text).unwrap(), change);
    }

    #[test]
    fn the_empty_state_has_nothing_left_out() {
        let state = ChainState::from(confcall_state::Chain::client().state());
        assert_eq!(
            (state.height, state.group_state.external_permissions),
            (-1, 7)
        );
        assert!(state.shared_key.dest_user_id.is_empty());
    }
}
