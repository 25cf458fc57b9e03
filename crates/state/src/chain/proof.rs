//! The rules of the state proof (`spec/protocol.md`, 2.2, step 6).

use std::sync::Arc;

use super::draft::{Draft, Kinds};
use super::error::ChainError;
use crate::trie::Trie;
use crate::types::KvHash;
use crate::wire::{GroupState, SharedKey, StateProof};

impl Draft {
    /// The state proof of a block that makes these kinds of changes; `kv_hash` is that before it.
    pub(super) fn proof(&self, kinds: &Kinds, kv_hash: KvHash) -> StateProof {
        StateProof {
            kv_hash: self.values.as_ref().map_or(kv_hash, Trie::hash),
            group_state: self.unstated_group_state(kinds).cloned(),
            shared_key: self.unstated_shared_key(kinds).cloned(),
        }
    }

    /// Checks the state proof of a block that makes these kinds of changes.
    ///
    /// The group state and the shared key need no second look here: those that a block sets were checked when
    /// they were set, and those before it when the chain took them over.
    pub(super) fn check_proof(&self, kinds: &Kinds, proof: &StateProof) -> Result<(), ChainError> {
        if let Some(trie) = &self.values {
            let (expected, found) = (trie.hash(), proof.kv_hash);
            if expected != found {
                return Err(ChainError::KvHash { expected, found });
            }
        }
        // A shared key alone is no change: a block of it would start an epoch without a reason (201).
        if !(kinds.value || kinds.group_state) {
            return Err(ChainError::NoChanges);
        }
        if !agrees(self.unstated_group_state(kinds), proof.group_state.as_ref()) {
            return Err(ChainError::GroupStateProof);
        }
        if !agrees(self.unstated_shared_key(kinds), proof.shared_key.as_ref()) {
            return Err(ChainError::SharedKeyProof);
        }
        Ok(())
    }

    /// The group state, unless the changes state it.
    fn unstated_group_state(&self, kinds: &Kinds) -> Option<&Arc<GroupState>> {
        (!kinds.group_state).then_some(&self.group_state)
    }

    /// The shared key, unless the changes state it: a change of the group clears it.
    fn unstated_shared_key(&self, kinds: &Kinds) -> Option<&Arc<SharedKey>> {
        (!(kinds.group_state || kinds.shared_key)).then_some(&self.shared_key)
    }
}

/// Present exactly where it is expected, and equal.
fn agrees<T: PartialEq>(expected: Option<&Arc<T>>, found: Option<&Arc<T>>) -> bool {
    match (expected, found) {
        // A proof that we wrote shares what it proves.
        (Some(expected), Some(found)) => Arc::ptr_eq(expected, found) || expected == found,
        (None, None) => true,
        _ => false,
    }
}
