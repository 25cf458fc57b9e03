use core::time::Duration;

use thiserror::Error;

/// The reason that another implementation gives no answer.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum Silence {
    /// It could not be started.
    #[error("it cannot be started: {0}")]
    NotStarted(String),
    /// It ended, or closed its output, instead of answering.
    #[error("it ended without an answer ({0})")]
    Ended(String),
    /// It took too long.
    #[error("it did not answer in {0:?}")]
    TooSlow(Duration),
    /// Its answer is no line that is read.
    #[error("its answer is no line: {0}")]
    NoLine(String),
}

/// The reason that nothing can be compared.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Fault {
    /// The other implementation does not start, or answers `ping` not at all.
    #[error(transparent)]
    Silent(#[from] Silence),
    /// The other implementation answers `ping` with something else than an answer.
    #[error(
        "the other implementation answers `ping` with {0:?}, which is no answer of spec/interop.md"
    )]
    NotAPeer(String),
    /// Our own peer fails at a request that was made for it.
    #[error("our own peer answers {request} with {answer}")]
    Ours {
        /// The request.
        request: String,
        /// The answer, or what is wrong with it.
        answer: String,
    },
    /// The model of the rules and our own engine do not agree.
    #[error("our own engine and the model of its rules do not agree: {0}")]
    Model(String),
    /// A generator has no choice.
    #[error("a generator has no choice: {0}")]
    NoChoice(#[from] arbitrary::Error),
}
