use core::time::Duration;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use confcall::UserId;

const LABEL: Style = AnsiColor::Cyan.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();

/// The output of the demo.
pub(super) struct Show<'a, W>(&'a mut W);

impl<'a, W: Write> Show<'a, W> {
    pub(super) fn new(out: &'a mut W) -> Self {
        Self(out)
    }

    /// A line with a label and a text.
    pub(super) fn line(&mut self, label: &str, text: &str) -> io::Result<()> {
        writeln!(self.0, "{LABEL}{label:<9}{LABEL:#} {text}")?;
        self.0.flush()
    }

    /// The same at a moment of a virtual clock.
    pub(super) fn line_at(&mut self, at: Duration, label: &str, text: &str) -> io::Result<()> {
        self.line(label, &format!("{:>6.2} s  {text}", at.as_secs_f64()))
    }

    /// A line that sums up what held.
    pub(super) fn verdict(&mut self, verdict: &str, text: &str) -> io::Result<()> {
        writeln!(self.0, "{}: {text}", good(verdict))
    }

    /// The same output for a part of the demo that keeps it.
    pub(super) fn reborrow(&mut self) -> Show<'_, W> {
        Show(self.0)
    }
}

pub(super) fn good(text: &str) -> String {
    format!("{GOOD}{text}{GOOD:#}")
}

/// Users in a line.
pub(super) fn list(users: &[UserId]) -> String {
    let users: Vec<_> = users.iter().map(UserId::to_string).collect();
    users.join(" ")
}
