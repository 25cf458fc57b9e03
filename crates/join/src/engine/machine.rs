use core::time::Duration;

use chacha20::ChaCha20Rng;
use confcall_media::Moment;
use confcall_state::UserId;
use confcall_state::keys::Seed;
use rand_core::SeedableRng as _;
use thiserror::Error;

use super::command::{Command, CommandFailure, CommandId, Order};
use super::config::Config;
use super::context::Context;
use super::declines::Declines;
use super::departure::{Departure, Flow};
use super::end::{EndReason, Ended, RejoinReason};
use super::entry::{AcceptedJoin, Entry, Exit};
use super::event::{Event, Trouble};
use super::fact::Fact;
use super::generator::Generator;
use super::io::{Input, Outcome, Output, RequestId};
use super::leaving::{Leaving, Withdrawal};
use super::member::{self, Member};
use super::parts::roster::Roster;
use super::purpose::Purpose;
use super::requests::Answer;
use super::secrets::Secrets;
use super::timers::Timer;
use crate::api::{CallRef, LeaveGroupCall, Ssrc};
use crate::engine::checkpoint::{CheckpointError, Content, Opened, RestoreError, open, seal};
use crate::joining::Target;
use crate::membership::{LastKnown, Membership};

/// The state of an engine.
#[derive(Debug)]
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
enum State {
    Entering(Box<Entry>),
    Member(Box<Member>),
    /// The caller wants to leave, and a join is under way that may be carried out.
    Withdrawing(Withdrawal),
    Leaving(Leaving),
    Ended,
}

/// The engine was used against its contract; nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Misuse {
    /// Outputs are waiting: poll until [`Output::Timeout`] before the next input.
    #[error("outputs are waiting; poll until the timeout before the next input")]
    OutputPending,
    /// The time went backwards.
    #[error("the time went backwards")]
    TimeWentBack,
}

/// One user's whole life in one call.
///
/// # Contract
///
/// - After [`Engine::new`] and after every [`Engine::handle_input`], call [`Engine::poll_output`] until it gives
///   [`Output::Timeout`]. An input before that is a [`Misuse`] and changes nothing.
/// - Send every [`Output::Request`], in order, and hand back its outcome by [`Input::Answer`] once, in whatever order the
///   answers come. The sender decides how long to wait; an answer that does not come within that time, 30 s say, is
///   [`Outcome::Lost`].
/// - When the moment of [`Output::Timeout`] has come, hand in [`Input::Tick`]. Later is not wrong, only slower.
/// - Hand in updates in the order of their arrival; those about other calls do no harm.
/// - The moments of all inputs are of one clock that does not go backwards.
/// - After [`Event::Ended`] nothing more comes out, and every input is ignored.
///
/// Nothing here blocks. Everything that a server or a member can make an engine store has bounds ([`crate::limits`]). The engine owns the private key of the current membership; media threads hold the
/// [`confcall_media::Cryptor`] that came with [`Event::Joined`], which closes with the membership.
///
/// # Example
///
/// ```
/// use confcall_join::Slug;
/// use confcall_join::api::Request;
/// use confcall_join::engine::{Config, Engine, Output};
/// use confcall_join::joining::{Fingerprint, JoinPayload, Target};
/// use confcall_join::policy::Media;
/// use confcall_media::Moment;
/// use confcall_state::keys::Seed;
/// use confcall_state::{Joiner, UserId};
/// # let operating_system = |bytes: &mut [u8; 32]| bytes.fill(7);
/// # use chacha20::{ChaCha20Rng, rand_core::SeedableRng};
/// # let mut rng = ChaCha20Rng::from_seed([7; 32]);
/// let payload = JoinPayload::generate(Fingerprint::sha256([7; 32]), None, &mut rng);
/// let media = Media { payload, muted: true, video_stopped: true };
/// let target = Target::Slug(Slug::new("Wx5f-8PqKJk")?);
/// let config = Config::new(target, Joiner::new(UserId::new(1)), media);
///
/// let seed = Seed::fill_with(|bytes| operating_system(bytes));
/// let mut engine = Engine::new(config, seed, Moment::default());
/// let Output::Request { request, body: Request::GroupCall(_) } = engine.poll_output() else {
///     panic!("the link is looked up first");
/// };
/// assert!(matches!(engine.poll_output(), Output::Timeout(None)));
/// # let _ = request;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
pub struct Engine {
    ctx: Context,
    state: State,
    /// The command that waits for the next membership.
    rejoin: Option<Order>,
    declines: Declines,
}

/// An engine that goes on from a checkpoint, which is used up by that.
#[derive(Debug)]
#[must_use = "the lowest number must be stored before the engine is used"]
pub struct Restored {
    /// The lowest number of a checkpoint that is valid from now on.
    ///
    /// Store it before anything that the engine wants is sent.
    pub lowest: u64,
    /// The engine, which is to be polled as after [`Engine::new`].
    pub engine: Engine,
}

impl Engine {
    /// Begins to enter the call of the configuration.
    ///
    /// All keys, nonces and pads are made of the seed. It must be fresh for every engine.
    pub fn new(config: Config, seed: Seed, now: Moment) -> Self {
        let (rng, public_seed) = Generator::split(seed);
        Self::begin(config, public_seed, now, Secrets::new(rng))
    }

    /// As [`Engine::new`], with the public seed, for an engine whose facts are taken after every input.
    pub(crate) fn recorded(config: Config, seed: Seed, now: Moment) -> (Self, [u8; 32]) {
        let (rng, public_seed) = Generator::split(seed);
        let engine = Self::begin(config, public_seed, now, Secrets::recorded(rng));
        (engine, public_seed)
    }

    /// An engine without secrets that comes to the same outputs as a recorded one, of which it gets the
    /// configuration, the public seed, the facts and the inputs.
    pub(crate) fn replayed(
        config: Config,
        public_seed: [u8; 32],
        now: Moment,
        facts: Vec<Fact>,
    ) -> Self {
        Self::begin(config, public_seed, now, Secrets::of_trace(facts))
    }

    fn begin(config: Config, public_seed: [u8; 32], now: Moment, secrets: Secrets) -> Self {
        let public_rng = ChaCha20Rng::from_seed(public_seed);
        let ctx = Context::new(config, now, secrets, public_rng);
        let mut engine = Self::in_state(ctx, State::Ended);
        match Entry::first(&mut engine.ctx) {
            Ok(entry) => engine.state = State::Entering(Box::new(entry)),
            Err(exit) => engine.exit(exit),
        }
        engine
    }

    fn in_state(ctx: Context, state: State) -> Self {
        Self {
            ctx,
            state,
            rejoin: None,
            declines: Declines::default(),
        }
    }

    /// Takes the facts since the last time; there are some only in a recorded engine.
    pub(crate) fn take_facts(&mut self) -> Vec<Fact> {
        self.ctx.secrets.take_facts()
    }

    /// Gives a replayed engine the facts of the input that comes next.
    pub(crate) fn add_facts(&mut self, facts: Vec<Fact>) {
        self.ctx.secrets.add_facts(facts);
    }

    /// True once a replayed engine has left its trace: it asked for another fact than came next, or for none.
    pub(crate) fn has_derailed(&self) -> bool {
        self.ctx.secrets.has_derailed()
    }

    /// Takes in one input at a moment.
    ///
    /// # Errors
    ///
    /// [`Misuse`]; nothing has changed then.
    pub fn handle_input(&mut self, now: Moment, input: Input) -> Result<(), Misuse> {
        if self.ctx.has_output() {
            return Err(Misuse::OutputPending);
        }
        if now < self.ctx.now {
            return Err(Misuse::TimeWentBack);
        }
        self.ctx.now = now;
        match input {
            Input::Tick => {}
            Input::Answer { request, outcome } => self.handle_outcome(request, outcome),
            Input::Update(update) => {
                self.with_member(|member, ctx| member.handle_update(ctx, update));
            }
            Input::Missed => self.with_member(Member::handle_gap),
            Input::Command { id, command } => self.handle_command(id, command),
        }
        // The input first: it may be what a timer was set for.
        while let Some(timer) = self.ctx.timers.take_due(now) {
            self.handle_timer(timer);
        }
        Ok(())
    }

    /// The next output.
    pub fn poll_output(&mut self) -> Output {
        self.ctx
            .take_output()
            .unwrap_or_else(|| Output::Timeout(self.ctx.timers.next()))
    }

    /// The membership, while there is one.
    pub fn membership(&self) -> Option<&Membership> {
        self.member().map(Member::membership)
    }

    /// The call, while we are in it.
    pub fn call(&self) -> Option<CallRef> {
        self.member().map(|member| member.identity().call)
    }

    /// The user of a media source, if the roster shows it; [`Command::Resolve`] asks for it.
    ///
    /// A frame of a source without a known user must be dropped.
    pub fn user_of(&self, source: Ssrc) -> Option<UserId> {
        self.roster().and_then(|roster| roster.user_of(source))
    }

    /// All media sources that the roster shows, with their users.
    pub fn sources(&self) -> impl Iterator<Item = (Ssrc, UserId)> {
        self.roster().into_iter().flat_map(Roster::sources)
    }

    /// The users who are connected, as far as the roster shows.
    pub fn connected(&self) -> Vec<UserId> {
        self.roster()
            .map_or_else(Vec::new, |roster| roster.users().collect())
    }

    /// The last state that was seen of the call, for [`Config::last_known`] of a later engine.
    ///
    /// The end hands it out too; this is for those who keep it before, against a crash.
    pub fn last_known(&self) -> Option<LastKnown> {
        let current = self.member().map(Member::last_known);
        current.or_else(|| self.ctx.past.last_known().cloned())
    }

    /// True once the engine has ended.
    pub fn has_ended(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    fn member(&self) -> Option<&Member> {
        match &self.state {
            State::Member(member) => Some(member),
            _ => None,
        }
    }

    fn roster(&self) -> Option<&Roster> {
        self.member().map(Member::roster)
    }
}

/// The checkpoints.
impl Engine {
    /// Writes down what is needed to go on after a restart, sealed under the caller's key.
    ///
    /// `number` is higher than that of every checkpoint before; [`crate::engine::checkpoint`] says who stores it. The same state,
    /// key and number give the same bytes (`spec/checkpoint.md`).
    ///
    /// # Errors
    ///
    /// [`CheckpointError`], above all for an engine that is not in the call.
    pub fn checkpoint(&self, key: &[u8; 32], number: u64) -> Result<Vec<u8>, CheckpointError> {
        let member = self.member().ok_or(CheckpointError::NotAMember)?;
        let content = member::checkpoint::save(member, &self.ctx);
        seal(key, number, &content.to_bytes()?)
    }

    /// Goes on from a checkpoint whose number is at least `lowest`.
    ///
    /// The configuration is that of the engine before: its user must be the checkpoint's, and its target must not
    /// name another call; payload and key come from the checkpoint. The seed is fresh, as in [`Engine::new`].
    ///
    /// The engine first learns what happened meanwhile. It shows [`Event::Resumed`] when it has caught up, ends if it was
    /// removed, and joins again if it cannot follow.
    ///
    /// # Errors
    ///
    /// [`RestoreError`]
    pub fn restore(
        blob: &[u8],
        key: &[u8; 32],
        lowest: u64,
        config: Config,
        seed: Seed,
        now: Moment,
    ) -> Result<Restored, RestoreError> {
        let Opened { number, content } = open(key, lowest, blob)?;
        let lowest = number.checked_add(1).ok_or(RestoreError::LastNumber)?;
        let content = Content::from_bytes(&content)?;
        check_config(&config, &content)?;
        let (rng, public_seed) = Generator::split(seed);
        let public_rng = ChaCha20Rng::from_seed(public_seed);
        let mut ctx = Context::new(config, now, Secrets::new(rng), public_rng);
        let (member, flow) = member::checkpoint::resume(&mut ctx, content)?;
        let mut engine = Self::in_state(ctx, State::Member(Box::new(member)));
        engine.go_on(flow);
        Ok(Restored { lowest, engine })
    }
}

/// The inputs, each for the state that takes it.
impl Engine {
    /// Hands an input to the member, if we are one, and goes on as it says.
    fn with_member(&mut self, input: impl FnOnce(&mut Member, &mut Context) -> Flow) {
        if let State::Member(member) = &mut self.state {
            let flow = input(member, &mut self.ctx);
            self.go_on(flow);
        }
    }

    fn handle_timer(&mut self, timer: Timer) {
        if timer == Timer::HeldBack {
            return self.ctx.send_held_back();
        }
        let ctx = &mut self.ctx;
        match &mut self.state {
            State::Entering(entry) if timer == Timer::Entry => {
                let step = entry.handle_timer(ctx);
                self.step(step);
            }
            State::Member(member) => {
                let flow = member.handle_timer(ctx, timer);
                self.go_on(flow);
            }
            State::Leaving(leaving) => {
                if leaving.handle_timer(ctx, timer) {
                    self.end(EndReason::Left);
                }
            }
            State::Entering(_) | State::Withdrawing(_) | State::Ended => {}
        }
    }

    fn handle_outcome(&mut self, request: RequestId, outcome: Outcome) {
        if let Some(answer) = self.ctx.answered(request, outcome) {
            match answer.purpose {
                Purpose::Decline => self.declines.answered(&mut self.ctx, answer),
                _ => self.handle_answer(answer),
            }
        }
    }

    fn handle_answer(&mut self, answer: Answer) {
        let ctx = &mut self.ctx;
        match &mut self.state {
            State::Entering(entry) => {
                let step = entry.handle_answer(ctx, answer);
                self.step(step);
            }
            State::Member(member) => {
                let flow = member.handle_answer(ctx, answer);
                self.go_on(flow);
            }
            State::Withdrawing(withdrawal) => {
                let leave = withdrawal.leave(answer);
                self.leave(leave);
            }
            State::Leaving(leaving) => {
                if leaving.handle_answer(ctx, answer) {
                    self.end(EndReason::Left);
                }
            }
            State::Ended => {}
        }
    }

    fn handle_command(&mut self, id: CommandId, command: Command) {
        let kind = command.kind();
        let order = kind.map(|kind| Order { id, kind });
        match (command, &mut self.state, order) {
            (_, State::Ended, _) => {}
            // It counts for every later join, in whatever state we are.
            (
                Command::Announce {
                    muted,
                    video_stopped,
                },
                ..,
            ) => {
                let media = &mut self.ctx.config.media;
                (media.muted, media.video_stopped) = (muted, video_stopped);
            }
            (Command::Decline { message }, _, Some(order)) => {
                self.declines.send(&mut self.ctx, order, message);
            }
            (Command::Rejoin, State::Member(_), Some(order)) => self.rejoin_asked(order),
            (command, State::Member(member), _) => {
                let flow = member.handle_command(&mut self.ctx, id, command);
                self.go_on(flow);
            }
            (Command::Leave, State::Entering(_), _) => self.withdraw(),
            (_, _, Some(order)) => self.ctx.failed(order, CommandFailure::NotJoined),
            (_, _, None) => {}
        }
    }

    /// Gives the membership up for a new one, unless that was done too often.
    fn rejoin_asked(&mut self, order: Order) {
        let reason = RejoinReason::Requested;
        if self.ctx.rejoins.are_enough(self.ctx.now, &reason) {
            return self.ctx.failed(order, CommandFailure::TooOften);
        }
        self.rejoin = Some(order);
        self.go_on(Err(reason.into()));
    }
}

/// The transitions.
impl Engine {
    /// Goes on with entering, or does what its end demands.
    fn step(&mut self, step: Result<(), Exit>) {
        if let Err(exit) = step {
            self.exit(exit);
        }
    }

    fn exit(&mut self, exit: Exit) {
        match exit {
            Exit::Accepted(join) => self.enter(*join),
            Exit::Failed(reason, leave) => self.end_and_leave(reason, leave),
        }
    }

    fn enter(&mut self, join: AcceptedJoin) {
        let leave = LeaveGroupCall {
            call: join.shown.call.into(),
            source: join.payload.ssrc(),
        };
        match member::start::take_up(&mut self.ctx, join) {
            Ok((member, flow)) => {
                if let Some(order) = self.rejoin.take() {
                    self.ctx.done(order);
                }
                self.state = State::Member(Box::new(member));
                self.go_on(flow);
            }
            Err(reason) => self.end_and_leave(reason, Some(leave)),
        }
    }

    /// Goes on with a membership, or does what its end demands.
    fn go_on(&mut self, flow: Flow) {
        let (Err(departure), State::Member(member)) = (flow, &mut self.state) else {
            return;
        };
        // The keys go before anything else happens, and what waits is answered before the end.
        member.close(&mut self.ctx, &departure);
        self.ctx.past.remember(member.last_known());
        let us = member.identity();
        match departure {
            Departure::Leave => self.leave(Some(us.leave())),
            Departure::End(reason) => self.end_and_leave(reason, Some(us.leave())),
            Departure::Rejoin(reason) => match self.ctx.rejoins.next(self.ctx.now, &reason) {
                Some(pause) => {
                    let entry = rejoin(&mut self.ctx, member, reason, pause);
                    self.state = State::Entering(Box::new(entry));
                }
                None => self.end_and_leave(EndReason::Broken(reason), Some(us.leave())),
            },
        }
    }

    /// Gives up entering.
    fn withdraw(&mut self) {
        let State::Entering(entry) = &mut self.state else {
            return;
        };
        match entry.withdraw(&mut self.ctx) {
            Some(withdrawal) => self.state = State::Withdrawing(withdrawal),
            None => {
                let leave = entry.leave_in_doubt();
                self.leave(leave);
            }
        }
    }

    /// Leaves a call that we are in or may be in.
    fn leave(&mut self, leave: Option<LeaveGroupCall>) {
        match leave {
            Some(body) => self.state = State::Leaving(Leaving::start(&mut self.ctx, body)),
            None => self.end(EndReason::Left),
        }
    }

    /// Ends, and leaves if the server counts us as joined; its answer does not matter.
    fn end_and_leave(&mut self, reason: EndReason, leave: Option<LeaveGroupCall>) {
        if let Some(body) = leave.filter(|_| reason.leaves_a_trace()) {
            self.ctx.send(Purpose::Leave, body);
        }
        self.end(reason);
    }

    fn end(&mut self, reason: EndReason) {
        // No command is answered after the end.
        self.declines.give_up(&mut self.ctx);
        if let Some(order) = self.rejoin.take() {
            self.ctx.failed(order, CommandFailure::NotJoined);
        }
        self.ctx.forget_all();
        let last_known = self.ctx.past.last_known().cloned();
        self.ctx.event(Event::Ended(Ended::new(reason, last_known)));
        self.state = State::Ended;
    }
}

/// Enters the call of a membership that is over again, after a pause.
fn rejoin(ctx: &mut Context, member: &Member, reason: RejoinReason, pause: Duration) -> Entry {
    let us = member.identity();
    // Late answers of the old membership say nothing about the new one.
    ctx.cancel_all();
    ctx.past.add(us.source, member.public_key());
    ctx.retrying(Trouble::Rejoining(reason.clone()), pause, 1);
    let (found_by, payload) = (member.found_by().cloned(), member.payload().clone());
    Entry::again(ctx, reason, us, found_by, payload, pause)
}

fn check_config(config: &Config, content: &Content) -> Result<(), RestoreError> {
    let expected = config.joiner.user_id;
    let found = UserId::new(content.membership.user_id);
    if expected != found {
        return Err(RestoreError::OtherUser { expected, found });
    }
    // A call that was found by a link differs from another only by its id, and the other way round.
    match config.target {
        Target::Call { id, .. } if id.value() != content.call.0 => Err(RestoreError::OtherCall),
        _ => Ok(()),
    }
}

#[cfg(any(fuzzing, confcall_testing))]
impl Engine {
    /// The generator of secrets that an engine of this seed begins with.
    pub fn secret_generator_for_testing_only(seed: Seed) -> impl rand_core::CryptoRng {
        Generator::split(seed).0
    }

    /// The position of the secret generator and of the public one.
    ///
    /// Two engines of the same seed that print the same, and have drawn as much, go on alike.
    pub fn drawn_for_testing_only(&self) -> [u128; 2] {
        let secret = self.ctx.secrets.position();
        [secret, self.ctx.public_rng.get_word_pos()]
    }
}
