use confcall_state::UserId;
use thiserror::Error;

use crate::membership::SavedFault;

/// No checkpoint can be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The engine is not in the call, so that there is nothing to keep.
    #[error("only a member of the call has something to keep")]
    NotAMember,
    /// The call has no encryption, so that a new join loses nothing.
    #[error("checkpoints are of conferences; other calls are joined again")]
    NotAConference,
    /// Outputs of the engine are waiting, which would be lost: poll until the timeout before it is suspended.
    #[error("outputs are waiting; poll until the timeout before suspending")]
    OutputPending,
    /// There is more to keep than the format holds.
    #[error("a checkpoint holds at most 4 GiB")]
    TooLarge,
}

/// An engine cannot go on from a checkpoint; the first of these that is wrong, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// It does not begin as a checkpoint does.
    #[error("these {length} bytes are no checkpoint")]
    NotACheckpoint {
        /// The number of bytes.
        length: usize,
    },
    /// It is of a version that is not known.
    #[error("a checkpoint of version {version} cannot be read, only of version 2")]
    Version {
        /// The version.
        version: u8,
    },
    /// It is cut off, or something follows it.
    #[error("a checkpoint of {expected} bytes has {found}")]
    Length {
        /// The length that it names; for one without a whole header, the length of that.
        expected: u64,
        /// The length that it has.
        found: usize,
    },
    /// It was sealed under another key.
    #[error("the checkpoint was sealed under another key")]
    OtherKey,
    /// It was changed after it was sealed.
    #[error("the checkpoint was changed after it was sealed")]
    Tampered,
    /// It was used already, or a newer one was saved.
    #[error("checkpoint {number} is too old, the lowest that is valid is {lowest}")]
    TooOld {
        /// Its number.
        number: u64,
        /// The lowest number that is valid.
        lowest: u64,
    },
    /// It has the last number, after which none is valid.
    #[error("no number is left after that of the checkpoint")]
    LastNumber,
    /// The parts of it do not fit together, although it was sealed so.
    #[error("what the checkpoint holds does not fit together: {what}")]
    Content {
        /// The fault.
        what: &'static str,
    },
    /// It is another user's.
    #[error("the checkpoint is of user {found}, not of {expected}")]
    OtherUser {
        /// The user of the configuration.
        expected: UserId,
        /// The user of the checkpoint.
        found: UserId,
    },
    /// It is of another call than the one that the configuration names.
    #[error("the checkpoint is of another call")]
    OtherCall,
}

impl From<SavedFault> for RestoreError {
    fn from(SavedFault(what): SavedFault) -> Self {
        Self::Content { what }
    }
}
