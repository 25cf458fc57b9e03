//! The command `confcall`: joins, explains and checks group calls.

mod bounded;
mod call;
mod completions;
mod demo;
mod fuzz_target;
mod inspect;
mod interrupts;
mod limits;
mod logging;
mod peer;
mod printable;
mod screen;
mod seed;
mod serve;
mod session_file;
mod trace;
mod vectors;

use std::process::ExitCode;

use call::UnwantedEnd;
use clap::{CommandFactory as _, Parser, Subcommand};

const EXAMPLES: &str = "\
Examples:
  confcall demo               shows what it does
  confcall join --embedded    lets you try a call alone, with three bots
  confcall join @walkers --embedded
                              the same with a video chat, which is not encrypted
  confcall join --help        has everything about being in a call";

/// Joins, explains and checks Telegram's group calls, end-to-end encrypted conferences above all.
#[derive(Debug, Parser)]
#[command(name = "confcall", version, arg_required_else_help = true, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    logging: logging::Args,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Takes part in a recorded call on a server inside this process, runs a new one from its start to its end, and shows a call of
    /// each other kind.
    ///
    /// The recorded members take part with their own keys. In the new call four engines under a virtual clock create,
    /// join all at once, verify, write, speak, remove, restart from a checkpoint and leave. A video chat, a livestream
    /// and a live story follow. Everything that is shown is checked. On a terminal it takes about half a minute, in
    /// which a person can read along.
    Demo(demo::Args),
    /// Creates a call, prints its link and stays in it.
    Create(call::CreateArgs),
    /// Joins a call and stays in it, until you leave or it ends.
    Join(call::JoinArgs),
    /// Hears a call that is shown as a stream, such as a livestream, and can record it.
    Listen(call::ListenArgs),
    /// Runs the conference server over MTProto, to develop and test clients against.
    Serve(serve::Args),
    /// Explains a block or broadcast.
    Inspect(inspect::Args),
    /// Replays, shows and compares the traces of engines.
    Trace(trace::Args),
    /// Runs conformance vectors.
    Vectors(vectors::Args),
    /// Answers JSON requests line by line, so that another program can drive the engine.
    ///
    /// It is for tests: it takes and prints private keys.
    Peer,
    /// Searches for requests that another implementation answers in another way than the engine does.
    ///
    /// Chains, broadcasts and packets are generated, right ones and subtly wrong ones; the first difference is shrunk to a few lines.
    FuzzTarget(fuzz_target::Args),
    /// Prints a script that completes this command line in a shell.
    Completions(completions::Args),
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(code) => code,
        // As in `confcall … | head`.
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let ended = error.downcast_ref::<UnwantedEnd>();
            if !ended.is_some_and(UnwantedEnd::is_shown) {
                anstream::eprintln!("error: {}", in_words(&error));
            }
            ended.map_or(ExitCode::FAILURE, UnwantedEnd::exit_code)
        }
    }
}

fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    cli.logging.start()?;
    let mut out = anstream::stdout();
    let details = cli.logging.is_verbose();
    match &cli.command {
        Command::Completions(args) => completions::run(args, Cli::command(), &mut out),
        Command::Create(args) => call::create(args, details, &mut out),
        Command::Demo(args) => demo::run(args, &mut out),
        Command::FuzzTarget(args) => fuzz_target::run(args, &mut out),
        Command::Inspect(args) => inspect::run(args, &mut out),
        Command::Join(args) => call::join(args, details, &mut out),
        Command::Listen(args) => call::listen(args, details, &mut out),
        Command::Peer => peer::run(),
        Command::Serve(args) => serve::run(args, &mut out),
        Command::Trace(args) => trace::run(args, &mut out),
        Command::Vectors(args) => vectors::run(args, &mut out),
    }
}

/// An error with its causes, without those whose text it has already.
fn in_words(error: &anyhow::Error) -> String {
    let mut words = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        // Many libraries repeat their cause in their own text.
        if !words.contains(&cause) {
            words = format!("{words}: {cause}");
        }
    }
    words
}

/// True if the reader of our output has seen enough.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::{Context as _, anyhow};

    #[test]
    fn a_cause_is_named_once() {
        let cause = Err::<(), _>(anyhow!("no such file"));
        let error = cause.context("x cannot be read: no such file; give another");
        let error = error.context("the start failed").unwrap_err();
        assert_eq!(
            in_words(&error),
            "the start failed: x cannot be read: no such file; give another"
        );
    }
}
