//! The file of `--last-known`: what was seen of a call, between two times of being in it.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use confcall::LastKnown;
use confcall_mtproto_server::private_file;

use crate::limits;

/// Reads what an earlier call left; nothing if there is no file yet.
pub(super) fn read(path: &Path) -> anyhow::Result<Option<LastKnown>> {
    let name = path.display();
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("{name} cannot be read")),
    };
    if !metadata.is_file() || metadata.len() > limits::LAST_KNOWN_BYTES {
        bail!("{name} is no file of --last-known");
    }
    let bytes = fs::read(path).with_context(|| format!("{name} cannot be read"))?;
    let known = LastKnown::from_bytes(&bytes);
    Ok(Some(known.with_context(|| {
        format!("{name} is no file of --last-known: move it away to go on without it")
    })?))
}

/// Replaces the file, whole or not at all.
pub(super) fn write(path: &Path, known: &LastKnown) -> anyhow::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let replace = || {
        // It is left over where an earlier command was killed.
        let _ = fs::remove_file(&beside);
        let mut file = private_file::create(&beside)?;
        file.write_all(&known.to_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    replace().with_context(|| format!("{} cannot be written", path.display()))
}
