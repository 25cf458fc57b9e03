use confcall_join::api::CallId;
use thiserror::Error;

use crate::error::LoadError;

/// The version of the form that this program writes and reads.
pub(super) const VERSION: u8 = 3;

/// Bytes are no snapshot of a server.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The bytes do not start as a snapshot does.
    #[error("{length} bytes are no snapshot of a server")]
    NotASnapshot {
        /// The number of bytes.
        length: usize,
    },
    /// The snapshot has a form that this version does not know.
    #[error("a snapshot of version {version} cannot be read, only of version {known}", known = VERSION)]
    Version {
        /// The version of the form.
        version: u8,
    },
    /// The snapshot is not as it was written.
    #[error("the snapshot was cut or changed after it was written")]
    Damaged,
    /// The content makes no server.
    #[error("the snapshot makes no server: {what}")]
    Content {
        /// The mistake.
        what: &'static str,
    },
    /// There is more in the snapshot than the limits allow.
    #[error("the snapshot holds {count} {what}, and this server keeps {limit} at most")]
    OverLimit {
        /// The things of which there are too many.
        what: &'static str,
        /// The number of them.
        count: usize,
        /// The greatest number.
        limit: usize,
    },
    /// The blocks or broadcasts of a call make none.
    #[error("call {call} of the snapshot makes no call: {error}")]
    Call {
        /// The call.
        call: CallId,
        /// The mistake.
        error: LoadError,
    },
}

/// The content makes no server, for this reason.
pub(super) fn wrong(what: &'static str) -> SnapshotError {
    SnapshotError::Content { what }
}
