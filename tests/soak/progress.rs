use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::time::Duration;

use crate::report::{Divergence, Report};

/// Says on standard error how far it is: in one line on a terminal, a line a minute elsewhere.
#[derive(Debug)]
pub(crate) struct Progress {
    time: Duration,
    is_terminal: bool,
    /// The time at which it is printed next.
    next: Mutex<Duration>,
}

impl Progress {
    pub(crate) fn new(time: Duration) -> Self {
        Self {
            time,
            is_terminal: io::stderr().is_terminal(),
            next: Mutex::new(Duration::ZERO),
        }
    }

    pub(crate) fn show(&self, report: &Report, elapsed: Duration) {
        let mut next = self
            .next
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if elapsed < *next {
            return;
        }
        let (before, after, every) = match self.is_terminal {
            true => ("\r", "", 1),
            false => ("", "\n", 60),
        };
        *next = elapsed + Duration::from_secs(every);
        let (gone, all) = (elapsed.as_secs(), self.time.as_secs());
        let (calls, divergences) = (report.calls, report.divergences.len());
        eprint!("{before}{gone} of {all} s: {calls} calls, {divergences} divergences{after}");
        // Who cannot read it misses nothing else.
        let _ = io::stderr().flush();
    }

    /// Prints a divergence at once.
    pub(crate) fn report(&self, divergence: &Divergence) {
        let before = if self.is_terminal { "\r" } else { "" };
        eprintln!("{before}{divergence}");
    }

    pub(crate) fn end(&self) {
        if self.is_terminal {
            eprintln!();
        }
    }
}
