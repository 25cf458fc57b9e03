//! The log of the libraries, on standard error.

use std::io::{self, IsTerminal as _, Write};
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// An output that takes the place of standard error.
type Above = Box<dyn Write + Send>;

/// The output above the input line, while a terminal has one, into which nothing else may write.
static ABOVE: Mutex<Option<Above>> = Mutex::new(None);

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Log")]
pub(crate) struct Args {
    /// Show the details of a call, and log to standard error; twice for more, with the ids of users.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,

    /// Log by a filter of modules and levels, such as `warn,confcall_transport=debug`.
    #[arg(long, global = true, value_name = "FILTER", conflicts_with = "verbose")]
    log: Option<String>,
}

impl Args {
    /// True if details are asked for.
    pub(crate) fn is_verbose(&self) -> bool {
        self.verbose > 0
    }

    /// The filter of these arguments.
    fn filter(&self) -> Option<&str> {
        match (&self.log, self.verbose) {
            (Some(filter), _) => Some(filter),
            (None, 0) => None,
            (None, 1) => Some("warn,confcall=info"),
            (None, _) => Some("info,confcall=debug"),
        }
    }

    /// Starts to log, if these arguments ask for it.
    pub(crate) fn start(&self) -> anyhow::Result<()> {
        let Some(filter) = self.filter() else {
            return Ok(());
        };
        let parsed = filter.parse::<Targets>();
        let filter = parsed.with_context(|| format!("--log: {filter:?} is no filter"))?;
        let lines = tracing_subscriber::fmt::layer()
            // Standard output is for reports, which programs may read.
            .with_writer(|| LogOutput)
            .with_ansi(io::stderr().is_terminal());
        tracing_subscriber::registry()
            .with(filter)
            .with(lines)
            .init();
        Ok(())
    }
}

/// Shows the log above the input line from now on, or on standard error again.
///
/// A standard error that is no terminal stays what it is.
pub(crate) fn show_above(output: Option<Above>) {
    if io::stderr().is_terminal() {
        *ABOVE.lock().unwrap_or_else(PoisonError::into_inner) = output;
    }
}

/// The place of the log at this moment.
struct LogOutput;

impl Write for LogOutput {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        match &mut *ABOVE.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(above) => {
                let written = above.write(text)?;
                // A line comes as one text.
                above.flush()?;
                Ok(written)
            }
            None => io::stderr().write(text),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
