//! `confcall trace`: runs traces again, shows them, and finds where two members' traces part.

mod diff;
mod entry;
mod items;
mod replay;
mod show;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use confcall::join::trace::Trace;

use crate::printable::printable;
use crate::{bounded, limits};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
A trace is what went into an engine and came out of it, without secrets; spec/trace.md says what a line means \
and what a trace reveals.

Examples:
  confcall trace show call.trace
  confcall trace replay *.trace
  confcall trace diff mine.trace hers.trace")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the engine again on the inputs of traces, and compares what comes out.
    Replay(replay::Args),
    /// Shows a trace as a time line.
    Show(show::Args),
    /// Finds the first thing that two members of a call saw differently.
    Diff(diff::Args),
}

pub(crate) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let code = match &args.command {
        Command::Replay(args) => replay::run(args, out),
        Command::Show(args) => show::run(args, out),
        Command::Diff(args) => diff::run(args, out),
    }?;
    out.flush()?;
    Ok(code)
}

/// A file as it is named on the command line.
type File = PathBuf;

fn load(file: &Path) -> anyhow::Result<Trace> {
    let read = || match bounded::read(fs::File::open(file)?, limits::TRACE_BYTES)? {
        Some(bytes) => Ok(Trace::read(&bytes)?),
        None => bail!("it is larger than a trace can be"),
    };
    read().with_context(|| name(file))
}

fn name(file: &Path) -> String {
    printable(&file.display().to_string())
}
