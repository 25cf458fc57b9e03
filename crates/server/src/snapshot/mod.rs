//! A whole server as bytes, to go on after a restart.
//!
//! ```text
//! Server ──▶ Content ──postcard──▶ "confsnap" │ version │ BLAKE3 of the content │ content
//!    ▲                                  8           1               32
//!    └── every block is applied again ◀─────────────────────────────┘
//! ```
//!
//! The hash finds damage by a disk or a crash. It is no secret, so a writer of the file can make up a server, but not a
//! chain that the rules refuse, nor a member who is not in it.

mod content;
mod envelope;
mod error;
mod restore;
mod restore_room;
mod restore_world;
mod save;
mod save_room;
mod save_world;

use crate::options::Limits;
use crate::server::Server;

#[cfg(any(test, fuzzing, confcall_testing))]
pub use envelope::sealed;
pub use error::SnapshotError;

impl Server {
    /// Writes everything that the server keeps, without the updates that wait to be pushed.
    ///
    /// The bytes hold access hashes and links, by which any reader could enter the calls: keep them as a secret of the
    /// server.
    pub fn to_snapshot(&self) -> Vec<u8> {
        envelope::seal(&save::content(self))
    }

    /// Reads a server that [`Server::to_snapshot`] wrote.
    ///
    /// It goes on as the other would have, and makes up no name again. The limits are not in the snapshot, since they
    /// are the operator's. All blocks are validated once more, as [`Server::load_recorded`] does.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`], also if there is more in the snapshot than the limits allow.
    pub fn from_snapshot(bytes: &[u8], limits: Limits) -> Result<Self, SnapshotError> {
        restore::server(&envelope::open(bytes)?, limits)
    }
}
