use core::future::pending;
use core::slice;
use core::time::Duration;
use std::collections::HashMap;
use std::sync::Arc;

use confcall_join::Ssrc;
use confcall_join::api::{InputUser, MessageId, Update};
use confcall_join::engine::checkpoint::{CheckpointError, RestoreError};
use confcall_join::engine::{
    Command, CommandFailure, CommandId, EndReason, Ended, Engine, Event, Input, MediaState,
    Outcome, Output, Trouble,
};
use confcall_join::message::GroupMessage;
use confcall_media::{Cryptor, Moment};
use confcall_state::UserId;
use confcall_state::keys::Seed;
use confcall_transport::{Missed, Transport, UpdateStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tracing::{Instrument as _, debug, error};

use crate::contact::Contact;
use crate::events::{Events, Notice, Publisher};
use crate::limits;
use crate::log;
use crate::options::Options;
use crate::requests::{Answered, Requests};
use crate::settings::{Setter, Setting, Settings};
use crate::view::View;

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
///                                       └── Notice ──▶ Events (one reader)
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
    clock: Clock,
}

impl Conference {
    /// Begins to enter a call in the background, and goes on whatever happens until the end; the events say how.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime whose timer is enabled (`enable_time` or `enable_all`), as everything that starts.
    pub fn start<T: Transport + 'static>(transport: T, options: Options) -> (Self, Events) {
        let engine = Engine::new(options.config, options.seed, Moment::default());
        Self::drive(transport, engine, options.answer_timeout)
    }

    /// Enters a call, and waits until we are in it.
    ///
    /// Dropping the future gives entering up; if the server may have carried the join out, it learns that we leave.
    ///
    /// # Errors
    ///
    /// [`Ended`], if the call cannot be entered.
    ///
    /// # Panics
    ///
    /// As [`Conference::start`]
    pub async fn join<T: Transport + 'static>(
        transport: T,
        options: Options,
    ) -> Result<(Self, Events), Ended> {
        let (conference, events) = Self::start(transport, options);
        let is_decided = |view: &View| view.ended.is_some() || view.cryptor.is_some();
        conference.wait(is_decided).await.map_or(Ok(()), Err)?;
        Ok((conference, events))
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
    ) -> (Self, Events) {
        let clock = Clock::start();
        let (orders, ordered) = mpsc::channel(limits::ORDERS);
        let (settings, set) = Settings::channel();
        let (publisher, view, events) = Publisher::new();
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
            publisher,
            is_stopped: false,
        };
        tokio::spawn(driver.run().instrument(log::span()));
        let handle = Handle {
            orders,
            settings,
            view,
            clock,
        };
        (Self(Arc::new(handle)), events)
    }

    /// Waits until something holds; gives the end, if that came first.
    async fn wait(&self, mut holds: impl FnMut(&View) -> bool) -> Option<Ended> {
        let mut view = self.0.view.clone();
        let now = view.wait_for(|view| holds(view)).await;
        // Without a driver there is no end to wait for: the runtime was shut down.
        now.map_or_else(|_| Some(EndReason::Stopped.into()), |now| now.ended.clone())
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

    /// Removes users from the call against their will.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn kick(&self, users: Vec<UserId>) -> Result<(), CommandFailure> {
        self.command(Command::Kick { users }).await
    }

    /// Invites a user, to a call with video or without.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn invite(&self, user: InputUser, video: bool) -> Result<(), CommandFailure> {
        self.command(Command::Invite { user, video }).await
    }

    /// Declines an invitation, which need not be to this call.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn decline(&self, message: MessageId) -> Result<(), CommandFailure> {
        self.command(Command::Decline { message }).await
    }

    /// Sends a message or a reaction to all members of the call.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn send_message(&self, message: GroupMessage) -> Result<(), CommandFailure> {
        self.command(Command::Send(message)).await
    }

    /// Asks whose these sources are, which the roster does not say yet; [`Conference::user_of`] knows then.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn resolve(&self, sources: Vec<Ssrc>) -> Result<(), CommandFailure> {
        self.command(Command::Resolve { sources }).await
    }

    /// Replaces the link of the call by a new one; for its creator.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn revoke_link(&self) -> Result<(), CommandFailure> {
        self.command(Command::RevokeLink).await
    }

    /// Ends the call for all its members; for its creator.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn discard(&self) -> Result<(), CommandFailure> {
        self.command(Command::Discard).await
    }

    /// Gives up the membership for a new one of the same call, with another key and other sources.
    ///
    /// It is done once we are in again; the events show the new membership.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`]
    pub async fn rejoin(&self) -> Result<(), CommandFailure> {
        self.command(Command::Rejoin).await
    }

    /// Says that the media connection of the current membership is up or down; a new one begins without.
    pub fn media(&self, state: MediaState) {
        self.0
            .settings
            .media
            .send_replace(Some(Command::Media(state)));
    }

    /// Turns our microphone off or on, also for a later join.
    ///
    /// # Errors
    ///
    /// [`CommandFailure`], above all [`CommandFailure::Silenced`].
    pub async fn set_muted(&self, muted: bool) -> Result<(), CommandFailure> {
        self.command(Command::SetMuted { muted }).await
    }

    /// Turns our camera on or off, also for a later join.
    ///
    /// # Errors
    ///
    /// As [`Conference::set_muted`]
    pub async fn set_video(&self, on: bool) -> Result<(), CommandFailure> {
        self.command(Command::SetVideo { on }).await
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
        let end = self.wait(|view| view.ended.is_some()).await;
        end.unwrap_or_else(|| EndReason::Stopped.into())
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
        let (done, result) = oneshot::channel();
        // A channel wipes nothing of what went through it, so the key travels in a place of its own.
        let key = Seed::copy_of(key);
        let order = Order::Checkpoint { key, number, done };
        if self.0.orders.send(order).await.is_err() {
            return Err(CheckpointError::NotAMember);
        }
        result.await.unwrap_or(Err(CheckpointError::NotAMember))
    }

    async fn command(&self, command: Command) -> Result<(), CommandFailure> {
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
    pub fn start<T: Transport + 'static>(self, transport: T) -> (Conference, Events) {
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
    Checkpoint {
        key: Seed,
        number: u64,
        done: oneshot::Sender<Result<Vec<u8>, CheckpointError>>,
    },
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
            Order::Checkpoint { key, number, done } => {
                // A caller who has gone does not mind.
                let _ = done.send(self.engine.checkpoint(key.dangerous_bytes(), number));
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
        self.publisher.update(&self.engine, events, waits.collect());
    }

    /// Hands a caller the outcome of its command; one who has gone does not mind.
    fn resolve(&mut self, id: CommandId, outcome: Result<(), CommandFailure>) {
        if let Some(done) = self.callers.remove(&id) {
            let _ = done.send(outcome);
        }
    }
}
