use core::future::pending;
use core::pin::Pin;
use core::time::Duration;
use std::collections::HashMap;
use std::sync::Arc;

use confcall_join::Ssrc;
use confcall_join::api::{InputUser, MessageId, Method, Request, Update};
use confcall_join::engine::checkpoint::{CheckpointError, RestoreError};
use confcall_join::engine::{
    Command, CommandFailure, CommandId, EndReason, Ended, Engine, Event, Input, MediaState,
    Outcome, Output, RequestId,
};
use confcall_join::message::GroupMessage;
use confcall_join::policy::{CallKind, CheckedRequest};
use confcall_media::{Cryptor, Moment};
use confcall_state::UserId;
use confcall_state::keys::Seed;
use confcall_transport::{CallError, Missed, Transport, UpdateStream};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tracing::{Instrument as _, debug, error};

use crate::events::{Events, Publisher};
use crate::limits;
use crate::log;
use crate::options::Options;
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
    settings: Settings<watch::Sender<Option<Command>>>,
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
            answer_timeout,
            // From before the first request, so that nothing that follows from it is missed.
            updates: transport.updates(),
            transport: Arc::new(transport),
            requests: FuturesUnordered::new(),
            farewells: 0,
            orders: ordered,
            settings: set,
            callers: HashMap::new(),
            commands: 0,
            publisher,
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

    /// Says that the microphone or the camera was switched, so that a later join announces it.
    pub fn announce(&self, muted: bool, video_stopped: bool) {
        let announced = Command::Announce {
            muted,
            video_stopped,
        };
        self.0.settings.announced.send_replace(Some(announced));
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

    /// Sleeps until a moment; for ever, if there is none or it lies beyond what the clock can show.
    async fn sleep(self, until: Option<Moment>) {
        let until = until.and_then(|until| self.0.checked_add(until.since(Moment::default())));
        match until {
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

/// The things that a caller sets without waiting, as one command each, of which only the newest counts.
///
/// One end has the senders, the other the receivers.
#[derive(Debug)]
struct Settings<Channel> {
    announced: Channel,
    media: Channel,
    leave: Channel,
}

type Set = watch::Receiver<Option<Command>>;

impl Settings<watch::Sender<Option<Command>>> {
    fn channel() -> (Self, Settings<Set>) {
        let (announced, set_announced) = watch::channel(None);
        let (media, set_media) = watch::channel(None);
        let (leave, set_leave) = watch::channel(None);
        let senders = Self {
            announced,
            media,
            leave,
        };
        let receivers = Settings {
            announced: set_announced,
            media: set_media,
            leave: set_leave,
        };
        (senders, receivers)
    }
}

impl Settings<Set> {
    /// The next command that was set; never, once there is no handle any more. Dropping the future loses nothing.
    async fn next(&mut self) -> Option<Command> {
        tokio::select! {
            biased;
            Ok(()) = self.announced.changed() => self.announced.borrow_and_update().clone(),
            Ok(()) = self.media.changed() => self.media.borrow_and_update().clone(),
            Ok(()) = self.leave.changed() => self.leave.borrow_and_update().clone(),
            else => pending().await,
        }
    }
}

/// The outcome of a request.
struct Answered {
    request: RequestId,
    method: Method,
    outcome: Outcome,
}

/// An engine and all that comes and goes for it.
struct Driver<T> {
    engine: Engine,
    clock: Clock,
    /// The moment at which the engine wants to be woken.
    wake: Option<Moment>,
    transport: Arc<T>,
    answer_timeout: Duration,
    updates: UpdateStream,
    /// The requests under way, which begin in the order in which they were added. The engine bounds them.
    requests: FuturesUnordered<Pin<Box<dyn Future<Output = Answered> + Send>>>,
    /// The number of them that are to leave.
    farewells: usize,
    orders: mpsc::Receiver<Order>,
    settings: Settings<Set>,
    /// The callers whose commands the engine has, which answers each once and bounds how many it takes.
    callers: HashMap<CommandId, Done>,
    /// The number of commands that the engine was given, which numbers them.
    commands: u64,
    publisher: Publisher,
}

impl<T: Transport + 'static> Driver<T> {
    /// Drives the engine to its end.
    async fn run(mut self) {
        self.drain();
        let mut has_handles = true;
        while !self.engine.has_ended() {
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
        let farewell = async {
            while self.farewells > 0
                && let Some(answered) = self.requests.next().await
            {
                self.farewells -= usize::from(is_farewell(answered.method));
            }
        };
        let _ = timeout(FAREWELL, farewell).await;
        self.publisher.end();
    }

    fn answer(&mut self, answered: Answered) {
        let Answered {
            request,
            method,
            outcome,
        } = answered;
        self.farewells -= usize::from(is_farewell(method));
        self.hand_in(Input::Answer { request, outcome });
    }

    fn update(&mut self, update: Result<Update, Missed>) {
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
                Output::Request { request, body } => self.send(request, body),
                Output::Event(event) => events.push(event),
                Output::Timeout(wake) => break wake,
            }
        };
        self.publisher.update(&self.engine, &events);
        for event in events {
            match event {
                Event::Done { id, .. } => self.resolve(id, Ok(())),
                Event::Failed { id, why, .. } => self.resolve(id, Err(why)),
                event => self.publisher.announce(event),
            }
        }
    }

    /// Hands a caller the outcome of its command; one who has gone does not mind.
    fn resolve(&mut self, id: CommandId, outcome: Result<(), CommandFailure>) {
        if let Some(done) = self.callers.remove(&id) {
            let _ = done.send(outcome);
        }
    }

    fn send(&mut self, request: RequestId, body: Request) {
        let method = body.method();
        debug!(%method, %request, "sending");
        self.farewells += usize::from(is_farewell(method));
        let transport = Arc::clone(&self.transport);
        let patience = self.answer_timeout;
        self.requests.push(Box::pin(async move {
            let outcome = outcome_of(&*transport, &body, patience).await;
            Answered {
                request,
                method,
                outcome,
            }
        }));
    }
}

fn is_farewell(method: Method) -> bool {
    method == Method::LeaveGroupCall
}

/// Sends a request that keeps to the policy; what has no answer in time is lost.
async fn outcome_of(transport: &impl Transport, body: &Request, patience: Duration) -> Outcome {
    let method = body.method();
    let request = match CheckedRequest::new(CallKind::Conference, body) {
        Ok(request) => request,
        // The engine builds no such request. It ends after a few tries, as if the server could not be reached.
        Err(violation) => {
            error!(%method, %violation, "not sent");
            return Outcome::Lost;
        }
    };
    match timeout(patience, transport.call(request)).await {
        Ok(Ok(response)) => Outcome::Done(response),
        Ok(Err(CallError::Rpc(error))) => {
            debug!(%method, %error, "refused");
            Outcome::Refused(error)
        }
        // The server may have carried it out: the engine looks before it repeats what cannot be repeated.
        Ok(Err(CallError::Lost { reason })) => {
            debug!(%method, reason, "lost");
            Outcome::Lost
        }
        Err(_) => {
            debug!(%method, ?patience, "no answer");
            Outcome::Lost
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use confcall_join::api::{CreateConferenceCall, DataJson, Response, Updates};
    use confcall_state::keys::PublicKey;
    use confcall_transport::UpdateSender;
    use std::sync::Mutex;

    /// An adapter that sends whatever it is given.
    #[derive(Default)]
    struct Careless {
        sent: Mutex<Vec<Vec<u8>>>,
        pushed: UpdateSender,
    }

    impl Transport for Careless {
        async fn call(&self, request: CheckedRequest) -> Result<Response, CallError> {
            let mut sent = self.sent.lock().map_err(|_| lost())?;
            sent.push(request.into_bytes());
            Ok(Updates(Vec::new()).into())
        }

        fn updates(&self) -> UpdateStream {
            self.pushed.subscribe()
        }
    }

    fn lost() -> CallError {
        let reason = String::new();
        CallError::Lost { reason }
    }

    /// A request to create a call by a payload.
    fn creation(params: &str) -> Request {
        let creation = CreateConferenceCall {
            muted: false,
            video_stopped: false,
            random_id: 1,
            public_key: Some(PublicKey::from_bytes([1; 32])),
            block: Some(vec![1]),
            params: Some(DataJson::new(params)),
        };
        creation.into()
    }

    #[tokio::test]
    async fn a_careless_adapter_is_given_nothing_that_the_policy_forbids() {
        let adapter = Careless::default();
        let patience = Duration::from_secs(1);
        let forbidden = creation("{}");
        let outcome = outcome_of(&adapter, &forbidden, patience).await;
        assert!(matches!(outcome, Outcome::Lost));
        assert!(adapter.sent.lock().is_ok_and(|sent| sent.is_empty()));

        let allowed = creation(
            r#"{"ssrc": 1, "ufrag": "abcd", "pwd": "0123456789012345678901", "fingerprints": [
                {"hash": "sha-256", "setup": "passive", "fingerprint": "FINGERPRINT"}]}"#
                .replace("FINGERPRINT", &["07"; 32].join(":"))
                .as_str(),
        );
        let outcome = outcome_of(&adapter, &allowed, patience).await;
        assert!(matches!(outcome, Outcome::Done(_)));
        let sent = adapter.sent.into_inner().unwrap_or_default();
        assert_eq!(sent, [allowed.to_tl()]);
    }

    /// `FuturesUnordered` does not promise it, and a join must not overtake the request before it.
    #[tokio::test]
    async fn requests_begin_in_their_order_and_end_in_any() {
        let begun = Arc::new(Mutex::new(Vec::new()));
        let mut requests = FuturesUnordered::new();
        let mut answers = Vec::new();
        for number in 0..3 {
            let (answer, answered) = oneshot::channel::<()>();
            answers.push(answer);
            let begun = Arc::clone(&begun);
            requests.push(async move {
                begun.lock().map(|mut begun| begun.push(number)).ok();
                answered.await.ok();
                number
            });
        }
        let mut answers = answers.into_iter();
        let (first, second, third) = (answers.next(), answers.next(), answers.next());
        for (answer, number) in [(third, 2), (first, 0), (second, 1)] {
            answer.map(|answer| answer.send(()));
            assert_eq!(requests.next().await, Some(number));
        }
        assert!(requests.is_empty());
        assert_eq!(begun.lock().ok().as_deref(), Some(&vec![0, 1, 2]));
    }
}
