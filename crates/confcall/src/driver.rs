use core::future::pending;
use core::slice;
use core::time::Duration;
use std::collections::HashMap;
use std::sync::Arc;

use confcall_join::api::Update;
use confcall_join::engine::checkpoint::CheckpointError;
use confcall_join::engine::{
    Command, CommandFailure, CommandId, EndReason, Ended, Engine, Event, Input, Outcome, Output,
    Trouble,
};
use confcall_media::Moment;
use confcall_state::keys::Seed;
use confcall_transport::{Missed, Transport, UpdateStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tracing::{Instrument as _, debug, error};

use crate::contact::Contact;
use crate::events::{Notice, Publisher, Readers};
use crate::limits;
use crate::log;
use crate::requests::{Answered, Requests};
use crate::settings::{Setter, Setting, Settings};
use crate::stream::{StreamPublisher, StreamReaders};
use crate::view::{View, WaitingFor};

/// For how long a last request to leave, whose answer changes nothing, may be under way.
const FAREWELL: Duration = Duration::from_secs(3);

/// The caller's end of a driver; dropping it has the driver leave the call.
#[derive(Debug)]
pub(crate) struct Reins {
    pub(crate) orders: mpsc::Sender<Order>,
    pub(crate) settings: Settings<Setter>,
    pub(crate) view: watch::Receiver<Arc<View>>,
    pub(crate) readers: Readers,
    pub(crate) parts: StreamReaders,
    pub(crate) clock: Clock,
}

/// Drives an engine, whose time begins now, to its end, in a task of its own.
pub(crate) fn spawn<T: Transport + 'static>(
    transport: T,
    engine: Engine,
    answer_timeout: Duration,
) -> Reins {
    let clock = Clock::start();
    let (orders, ordered) = mpsc::channel(limits::ORDERS);
    let (settings, set) = Settings::channel();
    let (publisher, view, readers) = Publisher::new();
    let (parts, part_readers) = StreamPublisher::new();
    let driver = Driver {
        engine,
        clock,
        wake: None,
        // From before the first request, so that nothing that follows from it is missed.
        updates: transport.updates(),
        requests: Requests::new(transport, answer_timeout),
        contact: Contact::new(),
        orders: ordered,
        settings: set,
        callers: HashMap::new(),
        commands: 0,
        next_attempt: None,
        publisher,
        parts,
        is_stopped: false,
    };
    tokio::spawn(driver.run().instrument(log::span()));
    Reins {
        orders,
        settings,
        view,
        readers,
        parts: part_readers,
        clock,
    }
}

/// The clock of one call: the time since its engine began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Instant);

impl Clock {
    fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn now(self) -> Moment {
        Moment::new(self.0.elapsed())
    }

    /// The instant of a moment; `None` if it lies beyond what the clock can show.
    fn instant(self, moment: Moment) -> Option<Instant> {
        self.0.checked_add(moment.since(Moment::default()))
    }

    /// Sleeps until a moment; for ever, if there is none or it lies beyond what the clock can show.
    async fn sleep(self, until: Option<Moment>) {
        match until.and_then(|until| self.instant(until)) {
            Some(instant) => sleep_until(instant).await,
            None => pending().await,
        }
    }
}

/// A request of a caller, who waits for the outcome.
pub(crate) enum Order {
    Command {
        command: Command,
        done: Done,
    },
    /// A command that has no outcome.
    Note(Command),
    Checkpoint {
        key: Seed,
        number: u64,
        then: Then,
        done: oneshot::Sender<Result<Vec<u8>, CheckpointError>>,
    },
}

/// The thing to do after a checkpoint.
pub(crate) enum Then {
    GoOn,
    /// Stop without leaving.
    Stop,
}

/// The way back to a caller who waits for the outcome of its command.
pub(crate) type Done = oneshot::Sender<Result<(), CommandFailure>>;

/// An engine and all that comes and goes for it.
struct Driver<T> {
    engine: Engine,
    clock: Clock,
    /// The moment at which the engine wants to be woken.
    wake: Option<Moment>,
    requests: Requests<T>,
    contact: Contact,
    updates: UpdateStream,
    orders: mpsc::Receiver<Order>,
    settings: Settings<Setting>,
    /// The callers whose commands the engine has, which answers each once and bounds how many it takes.
    callers: HashMap<CommandId, Done>,
    /// The number of commands that the engine was given, which numbers them.
    commands: u64,
    /// The newest attempt that was put off, with its moment.
    next_attempt: Option<(Trouble, Instant)>,
    publisher: Publisher,
    /// The parts of a stream, which are too large to wait among the events.
    parts: StreamPublisher,
    /// Set when the driver ends before the engine.
    is_stopped: bool,
}

impl<T: Transport + 'static> Driver<T> {
    /// Drives the engine to its end.
    async fn run(mut self) {
        self.drain();
        let mut has_handles = true;
        while !self.engine.has_ended() && !self.is_stopped {
            tokio::select! {
                // Outcomes come first, of which there are no more than requests. Callers come before updates, so that a
                // server that pushes without a pause cannot keep a user from leaving.
                biased;
                Some(answered) = self.requests.next() => self.answer(answered),
                Some(command) = self.settings.next() => self.command(command, None),
                order = self.orders.recv(), if has_handles => match order {
                    Some(order) => self.carry_out(order),
                    None => {
                        has_handles = false;
                        self.command(Command::Leave, None);
                    }
                },
                Some(update) = self.updates.next() => self.update(update),
                () = self.clock.sleep(self.wake) => self.hand_in(Input::Tick),
            }
        }
        self.part().await;
    }

    /// Lets a last request to leave go out, and publishes the end.
    async fn part(mut self) {
        // Callers who come too late learn that there is no call any more.
        drop(self.orders);
        let _ = timeout(FAREWELL, self.requests.leave()).await;
        self.publisher.end();
    }

    fn answer(&mut self, answered: Answered) {
        let Answered {
            request,
            sent,
            outcome,
            ..
        } = answered;
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(reason) => return self.stop(reason),
        };
        match outcome {
            Outcome::Lost if self.contact.miss(sent) => {
                self.publisher.connection(true);
            }
            Outcome::Lost => {}
            Outcome::Done(_) | Outcome::Refused(_) => self.hear(),
        }
        self.hand_in(Input::Answer { request, outcome });
    }

    /// Ends before the engine does, which would ask for ever.
    fn stop(&mut self, reason: EndReason) {
        self.is_stopped = true;
        let ended = Event::Ended(Ended::new(reason, self.engine.last_known()));
        self.publish(slice::from_ref(&ended));
        self.publisher.announce(Notice::Event(ended));
    }

    /// Notes that the server was heard.
    fn hear(&mut self) {
        if self.contact.hear() {
            self.publisher.connection(false);
        }
    }

    fn update(&mut self, update: Result<Update, Missed>) {
        if update.is_ok() {
            self.hear();
        }
        self.hand_in(match update {
            Ok(update) => Input::Update(update),
            Err(missed) => {
                debug!("{missed}");
                Input::Missed
            }
        });
    }

    fn carry_out(&mut self, order: Order) {
        match order {
            Order::Command { command, done } => self.command(command, Some(done)),
            Order::Note(command) => self.command(command, None),
            Order::Checkpoint {
                key,
                number,
                then,
                done,
            } => {
                let key = key.dangerous_bytes();
                let checkpoint = match then {
                    Then::GoOn => self.engine.checkpoint(key, number),
                    Then::Stop => self.engine.suspend(self.clock.now(), key, number),
                };
                // A caller who has gone does not mind.
                let _ = done.send(checkpoint);
                self.drain();
            }
        }
    }

    /// Gives the engine a command, for which a caller may wait.
    fn command(&mut self, command: Command, done: Option<Done>) {
        self.commands += 1;
        let id = CommandId::new(self.commands);
        self.callers.extend(done.map(|done| (id, done)));
        self.hand_in(Input::Command { id, command });
    }

    fn hand_in(&mut self, input: Input) {
        if let Err(misuse) = self.engine.handle_input(self.clock.now(), input) {
            error!(%misuse, "an input was lost");
        }
        self.drain();
    }

    /// Takes everything that the engine wants.
    fn drain(&mut self) {
        let mut events = Vec::new();
        self.wake = loop {
            match self.engine.poll_output() {
                Output::Request {
                    request,
                    kind,
                    data_centre,
                    body,
                } => self.requests.send(request, kind, data_centre, body),
                Output::Event(Event::StreamPart(part)) => self.parts.add(part),
                Output::Event(event) => events.push(event),
                Output::Timeout(wake) => break wake,
            }
        };
        self.publish(&events);
        for event in events {
            match event {
                Event::Done { id, .. } => self.resolve(id, Ok(())),
                Event::Failed { id, why, .. } => self.resolve(id, Err(why)),
                // That the connection is lost was said, and each request that fails by it says nothing more.
                Event::Retrying {
                    why: Trouble::Unanswered { .. },
                    ..
                } if self.contact.is_lost() => {}
                event => self.publisher.announce(Notice::Event(event)),
            }
        }
    }

    /// Shows the engine's state after these events.
    fn publish(&mut self, events: &[Event]) {
        let waits = self
            .engine
            .waits()
            .into_iter()
            .filter_map(|(method, until)| {
                let until = self.clock.instant(until)?;
                Some((method, until.into_std()))
            });
        let waits = waits.collect();
        self.note_attempt(events);
        let waiting_for = self.waiting_for();
        self.publisher
            .update(&self.engine, events, waits, waiting_for);
    }

    /// Remembers the newest attempt that is put off.
    fn note_attempt(&mut self, events: &[Event]) {
        for event in events {
            if let Event::Retrying { why, pause, .. } = event {
                let until = Instant::now().checked_add(*pause);
                self.next_attempt = until.map(|until| (why.clone(), until));
            }
        }
    }

    /// The thing that entering waits for; nothing, while we are in the call or at its end.
    fn waiting_for(&self) -> Option<WaitingFor> {
        if self.engine.call().is_some() || self.engine.has_ended() {
            return None;
        }
        if let Some((method, sent)) = self.requests.oldest() {
            let since = sent.into_std();
            return Some(WaitingFor::Answer { method, since });
        }
        let (why, until) = self.next_attempt.clone()?;
        let until = until.into_std();
        Some(WaitingFor::Attempt { why, until })
    }

    /// Hands a caller the outcome of its command; one who has gone does not mind.
    fn resolve(&mut self, id: CommandId, outcome: Result<(), CommandFailure>) {
        if let Some(done) = self.callers.remove(&id) {
            let _ = done.send(outcome);
        }
    }
}
