use confcall_join::Ssrc;
use confcall_join::api::{Method, RpcError};
use confcall_join::joined::AnswerFault;
use confcall_join::policy::PolicyViolation;
use confcall_join::presend::PresendError;
use confcall_join::reaction::Reaction;
use confcall_state::GroupChangeError;
use thiserror::Error;

/// The user has no membership that could be used.
///
/// After [`JoinError::Unusable`] the server counts the user as joined. After [`JoinError::Lost`], after
/// [`JoinError::Exhausted`] with a code of 500 to 599, and after any error from reading the tip that followed a
/// lost answer, it may: leave, or join again, which replaces the entry.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum JoinError {
    /// The server refused a request, and what to do about it is for the caller to decide.
    #[error("{method} was refused: {error}")]
    Refused {
        /// The method that was called.
        method: Method,
        /// The server's error.
        error: RpcError,
        /// What to do about it.
        reaction: Reaction,
    },
    /// The server refused every attempt for a reason that another attempt could have met.
    #[error("gave up after {attempts} attempts: {error}")]
    Exhausted {
        /// How many times a block was sent.
        attempts: u32,
        /// The last error.
        error: RpcError,
    },
    /// An answer was lost, and trying again did not help.
    #[error("{method} has no answer after {attempts} attempts: {reason}")]
    Lost {
        /// The method that was called.
        method: Method,
        /// How many times a block was sent, or the tip was read.
        attempts: u32,
        /// What the network says of it.
        reason: String,
    },
    /// The call has no block, and the caller did not ask to write the first one.
    #[error("the call has no block yet")]
    Empty,
    /// The server showed a tip that cannot be joined.
    #[error("the tip cannot be joined: {0}")]
    Tip(#[from] AnswerFault),
    /// The server took the join, and its answer cannot be used.
    #[error("the server took the join, but its answer cannot be used: {fault}")]
    Unusable {
        /// What is wrong with the answer.
        fault: AnswerFault,
        /// The source by which to leave.
        ssrc: Ssrc,
    },
    /// No join block can be built on the tip.
    #[error("no block can be built: {0}")]
    Block(#[from] GroupChangeError),
    /// The join block that was built must not be sent.
    #[error("the block was not sent: {0}")]
    Presend(#[from] PresendError),
    /// A request breaks the policy and was not sent.
    #[error("the request was not sent: {0}")]
    Policy(#[from] PolicyViolation),
}
