//! Limits that a fuzzer meets soon.

use confcall_server::{Limits, ServerOptions};

/// A server whose limits are met soon.
pub(super) fn options() -> ServerOptions {
    let limits = Limits {
        participants: 4,
        calls: 3,
        calls_per_creator: 2,
        chain_length: 12,
        invitations: 4,
        pushes: 20,
        ..Limits::default()
    };
    ServerOptions {
        seed: 1,
        limits,
        ..ServerOptions::default()
    }
}
