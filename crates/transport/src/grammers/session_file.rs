//! Session files: SQLite databases that hold the key by which the server knows a logged-in user.
//!
//! Anyone who can read such a file can act as the user, so a new one can be read by its owner alone.
//!
//! A connection of the user whose session it is:
//!
//! ```no_run
//! # async fn connect() -> Result<(), confcall_transport::grammers::session_file::SessionFileError> {
//! use std::path::Path;
//! use std::sync::Arc;
//!
//! use confcall_transport::grammers::{GrammersConnection, session_file};
//!
//! let (session, own) = session_file::open(Path::new("alice.session")).await?;
//! // The id of the application that logged in; `confcall serve` takes any. The closure says what the server
//! // hears of this client.
//! let connection = GrammersConnection::open(Arc::new(session), 0, own, Default::default);
//! // `Conference::join` takes the transport, and `Joiner::new(own)`. The connection outlives both.
//! let transport = connection.transport();
//! # drop(transport);
//! # Ok(())
//! # }
//! ```

use core::ops::Range;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use confcall_state::UserId;
use grammers_session::Session;
use grammers_session::storages::{SqliteSession, SqliteSessionError};
use thiserror::Error;

use super::connection::signed_in_user;

/// The length in bytes of the header of a SQLite file has.
const HEADER: u64 = 100;

/// The start of every such header.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// The place of the version that an application gave its database: grammers gives one, and it is zero where none is given.
const USER_VERSION: Range<usize> = 60..64;

/// A session file cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SessionFileError {
    /// It cannot be read or created at all.
    #[error("the session file {} cannot be opened: {source}", path.display())]
    Inaccessible {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// It is something else.
    #[error("{} is {what}, and no session file", path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// In words.
        what: &'static str,
    },
    /// It is damaged.
    #[error("the session file {} is damaged: {source}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The database's error.
        source: SqliteSessionError,
    },
    /// It is not logged in.
    #[error("no user is logged in in the session file {}", path.display())]
    NotLoggedIn {
        /// The file.
        path: PathBuf,
    },
}

/// Opens a session file in which a user is logged in, and says who.
///
/// # Errors
///
/// [`SessionFileError`]. A file that is not there is not created, and one that is no session stays as it is.
pub async fn open(path: &Path) -> Result<(SqliteSession, UserId), SessionFileError> {
    check(path)?;
    let found = read(path).await;
    let found = found.map_err(|source| SessionFileError::Damaged {
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
    session.map_err(|source| SessionFileError::Damaged {
        path: path.to_owned(),
        source,
    })
}

/// Checks by its first bytes that a file can be a session.
///
/// The storage would make an empty session of an empty file or of a database of something else.
fn check(path: &Path) -> Result<(), SessionFileError> {
    let inaccessible = |source| SessionFileError::Inaccessible {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(inaccessible)?;
    let is_directory = file.metadata().is_ok_and(|metadata| metadata.is_dir());
    let mut header = Vec::new();
    if !is_directory {
        let read = file.take(HEADER).read_to_end(&mut header);
        read.map_err(inaccessible)?;
    }
    let what = match header.get(USER_VERSION) {
        _ if is_directory => "a directory",
        _ if header.is_empty() => "empty",
        _ if !header.starts_with(MAGIC) => "no SQLite database",
        None => "cut off",
        Some([0, 0, 0, 0]) => "a database of something else",
        Some(_) => return Ok(()),
    };
    let path = path.to_owned();
    Err(SessionFileError::Other { path, what })
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
