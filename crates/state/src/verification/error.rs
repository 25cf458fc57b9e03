use thiserror::Error;

use super::phase::Phase;
use crate::keys::InvalidSignature;
use crate::reference::ReferenceCode;
use crate::tl::ReadError;
use crate::types::{BlockHash, Height, UserId};

/// A broadcast does not count.
///
/// It never ends the call: a member that receives it reports it and goes on (`spec/protocol.md`, 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BroadcastError {
    /// The bytes are no broadcast.
    #[error(transparent)]
    Malformed(#[from] ReadError),
    /// The broadcast is for a later block, and such are not kept here.
    #[error("the broadcast is for height {found}, and the last block has height {height}")]
    InFuture {
        /// The height of the last block.
        height: Height,
        /// The broadcast's height.
        found: Height,
    },
    /// The broadcast is for another block of this height.
    #[error("the broadcast is for the block {found}, not {expected}")]
    BlockHash {
        /// The hash of the last block.
        expected: BlockHash,
        /// The hash in the broadcast.
        found: BlockHash,
    },
    /// A commit in another phase.
    #[error("a commit in the phase {0}")]
    NotInCommit(Phase),
    /// A reveal in another phase.
    #[error("a reveal in the phase {0}")]
    NotInReveal(Phase),
    /// The user is not in the group of this block.
    #[error("user {0} is not in the group")]
    UnknownUser(UserId),
    /// The user did not sign the broadcast.
    #[error(transparent)]
    Signature(#[from] InvalidSignature),
    /// The user has said this already.
    #[error("a second broadcast of this kind by user {0}")]
    AlreadyApplied(UserId),
    /// The nonce is not the one that the user committed to.
    #[error("the nonce of user {0} does not match the commit")]
    InvalidReveal(UserId),
}

impl BroadcastError {
    /// The reference's code, where it has one for this.
    pub fn reference_code(&self) -> Option<ReferenceCode> {
        Some(match self {
            Self::Malformed(_) => return None,
            Self::InFuture { .. } => ReferenceCode::BroadcastInFuture,
            Self::BlockHash { .. } => ReferenceCode::BroadcastInvalidBlockHash,
            Self::NotInCommit(_) => ReferenceCode::BroadcastNotInCommit,
            Self::NotInReveal(_) => ReferenceCode::BroadcastNotInReveal,
            Self::UnknownUser(_) => ReferenceCode::BroadcastUnknownUserId,
            Self::Signature(_) => ReferenceCode::InvalidSignature,
            Self::AlreadyApplied(_) => ReferenceCode::BroadcastAlreadyApplied,
            Self::InvalidReveal(_) => ReferenceCode::BroadcastInvalidReveal,
        })
    }

    /// True where the user certainly said this: the signature held, and the fault came after it.
    ///
    /// Of every other error only the server is a witness, which can put any name on anything.
    pub fn is_signed(&self) -> bool {
        matches!(self, Self::AlreadyApplied(_) | Self::InvalidReveal(_))
    }
}

/// A broadcast that was kept for a later block, and did not count when that block came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The user that the broadcast names, and its author if [`BroadcastError::is_signed`].
    pub user_id: UserId,
    /// The reason that it did not count.
    pub error: BroadcastError,
}
