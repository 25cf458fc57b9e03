//! The loop of a user in a call, from the first request to the end.
//!
//! ```text
//! Events ── CallHistory ─────────────────────┐
//! ObservedTransport: requests and answers ────┤
//! standard input ── user_command::parse ──────┼──▶ InteractiveCall ──▶ Screen, status of the Terminal
//! the end of a command under way ─────────────┤        │
//! a clock, Ctrl-C ────────────────────────────┘        └──▶ Attended
//! ```
//!
//! Lines are taken once we are in the call, or wait for the beginning of one that is announced, each after the command before it is done.

use core::future::pending;
use core::time::Duration;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::SystemTime;

use chacha20::ChaCha20Rng;
use confcall::api::Peer;
use confcall::{Event, Events, Notice, UserId, View};
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout_at};

use super::aside::{self, Aside};
use super::attended::Attended;
use super::exit::{self, UnwantedEnd};
use super::history::CallHistory;
use super::names::Names;
use super::report::{CallReport, Named, OwnPeer};
use super::run_command::{self, CommandOutcome, Effect, Means, RunningCommand};
use super::standard_input::InputLine;
use super::status::{PATIENCE, Status, Wait};
use super::terminal::{Terminal, Words};
use super::user_command;
use crate::interrupts::Interrupts;
use crate::printable::printable;
use crate::screen::{Level, Line, Screen};

/// The time for the server to answer that we left; as long as a person waits without a second Ctrl-C.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(10);

/// The reaction to the end of standard input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EndOfInput {
    Leave,
    Stay,
}

/// Everything that happens beside the events of the call.
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
    call: Attended,
    /// `None` in a conference.
    aside: Option<Arc<dyn Aside>>,
    user: UserId,
    screen: Screen<W>,
    /// The input line, if a person has one.
    terminal: Option<Terminal>,
    names: Names,
    rng: ChaCha20Rng,
    history: CallHistory,
    /// The words for those as whom we may take part, once they were listed.
    own_peers: Vec<String>,
    running: Option<RunningCommand>,
    /// The start of the connection's loss.
    lost: Option<Instant>,
    /// The waits that people know of.
    known_waits: Vec<Wait>,
    /// The end of the wait for the server's answer, once we leave.
    leaving_until: Option<Instant>,
}

impl<W: Write> InteractiveCall<W> {
    pub(super) fn new(
        call: Attended,
        aside: Option<Arc<dyn Aside>>,
        user: UserId,
        screen: Screen<W>,
        terminal: Option<Terminal>,
        rng: ChaCha20Rng,
    ) -> Self {
        Self {
            call,
            aside,
            user,
            screen,
            terminal,
            names: Names::new(user),
            rng,
            history: CallHistory::default(),
            own_peers: Vec::new(),
            running: None,
            lost: None,
            known_waits: Vec::new(),
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
        let mut clock = interval(PATIENCE);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let end = loop {
            self.show_status()?;
            let takes_lines = self.takes_lines();
            tokio::select! {
                // Requests first, since events follow from their answers.
                biased;
                Some(report) = sources.requests.recv() => {
                    self.history.note_request(&report);
                    self.show(&report)?;
                }
                () = sources.interrupts.next() => self.interrupt()?,
                notice = events.next() => {
                    let notice = notice.ok_or_else(exit::stopped)?;
                    if let Some(end) = self.handle_notice(notice)? {
                        break end;
                    }
                }
                outcome = finish(&mut self.running) => {
                    let report = outcome.report(&self.names, self.call.kind());
                    if let CallReport::OwnPeers { peers } = &report {
                        self.own_peers = own_words(peers);
                    }
                    self.show(&report)?;
                }
                line = next(&mut sources.lines), if takes_lines => match line {
                    Some(line) => self.handle_line(line)?,
                    None => self.close_input(&mut sources)?,
                },
                _ = clock.tick() => {}
                () = at(self.leaving_until) => return Err(exit::leave_unanswered().into()),
            }
        };
        self.close(&mut sources.interrupts).await?;
        Ok(end?)
    }

    /// True while a line could be carried out.
    fn takes_lines(&self) -> bool {
        let is_in = self.history.is_in() || self.history.is_announced();
        is_in && self.running.is_none() && self.leaving_until.is_none()
    }

    fn show(&mut self, report: &CallReport) -> io::Result<()> {
        let (names, kind) = (&self.names, self.call.kind());
        self.screen.show(&Named {
            report,
            names,
            kind,
        })
    }

    /// Shows how the call is, and what is waited for: beside the input line, or once in a line of its own.
    fn show_status(&mut self) -> io::Result<()> {
        let (view, now) = (self.call.view(), Instant::now());
        self.names.learn(&view);
        let waits = self.waits(&view);
        if let Some(terminal) = &self.terminal {
            let status = Status {
                names: &self.names,
                view: &view,
                waits: &waits,
                lost: self.lost,
                now,
                time: SystemTime::now(),
            };
            terminal.set_status(status.line());
            terminal.set_words(Words {
                users: self.words(&view),
                own_peers: self.own_peers.clone(),
            });
            return Ok(());
        }
        self.known_waits.retain(|known| waits.contains(known));
        for wait in waits {
            if wait.is_long(now) && !self.known_waits.contains(&wait) {
                let text = format!("for {}", wait.what);
                self.screen.note(&Line::new(Level::Info, "waiting", text))?;
                self.known_waits.push(wait);
            }
        }
        Ok(())
    }

    /// The words by which commands can act on the others.
    fn words(&self, view: &View) -> Vec<String> {
        let listed = view.participants.iter().filter_map(|one| match one.peer {
            Peer::User(user) => Some(user),
            Peer::Chat(_) | Peer::Channel(_) => None,
        });
        // Where there is no chain, the roster is all there is.
        let mut users: Vec<_> = match view.members.is_empty() {
            true => listed.collect(),
            false => view.members.clone(),
        };
        users.retain(|user| !self.names.is_us(*user));
        users
            .into_iter()
            .flat_map(|user| self.names.words(user))
            .collect()
    }

    /// What is under way.
    fn waits(&self, view: &View) -> Vec<Wait> {
        let running = self.running.iter();
        let running = running.map(|running| Wait::new(running.what(), running.since));
        let call = self.history.wait(view, &self.names);
        running.chain(call).collect()
    }

    /// Shows a notice; returns the end of the call if that was it.
    fn handle_notice(&mut self, notice: Notice) -> anyhow::Result<Option<Result<(), UnwantedEnd>>> {
        let report = match notice {
            Notice::Event(event) => return self.handle_event(event),
            Notice::Lagged { missed } => CallReport::Lagged { missed },
            Notice::ConnectionLost => {
                self.lost = Some(Instant::now());
                CallReport::ConnectionLost
            }
            Notice::ConnectionBack => {
                self.lost = None;
                CallReport::ConnectionBack
            }
        };
        self.show(&report)?;
        Ok(None)
    }

    fn handle_event(&mut self, event: Event) -> anyhow::Result<Option<Result<(), UnwantedEnd>>> {
        let mut end = None;
        let view = self.call.view();
        // Before the event is shown, in whose text they stand.
        self.names.learn(&view);
        if let Event::Invitation(invitation) = &event {
            self.names.learn_invited(invitation);
        }
        for report in self.history.reports(event, &view) {
            self.show(&report)?;
            if let CallReport::Ended { unwanted, .. } = report {
                // On a terminal the error would say it once more below.
                let unwanted = unwanted.map(|end| match self.screen.is_live() {
                    true => end.shown(),
                    false => end,
                });
                end = Some(unwanted.map_or(Ok(()), Err));
            }
        }
        Ok(end)
    }

    /// Begins to carry out a line.
    fn handle_line(&mut self, line: InputLine) -> anyhow::Result<()> {
        let line = line.map_err(|error| error.to_string());
        let parse = |line: String| user_command::parse(&line, &self.names);
        let command = line.and_then(|line| parse(line).map_err(|error| error.to_string()));
        let command = match command {
            Ok(Some(command)) => command,
            Ok(None) => return Ok(()),
            Err(why) => return Ok(self.show(&CallReport::NotUnderstood(why))?),
        };
        let mut means = Means {
            call: &self.call,
            aside: self.aside.as_ref(),
            user: self.user,
            history: &self.history,
            rng: &mut self.rng,
            has_input_line: self.terminal.is_some(),
        };
        match run_command::begin(command, &mut means) {
            Effect::Report(report) => self.show(&report)?,
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
        self.call.leave();
        self.leaving_until = Some(Instant::now() + LEAVE_TIMEOUT);
        self.show(&CallReport::Leaving)?;
        Ok(())
    }

    /// Waits until the server knows of the end.
    async fn close(self, interrupts: &mut Interrupts) -> Result<(), UnwantedEnd> {
        let until = self.leaving_until;
        let until = until.unwrap_or_else(|| Instant::now() + LEAVE_TIMEOUT);
        tokio::select! {
            closed = timeout_at(until, self.call.close()) => {
                closed.map_err(|_| exit::leave_unanswered())?;
            }
            () = interrupts.next() => return Err(exit::interrupted()),
        }
        Ok(())
    }
}

/// The words by which we can take part as one of these.
fn own_words(peers: &[OwnPeer]) -> Vec<String> {
    let words = peers.iter().flat_map(|one| match one.peer {
        Peer::User(_) => vec![aside::ME.to_owned()],
        peer => vec![
            aside::number_of(peer).to_string(),
            format!("\"{}\"", printable(&one.name)),
        ],
    });
    words.collect()
}

/// The outcome of the command under way; pending while there is none.
async fn finish(running: &mut Option<RunningCommand>) -> CommandOutcome {
    let Some(command) = running else {
        return pending().await;
    };
    let outcome = command.outcome().await;
    *running = None;
    outcome
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
