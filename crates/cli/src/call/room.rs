//! A life in a call, from the first request to the end.
//!
//! ```text
//! Events ── Memory ──────────────────┐
//! Watched: requests and answers ─────┤
//! standard input ── typed::parse ────┼──▶ Room ──▶ Screen
//! a command that is carried out ─────┤      │
//! Ctrl-C ────────────────────────────┘      └──▶ Conference
//! ```
//!
//! Lines are taken once we are in the call, one after the other: the next when the one before has its answer.

use core::future::pending;
use core::time::Duration;
use std::io::Write;

use chacha20::ChaCha20Rng;
use confcall::{Conference, Events, Notice};
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::commands::{self, Consequence, Running};
use super::exit::{self, EndedBadly};
use super::lines::Line;
use super::memory::Memory;
use super::told::Told;
use super::typed;
use crate::interrupts::Interrupts;
use crate::screen::Screen;

/// How long the server has to hear that we leave.
const FAREWELL: Duration = Duration::from_secs(10);

/// What happens at the end of standard input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EndOfInput {
    Leave,
    Stay,
}

/// What comes beside what the conference tells.
pub(super) struct Sources {
    /// The requests and answers.
    pub(super) steps: Receiver<Told>,
    /// What is typed, until its end.
    pub(super) lines: Option<Receiver<Line>>,
    pub(super) end_of_input: EndOfInput,
    pub(super) interrupts: Interrupts,
}

/// One user's life in a call, as it is shown.
pub(super) struct Room<W> {
    conference: Conference,
    screen: Screen<W>,
    rng: ChaCha20Rng,
    memory: Memory,
    running: Option<Running>,
    /// How long we wait for the server to hear that we leave, once we do.
    leaving_until: Option<Instant>,
}

impl<W: Write> Room<W> {
    pub(super) fn new(conference: Conference, screen: Screen<W>, rng: ChaCha20Rng) -> Self {
        Self {
            conference,
            screen,
            rng,
            memory: Memory::default(),
            running: None,
            leaving_until: None,
        }
    }

    /// Shows what happens and does what is typed, until the end.
    ///
    /// An error is the end if it is a bad one, or what the screen says.
    pub(super) async fn live(
        mut self,
        mut events: Events,
        mut sources: Sources,
    ) -> anyhow::Result<()> {
        let end = loop {
            let takes_lines = self.takes_lines();
            tokio::select! {
                // The steps first, for what is heard follows from them.
                biased;
                Some(step) = sources.steps.recv() => {
                    self.memory.note(&step);
                    self.screen.tell(&step)?;
                }
                () = sources.interrupts.next() => self.interrupt()?,
                notice = events.next() => {
                    let notice = notice.ok_or_else(exit::stopped)?;
                    if let Some(end) = self.hear(notice)? {
                        break end;
                    }
                }
                told = finish(&mut self.running) => self.screen.tell(&told)?,
                line = next(&mut sources.lines), if takes_lines => match line {
                    Some(line) => self.take(line)?,
                    None => self.close_input(&mut sources)?,
                },
                () = at(self.leaving_until) => return Err(exit::unheard().into()),
            }
        };
        self.part(&mut sources.interrupts).await?;
        Ok(end?)
    }

    /// Whether a line could be carried out now.
    fn takes_lines(&self) -> bool {
        self.memory.is_in() && self.running.is_none() && self.leaving_until.is_none()
    }

    /// Tells what the conference tells; gives how it ended if that was it.
    fn hear(&mut self, notice: Notice) -> anyhow::Result<Option<Result<(), EndedBadly>>> {
        let event = match notice {
            Notice::Event(event) => event,
            Notice::Dropped {
                messages,
                suspicions,
            } => {
                let dropped = Told::Dropped {
                    messages,
                    suspicions,
                };
                self.screen.tell(&dropped)?;
                return Ok(None);
            }
            _ => return Ok(None),
        };
        let mut end = None;
        for told in self.memory.take(event, &self.conference.view()) {
            self.screen.tell(&told)?;
            if let Told::Ended { badly, .. } = told {
                end = Some(badly.map_or(Ok(()), Err));
            }
        }
        Ok(end)
    }

    /// Does what is typed.
    fn take(&mut self, line: Line) -> anyhow::Result<()> {
        let line = line.map_err(|error| error.to_string());
        let typed = line.and_then(|line| typed::parse(&line).map_err(|error| error.to_string()));
        match typed {
            Ok(None) => {}
            Err(why) => self.screen.tell(&Told::NotUnderstood(why))?,
            Ok(Some(typed)) => {
                match commands::begin(typed, &self.conference, &self.memory, &mut self.rng) {
                    Consequence::Tell(told) => self.screen.tell(&told)?,
                    Consequence::Run(running) => self.running = Some(running),
                    Consequence::Leave => self.leave()?,
                }
            }
        }
        Ok(())
    }

    fn close_input(&mut self, sources: &mut Sources) -> anyhow::Result<()> {
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
        self.leaving_until = Some(Instant::now() + FAREWELL);
        self.screen.tell(&Told::Leaving)?;
        Ok(())
    }

    /// Waits until the server knows of the end.
    async fn part(self, interrupts: &mut Interrupts) -> Result<(), EndedBadly> {
        let until = self.leaving_until;
        let until = until.unwrap_or_else(|| Instant::now() + FAREWELL);
        tokio::select! {
            known = timeout_at(until, self.conference.close()) => {
                known.map_err(|_| exit::unheard())?;
            }
            () = interrupts.next() => return Err(exit::interrupted()),
        }
        Ok(())
    }
}

/// The end of a command, if there is one.
async fn finish(running: &mut Option<Running>) -> Told {
    let Some(command) = running else {
        return pending().await;
    };
    let told = command.await;
    *running = None;
    told
}

/// The next line, while there are any.
async fn next(lines: &mut Option<Receiver<Line>>) -> Option<Line> {
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
