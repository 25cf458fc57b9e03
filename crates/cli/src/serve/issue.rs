//! A session file for a user of a server.

use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{anyhow, bail};
use confcall::UserId;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::args::{Args, SessionFormat};
use super::server::keys;
use super::session_string;
use crate::screen::{Format, Level, Line, Report, Screen};
use crate::session_file::{self, OwnSession, OwnSessionError};

/// A session that was issued.
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
    let server = match args.listen {
        SocketAddr::V4(server) if server.port() != 0 => server,
        SocketAddr::V4(_) => bail!("a session needs the port of its server: give it with --listen"),
        // Clients of grammers connect to no other.
        SocketAddr::V6(server) => bail!("a session is for an IPv4 address, and {server} is none"),
    };
    // Noted in the key file before the session exists: a session without its key would be refused for no visible reason.
    let key = keys(&args.keys)?.issue(user)?;
    let own = OwnSession { user, server, key };
    let create =
        |text: Zeroizing<Vec<u8>>| session_file::create(session, &text).map_err(with_advice);
    match args.format {
        SessionFormat::Json => create(own.to_json()?)?,
        SessionFormat::Telethon => create(session_string::telethon(&own))?,
        SessionFormat::Pyrogram => create(session_string::pyrogram(&own))?,
        SessionFormat::Mtcute => create(session_string::mtcute(&own))?,
        SessionFormat::Grammers => write_for_grammers(session, &own)?,
    }
    let issued = Issued {
        args,
        session,
        user,
    };
    Screen::new(out, Format::of_flag(args.json)).show(&issued)?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(feature = "session-file")]
fn write_for_grammers(path: &Path, own: &OwnSession) -> anyhow::Result<()> {
    let OwnSession { user, server, key } = own;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let written = confcall_mtproto_server::write_session(path, key, (*server).into(), *user);
    Ok(runtime.block_on(written)?)
}

#[cfg(not(feature = "session-file"))]
fn write_for_grammers(_: &Path, _: &OwnSession) -> anyhow::Result<()> {
    bail!("--format grammers needs a command that is built with `--features session-file`")
}

/// The error, with advice about a file that is there already.
fn with_advice(error: OwnSessionError) -> anyhow::Error {
    match &error {
        OwnSessionError::Inaccessible { source, .. }
            if source.kind() == ErrorKind::AlreadyExists =>
        {
            anyhow!("{error}; use that session, or give a new name")
        }
        _ => error.into(),
    }
}

impl Report for Issued<'_> {
    fn lines(&self) -> Vec<Line> {
        let (session, address) = (self.session.display(), self.args.listen);
        let use_it = match self.args.format {
            SessionFormat::Json => format!("; `confcall join LINK --session {session}` uses it"),
            _ => String::new(),
        };
        let text = format!("{session} for user {} at {address}{use_it}", self.user);
        vec![Line::new(Level::Success, "issued", text)]
    }

    fn json(&self) -> Value {
        json!({
            "event": "issued",
            "session": self.session,
            "user": self.user.to_string(),
            "address": self.args.listen.to_string(),
        })
    }
}
