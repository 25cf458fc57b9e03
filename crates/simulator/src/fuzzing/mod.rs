//! The bodies of the fuzz targets for the server, and for an engine that has to live with a hostile one.
//!
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a law that does not hold is a finding"
)]

mod engine_ops;
mod hostility;
mod people;
mod server_ops;

pub use engine_ops::engine_ops;
pub use server_ops::{server_ops, server_snapshot};

use confcall_server::{Limits, ServerOptions};

/// A server whose limits are met soon.
fn options() -> ServerOptions {
    let limits = Limits {
        participants: 4,
        calls: 3,
        calls_per_creator: 2,
        chain_length: 12,
        invitations: 4,
        pushes: 20,
        ..Limits::default()
    };
    ServerOptions { seed: 1, limits }
}
