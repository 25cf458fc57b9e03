use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use confcall::join::trace::{Ending, replay};
use serde::Serialize;

use super::file::{load, name};
use crate::printable::printable;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();

#[derive(Debug, clap::Args)]
#[command(after_help = "\
The chain of each trace is checked first. The engine is that of this command; another version of it may rightly \
do something else.

Exit status: 0 if all traces are replayed to the same outputs, also those whose end is missing; 1 if not.

Examples:
  confcall trace replay call.trace
  confcall trace replay --json *.trace | jq 'select(.error)'")]
pub(super) struct Args {
    /// Traces.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Print a JSON object a line, one for each trace.
    #[arg(long)]
    json: bool,
}

/// The result of one trace, as it is printed.
#[derive(Default, Serialize)]
struct ReplayResult {
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    inputs: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outputs: Option<usize>,
    /// False if the end of the trace is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    complete: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

pub(super) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    for file in &args.files {
        let line = ReplayResult::of(file);
        if line.error.is_some() {
            code = ExitCode::FAILURE;
        }
        if args.json {
            writeln!(out, "{}", serde_json::to_string(&line)?)?;
        } else {
            line.print(out)?;
        }
    }
    Ok(code)
}

impl ReplayResult {
    fn of(file: &Path) -> Self {
        let replayed = load(file).and_then(|trace| Ok((replay(&trace)?, trace.ending)));
        let line = Self {
            file: name(file),
            ..Self::default()
        };
        match replayed {
            Ok((replayed, ending)) => Self {
                inputs: Some(replayed.inputs),
                outputs: Some(replayed.outputs),
                complete: Some(ending == Ending::Complete),
                ..line
            },
            Err(error) => Self {
                // The file has a field of its own.
                error: Some(error.root_cause().to_string()),
                ..line
            },
        }
    }

    fn print(&self, out: &mut impl Write) -> std::io::Result<()> {
        let file = &self.file;
        if let Some(error) = &self.error {
            return writeln!(out, "{file}: {BAD}{}{BAD:#}", printable(error));
        }
        let count = |number: Option<usize>| number.unwrap_or_default();
        let (inputs, outputs) = (count(self.inputs), count(self.outputs));
        let ending = match self.complete {
            Some(true) => "",
            _ => "; incomplete, the end is missing",
        };
        writeln!(
            out,
            "{file}: {inputs} inputs, {outputs} outputs, {GOOD}identical{GOOD:#}{ending}"
        )
    }
}
