//! The command `confcall`: joins, explains and checks conference calls.

mod completions;
mod demo;
mod inspect;
mod logging;
mod peer;
mod printable;
mod seed;
mod trace;
mod vectors;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Joins, explains and checks Telegram's end-to-end encrypted conference calls.
#[derive(Debug, Parser)]
#[command(name = "confcall", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    logging: logging::Args,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Prints what a shell needs to complete this command line.
    Completions(completions::Args),
    /// Takes part in a recorded call on a server inside this process, and then shows a whole life in a new one.
    ///
    /// The recorded members take part with their own keys. In the new call four engines under a virtual clock create,
    /// join all at once, verify, write, speak, remove, restart from a checkpoint and leave. Everything that is
    /// shown is checked.
    Demo(demo::Args),
    /// Explains a block or broadcast.
    Inspect(inspect::Args),
    /// Answers JSON requests line by line, so that another program can drive the engine.
    ///
    /// It is for tests: it is told private keys and says them.
    Peer,
    /// Replays, shows and compares the traces of engines.
    Trace(trace::Args),
    /// Runs conformance vectors.
    Vectors(vectors::Args),
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(code) => code,
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    cli.logging.start()?;
    let mut out = anstream::stdout();
    match &cli.command {
        Command::Completions(args) => completions::run(args, &mut out),
        Command::Demo(args) => demo::run(args, &mut out),
        Command::Inspect(args) => inspect::run(args, &mut out),
        Command::Peer => peer::run(),
        Command::Trace(args) => trace::run(args, &mut out),
        Command::Vectors(args) => vectors::run(args, &mut out),
    }
}

/// Whoever read our output has seen enough.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
