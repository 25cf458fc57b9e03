use std::sync::Arc;

use crate::keys::{EpochKey, PrivateKey, with_wiped_stack};
use crate::shared_key::EpochKeyError;
use crate::types::{BlockHash, Height, KvHash, UserId};
use crate::wire::{GroupState, SharedKey};

/// The public state of a call after a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainState {
    pub(super) height: Height,
    pub(super) hash: BlockHash,
    pub(super) kv_hash: KvHash,
    pub(super) group_state: Arc<GroupState>,
    pub(super) shared_key: Arc<SharedKey>,
}

impl ChainState {
    /// The state before the first block.
    pub(super) fn before_first() -> Self {
        Self {
            height: Height::BEFORE_FIRST,
            hash: BlockHash::ZERO,
            kv_hash: KvHash::EMPTY,
            group_state: Arc::new(GroupState::before_first()),
            shared_key: Arc::new(SharedKey::empty()),
        }
    }

    /// The height of the last block, -1 without any.
    pub fn height(&self) -> Height {
        self.height
    }

    /// The hash of the last block, zero without any.
    pub fn hash(&self) -> BlockHash {
        self.hash
    }

    /// The root hash of the key-value trie.
    pub fn kv_hash(&self) -> KvHash {
        self.kv_hash
    }

    /// The participants, and what others may do.
    pub fn group_state(&self) -> &Arc<GroupState> {
        &self.group_state
    }

    /// The shared key in force.
    pub fn shared_key(&self) -> &Arc<SharedKey> {
        &self.shared_key
    }

    /// Opens the key of the epoch that the last block started, as the participant who holds `key`.
    ///
    /// # Errors
    ///
    /// [`EpochKeyError`], in the order of its variants.
    pub fn open_epoch_key(
        &self,
        user_id: UserId,
        key: &PrivateKey,
    ) -> Result<EpochKey, EpochKeyError> {
        let public_key = key.public_key();
        let own = self
            .group_state
            .by_key(&public_key)
            .ok_or(EpochKeyError::NotParticipant { key: public_key })?;
        if own.user_id != user_id {
            return Err(EpochKeyError::WrongUserId {
                expected: user_id,
                found: own.user_id,
            });
        }
        // Only after the group was searched: 300 and 301 come before what has no code (3).
        // What is derived on the way goes through the stack.
        with_wiped_stack(|| {
            let raw = self.shared_key.open(user_id, key)?;
            Ok(raw.epoch_key(self.group_state.protocol_version(), &self.hash))
        })
    }
}
