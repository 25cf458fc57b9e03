//! Files that only their owner can read, from the moment they exist.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A file with secrets can be read by others than its owner.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("others can read the secrets in {}: run `chmod 600 {}`", .0.display(), .0.display())]
pub struct ExposedFile(pub PathBuf);

/// Creates a file that does not exist yet.
///
/// # Errors
///
/// Those of the system, also if there is a file already.
pub fn create(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Opens a file that is there, if it is a regular one.
///
/// # Errors
///
/// Those of the system, and [`io::ErrorKind::InvalidInput`] for a pipe, a device or a directory.
pub fn open(path: &Path, options: &OpenOptions) -> io::Result<File> {
    // Before it is opened, since a pipe is open only once another process opens its other end.
    match fs::metadata(path)?.is_file() {
        true => options.open(path),
        false => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is no regular file",
        )),
    }
}

/// Checks that only its owner can read an open file, where the system has such a notion.
///
/// # Errors
///
/// [`ExposedFile`]
#[cfg(unix)]
pub fn check(file: &File, path: &Path) -> Result<(), ExposedFile> {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = file.metadata();
    match metadata.is_ok_and(|metadata| metadata.permissions().mode() & 0o077 == 0) {
        true => Ok(()),
        false => Err(ExposedFile(path.to_owned())),
    }
}

/// Checks that only its owner can read an open file, where the system has such a notion.
///
/// # Errors
///
/// [`ExposedFile`]
#[cfg(not(unix))]
pub fn check(_: &File, _: &Path) -> Result<(), ExposedFile> {
    Ok(())
}
