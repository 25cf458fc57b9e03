//! The file from which a server goes on.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use confcall_server::{Limits, Server};

use crate::{bounded, limits};

/// The server of a snapshot, if there is one.
pub(super) fn load(path: &Path) -> anyhow::Result<Option<Server>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| cannot("be opened", path)),
    };
    let read = bounded::read(file, limits::SNAPSHOT_BYTES);
    let Some(bytes) = read.with_context(|| cannot("be read", path))? else {
        bail!("{} is larger than a snapshot can be", path.display());
    };
    let server = Server::from_snapshot(&bytes, Limits::default()).with_context(|| {
        let path = path.display();
        format!("the server cannot go on from {path}; move it away to start without it")
    })?;
    Ok(Some(server))
}

/// Writes a snapshot in the place of the one before, which stays whole if that fails.
///
/// Its owner alone can read it: it holds access hashes and links.
pub(super) fn save(path: &Path, server: &Server) -> anyhow::Result<()> {
    let new = beside(path);
    let written = write(&new, &server.to_snapshot()).and_then(|()| fs::rename(&new, path));
    if written.is_err() {
        // It may not exist, and the first error is the one to report.
        let _ = fs::remove_file(&new);
    }
    written.with_context(|| cannot("be written", path))
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A file that an earlier attempt left behind has the mode that it was created with.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    // Before the rename: after a crash there must be one whole snapshot.
    file.sync_all()
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

fn cannot(what: &str, path: &Path) -> String {
    format!("the snapshot {} cannot {what}", path.display())
}
