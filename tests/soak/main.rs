//! Lives of calls, by seed after seed, for a given time: `soak --minutes 30`.
//!
//! ```text
//! seed + n ──▶ Plan::draw ──▶ Life::live ──▶ its figures ──▶ Report
//!                                 └── a panic: a law does not hold ──▶ a divergence, with its seed
//! ```

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is a command"
)]

mod progress;
mod report;

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::process::{self, ExitCode};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Parser;
use confcall_simulator::{Life, Plan};

use progress::Progress;
use report::Report;

/// Runs whole lives of calls over bad networks and with hostile servers, and reports what diverged.
///
/// Every call has a seed, which decides all that happens in it. The exit status is 1 if a law did not hold in any.
/// Ctrl-C ends it early, with the report of what it has seen, when the calls in progress are over; pressed again, at once.
#[derive(Parser)]
#[command(
    name = "soak",
    after_help = "Examples:
  soak --minutes 30              half an hour of fresh seeds on all cores
  soak --minutes 1 --seed 7      the calls of the seeds 7, 8, 9 and so on
  soak --call 12345              one call again, with its log on standard error"
)]
struct Arguments {
    /// For how long.
    #[arg(long, default_value_t = 1, conflicts_with = "call")]
    minutes: u64,
    /// The seed of the first call; drawn if it is not given.
    #[arg(long, conflicts_with = "call")]
    seed: Option<u64>,
    /// Run the call of this seed only.
    #[arg(long)]
    call: Option<u64>,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    // What a law says is reported with its seed, in one piece.
    panic::set_hook(Box::new(|_| {}));
    let first = match arguments.call.or(arguments.seed) {
        Some(seed) => seed,
        None => getrandom::u64().context("the system gives no seed")?,
    };
    let report = match arguments.call {
        Some(seed) => {
            let lived = live(seed);
            match &lived {
                Ok(life) => eprint!("{}", life.world.history()),
                Err(what) => eprintln!("{what}"),
            }
            let mut report = Report::new(first);
            report.add(seed, lived);
            report
        }
        None => {
            watch_interrupts()?;
            soak(first, Duration::from_secs(arguments.minutes * 60))
        }
    };
    match arguments.json {
        true => println!("{}", serde_json::to_string(&report)?),
        false => print!("{report}"),
    }
    Ok(match report.divergences.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// The exit status that shells give to what Ctrl-C ended.
const INTERRUPTED_STATUS: i32 = 130;

/// Set once Ctrl-C was pressed.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

fn watch_interrupts() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .context("signals cannot be heard")?;
    thread::spawn(move || {
        // Where signals cannot be heard, they end the process as they do by themselves.
        let pressed = runtime.block_on(tokio::signal::ctrl_c());
        INTERRUPTED.store(pressed.is_ok(), Ordering::Relaxed);
        // A call that hangs is no reason to wait for it.
        if runtime.block_on(tokio::signal::ctrl_c()).is_ok() {
            process::exit(INTERRUPTED_STATUS);
        }
    });
    Ok(())
}

/// Lives by fresh seeds on all cores until the time is over, or Ctrl-C is pressed.
fn soak(first: u64, time: Duration) -> Report {
    let begun = Instant::now();
    let next = AtomicU64::new(first);
    let report = Mutex::new(Report::new(first));
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let progress = Progress::new(time);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while begun.elapsed() < time && !INTERRUPTED.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let lived = live(seed);
                    let mut report = report
                        .lock()
                        .unwrap_or_else(|poisoned| poisoned.into_inner());
                    if let Some(divergence) = report.add(seed, lived) {
                        progress.report(divergence);
                    }
                    progress.show(&report, begun.elapsed());
                }
            });
        }
    });
    progress.end();
    let mut report = report
        .into_inner()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    report.seconds = begun.elapsed().as_secs();
    report
}

/// One life, or what does not hold in it.
fn live(seed: u64) -> Result<Life, String> {
    let life = AssertUnwindSafe(|| Life::live(seed, Plan::draw(seed)));
    panic::catch_unwind(life).map_err(|said| text(&*said))
}

fn text(said: &(dyn Any + Send)) -> String {
    let text = said.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| said.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without a word").to_owned()
}
