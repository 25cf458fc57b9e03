//! The rules of the state proof (`spec/protocol.md`, 2.2, step 6).

use std::sync::Arc;

use super::draft::{Draft, Values};
use super::error::ChainError;
use crate::wire::StateProof;

/// Checks the proof of a block whose changes led to this draft.
pub(super) fn check(draft: &Draft, proof: &StateProof) -> Result<(), ChainError> {
    if let Values::Known(trie) = &draft.values {
        let (expected, found) = (trie.hash(), proof.kv_hash);
        if expected != found {
            return Err(ChainError::KvHash { expected, found });
        }
    }
    if !(draft.sets_value || draft.sets_group_state) {
        return Err(ChainError::NoChanges);
    }
    let group_state = Some(&draft.group_state).filter(|_| !draft.sets_group_state);
    if !agrees(group_state, proof.group_state.as_ref()) {
        return Err(ChainError::GroupStateProof);
    }
    let is_told = draft.sets_group_state || draft.sets_shared_key;
    let shared_key = Some(&draft.shared_key).filter(|_| !is_told);
    if !agrees(shared_key, proof.shared_key.as_ref()) {
        return Err(ChainError::SharedKeyProof);
    }
    Ok(())
}

/// Present exactly where it is expected, and equal.
fn agrees<T: PartialEq>(expected: Option<&Arc<T>>, found: Option<&Arc<T>>) -> bool {
    match (expected, found) {
        (Some(expected), Some(found)) => Arc::ptr_eq(expected, found) || expected == found,
        (None, None) => true,
        _ => false,
    }
}
