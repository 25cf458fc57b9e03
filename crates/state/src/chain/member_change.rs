use thiserror::Error;

use super::state::ChainState;
use crate::types::Height;
use crate::wire::{Block, Change};

/// A block that the chain accepts is not one that only changes who is in the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MemberChangeFault {
    /// The changes are others than a group state and then a shared key.
    #[error("the block sets other things than the group state and then the shared key")]
    Changes,
    /// There is no key in force after the block, which would leave all members without one.
    #[error("the block writes no shared key for everybody")]
    NoSharedKey,
    /// The trie was changed, or block 0 does not have the empty one.
    #[error("the block does not leave the trie as it was")]
    KvHash,
    /// The external permissions were changed.
    #[error("the block does not leave the external permissions as they were")]
    ExternalPermissions,
}

/// Checks that `block`, which leads from `before` to `after`, sets the group and its key and nothing beside.
pub(super) fn check_member_change(
    before: &ChainState,
    block: &Block,
    after: &ChainState,
) -> Result<(), MemberChangeFault> {
    match block.fields().changes.as_slice() {
        [Change::SetGroupState(_)] => return Err(MemberChangeFault::NoSharedKey),
        [Change::SetGroupState(_), Change::SetSharedKey(_)] => {}
        _ => return Err(MemberChangeFault::Changes),
    }
    // A client adopts this hash from the block, so that nothing else would look at it.
    if before.kv_hash() != after.kv_hash() {
        return Err(MemberChangeFault::KvHash);
    }
    // The chain accepts the empty key, and an epoch of it opens for no member (3).
    if after.shared_key().is_empty() {
        return Err(MemberChangeFault::NoSharedKey);
    }
    // Block 0 sets what is permitted; there is nothing before that it could keep.
    let is_first = before.height() == Height::BEFORE_FIRST;
    let (old, new) = (before.group_state(), after.group_state());
    if !is_first && old.external_permissions != new.external_permissions {
        return Err(MemberChangeFault::ExternalPermissions);
    }
    Ok(())
}
