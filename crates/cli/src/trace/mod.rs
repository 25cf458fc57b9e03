//! `confcall trace`: replays traces, shows them, and finds the first difference between those of two members.

mod diff;
mod file;
mod items;
mod replay;
mod show;
mod timeline;

use std::io::Write;
use std::process::ExitCode;

use clap::Subcommand;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
A trace has the inputs and outputs of an engine, without secrets; spec/trace.md has the meaning of each line, \
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
    /// Runs the engine again on the inputs of traces, and compares the outputs.
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
