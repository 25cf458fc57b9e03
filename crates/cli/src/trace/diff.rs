use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use confcall::join::trace::{Divergence, History, Sighting, Trace, Verdict, compare};
use serde_json::{Value, json};

use super::file::{load, name};
use super::items::short;
use crate::printable::printable;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Two members of one call hold the same block at each height, get the same broadcasts and come to the same emoji. \
The first height at which they hold other blocks is where the server shows them two chains: the fork. The traces \
may have been recorded by different clocks; each line gives the time since the beginning of its own trace.

Exit status: 0 if both saw the same, 1 if not or if they share no block.

Examples:
  confcall trace diff mine.trace hers.trace
  confcall trace diff mine.trace hers.trace --json | jq .height")]
pub(super) struct Args {
    /// One member's trace.
    #[arg(value_name = "FILE")]
    left: PathBuf,

    /// Another member's trace.
    #[arg(value_name = "FILE")]
    right: PathBuf,

    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// A trace, and the history of the call that its member saw.
struct Side<'a> {
    file: &'a Path,
    trace: Trace,
    history: History,
}

pub(super) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let left = Side::load(&args.left)?;
    let right = Side::load(&args.right)?;
    let verdict = compare(&left.history, &right.history);
    if args.json {
        writeln!(out, "{}", report(&verdict, &left, &right))?;
    } else {
        print(&verdict, &left, &right, out)?;
    }
    Ok(match verdict {
        Verdict::Same { .. } => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

impl<'a> Side<'a> {
    fn load(file: &'a Path) -> anyhow::Result<Self> {
        let trace = load(file)?;
        Ok(Self {
            file,
            history: History::of(&trace),
            trace,
        })
    }

    fn sighting(&self, seen: &Sighting) -> String {
        let (user, file) = (self.trace.header.user(), name(self.file));
        // Each trace has its own clock; only the time since its start can be compared.
        let since = seen.at.since(self.trace.header.start()).as_secs_f64();
        let (line, what) = (seen.line, short(&seen.what));
        format!("user {user} has {what} since {since:.3} s ({file}, line {line})")
    }

    /// The suspicions of a fork that the engine itself had.
    fn suspicions(&self) -> impl Iterator<Item = (usize, &Value)> {
        let outputs = self.trace.steps.iter().flat_map(|step| &step.outputs);
        outputs.filter_map(|(line, output)| {
            let fork = output.event("suspicious")?.get("fork")?;
            Some((*line, fork))
        })
    }
}

/// The verdict in a few words, and where they differ, both sightings.
fn words(verdict: &Verdict) -> (String, Option<(&Sighting, &Sighting)>) {
    match verdict {
        Verdict::Same { up_to } => (format!("no fork up to height {up_to}"), None),
        Verdict::Differs(Divergence::Block {
            height,
            same_up_to,
            left,
            right,
        }) => {
            let same = same_up_to.map(|same| format!("; the same blocks up to height {same}"));
            let text = format!("fork at height {height}{}", same.unwrap_or_default());
            (text, Some((left, right)))
        }
        Verdict::Differs(Divergence::Broadcast { said, left, right }) => {
            let what = if said.is_reveal { "reveals" } else { "commits" };
            let (user, height) = (said.user, said.height);
            let text = format!("other {what} of user {user} at height {height}");
            (text, Some((left, right)))
        }
        Verdict::Differs(Divergence::Emoji {
            height,
            left,
            right,
        }) => {
            let text = format!("other emoji at height {height}");
            (text, Some((left, right)))
        }
        _ => ("the traces share no height".to_owned(), None),
    }
}

fn print(
    verdict: &Verdict,
    left: &Side<'_>,
    right: &Side<'_>,
    out: &mut impl Write,
) -> std::io::Result<()> {
    let (text, seen) = words(verdict);
    let style = match verdict {
        Verdict::Same { .. } => GOOD,
        _ => BAD,
    };
    writeln!(out, "{style}{text}{style:#}")?;
    if let Some((ours, theirs)) = seen {
        writeln!(out, "  {}", left.sighting(ours))?;
        writeln!(out, "  {}", right.sighting(theirs))?;
    }
    for side in [left, right] {
        for (line, fork) in side.suspicions() {
            let (user, file) = (side.trace.header.user(), name(side.file));
            let fork = printable(&fork.to_string());
            writeln!(
                out,
                "  user {user} suspected a fork ({file}, line {line}): {fork}"
            )?;
        }
    }
    Ok(())
}

fn report(verdict: &Verdict, left: &Side<'_>, right: &Side<'_>) -> Value {
    let (kind, height) = match verdict {
        Verdict::Same { up_to } => ("same", Some(*up_to)),
        Verdict::Differs(Divergence::Block { height, .. }) => ("fork", Some(*height)),
        Verdict::Differs(Divergence::Broadcast { said, .. }) => ("broadcast", Some(said.height)),
        Verdict::Differs(Divergence::Emoji { height, .. }) => ("emoji", Some(*height)),
        _ => ("nothing_shared", None),
    };
    let (text, seen) = words(verdict);
    let side = |side: &Side<'_>, seen: Option<&Sighting>| {
        json!({
            "file": name(side.file),
            "user": side.trace.header.user().to_string(),
            "has": seen.map(|seen| &seen.what),
            "line": seen.map(|seen| seen.line),
            "suspected": side.suspicions().map(|(_, fork)| fork).collect::<Vec<_>>(),
        })
    };
    json!({
        "verdict": kind,
        "height": height,
        "message": text,
        "left": side(left, seen.map(|(left, _)| left)),
        "right": side(right, seen.map(|(_, right)| right)),
    })
}
