//! A session file for a user of a server.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;
use confcall::UserId;
use confcall_server::mtproto::write_session;
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
    runtime.block_on(write_session(session, &key, args.listen, user))?;
    let issued = Issued {
        args,
        session,
        user,
    };
    Screen::new(out, Format::of_flag(args.json)).tell(&issued)?;
    Ok(ExitCode::SUCCESS)
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
