//! The block with which a user enters a call.

use rand_core::CryptoRng;

use crate::chain::{Chain, GroupChangeError};
use crate::keys::{PrivateKey, PublicKey};
use crate::types::UserId;
use crate::wire::{Block, GroupState, Participant, Permissions};

/// The entry of a joining user in its block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Joiner {
    /// The user.
    pub user_id: UserId,
    /// The permissions that the user takes.
    pub permissions: Permissions,
    /// The newest protocol version that the user's client speaks.
    pub version: i32,
}

impl Joiner {
    /// A user as the official applications announce one: may add and remove, version 0.
    pub const fn new(user_id: UserId) -> Self {
        Self {
            user_id,
            permissions: Permissions::from_bits(3),
            version: 0,
        }
    }
}

/// One attempt to enter a call: the block, the key to announce with it, and its private half.
///
/// The private key was drawn for this block and serves the membership that the block starts, no other: each
/// attempt builds a new value. Implements `spec/protocol.md`, 6.
#[derive(Debug)]
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
pub struct JoinBlock {
    user_id: UserId,
    block: Block,
    private_key: PrivateKey,
}

impl JoinBlock {
    /// Builds the block that adds a user on top of the newest block.
    ///
    /// An entry that the user still has is dropped; the other participants and the external permissions stay as they
    /// are; the user comes last; a new key is written for all.
    ///
    /// # Errors
    ///
    /// [`GroupChangeError`]
    pub fn add_self(
        tip: &Block,
        joiner: Joiner,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, GroupChangeError> {
        let chain = Chain::start_from(tip)?;
        let group_state = GroupState::clone(chain.state().group_state());
        Self::build(&chain, group_state, joiner, rng)
    }

    /// Builds block 0 of a new call, with the user alone in it.
    ///
    /// # Errors
    ///
    /// [`GroupChangeError`], if the joiner's permissions are not well-formed.
    pub fn first(
        joiner: Joiner,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, GroupChangeError> {
        let group_state = GroupState {
            participants: Vec::new(),
            // 3 is what the official clients write into every block; with less they could not write any (6).
            external_permissions: Permissions::ADD_USERS | Permissions::REMOVE_USERS,
        };
        Self::build(&Chain::client(), group_state, joiner, rng)
    }

    fn build(
        chain: &Chain,
        mut group_state: GroupState,
        joiner: Joiner,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, GroupChangeError> {
        // Never taken from outside: the reference refuses a key that it has seen for another membership (602).
        let private_key = PrivateKey::generate(rng);
        let participants = &mut group_state.participants;
        // An entry of an earlier membership has a key that is gone; the chain allows each user once.
        participants.retain(|one| one.user_id != joiner.user_id);
        participants.push(Participant {
            user_id: joiner.user_id,
            public_key: private_key.public_key(),
            permissions: joiner.permissions,
            version: joiner.version,
        });
        Ok(Self {
            user_id: joiner.user_id,
            block: chain.build_group_change(group_state, &private_key, rng)?,
            private_key,
        })
    }

    /// The user whom the block adds.
    pub fn user_id(&self) -> UserId {
        self.user_id
    }

    /// The block to send.
    pub fn block(&self) -> &Block {
        &self.block
    }

    /// The key to announce with the block, int256 in the API.
    pub fn public_key(&self) -> PublicKey {
        self.private_key.public_key()
    }

    /// The private key, to look into the call with while the server has not answered.
    pub fn private_key(&self) -> &PrivateKey {
        &self.private_key
    }

    /// The private key alone, for the membership that the block started.
    pub fn into_private_key(self) -> PrivateKey {
        self.private_key
    }
}
