//! The loop of a user in a call, from the first request to the end.
//!
//! ```text
//! Events ── CallHistory ─────────────────────┐
//! ObservedTransport: requests and answers ────┤
//! standard input ── user_command::parse ──────┼──▶ InteractiveCall ──▶ Screen
//! the end of a command under way ─────────────┤        │
//! Ctrl-C ─────────────────────────────────────┘        └──▶ Conference
//! ```
//!
//! Lines are taken once we are in the call, each after the command before it is done.

use core::future::pending;
use core::time::Duration;
use std::io::Write;

use chacha20::ChaCha20Rng;
use confcall::{Conference, Event, Events, Notice};
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::exit::{self, UnwantedEnd};
use super::history::CallHistory;
use super::report::CallReport;
use super::run_command::{self, Effect, RunningCommand};
use super::standard_input::InputLine;
use super::user_command;
use crate::interrupts::Interrupts;
use crate::screen::Screen;

/// The time for the server to answer that we left; as long as a person waits without a second Ctrl-C.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(10);

/// The reaction to the end of standard input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EndOfInput {
    Leave,
    Stay,
}

/// Everything that happens beside the events of the conference.
pub(super) struct InputSources {
    /// Requests on the way into the call, and their answers.
    pub(super) requests: Receiver<CallReport>,
    /// Standard input, until its end.
    pub(super) lines: Option<Receiver<InputLine>>,
    pub(super) end_of_input: EndOfInput,
    pub(super) interrupts: Interrupts,
}

/// A call with a person, or a program, at standard input and output.
pub(super) struct InteractiveCall<W> {
    conference: Conference,
    screen: Screen<W>,
    rng: ChaCha20Rng,
    history: CallHistory,
    running: Option<RunningCommand>,
    /// The end of the wait for the server's answer, once we leave.
    leaving_until: Option<Instant>,
}

impl<W: Write> InteractiveCall<W> {
    pub(super) fn new(conference: Conference, screen: Screen<W>, rng: ChaCha20Rng) -> Self {
        Self {
            conference,
            screen,
            rng,
            history: CallHistory::default(),
            running: None,
            leaving_until: None,
        }
    }

    /// Shows events and carries out commands until the end.
    ///
    /// The error is that of the screen, or an end that the user did not want.
    pub(super) async fn run(
        mut self,
        mut events: Events,
        mut sources: InputSources,
    ) -> anyhow::Result<()> {
        let end = loop {
            let takes_lines = self.takes_lines();
            tokio::select! {
                // Requests first, since events follow from their answers.
                biased;
                Some(report) = sources.requests.recv() => {
                    self.history.note_request(&report);
                    self.screen.show(&report)?;
                }
                () = sources.interrupts.next() => self.interrupt()?,
                notice = events.next() => {
                    let notice = notice.ok_or_else(exit::stopped)?;
                    if let Some(end) = self.handle_notice(notice)? {
                        break end;
                    }
                }
                report = finish(&mut self.running) => self.screen.show(&report)?,
                line = next(&mut sources.lines), if takes_lines => match line {
                    Some(line) => self.handle_line(line)?,
                    None => self.close_input(&mut sources)?,
                },
                () = at(self.leaving_until) => return Err(exit::leave_unanswered().into()),
            }
        };
        self.close(&mut sources.interrupts).await?;
        Ok(end?)
    }

    /// True while a line could be carried out.
    fn takes_lines(&self) -> bool {
        self.history.is_in() && self.running.is_none() && self.leaving_until.is_none()
    }

    /// Shows a notice; returns the end of the call if that was it.
    fn handle_notice(&mut self, notice: Notice) -> anyhow::Result<Option<Result<(), UnwantedEnd>>> {
        let report = match notice {
            Notice::Event(event) => return self.handle_event(event),
            Notice::Lagged { missed } => CallReport::Lagged { missed },
            Notice::ConnectionLost => CallReport::ConnectionLost,
            Notice::ConnectionBack => CallReport::ConnectionBack,
        };
        self.screen.show(&report)?;
        Ok(None)
    }

    fn handle_event(&mut self, event: Event) -> anyhow::Result<Option<Result<(), UnwantedEnd>>> {
        let mut end = None;
        let view = self.conference.view();
        for report in self.history.reports(event, &view) {
            self.screen.show(&report)?;
            if let CallReport::Ended { unwanted, .. } = report {
                end = Some(unwanted.map_or(Ok(()), Err));
            }
        }
        Ok(end)
    }

    /// Begins to carry out a line.
    fn handle_line(&mut self, line: InputLine) -> anyhow::Result<()> {
        let line = line.map_err(|error| error.to_string());
        let command =
            line.and_then(|line| user_command::parse(&line).map_err(|error| error.to_string()));
        let command = match command {
            Ok(Some(command)) => command,
            Ok(None) => return Ok(()),
            Err(why) => return Ok(self.screen.show(&CallReport::NotUnderstood(why))?),
        };
        match run_command::begin(command, &self.conference, &self.history, &mut self.rng) {
            Effect::Report(report) => self.screen.show(&report)?,
            Effect::Run(running) => self.running = Some(running),
            Effect::Leave => self.leave()?,
        }
        Ok(())
    }

    fn close_input(&mut self, sources: &mut InputSources) -> anyhow::Result<()> {
        sources.lines = None;
        match sources.end_of_input {
            EndOfInput::Leave => self.leave(),
            EndOfInput::Stay => Ok(()),
        }
    }

    fn interrupt(&mut self) -> anyhow::Result<()> {
        match self.leaving_until {
            Some(_) => Err(exit::interrupted().into()),
            None => self.leave(),
        }
    }

    fn leave(&mut self) -> anyhow::Result<()> {
        self.conference.leave();
        self.leaving_until = Some(Instant::now() + LEAVE_TIMEOUT);
        self.screen.show(&CallReport::Leaving)?;
        Ok(())
    }

    /// Waits until the server knows of the end.
    async fn close(self, interrupts: &mut Interrupts) -> Result<(), UnwantedEnd> {
        let until = self.leaving_until;
        let until = until.unwrap_or_else(|| Instant::now() + LEAVE_TIMEOUT);
        tokio::select! {
            closed = timeout_at(until, self.conference.close()) => {
                closed.map_err(|_| exit::leave_unanswered())?;
            }
            () = interrupts.next() => return Err(exit::interrupted()),
        }
        Ok(())
    }
}

/// The report of the command under way; pending while there is none.
async fn finish(running: &mut Option<RunningCommand>) -> CallReport {
    let Some(command) = running else {
        return pending().await;
    };
    let report = command.await;
    *running = None;
    report
}

/// The next line; pending after the end of input.
async fn next(lines: &mut Option<Receiver<InputLine>>) -> Option<InputLine> {
    match lines {
        Some(lines) => lines.recv().await,
        None => pending().await,
    }
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => pending().await,
    }
}
