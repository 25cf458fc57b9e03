//! The chain: what a block may change, and the state that it leaves.
//!
//! ```text
//!                 ┌── refused: nothing has changed ──▶ ChainError
//! Block ─ stage ─▶│
//!                 └── StagedBlock ─ merge ─▶ Chain { ChainState, values }
//!
//! changes ─ build ─▶ the same checks ─ sign ─▶ Block on top of the chain, not applied
//! ```
//!
//! A [`Chain`] holds the public state of the call only; keys are opened from it with
//! [`ChainState::open_epoch_key`]. In full mode it holds the key-value trie as the server does; in client
//! mode it holds the trie's hash and, at most, a proof of a part of it.
//!
//! Implements `spec/protocol.md`, 2.

mod draft;
mod error;
mod group;
mod member_change;
mod proof;
mod recipients;
mod removal;
mod self_add;
mod start;
mod state;

use std::sync::Arc;

use rand_core::CryptoRng;

pub use error::{ChainError, GroupChangeError, GroupStateFault, MissingPermission, RecipientFault};
pub use member_change::MemberChangeFault;
pub use removal::{RemovalFault, check_removal};
pub use self_add::{SelfAddFault, check_self_add};
pub use state::ChainState;

use crate::keys::{PrivateKey, PublicKey, Signature};
use crate::trie::Trie;
use crate::types::BlockHash;
use crate::wire::{Block, BlockFields, Change, GroupState, SharedKey};
use draft::{Draft, Kinds, check_value_keys};

/// The times that the key of a block is drawn again; random bytes need the last of them once in 10^38 blocks.
const REDRAWS: usize = 16;

/// The chain of a call at its last block.
///
/// A clone is cheap: states, keys and the trie are shared.
#[derive(Clone, Debug)]
pub struct Chain {
    state: ChainState,
    mode: Mode,
    /// The whole trie in full mode; in client mode what a proof shows of it.
    values: Option<Trie>,
}

/// The part of the key-value trie that a chain keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// All of it, as a server.
    #[cfg(feature = "full")]
    Full,
    /// Its hash, which is adopted from each block.
    Client,
}

/// A block that a chain accepts, with the state that it leaves.
#[derive(Clone, Debug)]
#[must_use = "a staged block changes nothing until it is merged"]
pub struct StagedBlock {
    parent: BlockHash,
    next: Chain,
}

impl StagedBlock {
    /// The state that the block leaves.
    pub fn state(&self) -> &ChainState {
        &self.next.state
    }
}

impl Chain {
    /// An empty chain that keeps the whole trie, as a server's does.
    #[cfg(feature = "full")]
    pub fn full() -> Self {
        Self {
            state: ChainState::before_first(),
            mode: Mode::Full,
            values: Some(Trie::new()),
        }
    }

    /// An empty chain that keeps the trie's hash only, as a client's does.
    pub fn client() -> Self {
        Self::client_at(ChainState::before_first())
    }

    /// A client's chain that trusts one block and starts from the state that it shows.
    ///
    /// Neither the block's signature nor its parent is checked; only the comparison of emoji protects from a
    /// false one. Implements `spec/protocol.md`, 2.3.
    ///
    /// # Errors
    ///
    /// [`ChainError`] if the block does not show a whole and well-formed state.
    pub fn start_from(block: &Block) -> Result<Self, ChainError> {
        start::state_of(block).map(Self::client_at)
    }

    fn client_at(state: ChainState) -> Self {
        Self {
            state,
            mode: Mode::Client,
            values: None,
        }
    }

    /// The state after the last block.
    pub fn state(&self) -> &ChainState {
        &self.state
    }

    /// The values that are known: the whole trie, or what a proof shows.
    #[cfg(feature = "full")]
    pub fn values(&self) -> Option<&Trie> {
        self.values.as_ref()
    }

    /// Gives a client's chain a proof of a part of the trie, until the next block.
    ///
    /// In full mode the whole trie is known already, and a proof of it is accepted and not kept.
    ///
    /// # Errors
    ///
    /// [`ChainError::KvHash`] unless the proof's root has the hash of this state.
    #[cfg(feature = "full")]
    pub fn add_proof(&mut self, proof: Trie) -> Result<(), ChainError> {
        let (expected, found) = (self.state.kv_hash, proof.hash());
        if expected != found {
            return Err(ChainError::KvHash { expected, found });
        }
        if self.mode == Mode::Client {
            self.values = Some(proof);
        }
        Ok(())
    }

    /// Applies a block, all or nothing.
    ///
    /// # Errors
    ///
    /// [`ChainError`]; the chain is then as it was.
    pub fn apply(&mut self, block: &Block) -> Result<&ChainState, ChainError> {
        *self = self.stage(block)?.next;
        Ok(&self.state)
    }

    /// Checks a block in full and works out the state that it leaves, without changing the chain.
    ///
    /// Implements `spec/protocol.md`, 2.2, in the order that decides which error it is.
    ///
    /// # Errors
    ///
    /// [`ChainError`]
    pub fn stage(&self, block: &Block) -> Result<StagedBlock, ChainError> {
        let fields = block.fields();
        // The height comes first, so that a block that is late or early does not look like one of another chain (2.2).
        let (expected, found) = (self.state.height.next(), fields.height);
        if expected != Some(found) {
            return Err(ChainError::Height { expected, found });
        }
        let (expected, found) = (self.state.hash, fields.prev_block_hash);
        if expected != found {
            return Err(ChainError::PreviousHash { expected, found });
        }
        let signer = self.signer(fields.signature_public_key)?;
        // A signature costs more than everything before it, and is checked before anything is copied for the changes.
        block.verify(&signer)?;

        let values = match self.mode {
            #[cfg(feature = "full")]
            Mode::Full => self.values.clone(),
            Mode::Client => None,
        };
        let mut draft = Draft::new(&self.state, values);
        draft.apply(&fields.changes, &signer)?;
        // The proof is of the state after the changes, so it can only be looked at now (2.2, step 6).
        draft.check_proof(&Kinds::of(&fields.changes), &fields.state_proof)?;
        if self.mode == Mode::Client {
            check_value_keys(&fields.changes)?;
        }
        Ok(StagedBlock {
            parent: self.state.hash,
            next: Self {
                mode: self.mode,
                values: draft.values,
                state: ChainState {
                    height: fields.height,
                    hash: block.hash(),
                    kv_hash: fields.state_proof.kv_hash,
                    group_state: draft.group_state,
                    shared_key: draft.shared_key,
                },
            },
        })
    }

    /// Takes over a block that was staged on this very state.
    ///
    /// # Errors
    ///
    /// [`ChainError::Stale`] if the chain has moved since; it is then as it was.
    pub fn merge(&mut self, staged: StagedBlock) -> Result<&ChainState, ChainError> {
        // The hash covers the whole history, so two chains with one hash have one state.
        if staged.parent != self.state.hash || staged.next.mode != self.mode {
            return Err(ChainError::Stale);
        }
        *self = staged.next;
        Ok(&self.state)
    }

    /// Builds and signs the block that makes these changes on top of the chain.
    ///
    /// The changes are checked as if the block were applied; nothing is signed that this chain would refuse.
    /// The chain itself does not change: a block counts only once the server has sent it back.
    ///
    /// # Errors
    ///
    /// [`ChainError`], also [`ChainError::ValuesUnknown`] for a change of values in client mode without a
    /// proof.
    pub fn build(&self, changes: Vec<Change>, signer: &PrivateKey) -> Result<Block, ChainError> {
        let next_height = self.state.height.next();
        let height = next_height.ok_or(ChainError::Height {
            expected: None,
            found: self.state.height,
        })?;
        let kinds = Kinds::of(&changes);
        if kinds.value && self.values.is_none() {
            return Err(ChainError::ValuesUnknown);
        }
        let mut draft = Draft::new(&self.state, self.values.clone());
        let signer_key = signer.public_key();
        draft.apply(&changes, &signer_key)?;
        let state_proof = draft.proof(&kinds, self.state.kv_hash);
        // Written by ourselves, the proof holds; what can fail here is a block without any change that counts.
        draft.check_proof(&kinds, &state_proof)?;
        if self.mode == Mode::Client {
            check_value_keys(&changes)?;
        }
        let fields = BlockFields {
            signature: Signature::ZERO,
            prev_block_hash: self.state.hash,
            changes,
            height,
            state_proof,
            // Always named, as the official clients do: the first participant can change before the block is read.
            signature_public_key: Some(signer_key),
        };
        Ok(fields.sign(signer))
    }

    /// Builds and signs the block that gives the call this group, with a new shared key for all who are in it.
    ///
    /// That is the usual block of a call (`spec/protocol.md`, 2.2). It is checked as by [`Self::build`], and the
    /// chain does not change either. The key is drawn again until the block's hash [permits
    /// H.264](BlockHash::permits_h264).
    ///
    /// # Errors
    ///
    /// [`GroupChangeError`]
    pub fn build_group_change(
        &self,
        group_state: GroupState,
        signer: &PrivateKey,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Block, GroupChangeError> {
        let group_state = Arc::new(group_state);
        let mut block = self.build_with_new_key(&group_state, signer, rng)?;
        for _ in 0..REDRAWS {
            if block.hash().permits_h264() {
                break;
            }
            block = self.build_with_new_key(&group_state, signer, rng)?;
        }
        Ok(block)
    }

    fn build_with_new_key(
        &self,
        group_state: &Arc<GroupState>,
        signer: &PrivateKey,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Block, GroupChangeError> {
        let shared_key = SharedKey::for_participants(&group_state.participants, rng)?;
        let changes = vec![
            Change::SetGroupState(Arc::clone(group_state)),
            Change::SetSharedKey(Arc::new(shared_key)),
        ];
        Ok(self.build(changes, signer)?)
    }

    fn signer(&self, named: Option<PublicKey>) -> Result<PublicKey, ChainError> {
        let first = || self.state.group_state.participants.first();
        named
            .or_else(|| first().map(|participant| participant.public_key))
            .ok_or(ChainError::NoSigner)
    }
}
