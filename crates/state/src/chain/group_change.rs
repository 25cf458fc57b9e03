use std::sync::Arc;

use rand_core::CryptoRng;
use thiserror::Error;

use super::{Chain, ChainError};
use crate::keys::PrivateKey;
use crate::reference::ReferenceCode;
use crate::shared_key::UnusableParticipant;
use crate::wire::{Block, Change, GroupState, SharedKey};

/// No block can be built that gives the call this group.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GroupChangeError {
    /// The chain would refuse the block, or the one that it is to stand on shows no whole, well-formed state.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// No key can be written for somebody who would be in the call.
    #[error(transparent)]
    Participant(#[from] UnusableParticipant),
}

impl GroupChangeError {
    /// The reference's code, where it has one for this.
    pub fn reference_code(&self) -> Option<ReferenceCode> {
        match self {
            Self::Chain(error) => error.reference_code(),
            Self::Participant(_) => None,
        }
    }
}

impl Chain {
    /// Builds and signs the block that gives the call this group, with a new shared key for all who are in it.
    ///
    /// That is the usual block of a call (`spec/protocol.md`, 2.2). It is checked as by [`Self::build`], and the
    /// chain does not change either.
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
        let shared_key = SharedKey::for_participants(&group_state.participants, rng)?;
        let changes = vec![
            Change::SetGroupState(Arc::new(group_state)),
            Change::SetSharedKey(Arc::new(shared_key)),
        ];
        Ok(self.build(changes, signer)?)
    }
}
