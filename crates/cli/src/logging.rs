//! The log of the libraries, on standard error.

use std::io::{self, IsTerminal as _};

use anyhow::Context as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Log")]
pub(crate) struct Args {
    /// Log to standard error; twice for more, with the ids of users.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,

    /// Log by a filter of modules and levels, such as `warn,confcall_transport=debug`.
    #[arg(long, global = true, value_name = "FILTER", conflicts_with = "verbose")]
    log: Option<String>,
}

impl Args {
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
            .with_writer(io::stderr)
            .with_ansi(io::stderr().is_terminal());
        tracing_subscriber::registry()
            .with(filter)
            .with(lines)
            .init();
        Ok(())
    }
}
