use core::cell::Cell;
use core::time::Duration;
use std::io::{self, Write};
use std::rc::Rc;
use std::thread;

use anstyle::{AnsiColor, Style};
use confcall::UserId;

use crate::screen;

const TITLE: Style = Style::new().bold().underline();
const LABEL: Style = AnsiColor::Cyan.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const PROOF: Style = Style::new().italic();

/// The people of an act, in the order in which they are cast.
const NAMES: [&str; 8] = [
    "Alice", "Bob", "Carol", "Dave", "Erin", "Frank", "Grace", "Heidi",
];

/// The speed at which the demo is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// As fast as it goes.
    AtOnce,
    /// With pauses in which a person reads along: about half a minute in all.
    Reading,
}

impl Pace {
    /// Waits for so many milliseconds, if people read along.
    fn wait(self, milliseconds: u64) {
        if self == Self::Reading {
            thread::sleep(Duration::from_millis(milliseconds));
        }
    }
}

/// The output of the demo.
pub(super) struct Show<'a, W> {
    out: &'a mut W,
    pace: Pace,
    /// The number of the newest act, of all who share the output.
    act: Rc<Cell<u32>>,
    cast: Vec<UserId>,
}

impl<'a, W: Write> Show<'a, W> {
    pub(super) fn new(out: &'a mut W, pace: Pace) -> Self {
        Self {
            out,
            pace,
            act: Rc::default(),
            cast: Vec::new(),
        }
    }

    /// Gives these users names.
    pub(super) fn cast(&mut self, users: impl IntoIterator<Item = UserId>) {
        self.cast = users.into_iter().collect();
    }

    /// The name of a user.
    pub(super) fn name(&self, user: UserId) -> String {
        let place = self.cast.iter().position(|one| *one == user);
        let name = place.and_then(|place| NAMES.get(place));
        name.map_or_else(|| format!("user {user}"), |name| (*name).to_owned())
    }

    /// Names in a line.
    pub(super) fn list(&self, users: &[UserId]) -> String {
        let names: Vec<_> = users.iter().map(|user| self.name(*user)).collect();
        names.join(", ")
    }

    /// The title of the next act.
    pub(super) fn title(&mut self, title: &str) -> io::Result<()> {
        let act = self.act.get().saturating_add(1);
        self.act.set(act);
        self.pace.wait(300);
        writeln!(self.out, "\n{TITLE}Act {act}: {title}{TITLE:#}")?;
        self.out.flush()?;
        self.pace.wait(500);
        Ok(())
    }

    /// A line with a label and a text.
    pub(super) fn line(&mut self, label: &str, text: &str) -> io::Result<()> {
        let text = screen::laid_out(text);
        writeln!(self.out, "{LABEL}{label:<9}{LABEL:#} {text}")?;
        self.out.flush()?;
        self.pace.wait(80);
        Ok(())
    }

    /// The same at a moment of a virtual clock.
    pub(super) fn line_at(&mut self, at: Duration, label: &str, text: &str) -> io::Result<()> {
        self.line(label, &format!("{:>6.2} s  {text}", at.as_secs_f64()))
    }

    /// What the lines before it prove.
    pub(super) fn proof(&mut self, text: &str) -> io::Result<()> {
        let text = screen::laid_out(&format!("⇒ {text}"));
        writeln!(self.out, "{:<9} {PROOF}{text}{PROOF:#}", "")?;
        self.out.flush()?;
        self.pace.wait(500);
        Ok(())
    }

    /// A line that sums up what held.
    pub(super) fn verdict(&mut self, verdict: &str, text: &str) -> io::Result<()> {
        writeln!(self.out, "\n{}: {text}", good(verdict))
    }

    /// The same output for a part of the demo that keeps it.
    pub(super) fn reborrow(&mut self) -> Show<'_, W> {
        Show {
            out: self.out,
            pace: self.pace,
            act: Rc::clone(&self.act),
            cast: self.cast.clone(),
        }
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
