use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use confcall_server::{Limits, Server, SnapshotError};
use thiserror::Error;

use crate::limits;
use crate::private_file::{self, ExposedFile};

/// The file from which a server goes on, which no other server has.
///
/// A file beside it, `.lock`, is locked until this value is dropped. It stays there, since another server could be waiting
/// with it open.
#[derive(Debug)]
pub struct SnapshotFile {
    path: PathBuf,
    _lock: File,
}

/// The file of a snapshot cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SnapshotFileError {
    /// Another server goes on from it.
    #[error("another server uses the snapshot {}", .0.display())]
    InUse(PathBuf),
    /// The system refuses it.
    #[error("the snapshot {} cannot be {action}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The operation that failed.
        action: &'static str,
        /// The error of the system.
        source: io::Error,
    },
    /// Others can read it, and could have written it.
    #[error(transparent)]
    Exposed(#[from] ExposedFile),
    /// It is larger than a snapshot can be.
    #[error("the snapshot {} has more than {limit} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The greatest size.
        limit: u64,
    },
    /// It holds no server.
    #[error("the server cannot go on from {}; move it away to start without it: {source}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// The mistake in it.
        source: SnapshotError,
    },
}

impl SnapshotFile {
    /// Takes the file for one server, whether it is there or not.
    ///
    /// # Errors
    ///
    /// [`SnapshotFileError::InUse`], and what the system says.
    pub fn lock(path: impl Into<PathBuf>) -> Result<Self, SnapshotFileError> {
        let path = path.into();
        // Not the snapshot itself, in whose place another file is put when it is written.
        let lock = lock_file(&private_file::beside(&path, ".lock"));
        let lock = lock.map_err(failed(&path, "locked"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(SnapshotFileError::InUse(path)),
            Err(TryLockError::Error(source)) => Err(failed(&path, "locked")(source)),
        }
    }

    /// The server of the snapshot, if there is one.
    ///
    /// # Errors
    ///
    /// [`SnapshotFileError`]
    pub fn load(&self, limits: Limits) -> Result<Option<Server>, SnapshotFileError> {
        let path = &self.path;
        let file = match private_file::open(path, File::options().read(true)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(path, "opened")(error)),
        };
        private_file::check(&file, path)?;
        let bytes =
            private_file::read(&file, limits::SNAPSHOT_FILE).map_err(failed(path, "read"))?;
        let bytes = bytes.ok_or_else(|| SnapshotFileError::TooLarge {
            path: path.clone(),
            limit: limits::SNAPSHOT_FILE,
        })?;
        let server = Server::from_snapshot(&bytes, limits);
        let server = server.map_err(|source| SnapshotFileError::Content {
            path: path.clone(),
            source,
        })?;
        Ok(Some(server))
    }

    /// Writes a snapshot in the place of the one before, which stays whole if that fails.
    ///
    /// Its owner alone can read it: it holds access hashes and links.
    ///
    /// # Errors
    ///
    /// [`SnapshotFileError::File`]
    pub fn save(&self, server: &Server) -> Result<(), SnapshotFileError> {
        let replaced = private_file::replace(&self.path, &server.to_snapshot());
        replaced.map_err(failed(&self.path, "written"))
    }
}

fn lock_file(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn failed(path: &Path, action: &'static str) -> impl Fn(io::Error) -> SnapshotFileError {
    move |source| SnapshotFileError::File {
        path: path.to_owned(),
        action,
        source,
    }
}
