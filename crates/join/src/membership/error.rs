use confcall_state::tl::ReadError;
use confcall_state::verification::BroadcastError;
use confcall_state::wire::NotServerForm;
use confcall_state::{
    BlockHash, ChainError, EpochKeyError, GroupChangeError, Height, PublicKey, ReferenceCode,
    UserId,
};
use thiserror::Error;

/// No membership starts from this block.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StartError {
    /// The block shows no whole, well-formed state.
    #[error("no chain starts from the block: {0}")]
    Chain(#[from] ChainError),
    /// We are not in the call, or its key does not open for us.
    #[error("the call holds no key for us: {0}")]
    Open(#[from] EpochKeyError),
    /// A block that came with the first one ends the membership again.
    #[error("the membership ends as it starts: {0}")]
    Ended(#[from] MembershipEnd),
}

impl StartError {
    /// The reference's code, where it has one for this.
    pub fn reference_code(&self) -> Option<ReferenceCode> {
        match self {
            Self::Chain(error) => error.reference_code(),
            Self::Open(error) => error.reference_code(),
            Self::Ended(end) => Some(end.reference_code()),
        }
    }
}

/// The end of a membership; nothing brings it back (`spec/protocol.md`, 3).
///
/// The reference has one code for all of these, [`ReferenceCode::CallFailed`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MembershipEnd {
    /// The bytes that the server sent as the next block are none.
    #[error("the next block cannot be read: {0}")]
    Unreadable(ReadError),
    /// The chain refuses the next block, so that we are not in the call that the server shows.
    #[error("the chain refuses the next block: {0}")]
    Refused(#[from] ChainError),
    /// A block removed us.
    #[error("block {height} removed us")]
    Removed {
        /// The block's height.
        height: Height,
        /// The signer of the block, if it was a participant.
        by: Option<UserId>,
    },
    /// A block put another key in place of ours: we joined elsewhere, or another member did it.
    #[error("block {height} put another key in place of ours")]
    Replaced {
        /// The block's height.
        height: Height,
        /// The key that stands for us now.
        key: PublicKey,
        /// The signer of the block, if it was a participant: we ourselves if we joined elsewhere.
        by: Option<UserId>,
    },
    /// A block changed the group and wrote no key for it, which ends the membership of all.
    #[error("block {height} ({hash}) changed the group and wrote no key for it")]
    NoSharedKey {
        /// The block's height.
        height: Height,
        /// The block's hash.
        hash: BlockHash,
    },
    /// The block's key does not open for us, although we are in the group.
    #[error("the key of block {height} does not open for us: {error}")]
    KeyLost {
        /// The block's height.
        height: Height,
        /// The fault.
        error: EpochKeyError,
    },
    /// We left.
    #[error("we left the call")]
    Left,
}

impl MembershipEnd {
    /// The reference's code.
    pub fn reference_code(&self) -> ReferenceCode {
        ReferenceCode::CallFailed
    }
}

/// A block that the server sent was not followed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BlockRefused {
    /// It is in no form that a server sends, and the membership lives on as if nothing had come.
    #[error("the item is refused for its form: {0}")]
    Form(#[from] NotServerForm),
    /// The membership is over.
    #[error("the membership is over: {0}")]
    Ended(#[from] MembershipEnd),
}

impl BlockRefused {
    /// The reference's code, where it has one for this.
    pub fn reference_code(&self) -> Option<ReferenceCode> {
        match self {
            Self::Form(_) => None,
            Self::Ended(end) => Some(end.reference_code()),
        }
    }
}

/// A broadcast does not count; nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BroadcastRefused {
    /// The verification refuses it, or the bytes are none.
    #[error(transparent)]
    Broadcast(#[from] BroadcastError),
    /// The membership is over.
    #[error("the membership is over: {0}")]
    Ended(#[from] MembershipEnd),
}

impl BroadcastRefused {
    /// The reference's code, where it has one for this.
    pub fn reference_code(&self) -> Option<ReferenceCode> {
        match self {
            Self::Broadcast(error) => error.reference_code(),
            Self::Ended(end) => Some(end.reference_code()),
        }
    }
}

/// No block can be built that changes the group so.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// A member cannot remove itself by a block; leaving is a request to the server (`spec/protocol.md`, 8).
    #[error("nobody can remove itself by a block; leave instead")]
    Ourselves,
    /// None of the users is in the call.
    #[error("none of the users is in the call")]
    Nobody,
    /// The chain would refuse the block, or no key can be written for a member who stays.
    #[error(transparent)]
    Block(#[from] GroupChangeError),
    /// The membership is over.
    #[error("the membership is over: {0}")]
    Ended(#[from] MembershipEnd),
}

impl ChangeError {
    /// The reference's code, where it has one for this.
    pub fn reference_code(&self) -> Option<ReferenceCode> {
        match self {
            Self::Block(error) => error.reference_code(),
            Self::Ended(end) => Some(end.reference_code()),
            Self::Ourselves | Self::Nobody => None,
        }
    }
}
