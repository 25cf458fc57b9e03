//! A whole server as bytes, to go on after a restart.
//!
//! ```text
//! Server ──▶ Content ──postcard──▶ "confsnap" │ version │ BLAKE3 of the content │ content
//!    ▲                                  8           1               32
//!    └── every block is applied again ◀─────────────────────────────┘
//! ```
//!
//! The hash finds what a disk or a crash did to the file. It is no secret, so whoever can write the file can make up
//! a server; but not a chain that the rules refuse, nor a member who is not in it.

mod content;
mod envelope;
mod restore;
mod save;

use confcall_join::api::CallId;
use thiserror::Error;

use crate::options::Limits;
use crate::recorded::LoadError;
use crate::server::Server;

#[cfg(any(test, fuzzing, confcall_testing))]
pub use envelope::sealed;

/// Bytes are no snapshot of a server.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The bytes do not start as a snapshot does.
    #[error("{length} bytes are no snapshot of a server")]
    NotASnapshot {
        /// How many bytes there are.
        length: usize,
    },
    /// The snapshot has a form that this version does not know.
    #[error("a snapshot of version {version} cannot be read, only of version {known}", known = envelope::VERSION)]
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
        /// What is wrong.
        what: &'static str,
    },
    /// There is more in the snapshot than the limits allow.
    #[error("the snapshot holds {count} {what}, and this server keeps {limit} at most")]
    OverLimit {
        /// Of what there is too much.
        what: &'static str,
        /// How much of it there is.
        count: usize,
        /// How much of it the server keeps.
        limit: usize,
    },
    /// The blocks or broadcasts of a call make none.
    #[error("call {call} of the snapshot makes no call: {error}")]
    Call {
        /// The call.
        call: CallId,
        /// What is wrong.
        error: LoadError,
    },
}

impl Server {
    /// Writes everything that the server keeps, but not what waits to be pushed.
    ///
    /// The bytes hold access hashes and links, by which anybody could enter the calls, so they are to be kept as a
    /// secret of the server.
    pub fn to_snapshot(&self) -> Vec<u8> {
        envelope::seal(&save::content(self))
    }

    /// Reads a server that [`Server::to_snapshot`] wrote.
    ///
    /// It goes on as the other would have, and makes up no name again. The limits are not in the snapshot, since they
    /// are of whoever runs the server. All blocks are validated once more, as [`Server::load_recorded`] does.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`], also if there is more in the snapshot than the limits allow.
    pub fn from_snapshot(bytes: &[u8], limits: Limits) -> Result<Self, SnapshotError> {
        restore::server(&envelope::open(bytes)?, limits)
    }
}
