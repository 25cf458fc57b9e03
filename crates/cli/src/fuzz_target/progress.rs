//! The state of a search that takes longer than a second, on a terminal.

use core::time::Duration;
use std::io::{self, IsTerminal as _, Write as _};
use std::time::Instant;

const FIRST: Duration = Duration::from_secs(1);
const INTERVAL: Duration = Duration::from_millis(250);
/// The way back to the start of the line, and the end of what stands there.
const CLEAR: &str = "\r\x1b[K";

/// One line of standard error, which is written over and gone at the end; in a pipe there is none.
pub(super) struct Progress {
    next: Option<Instant>,
    is_shown: bool,
}

impl Progress {
    pub(super) fn new() -> Self {
        let is_terminal = io::stderr().is_terminal();
        Self {
            next: is_terminal.then(|| Instant::now() + FIRST),
            is_shown: false,
        }
    }

    /// Shows a text if the last one has stood for some time.
    pub(super) fn show(&mut self, text: impl FnOnce() -> String) {
        let now = Instant::now();
        if self.next.is_some_and(|next| next <= now) {
            // Progress that cannot be shown is no reason to stop.
            let _ = write!(io::stderr(), "{CLEAR}{}", text());
            self.next = Some(now + INTERVAL);
            self.is_shown = true;
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.is_shown {
            let _ = write!(io::stderr(), "{CLEAR}");
        }
    }
}
