//! `confcall serve`: the conference server over MTProto, to develop and test clients against.
//!
//! ```text
//! keys, snapshot ──▶ Listener ──▶ clients
//!                       │
//!                       └── Overview, read several times a second ──▶ ServerReport ──▶ Screen
//! Ctrl-C ──▶ stop ──▶ snapshot
//! ```

mod args;
mod issue;
mod public_key;
mod report;
mod server;
mod session_string;
#[cfg(feature = "sfu")]
mod stats;

use std::io::Write;
use std::process::ExitCode;

use confcall::UserId;

pub(crate) use args::Args;

/// Runs the server until it is stopped, issues a session, or prints the public key.
pub(crate) fn run(args: &Args, out: impl Write) -> anyhow::Result<ExitCode> {
    match (&args.issue_session, args.user_id) {
        (Some(path), Some(user)) => issue::run(args, path, UserId::new(user), out),
        _ if args.public_key => public_key::run(args, out),
        _ => server::run(args, out),
    }
}
