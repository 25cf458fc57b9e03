//! The session file of an account: its authorisation key, its server, and who it is.

use std::io;
use std::path::Path;
use std::sync::Arc;

use anyhow::anyhow;
use confcall::UserId;
use confcall::transport::grammers::GrammersConnection;
use confcall::transport::grammers::session_file::{self, SessionFileError};
use grammers_mtsender::ConnectionParams;
use grammers_session::storages::SqliteSession;

/// An account that is logged in.
pub(super) struct Account {
    session: SqliteSession,
    pub(super) user: UserId,
}

impl Account {
    /// Opens the session of an account.
    pub(super) async fn open(path: &Path) -> anyhow::Result<Self> {
        let opened = session_file::open(path).await;
        let (session, user) = opened.map_err(|error| anyhow!("{error}; {}", next(&error)))?;
        warn_of_readers(path);
        Ok(Self { session, user })
    }

    /// Connects to the account's server.
    pub(super) fn connect(self, api_id: i32) -> GrammersConnection {
        let parameters = || ConnectionParams {
            app_version: env!("CARGO_PKG_VERSION").to_owned(),
            ..ConnectionParams::default()
        };
        GrammersConnection::open(Arc::new(self.session), api_id, self.user, parameters)
    }
}

/// What to do about a file that cannot be used.
fn next(error: &SessionFileError) -> &'static str {
    match error {
        SessionFileError::Inaccessible { source, .. }
            if source.kind() != io::ErrorKind::NotFound =>
        {
            "give a file that you may read and write"
        }
        SessionFileError::NotLoggedIn { .. } => "log in with it first",
        _ => {
            "`confcall serve --issue-session` writes one, and so does a client of grammers that logs in"
        }
    }
}

/// Warns if others can read the file: whoever does can be the user.
#[cfg(unix)]
fn warn_of_readers(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = path
        .metadata()
        .map(|metadata| metadata.permissions().mode());
    if mode.is_ok_and(|mode| mode & 0o077 != 0) {
        let path = path.display();
        anstream::eprintln!(
            "warning: others can read {path} and be its user: run `chmod 600 {path}`"
        );
    }
}

#[cfg(not(unix))]
fn warn_of_readers(_: &Path) {}
