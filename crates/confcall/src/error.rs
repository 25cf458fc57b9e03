use confcall_join::engine::Ended;
#[cfg(feature = "os-rng")]
use confcall_join::{engine::CommandFailure, joining::LinkError, message::MessageError};
use thiserror::Error;

/// A call was not joined.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum JoinError {
    /// Nothing was begun: the options could not be made.
    #[cfg(feature = "os-rng")]
    #[error(transparent)]
    Options(#[from] OptionsError),
    /// Nothing was begun: the transport does not say whose account it is.
    #[cfg(feature = "os-rng")]
    #[error(
        "the transport does not say who is logged in; join with `Options::new(target, user)`, or let `Transport::own_user` say it"
    )]
    UnknownUser,
    /// The call cannot be entered.
    #[error(transparent)]
    Ended(#[from] Ended),
}

/// Options could not be made.
#[cfg(feature = "os-rng")]
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OptionsError {
    /// The text that names the call is no link to one.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// There is no randomness.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

/// A text was not sent.
#[cfg(feature = "os-rng")]
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SendTextError {
    /// It is empty or too long.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// There is no randomness for its number.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// It was not sent, or the server did not take it.
    #[error(transparent)]
    Command(#[from] CommandFailure),
}

/// The operating system gives no randomness.
#[cfg(feature = "os-rng")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the operating system gives no randomness: {0}")]
pub struct NoRandomness(pub(crate) getrandom::Error);
