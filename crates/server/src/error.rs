//! Errors of a server to the program that holds it; those of requests are [`Refusal`](crate::Refusal)s.

use confcall_join::api::CallId;
use confcall_state::tl::ReadError;
use confcall_state::{ChainError, UserId};
use thiserror::Error;

/// There are as many calls as the server keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TooManyCalls {
    /// Of all users.
    #[error("there are {limit} calls already")]
    OfAll {
        /// The greatest number.
        limit: usize,
    },
    /// Of one user.
    #[error("user {creator} has {limit} calls already")]
    OfCreator {
        /// The user who created them.
        creator: UserId,
        /// The greatest number for each user.
        limit: usize,
    },
}

/// The server has no room for more blocks and broadcasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("all calls together have at most {limit} bytes of blocks and broadcasts")]
pub struct NoSpace {
    /// The greatest number of bytes.
    pub limit: usize,
}

/// A user cannot be invited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InviteError {
    /// There is no such call.
    #[error("there is no call {0}")]
    UnknownCall(CallId),
    /// There are as many invitations as the server keeps.
    #[error("there are {limit} invitations already")]
    TooMany {
        /// The greatest number.
        limit: usize,
    },
}

/// A recorded call cannot be loaded; the server is as it was.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// An item is no block in server form.
    #[error("block {index} cannot be read: {error}")]
    Block {
        /// The item's place, from 0.
        index: usize,
        /// The mistake in it.
        error: ReadError,
    },
    /// The chain refuses a block.
    #[error("block {index} is refused: {error}")]
    Chain {
        /// The item's place, from 0.
        index: usize,
        /// The rule that it breaks.
        error: ChainError,
    },
    /// An item is no broadcast in server form.
    #[error("broadcast {index} cannot be read: {error}")]
    Broadcast {
        /// The item's place, from 0.
        index: usize,
        /// The mistake in it.
        error: ReadError,
    },
    /// An item is larger than a block may be.
    #[error("block {index} has more than {limit} bytes")]
    BlockTooLarge {
        /// The item's place, from 0.
        index: usize,
        /// The greatest size in bytes.
        limit: usize,
    },
    /// There are more blocks than the server keeps.
    #[error("a call has at most {limit} blocks")]
    TooLong {
        /// The greatest number.
        limit: usize,
    },
    /// There are more broadcasts than the server keeps.
    #[error("a call has at most {limit} broadcasts")]
    TooManyBroadcasts {
        /// The greatest number.
        limit: usize,
    },
    /// More participants are left than a call can have.
    #[error("a call has at most {limit} participants")]
    TooManyParticipants {
        /// The greatest number.
        limit: usize,
    },
    /// There are as many calls as the server keeps.
    #[error(transparent)]
    TooManyCalls(#[from] TooManyCalls),
    /// The server has no room for the call.
    #[error(transparent)]
    NoSpace(#[from] NoSpace),
}
