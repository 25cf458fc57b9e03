//! The file of `--last-known`: what was seen of a call, between two times of being in it.

use std::fs::File;
use std::io;
use std::path::Path;

use anyhow::{Context as _, bail};
use confcall::LastKnown;
use confcall_mtproto_server::private_file;

use crate::limits;

/// Reads what an earlier call left; nothing if there is no file yet.
pub(super) fn read(path: &Path) -> anyhow::Result<Option<LastKnown>> {
    let name = path.display();
    let file = match private_file::open(path, File::options().read(true)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.with_context(|| format!("{name} cannot be opened"))?,
    };
    let bytes = private_file::read(&file, limits::LAST_KNOWN_BYTES);
    let Some(bytes) = bytes.with_context(|| format!("{name} cannot be read"))? else {
        bail!("{name} is no file of --last-known");
    };
    let known = LastKnown::from_bytes(&bytes);
    Ok(Some(known.with_context(|| {
        format!("{name} is no file of --last-known: move it away to go on without it")
    })?))
}

/// Replaces the file, whole or not at all.
pub(super) fn write(path: &Path, known: &LastKnown) -> anyhow::Result<()> {
    let replaced = private_file::replace(path, &known.to_bytes());
    replaced.with_context(|| format!("{} cannot be written", path.display()))
}
