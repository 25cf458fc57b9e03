//! The state of a chain while the changes of one block are made in it.

use std::sync::Arc;

use super::error::{ChainError, MissingPermission};
use super::state::ChainState;
use super::{group, recipients};
use crate::keys::PublicKey;
use crate::trie::{Trie, TrieKey};
use crate::wire::{Change, GroupState, Permissions, SharedKey};

/// The kinds of changes that a block makes.
pub(super) struct Kinds {
    pub(super) value: bool,
    pub(super) group_state: bool,
    pub(super) shared_key: bool,
}

impl Kinds {
    pub(super) fn of(changes: &[Change]) -> Self {
        let any = |is: fn(&Change) -> bool| changes.iter().any(is);
        Self {
            value: any(|change| matches!(change, Change::SetValue { .. })),
            group_state: any(|change| matches!(change, Change::SetGroupState(_))),
            shared_key: any(|change| matches!(change, Change::SetSharedKey(_))),
        }
    }
}

/// The state so far.
pub(super) struct Draft {
    pub(super) group_state: Arc<GroupState>,
    pub(super) shared_key: Arc<SharedKey>,
    /// The trie, or what is proven of it; without either the hash of the values is adopted from the block.
    pub(super) values: Option<Trie>,
}

/// The place and the permissions of the signer of a block in a group state.
#[derive(Clone, Copy)]
pub(super) struct Standing {
    pub(super) is_participant: bool,
    pub(super) permissions: Permissions,
}

impl Standing {
    pub(super) fn of(signer: &PublicKey, group_state: &GroupState) -> Self {
        match group_state.by_key(signer) {
            Some(participant) => Self {
                is_participant: true,
                permissions: participant.permissions,
            },
            None => Self {
                is_participant: false,
                permissions: group_state.external_permissions,
            },
        }
    }

    /// A participant who may add or remove users; only those may change who is in the call.
    fn may_write_keys(&self) -> bool {
        let either = Permissions::ADD_USERS | Permissions::REMOVE_USERS;
        self.is_participant && self.permissions.intersects(either)
    }
}

impl Draft {
    pub(super) fn new(state: &ChainState, values: Option<Trie>) -> Self {
        Self {
            group_state: Arc::clone(&state.group_state),
            shared_key: Arc::clone(&state.shared_key),
            values,
        }
    }

    /// Makes the changes one by one, each with the permissions that the signer has by then.
    pub(super) fn apply(
        &mut self,
        changes: &[Change],
        signer: &PublicKey,
    ) -> Result<(), ChainError> {
        // Only a group change can alter it, and a block can have many others.
        let mut standing = Standing::of(signer, &self.group_state);
        for (index, change) in changes.iter().enumerate() {
            match change {
                Change::Noop { .. } => {}
                Change::SetValue { key, value } => self.set_value(index, key, value, standing)?,
                Change::SetGroupState(next) => {
                    // Both lookups are needed: the change is permitted by the state before it, the signer is judged in the one after.
                    let after = Standing::of(signer, next);
                    self.set_group_state(index, next, standing, after)?;
                    standing = after;
                }
                Change::SetSharedKey(next) => self.set_shared_key(index, next, standing)?,
            }
        }
        Ok(())
    }

    fn set_value(
        &mut self,
        change: usize,
        key: &[u8],
        value: &[u8],
        standing: Standing,
    ) -> Result<(), ChainError> {
        // A client that knows only the hash looks at neither the permission nor the key (2.2, step 5).
        let Some(trie) = &mut self.values else {
            return Ok(());
        };
        if !standing.permissions.contains(Permissions::SET_VALUE) {
            let missing = MissingPermission::SetValue;
            return Err(ChainError::NotPermitted { change, missing });
        }
        trie.set(&TrieKey::try_from(key)?, value)?;
        Ok(())
    }

    fn set_group_state(
        &mut self,
        change: usize,
        next: &Arc<GroupState>,
        before: Standing,
        after: Standing,
    ) -> Result<(), ChainError> {
        let refused = |missing| ChainError::NotPermitted { change, missing };
        let in_place = group::in_place(&self.group_state, next);
        // Well-formed before permitted: of a block with both faults the reference says 208 and not 207.
        group::check(next, in_place)?;
        group::check_permissions(&self.group_state, next, in_place, before.permissions)
            .map_err(refused)?;
        if !after.may_write_keys() {
            return Err(refused(MissingPermission::MemberAfterwards));
        }
        self.group_state = Arc::clone(next);
        // The old key is for the old group.
        self.shared_key = Arc::new(SharedKey::empty());
        Ok(())
    }

    fn set_shared_key(
        &mut self,
        change: usize,
        next: &Arc<SharedKey>,
        standing: Standing,
    ) -> Result<(), ChainError> {
        // Asked before the permission, because this refusal has no code and that one is 207.
        if !self.shared_key.is_empty() {
            return Err(ChainError::SharedKeyAlreadySet { change });
        }
        if !standing.may_write_keys() {
            let missing = MissingPermission::WriteSharedKey;
            return Err(ChainError::NotPermitted { change, missing });
        }
        recipients::check(next, &self.group_state)?;
        self.shared_key = Arc::clone(next);
        Ok(())
    }
}

/// Refuses the value keys with which a client of the reference aborts.
///
/// It comes last, because any other fault of the block is found before.
pub(super) fn check_value_keys(changes: &[Change]) -> Result<(), ChainError> {
    changes.iter().try_for_each(|change| match change {
        Change::SetValue { key, .. }
            if *TrieKey::try_from(key.as_slice())?.as_bytes() == [0; 32] =>
        {
            Err(ChainError::ZeroValueKey)
        }
        _ => Ok(()),
    })
}
