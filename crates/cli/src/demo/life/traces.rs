//! The traces of the second act, as files.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::Context as _;
use confcall::UserId;

use super::super::show::Show;

/// Writes the trace of each engine that was recorded.
pub(super) fn write(
    dir: &Path,
    traces: &[(UserId, String)],
    show: &mut Show<'_, impl Write>,
) -> anyhow::Result<()> {
    let named = || format!("traces cannot be written to {}", dir.display());
    fs::create_dir_all(dir).with_context(named)?;
    for (user_id, trace) in traces {
        let name = format!("user-{user_id}.trace");
        fs::write(dir.join(&name), trace).with_context(named)?;
        let text = format!("{name}: {} lines", trace.lines().count());
        show.line("trace", &text)?;
    }
    Ok(())
}
