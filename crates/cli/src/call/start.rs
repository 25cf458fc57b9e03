//! The way from the arguments to a call, and through it.

use core::time::Duration;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use anstream::StripStream;
use chacha20::ChaCha20Rng;
use confcall::{Options, Suspicion, Target, Transport, UserId, View};
use tokio::sync::mpsc::Receiver;

use super::args::{CallArgs, CreateArgs, JoinArgs};
use super::attended::Attended;
use super::entrance::{self, Guest};
use super::interactive::{EndOfInput, InputSources, InteractiveCall};
use super::names::Names;
use super::observed::ObservedTransport;
use super::report::{CallReport, Named};
use super::standard_input::InputLine;
use super::target::TargetArg;
use super::terminal::Terminal;
use super::{aside, last_known, media, standard_input, target};
use crate::interrupts::Interrupts;
use crate::screen::{Format, Screen, has_colour};

/// Joins a call and stays in it.
pub(crate) fn join(args: &JoinArgs, details: bool, out: impl Write) -> anyhow::Result<ExitCode> {
    let target = args.target.as_ref().map(TargetArg::read).transpose()?;
    run(&args.call, target, details, out)
}

/// Creates a call and stays in it.
pub(crate) fn create(
    args: &CreateArgs,
    details: bool,
    out: impl Write,
) -> anyhow::Result<ExitCode> {
    run(&args.call, Some(Target::Create), details, out)
}

/// Enters the target; without one, the call of the embedded server's bots.
fn run(
    args: &CallArgs,
    target: Option<Target>,
    details: bool,
    out: impl Write,
) -> anyhow::Result<ExitCode> {
    let out: Box<dyn Write> = Box::new(out);
    let screen = Screen::new(out, Format::of_flag(args.json)).with_details(details);
    entrance::enter(&args.account, target, Participant { args, screen })
}

/// A person, or a program, who takes part in a call.
struct Participant<'a> {
    args: &'a CallArgs,
    screen: Screen<Box<dyn Write + 'a>>,
}

impl Guest for Participant<'_> {
    async fn attend<T: Transport + 'static>(
        self,
        transport: T,
        user: UserId,
        target: Target,
        rng: ChaCha20Rng,
    ) -> anyhow::Result<()> {
        attend(self.args, transport, user, target, self.screen, rng).await
    }
}

/// Enters a call and stays in it to the end.
async fn attend(
    args: &CallArgs,
    transport: impl Transport + 'static,
    user: UserId,
    target: Target,
    mut screen: Screen<Box<dyn Write + '_>>,
    mut rng: ChaCha20Rng,
) -> anyhow::Result<()> {
    let interrupts = Interrupts::listen()?;
    let names = Names::new(user);
    let entering = CallReport::Entering {
        user,
        target: target::name(&target),
    };
    screen.show(&Named {
        report: &entering,
        names: &names,
        kind: None,
    })?;
    let transport = Arc::new(transport);
    let aside = aside::about(&transport, &target);
    let options = options(args, target, user, &mut rng)?;
    let (terminal, lines, screen) = input(screen);
    let (transport, requests) = ObservedTransport::new(transport);
    let call = Attended::start(transport, options);
    let sources = InputSources {
        requests,
        lines: Some(lines),
        end_of_input: match args.stay {
            true => EndOfInput::Stay,
            false => EndOfInput::Leave,
        },
        interrupts,
    };
    let events = call.events_from_start();
    let events = events.unwrap_or_else(|| call.events());
    let handle = call.clone();
    let ended = InteractiveCall::new(call, aside, user, screen, terminal, rng)
        .run(events, sources)
        .await;
    // Also after an end that was not wanted, which is when it matters.
    remember(args, &handle.view())?;
    ended
}

fn options(
    args: &CallArgs,
    target: Target,
    user: UserId,
    rng: &mut ChaCha20Rng,
) -> anyhow::Result<Options> {
    let mut options = Options::new(target, user)?;
    // With a camera, which can be shown later.
    options.config.media.payload = media::payload(rng);
    options.config.media.muted = args.muted;
    if let Some(path) = &args.last_known {
        options.config.last_known = last_known::read(path)?;
    }
    options.answer_timeout = Duration::from_secs(args.answer_timeout);
    Ok(options)
}

/// The lines of the user: those of an input line, below the screen, if a person has a terminal for one.
fn input(
    screen: Screen<Box<dyn Write + '_>>,
) -> (
    Option<Terminal>,
    Receiver<InputLine>,
    Screen<Box<dyn Write + '_>>,
) {
    let opened = screen.is_live().then(Terminal::open).flatten();
    let Some((terminal, lines)) = opened else {
        return (None, standard_input::read_lines(), screen);
    };
    let above: Box<dyn Write> = Box::new(terminal.above_input());
    let above = match has_colour() {
        true => above,
        false => Box::new(StripStream::new(above)),
    };
    (Some(terminal), lines, screen.onto(above))
}

/// Keeps what was seen of the call.
fn remember(args: &CallArgs, view: &View) -> anyhow::Result<()> {
    // A call that may be another one does not take the place of the one that is remembered.
    let is_swapped = |one: &Suspicion| matches!(one, Suspicion::Swapped(_));
    let is_same = !view.suspicions.iter().any(is_swapped);
    match (&args.last_known, &view.last_known) {
        (Some(path), Some(known)) if is_same => last_known::write(path, known),
        _ => Ok(()),
    }
}
