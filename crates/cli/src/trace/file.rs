use std::fs::File;
use std::path::Path;

use anyhow::{Context as _, bail};
use confcall::join::trace::Trace;

use crate::printable::printable;
use crate::{bounded, limits};

/// Reads the trace of a file.
pub(super) fn load(path: &Path) -> anyhow::Result<Trace> {
    let read = || match bounded::read(File::open(path)?, limits::TRACE_BYTES)? {
        Some(bytes) => Ok(Trace::read(&bytes)?),
        None => bail!("it is larger than a trace can be"),
    };
    read().with_context(|| name(path))
}

/// The name of a file as it is shown.
pub(super) fn name(path: &Path) -> String {
    printable(&path.display().to_string())
}
