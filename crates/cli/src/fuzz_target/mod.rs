//! `confcall fuzz-target`: another implementation is asked what our engine is asked, and the first difference is made short.
//!
//! ```text
//! Family::run ──▶ requests ──┬──▶ Peer, in this process ──┐
//!                            └──▶ Child, a process ───────┴──▶ no difference, or a few lines
//! ```

mod child;
mod group;
mod progress;
mod report;

use core::time::Duration;
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use confcall_conformance::difference::{Comparison, Family, Fault, Shrunk, Silence};
use confcall_conformance::peer::Peer;

use crate::printable::printable;
use crate::seed;
use child::Child;
use group::Group;
use progress::Progress;
use report::{Found, Report};

/// The time of a search that has no bound of its own.
const USUAL_TIME: Duration = Duration::from_secs(60);
/// The time in which a difference is made short.
const SHRINKING: Duration = Duration::from_secs(60);
/// The status of a command that is no peer, so that nothing was compared.
const NOT_COMPARED: u8 = 3;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
COMMAND answers requests as `confcall peer` does (spec/interop.md): for each line of JSON on its standard input one on its standard \
output, at once. Chains need the operations chain_new and chain_apply; broadcasts chain_new, broadcast_new, broadcast_block and \
broadcast_apply; packets enc_new, enc_add, enc_forget and enc_decrypt. A family that it does not speak is left out. Its standard \
error is passed through, and it is killed in the end with all that it started.

What differs is printed as lines that any peer takes, from the first column on, with the answers of both below each; the end of \
the last example picks the lines.

Exit status:
    0  no difference
    1  a difference
    2  the command line is wrong
    3  nothing was compared: COMMAND does not start or is no peer, or a defect of this program

Examples:
  confcall fuzz-target ./my-peer
  confcall fuzz-target --family chains --seconds 600 node peer.js
  confcall fuzz-target --seed 7 --runs 300 ./my-peer --quiet
  confcall fuzz-target ./my-peer | grep '^{' | ./my-peer")]
pub(crate) struct Args {
    /// The seed of the runs: the same one gives the same runs; drawn and shown if it is not given.
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,

    /// End after so many runs.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    runs: Option<u64>,

    /// End after so many seconds; 60 if neither this nor the runs are given.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    seconds: Option<u64>,

    /// Run this family only; can be given more than once.
    #[arg(long = "family", value_name = "FAMILY", value_parser = family())]
    families: Vec<Family>,

    /// The time that COMMAND has for one answer, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,

    /// Print the result as one JSON object.
    #[arg(long)]
    json: bool,

    /// The other implementation: a program and its arguments; all that follows is its own.
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<OsString>,
}

fn family() -> impl TypedValueParser<Value = Family> {
    let names = PossibleValuesParser::new(Family::ALL.map(Family::name));
    names.try_map(|name| {
        let mut all = Family::ALL.into_iter();
        all.find(|family| family.name() == name).ok_or(name)
    })
}

pub(crate) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let [a, b, c, d, ..] = seed::random()?;
    let drawn = u32::from_le_bytes([a, b, c, d]).into();
    let mut report = Report::new(args.seed.unwrap_or(drawn));
    let group = Group::default();
    group.end_on_interrupt()?;
    let searched = search(args, group, &mut report);
    let fault = match searched {
        Err(fault) => Some(explained(&fault, report.seed)),
        Ok(()) if report.runs.is_empty() => Some(speaks_nothing(&report)),
        Ok(()) => None,
    };
    if let Some(fault) = fault {
        let command = args.command.join(OsStr::new(" "));
        let command = printable(&command.to_string_lossy());
        anstream::eprintln!("error: {command}: {fault}");
        return Ok(ExitCode::from(NOT_COMPARED));
    }
    report.print(args.json, out)?;
    Ok(match report.found {
        None => ExitCode::SUCCESS,
        Some(_) => ExitCode::FAILURE,
    })
}

/// Runs until there is a difference or the time is over.
fn search(args: &Args, group: Group, report: &mut Report) -> Result<(), Fault> {
    let child = Child::new(&args.command, Duration::from_secs(args.timeout), group);
    let mut comparison = Comparison::start(child, new_peer)?;
    comparison.other_name().clone_into(&mut report.other);
    let wanted = |family: &Family| args.families.is_empty() || args.families.contains(family);
    for family in Family::ALL.into_iter().filter(wanted) {
        match comparison.unspoken(family)? {
            None => report.runs.push((family, 0)),
            Some(operation) => report.unspoken.push((family, operation)),
        }
    }
    let spoken: Vec<_> = report.runs.iter().map(|(family, _)| *family).collect();
    if spoken.is_empty() {
        return Ok(());
    }
    let runs = (0..u64::MAX).flat_map(|number| spoken.iter().map(move |family| (number, *family)));
    let most = args.runs.map_or(usize::MAX, |runs| {
        usize::try_from(runs).unwrap_or(usize::MAX)
    });
    let time = match (args.seconds, args.runs) {
        (Some(seconds), _) => Some(Duration::from_secs(seconds)),
        (None, Some(_)) => None,
        (None, None) => Some(USUAL_TIME),
    };
    let started = Instant::now();
    let mut progress = Progress::new();
    for (number, family) in runs.take(most) {
        if time.is_some_and(|time| started.elapsed() >= time) {
            break;
        }
        let run = family.run(report.seed, number)?;
        let found = comparison.compare(&run)?;
        let asked = found
            .as_ref()
            .map_or(run.len(), |found| found.exchanges.len());
        report.count(family, asked);
        if let Some(difference) = found {
            let found = Found::new(family, number, difference);
            report.found = Some(shrunk(&mut comparison, found, &mut progress));
            break;
        }
        progress.show(|| report.counted());
    }
    Ok(())
}

/// Our own side: the engine behind the same requests.
fn new_peer() -> Peer {
    let started = Instant::now();
    // It is asked for nothing that it has to draw.
    Peer::new(ChaCha20Rng::from_seed([0; 32]), move || started.elapsed())
}

/// Makes a difference short, as far as the time allows.
fn shrunk(
    comparison: &mut Comparison<Child, impl FnMut() -> Peer>,
    found: Found,
    progress: &mut Progress,
) -> Found {
    let started = Instant::now();
    let mut tries = 0_u64;
    let shrunk = comparison.shrink(&found.difference, || {
        tries = tries.saturating_add(1);
        progress.show(|| format!("a difference is being shrunk, {tries} tries"));
        started.elapsed() < SHRINKING
    });
    match shrunk {
        Ok(Shrunk::Shown(difference)) => Found {
            difference,
            is_shown_again: true,
            ..found
        },
        // What was found is worth more than the reason why it cannot be made short.
        _ => found,
    }
}

/// A fault in words, with what to do next.
fn explained(fault: &Fault, seed: u64) -> String {
    let next = match fault {
        Fault::Silent(Silence::NotStarted(_)) => {
            "give the path of a program, or the name of one in PATH".to_owned()
        }
        Fault::Silent(Silence::TooSlow(_)) => {
            "it has to answer each line at once, without waiting for the end of its input; --timeout gives it more time"
                .to_owned()
        }
        Fault::Silent(_) | Fault::NotAPeer(_) => {
            "it has to answer lines of JSON as `confcall peer` does, {\"op\": \"ping\"} first".to_owned()
        }
        _ => format!("this is a defect of confcall; please report it with seed {seed}"),
    };
    format!("{}; {next}", printable(&fault.to_string()))
}

/// The fault of a program that speaks no family.
fn speaks_nothing(report: &Report) -> String {
    let unspoken = report.unspoken.iter();
    let unspoken: Vec<_> = unspoken
        .map(|(family, operation)| format!("{family} need {operation}"))
        .collect();
    format!(
        "it does not speak what can be compared: {}; spec/interop.md has the operations",
        unspoken.join(", ")
    )
}
