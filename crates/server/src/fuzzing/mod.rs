//! The bodies of the fuzz targets for the server, and for an engine that has to live with a hostile one.
//!
//! They stand behind a feature and not behind `cfg(fuzzing)`, so that clippy and the documentation see them as they
//! see all code, and any fuzzer can call them.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a law that does not hold is a finding"
)]

mod engine_ops;
mod hostility;
mod people;
mod server_ops;

pub use crate::mtproto::fuzzing::{mtproto_session, mtproto_stream};
pub use engine_ops::engine_ops;
pub use server_ops::{server_ops, server_snapshot};

use confcall_join::api::Response;
use confcall_state::UserId;

use crate::options::{Limits, Options};
use crate::tl::{Occasion, write_response};

/// The bytes of an answer, to begin with.
pub fn answer_bytes(response: &Response) -> Vec<u8> {
    let occasion = Occasion {
        viewer: UserId::new(1),
        date: 0,
    };
    write_response(response, occasion).unwrap_or_default()
}

/// A server whose limits are met soon.
fn options() -> Options {
    let limits = Limits {
        participants: 4,
        calls: 3,
        calls_per_creator: 2,
        chain_length: 12,
        invitations: 4,
        pushes: 20,
        ..Limits::default()
    };
    Options { seed: 1, limits }
}
