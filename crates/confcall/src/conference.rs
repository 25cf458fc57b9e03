use core::convert::Infallible;
use core::future::pending;
use core::slice;
use core::time::Duration;
use std::collections::HashMap;
use std::sync::Arc;

use confcall_join::Ssrc;
use confcall_join::api::{InviteLink, Update};
use confcall_join::engine::checkpoint::{CheckpointError, RestoreError};
use confcall_join::engine::{
    Command, CommandFailure, CommandId, EndReason, Ended, Engine, Event, Input, Joined,
    MediaConnection, MediaState, Outcome, Output, Participant, Trouble,
};
use confcall_join::joining::JoinPayload;
use confcall_media::{Cryptor, Moment};
use confcall_state::UserId;
use confcall_state::keys::Seed;
use confcall_state::verification::EmojiHash;
use confcall_transport::{Missed, Transport, UpdateStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tracing::{Instrument as _, debug, error};

use crate::contact::Contact;
use crate::error::JoinError;
use crate::events::{Events, Notice, Publisher, Readers};
use crate::limits;
use crate::log;
use crate::options::{IntoOptions, Options};
use crate::requests::{Answered, Requests};
use crate::settings::{Setter, Setting, Settings};
use crate::view::{View, WaitingFor};

/// For how long a last request to leave, whose answer changes nothing, may be under way.
const FAREWELL: Duration = Duration::from_secs(3);

/// A handle to one user's stay in a call; clones are cheap and are handles to the same.
///
/// An engine runs in a task of its own, and the handles go to media threads as well:
///
/// ```text
///            ┌─ one task ──────────────────────────────────────────────────┐
/// Conference ── commands, settings ──▶           ── CheckedRequest ──▶     │
///  (clones)  ◀── results ────────────   Engine   ◀── answers ──────── Transport
///            ◀── View ───────────────            ◀── updates ─────────     │
///            └──────────────────────────┬──────────────────────────────────┘
///                                       └── Notice ──▶ Events (each reader its own)
/// ```
///
/// Neither a slow reader of the events nor a caller who stops waiting holds the task up, and what it keeps for them has
/// bounds. Dropping the last handle leaves the call in the background; [`Conference::close`] waits for it.
///
/// The task logs by `tracing`, within a span `conference` that names the call: never keys, and users only at the level
/// `debug`.
///
/// # Cancellation
///
/// Every future here may be dropped at any await. A command whose future was dropped is carried out all the same, if
/// it was polled once and fewer than 64 others were waiting; its outcome is dropped then.
#[derive(Clone, Debug)]
pub struct Conference(Arc<Handle>);

#[derive(Debug)]
struct Handle {
    orders: mpsc::Sender<Order>,
    settings: Settings<Setter>,
    view: watch::Receiver<Arc<View>>,
    readers: Readers,
    clock: Clock,
}

impl Conference {
    /// Begins to enter a call in the background, and goes on whatever happens until the end.
    ///
    /// [`Conference::events_from_start`] says how, and [`View::waiting_for`] for what it waits; [`Conference::joined`] waits until we
    /// are in the call.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime whose timer is enabled (`enable_time` or `enable_all`), as everything that starts.
    pub fn start<T: Transport + 'static>(transport: T, options: Options) -> Self {
        let engine = Engine::new(options.config, options.seed, Moment::default());
        Self::drive(transport, engine, options.answer_timeout)
    }

    /// Enters a call, and waits until we are in it: [`Conference::start`] and [`Conference::joined`] in one.
    ///
    /// The call is a link as text, a [`Link`](crate::Link) or a [`Target`](crate::Target), and everything else is chosen, the
    /// user as the transport names it; or it is [`Options`], which say all that can be said.
    ///
    /// A client that shows what is waited for meanwhile takes those two.
    ///
    /// Dropping the future gives entering up; if the server may have carried the join out, it learns that we leave.
    ///
    /// # Errors
    ///
    /// [`JoinError`]
    ///
    /// # Panics
    ///
    /// As [`Conference::start`]
    pub async fn join<T: Transport + 'static>(
        transport: T,
        call: impl IntoOptions,
    ) -> Result<Self, JoinError> {
        let options = call.into_options(transport.own_user())?;
        let conference = Self::start(transport, options);
        conference.joined().await?;
        Ok(conference)
    }

    /// Waits until we are in the call, and gives the beginning of the current membership: call, link, payload, and the
    /// parameters of the media connection as the server gave them then.
    ///
    /// The [`View`] has what became of them.
    ///
    /// # Errors
    ///
    /// [`Ended`]
    pub async fn joined(&self) -> Result<Arc<Joined>, Ended> {
        self.shown(|view| view.joined.clone()).await
    }

    /// Waits for the emoji of the newest block, which all members compare.
    ///
    /// Each block begins a new comparison, so that they are those of this moment; [`Event::Emoji`] says when there are others.
    ///
    /// # Errors
    ///
    /// [`Ended`]
    pub async fn emoji(&self) -> Result<EmojiHash, Ended> {
        self.shown(|view| view.emoji).await
    }

    /// The link of the call, if the server has given one.
    pub fn link(&self) -> Option<InviteLink> {
        self.0.view.borrow().link.clone()
    }

    /// The participants, as the roster lists them, in the order in which they are shown; none while we are not in the call.
    pub fn participants(&self) -> Vec<Participant> {
        self.0.view.borrow().participants.clone()
    }

    /// A reader of the events from now on.
    pub fn events(&self) -> Events {
        self.0.readers.later()
    }

    /// The reader of the events from the beginning, those on the way into the call among them; for the first who asks.
    ///
    /// `None` for all others, and once 256 events have gone by without one who asked.
    pub fn events_from_start(&self) -> Option<Events> {
        self.0.readers.first()
    }

    /// Reads a checkpoint whose number is at least `lowest`; nothing is sent yet.
    ///
    /// The options are those of the conference before, with a fresh seed; payload and key come from the checkpoint.
    /// The target must not name another call.
    ///
    /// # Errors
    ///
    /// [`RestoreError`]
    pub fn restore(
        blob: &[u8],
        key: &[u8; 32],
        lowest: u64,
        options: Options,
    ) -> Result<Resumption, RestoreError> {
        let (config, begin) = (options.config, Moment::default());
        let restored = Engine::restore(blob, key, lowest, config, options.seed, begin)?;
        Ok(Resumption {
            lowest: restored.lowest,
            engine: restored.engine,
            answer_timeout: options.answer_timeout,
        })
    }

    /// Drives an engine, whose time begins now, to its end.
    fn drive<T: Transport + 'static>(
        transport: T,
        engine: Engine,
        answer_timeout: Duration,
    ) -> Self {
        let clock = Clock::start();
        let (orders, ordered) = mpsc::channel(limits::ORDERS);
        let (settings, set) = Settings::channel();
        let (publisher, view, readers) = Publisher::new();
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
            is_stopped: false,
        };
        tokio::spawn(driver.run().instrument(log::span()));
        let handle = Handle {
            orders,
            settings,
            view,
            readers,
            clock,
        };
        Self(Arc::new(handle))
    }

    /// Waits until the view shows something; fails with the end, if that comes first.
    async fn shown<S>(&self, shows: impl Fn(&View) -> Option<S>) -> Result<S, Ended> {
        let mut view = self.0.view.clone();
        let is_decided = |view: &Arc<View>| view.ended.is_some() || shows(view).is_some();
        // Without a driver there is no end to wait for: the runtime was shut down.
        let stopped = || EndReason::Stopped.into();
        let now = view.wait_for(is_decided).await.map_err(|_| stopped())?;
        match &now.ended {
            Some(ended) => Err(ended.clone()),
            None => shows(&now).ok_or_else(stopped),
        }
    }

    /// The newest state of the call.
    pub fn view(&self) -> Arc<View> {
        Arc::clone(&self.0.view.borrow())
    }

    /// The cryptor of the current membership, which seals and opens frames, for media threads.
    ///
    /// `None` while there is none, and after a restart until we have caught up. Each membership has its own; that of
    /// an old one is closed.
    pub fn cryptor(&self) -> Option<Arc<Cryptor>> {
        self.0.view.borrow().cryptor.clone()
    }

    /// The user whose media source this is, as far as the roster says; [`Conference::resolve`] asks for it.
    ///
    /// A frame of an unknown source must be dropped.
    pub fn user_of(&self, source: Ssrc) -> Option<UserId> {
        self.0.view.borrow().user_of(source)
    }

    /// The time on the clock that the cryptor takes.
    pub fn now(&self) -> Moment {
        self.0.clock.now()
    }

    /// Says that the media connection of the current membership is up or down; a new one begins without.
    pub fn media(&self, state: MediaState) {
        self.0
            .settings
            .media
            .send_replace(Some(Command::Media(state)));
    }

    /// Supplies the payload that [`Event::PayloadWanted`] asked for.
    ///
    /// What comes of it, the events show; nothing does outside the call.
    pub async fn supply(&self, connection: MediaConnection, payload: JoinPayload) {
        let supply = Command::Supply {
            connection,
            payload,
        };
        // Without a driver there is nothing to supply it for.
        let _ = self.0.orders.send(Order::Note(supply)).await;
    }

    /// Begins to leave the call, or gives entering it up, also for all other handles.
    pub fn leave(&self) {
        self.0.settings.leave.send_replace(Some(Command::Leave));
    }

    /// Leaves the call and waits until the server knows, or cannot be reached for some seconds.
    ///
    /// Gives the reason of the end, which can be another than that we left. Dropping the future does not take the
    /// leaving back.
    pub async fn close(self) -> Ended {
        self.leave();
        let Err(ended) = self.shown(|_| None::<Infallible>).await;
        ended
    }

    /// Takes the last checkpoint, and stops without leaving, also for all other handles: for a planned restart, after which
    /// [`Conference::restore`] goes on.
    ///
    /// The events end with [`EndReason::Suspended`]. Where there is no checkpoint, the conference goes on as before. Dropping the
    /// future does not take it back, and loses the checkpoint.
    ///
    /// # Errors
    ///
    /// [`CheckpointError`], above all while we are not in the call.
    pub async fn suspend(&self, key: &[u8; 32], number: u64) -> Result<Vec<u8>, CheckpointError> {
        self.write_down(key, number, Then::Stop).await
    }

    /// Writes down what is needed to go on after a restart, sealed under the caller's key.
    ///
    /// `number` is higher than that of every checkpoint before; [`confcall_join::engine::checkpoint`] says where to store it, and
    /// what a restart cannot save.
    ///
    /// # Errors
    ///
    /// [`CheckpointError`], above all while we are not in the call.
    pub async fn checkpoint(
        &self,
        key: &[u8; 32],
        number: u64,
    ) -> Result<Vec<u8>, CheckpointError> {
        self.write_down(key, number, Then::GoOn).await
    }

    async fn write_down(
        &self,
        key: &[u8; 32],
        number: u64,
        then: Then,
    ) -> Result<Vec<u8>, CheckpointError> {
        let (done, result) = oneshot::channel();
        // A channel wipes nothing of what went through it, so the key travels in a place of its own.
        let key = Seed::copy_of(key);
        let order = Order::Checkpoint {
            key,
            number,
            then,
            done,
        };
        if self.0.orders.send(order).await.is_err() {
            return Err(CheckpointError::NotAMember);
        }
        result.await.unwrap_or(Err(CheckpointError::NotAMember))
    }

    /// Has a command carried out, and waits for its outcome.
    pub(crate) async fn command(&self, command: Command) -> Result<(), CommandFailure> {
        let (done, result) = oneshot::channel();
        let order = Order::Command { command, done };
        if self.0.orders.send(order).await.is_err() {
            return Err(CommandFailure::NotJoined);
        }
        result.await.unwrap_or(Err(CommandFailure::NotJoined))
    }
}

/// A conference that goes on from a checkpoint, which is used up by that.
#[derive(Debug)]
#[must_use = "the lowest number must be stored before the conference is started"]
pub struct Resumption {
    /// The lowest number of a checkpoint that is valid from now on.
    ///
    /// Store it before [`Resumption::start`].
    pub lowest: u64,
    engine: Engine,
    answer_timeout: Duration,
}

impl Resumption {
    /// Goes on with the conference in the background, as [`Conference::start`] begins one.
    ///
    /// # Panics
    ///
    /// As [`Conference::start`]
    pub fn start<T: Transport + 'static>(self, transport: T) -> Conference {
        Conference::drive(transport, self.engine, self.answer_timeout)
    }
}

/// The clock of one conference: the time since it began.
#[derive(Clone, Copy, Debug)]
struct Clock(Instant);

impl Clock {
    fn start() -> Self {
        Self(Instant::now())
    }

    fn now(self) -> Moment {
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
enum Order {
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
enum Then {
    GoOn,
    /// Stop without leaving.
    Stop,
}

/// The way back to a caller who waits for the outcome of its command.
type Done = oneshot::Sender<Result<(), CommandFailure>>;

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
                Output::Request { request, body } => self.requests.send(request, body),
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
