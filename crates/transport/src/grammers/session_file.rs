//! Session files: SQLite databases that hold the key by which the server knows a logged-in user.
//!
//! Whoever can read such a file can act as the user, so a new one can be read by nobody else.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use confcall_state::UserId;
use grammers_session::Session;
use grammers_session::storages::{SqliteSession, SqliteSessionError};
use thiserror::Error;

use super::session::signed_in_user;

/// A session file cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SessionFileError {
    /// It cannot be read or created at all.
    #[error("the session file {} cannot be opened: {source}", path.display())]
    Inaccessible {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is none, or it is damaged.
    #[error("{} is no session file, or a damaged one: {source}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What the database says.
        source: SqliteSessionError,
    },
    /// Nobody is logged in in it.
    #[error("nobody is logged in in the session file {}", path.display())]
    NotLoggedIn {
        /// The file.
        path: PathBuf,
    },
}

/// Opens a session file in which a user is logged in, and says who.
///
/// # Errors
///
/// [`SessionFileError`]. A file that is not there is not created.
pub async fn open(path: &Path) -> Result<(SqliteSession, UserId), SessionFileError> {
    let inaccessible = |source| SessionFileError::Inaccessible {
        path: path.to_owned(),
        source,
    };
    fs::File::open(path).map_err(inaccessible)?;
    let found = read(path).await;
    let found = found.map_err(|source| SessionFileError::Invalid {
        path: path.to_owned(),
        source,
    })?;
    found.ok_or_else(|| SessionFileError::NotLoggedIn {
        path: path.to_owned(),
    })
}

/// Opens a session file to log in with, and creates it for its owner alone if there is none.
///
/// # Errors
///
/// [`SessionFileError`], but for [`SessionFileError::NotLoggedIn`].
pub async fn open_or_create(path: &Path) -> Result<SqliteSession, SessionFileError> {
    // SQLite gives its other files the mode of this one.
    create(path).map_err(|source| SessionFileError::Inaccessible {
        path: path.to_owned(),
        source,
    })?;
    let session = SqliteSession::open(path).await;
    session.map_err(|source| SessionFileError::Invalid {
        path: path.to_owned(),
        source,
    })
}

/// The session and its user, if it has a key of its home and knows the user.
async fn read(path: &Path) -> Result<Option<(SqliteSession, UserId)>, SqliteSessionError> {
    let session = SqliteSession::open(path).await?;
    let home = session.dc_option(session.home_dc_id()?)?;
    let has_key = home.is_some_and(|home| home.auth_key.is_some());
    let own = signed_in_user(&session).await?;
    Ok(own.filter(|_| has_key).map(|own| (session, own)))
}

/// Creates an empty file that its owner alone can read; one that is there stays as it is.
fn create(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}
