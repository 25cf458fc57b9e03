use confcall_state::tl::ReadError;
use confcall_state::{ChainError, EpochKeyError};
use thiserror::Error;

use crate::api::{Peer, SubChain, WrongResponse};
use crate::joining::AnswerError;

/// An answer of the server that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AnswerFault {
    /// The answer to a join does not say how to connect.
    #[error("the answer has no connection parameters")]
    NoConnection,
    /// The answer has no items of a subchain.
    #[error("the answer has no update of subchain {}", .sub_chain.value())]
    NoSubChain {
        /// The subchain.
        sub_chain: SubChain,
    },
    /// The answer has items of a subchain twice.
    #[error("the answer has two updates of subchain {}", .sub_chain.value())]
    SubChainTwice {
        /// The subchain.
        sub_chain: SubChain,
    },
    /// The answer to a join has no block.
    #[error("the answer has no block")]
    NoBlock,
    /// The items of a subchain cannot end at the offset that the answer names.
    #[error("{count} items of subchain {} cannot end at offset {next_offset}", .sub_chain.value())]
    Offset {
        /// The subchain.
        sub_chain: SubChain,
        /// The number of items.
        count: usize,
        /// The offset at which they are said to end.
        next_offset: i32,
    },
    /// The answer does not show the call as a conference that goes on.
    #[error("the answer shows no conference that goes on")]
    NoCall,
    /// The answer is about another call.
    #[error("the answer is about another call")]
    OtherCall,
    /// The peer as whom the account is to be in the call is not shown well enough to be named, and joining as another one would
    /// show who it is.
    #[error("{0} is not shown well enough to join as it")]
    UnnamedSelf(Peer),
    /// The call had blocks and is shown without any.
    #[error("the chain of the call is gone")]
    ChainGone,
    /// The tip shows more participants than a conference can have.
    #[error("{participants} participants are more than a conference has")]
    TooManyParticipants {
        /// The number that the tip shows.
        participants: usize,
    },
    /// The answer has another type than the request asks for.
    #[error(transparent)]
    Type(#[from] WrongResponse),
    /// The connection parameters cannot be used.
    #[error("the connection parameters cannot be used: {0}")]
    Connection(#[from] AnswerError),
    /// A block cannot be read.
    #[error("a block cannot be read: {0}")]
    Block(#[from] ReadError),
    /// The blocks make no chain.
    #[error("the blocks make no chain: {0}")]
    Chain(#[from] ChainError),
    /// The call holds no key for us, so that we are not in it.
    #[error("the call holds no key for us: {0}")]
    NoKey(#[from] EpochKeyError),
}
