//! The account that enters a call: who it is, and its connection to its server.

use std::path::Path;
use std::sync::Arc;

use anyhow::anyhow;
use confcall::UserId;
use confcall::transport::grammers::GrammersConnection;
use grammers_mtsender::ConnectionParams;
use grammers_session::storages::MemorySession;

use crate::session_file::{OwnSessionError, SessionFile};

/// An account that is logged in.
pub(super) struct Account {
    pub(super) user: UserId,
    session: AccountSession,
}

/// The storage of the account's key.
enum AccountSession {
    Own(MemorySession),
    #[cfg(feature = "session-file")]
    Sqlite(grammers_session::storages::SqliteSession),
}

impl Account {
    /// Opens the session of an account.
    pub(super) async fn open(path: &Path) -> anyhow::Result<Self> {
        let file = SessionFile::read(path);
        match file.map_err(|error| anyhow!("{error}{}", advice(&error)))? {
            SessionFile::Own(own) => Ok(Self {
                user: own.user,
                session: AccountSession::Own(own.into_memory()),
            }),
            SessionFile::Sqlite => open_sqlite(path).await,
        }
    }

    /// Connects to the account's server.
    pub(super) fn connect(self, api_id: i32) -> GrammersConnection {
        let Self { user, session } = self;
        match session {
            AccountSession::Own(session) => {
                GrammersConnection::open(Arc::new(session), api_id, user, parameters)
            }
            #[cfg(feature = "session-file")]
            AccountSession::Sqlite(session) => {
                GrammersConnection::open(Arc::new(session), api_id, user, parameters)
            }
        }
    }
}

fn parameters() -> ConnectionParams {
    ConnectionParams {
        // The server's administrators see it in the list of sessions.
        app_version: env!("CARGO_PKG_VERSION").to_owned(),
        ..ConnectionParams::default()
    }
}

#[cfg(feature = "session-file")]
async fn open_sqlite(path: &Path) -> anyhow::Result<Account> {
    use confcall::transport::grammers::session_file::{SessionFileError, open};

    let (session, user) = open(path).await.map_err(|error| match error {
        SessionFileError::NotLoggedIn { .. } => anyhow!("{error}; log in with it first"),
        error => error.into(),
    })?;
    Ok(Account {
        user,
        session: AccountSession::Sqlite(session),
    })
}

#[cfg(not(feature = "session-file"))]
async fn open_sqlite(path: &Path) -> anyhow::Result<Account> {
    Err(anyhow!(
        "{} is a SQLite database, as grammers' session files are; build the command with `--features session-file` \
         to use it",
        path.display()
    ))
}

/// The next thing to do about a file that cannot be used, where the error does not say it.
fn advice(error: &OwnSessionError) -> &'static str {
    match error {
        OwnSessionError::Exposed(_) => "",
        OwnSessionError::Inaccessible { source, .. }
            if source.kind() != std::io::ErrorKind::NotFound =>
        {
            "; give a file that you may read"
        }
        _ => "; `confcall serve --issue-session` writes one",
    }
}
