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

use anyhow::Context as _;
use clap::Subcommand;
use confcall::join::trace::Trace;

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
    let read = || anyhow::Ok(Trace::read(&fs::read(file)?)?);
    read().with_context(|| name(file))
}

fn name(file: &Path) -> String {
    printable(&file.display().to_string())
}

/// A text without what a terminal would act on, or show in another order than it stands.
fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() || turns(character) {
            printable.extend(character.escape_default());
        } else {
            printable.push(character);
        }
    }
    printable
}

/// Whether a character turns the direction of the text around it, or ends its line.
fn turns(character: char) -> bool {
    matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn what_a_terminal_would_act_on_or_turn_around_is_escaped() {
        let forged = "a\u{1b}[2J\u{9b}\u{202e}b\u{2066}🙂é";
        let shown = r"a\u{1b}[2J\u{9b}\u{202e}b\u{2066}🙂é";
        assert_eq!(printable(forged), shown);
    }
}
