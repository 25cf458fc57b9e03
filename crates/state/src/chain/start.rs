//! The state that one block alone shows (`spec/protocol.md`, 2.3).

use std::sync::Arc;

use super::draft::{Draft, Kinds};
use super::error::ChainError;
use super::state::ChainState;
use super::{group, recipients};
use crate::types::Height;
use crate::wire::{Block, Change, GroupState, SharedKey};

/// The state after `block`, as far as the block can be trusted.
pub(super) fn state_of(block: &Block) -> Result<ChainState, ChainError> {
    let fields = block.fields();
    let proof = &fields.state_proof;
    if fields.height < Height::new(0) {
        return Err(ChainError::NegativeHeight {
            found: fields.height,
        });
    }
    let mut group_state = None;
    let mut shared_key = None;
    for change in &fields.changes {
        match change {
            // Neither changes what a client holds: the hash of the values is taken from the proof.
            Change::Noop { .. } | Change::SetValue { .. } => {}
            Change::SetGroupState(next) => {
                group_state = Some(Arc::clone(next));
                // A key from the state before cannot be for this group, so the proof is not asked for one.
                shared_key = Some(Arc::new(SharedKey::empty()));
            }
            Change::SetSharedKey(next) => shared_key = Some(Arc::clone(next)),
        }
    }
    let draft = Draft {
        group_state: group_state
            .or_else(|| proof.group_state.clone())
            .or_else(|| at_height_0(fields.height))
            .ok_or(ChainError::GroupStateProof)?,
        shared_key: shared_key
            .or_else(|| proof.shared_key.clone())
            .ok_or(ChainError::SharedKeyProof)?,
        values: None,
    };
    // The reference checks the proof first and the parts of the state after it; the order decides the code.
    draft.check_proof(&Kinds::of(&fields.changes), proof)?;
    group::check(&draft.group_state, 0)?;
    recipients::check(&draft.shared_key, &draft.group_state)?;
    Ok(ChainState {
        height: fields.height,
        hash: block.hash(),
        kv_hash: proof.kv_hash,
        group_state: draft.group_state,
        shared_key: draft.shared_key,
    })
}

/// The group state before the first block, which block 0 need not repeat.
fn at_height_0(height: Height) -> Option<Arc<GroupState>> {
    (height == Height::new(0)).then(|| Arc::new(GroupState::before_first()))
}
