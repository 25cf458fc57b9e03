//! A session file for a user of a server.

use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{anyhow, bail};
use confcall::UserId;
use confcall_mtproto_server::{WriteSessionError, write_session};
use serde_json::{Value, json};
use tokio::runtime::Builder;

use super::Args;
use super::run::keys;
use crate::screen::{Format, Line, Mood, Screen, Tell};

/// A session was issued.
struct Issued<'a> {
    args: &'a Args,
    session: &'a Path,
    user: UserId,
}

pub(super) fn run(
    args: &Args,
    session: &Path,
    user: UserId,
    out: impl Write,
) -> anyhow::Result<ExitCode> {
    if args.listen.port() == 0 {
        bail!("a session needs the port of its server: give it with --listen");
    }
    let mut keys = keys(&args.keys)?;
    let key = keys.issue(user)?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let written = runtime.block_on(write_session(session, &key, args.listen, user));
    written.map_err(in_words)?;
    let issued = Issued {
        args,
        session,
        user,
    };
    Screen::new(out, Format::of_flag(args.json)).tell(&issued)?;
    Ok(ExitCode::SUCCESS)
}

/// What went wrong, and what to do about a file that is there already.
fn in_words(error: WriteSessionError) -> anyhow::Error {
    match &error {
        WriteSessionError::Create { source, .. } if source.kind() == ErrorKind::AlreadyExists => {
            anyhow!("{error}; use that session, or give a new name")
        }
        _ => error.into(),
    }
}

impl Tell for Issued<'_> {
    fn lines(&self) -> Vec<Line> {
        let (session, address) = (self.session.display(), self.args.listen);
        let text = format!(
            "{session} for user {} at {address}; `confcall join LINK --session {session}` uses it",
            self.user
        );
        vec![Line::new(Mood::Good, "issued", text)]
    }

    fn json(&self) -> Value {
        json!({
            "event": "issued",
            "session": self.session,
            "user": self.user.value(),
            "address": self.args.listen.to_string(),
        })
    }
}
