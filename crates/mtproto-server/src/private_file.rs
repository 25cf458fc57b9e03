//! Files and folders that only their owner can read, from the moment they exist.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
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

/// Creates a folder that does not exist yet, or takes one that is there and empty; only its owner can look into it then.
///
/// # Errors
///
/// Those of the system, and [`io::ErrorKind::DirectoryNotEmpty`] for a folder with something in it.
pub fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        created => return created,
    }
    match fs::read_dir(path)?.next() {
        Some(Ok(_)) => return Err(io::ErrorKind::DirectoryNotEmpty.into()),
        Some(Err(error)) => return Err(error),
        None => {}
    }
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    Ok(())
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

/// Reads a file to its end; `None` if it has more than `most` bytes.
///
/// A file that grows meanwhile is cut.
///
/// # Errors
///
/// Those of the system.
pub fn read(file: &File, most: u64) -> io::Result<Option<Vec<u8>>> {
    if file.metadata()?.len() > most {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// Puts a file with this content in the place of the one before, which stays whole if that fails.
///
/// # Errors
///
/// Those of the system.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    put(path, content, File::sync_all)
}

/// As [`replace`], for what is of no use after an end of the system and so need not outlive it.
pub(crate) fn show(path: &Path, content: &[u8]) -> io::Result<()> {
    put(path, content, |_| Ok(()))
}

fn put(path: &Path, content: &[u8], sync: impl FnOnce(&File) -> io::Result<()>) -> io::Result<()> {
    let new = beside(path, ".new");
    let written = write(&new, content).and_then(|file| sync(&file));
    let replaced = written.and_then(|()| fs::rename(&new, path));
    // It may not exist, and the first error is the one to report.
    replaced.inspect_err(|_| drop(fs::remove_file(&new)))
}

/// The path with something behind its name.
pub(crate) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(end);
    beside.into()
}

fn write(path: &Path, content: &[u8]) -> io::Result<File> {
    // A file that an earlier attempt left has the rights that it was created with.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = create(path)?;
    file.write_all(content)?;
    Ok(file)
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
