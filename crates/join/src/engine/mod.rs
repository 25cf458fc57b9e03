//! The engine: a whole life in a call, from a link to a clean leave, without I/O.
//!
//! ```text
//!                 ┌──────────────── lost, or asked for: a new key ─────────────┐
//!                 ▼                                                            │
//! Engine::new ─▶ Entering ────── our block is in the chain ─────▶ Member ──────┤
//!                 │    │                                            │          │
//!                 │    └─ leave, a join is under way ─▶ Withdrawing │ leave    │ removed, refused,
//!                 │                                      │          │          │ joined elsewhere
//!                 │                        what became of it        │          │
//!                 │                                      ▼          │          │
//!                 ├─ leave, a join may be carried out ─▶ Leaving ◀──┘          │
//!                 │                                      │                     │
//!                 │ leave                 the server knows                     │
//!                 ▼                                      ▼                     │
//!               Ended ◀──────────────────────────────────┴─────────────────────┘
//! ```
//!
//! | state | its picture |
//! |---|---|
//! | entering | `entry/`: locating, reading the tip, sending, pausing |
//! | member | `member/`: following, verifying, listing, removing |
//! | withdrawing, leaving | `leaving.rs` |
//!
//! Entering also ends by itself, where the server refuses for good or the attempts are used up. Withdrawing ends without
//! leaving where the join was certainly not carried out.
//!
//! A member can be written down at any time, and another engine goes on from there (`restart.rs`).
//!
//! What goes in is an [`Input`], what comes out an [`Output`]; time and randomness come from the caller. So the same
//! seed and the same inputs always give the same outputs, and a test runs minutes of a call in milliseconds.
//!
//! Implements `spec/protocol.md`, 6 to 8 and 11.2.

mod backoff;
mod blame;
pub mod checkpoint;
mod config;
mod contention;
mod context;
mod cursor;
mod end;
mod entry;
mod event;
pub(crate) mod fact;
mod generator;
mod io;
mod leaving;
mod member;
mod orders;
mod outbox;
mod rejoins;
mod restart;
mod roster;
mod secrets;
#[cfg(any(fuzzing, confcall_testing))]
mod testing;
mod timers;
mod waits;

use core::time::Duration;

use chacha20::ChaCha20Rng;
use confcall_media::Moment;
use confcall_state::UserId;
use confcall_state::keys::Seed;
use rand_core::SeedableRng as _;
use thiserror::Error;

pub use config::{Config, EmptyCall};
pub use end::{Advice, EndReason, Ended, RejoinReason};
pub use event::{CommandFailure, CommandKind, Event, Joined, Suspicion, Trouble};
use fact::Fact;
pub use io::{Command, CommandId, Input, MediaState, Outcome, Output, RequestId};
pub use restart::Restored;

use crate::api::{InputGroupCall, LeaveGroupCall, Ssrc};
use crate::membership::Membership;
use context::Context;
use entry::{Entrant, Entry};
use generator::Generator;
use leaving::{Leaving, Left};
use member::{Departure, Member};
use orders::Order;
use secrets::Secrets;
use timers::Timer;

/// What the engine does at the moment.
#[derive(Debug)]
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
enum State {
    Entering(Box<Entry>),
    Member(Box<Member>),
    /// The caller wants to leave, and a join is under way of which nobody knows whether it is carried out.
    Withdrawing(Box<Entry>),
    Leaving(Leaving),
    Ended,
}

/// What a step of entering leads to.
#[derive(Debug)]
enum Transition {
    Entering(Box<Entry>),
    Entered(Box<Entrant>),
    Ended(EndReason),
    /// The end, although a join was carried out or may have been: by what to leave.
    Abandoned(EndReason, Option<(InputGroupCall, Ssrc)>),
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
/// - Send every [`Output::Request`], in order, and hand back what became of it by [`Input::Answer`] once, in whatever
///   order the answers come. Whoever sends decides how long to wait; an answer that does not come within that
///   time, 30 s say, is [`Outcome::Lost`].
/// - When the moment of [`Output::Timeout`] has come, hand in [`Input::Tick`]. Later is not wrong, only slower.
/// - Hand in updates in the order of their arrival; those about other calls do no harm.
/// - The moments of all inputs are of one clock that does not go backwards.
/// - After [`Event::Ended`] nothing more comes out, and every input is ignored.
///
/// Nothing here blocks. What a server or a member can make an engine store has bounds, which stand beside each
/// collection. The engine owns the private key of the current membership; media threads hold the
/// [`Cryptor`](confcall_media::Cryptor) that came with [`Event::Joined`], which closes with the membership.
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
        let mut ctx = Context::new(config, now, secrets, public_rng);
        let transition = Entry::first(&mut ctx);
        let mut engine = Self {
            ctx,
            state: State::Ended,
        };
        engine.enter(transition);
        engine
    }

    /// Takes the facts since the last time; there are some only in a recorded engine.
    pub(crate) fn take_facts(&mut self) -> Vec<Fact> {
        self.ctx.secrets.take_facts()
    }

    /// Gives a replayed engine the facts of the input that comes next.
    pub(crate) fn add_facts(&mut self, facts: Vec<Fact>) {
        self.ctx.secrets.add_facts(facts);
    }

    /// Whether a replayed engine has left its trace: it asked for another fact than came next, or for none.
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
            Input::Answer { request, outcome } => self.handle_answer(request, outcome),
            Input::Update(update) => {
                if let State::Member(member) = &mut self.state {
                    let flow = member.handle_update(&mut self.ctx, update);
                    self.go_on(flow);
                }
            }
            Input::Missed => {
                if let State::Member(member) = &mut self.state {
                    let flow = member.handle_gap(&mut self.ctx);
                    self.go_on(flow);
                }
            }
            Input::Command { id, command } => self.handle_command(id, command),
        }
        while let Some(timer) = self.ctx.timers.take_due(now) {
            self.handle_timer(timer);
        }
        Ok(())
    }

    /// What the engine wants next.
    pub fn poll_output(&mut self) -> Output {
        self.ctx
            .take_output()
            .unwrap_or_else(|| Output::Timeout(self.ctx.timers.next()))
    }

    /// The membership, while there is one.
    pub fn membership(&self) -> Option<&Membership> {
        match &self.state {
            State::Member(member) => Some(member.membership()),
            _ => None,
        }
    }

    /// The call by its id, once we are in it.
    pub fn call(&self) -> Option<&InputGroupCall> {
        match &self.state {
            State::Member(member) => Some(member.call()),
            _ => None,
        }
    }

    /// Whose media source this is, as far as the roster tells; [`Command::Resolve`] asks for it.
    ///
    /// A frame of a source that nobody is known to have must be dropped.
    pub fn user_of(&self, source: Ssrc) -> Option<UserId> {
        match &self.state {
            State::Member(member) => member.roster().user_of(source),
            _ => None,
        }
    }

    /// All media sources that the roster tells, and whose they are.
    pub fn sources(&self) -> impl Iterator<Item = (Ssrc, UserId)> {
        let member = match &self.state {
            State::Member(member) => Some(member),
            _ => None,
        };
        member.into_iter().flat_map(|one| one.roster().sources())
    }

    /// Who is connected, as far as the roster tells.
    pub fn connected(&self) -> Vec<UserId> {
        match &self.state {
            State::Member(member) => member.roster().users().collect(),
            _ => Vec::new(),
        }
    }

    /// Whether the engine has ended.
    pub fn has_ended(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    fn handle_timer(&mut self, timer: Timer) {
        if timer == Timer::HeldBack {
            return self.ctx.send_held_back();
        }
        match core::mem::replace(&mut self.state, State::Ended) {
            State::Entering(entry) if timer == Timer::Entry => {
                let transition = entry.handle_timer(&mut self.ctx);
                self.enter(transition);
            }
            State::Member(mut member) => {
                let flow = member.handle_timer(&mut self.ctx, timer);
                self.state = State::Member(member);
                self.go_on(flow);
            }
            State::Leaving(mut leaving) => match leaving.handle_timer(&mut self.ctx, timer) {
                Left::Not => self.state = State::Leaving(leaving),
                Left::Yes => self.end(EndReason::Left),
            },
            state => self.state = state,
        }
    }

    fn handle_answer(&mut self, request: RequestId, outcome: Outcome) {
        self.ctx.order_answered(request, &outcome);
        match core::mem::replace(&mut self.state, State::Ended) {
            State::Entering(entry) => {
                let transition = entry.handle_answer(&mut self.ctx, request, outcome);
                self.enter(transition);
            }
            State::Member(mut member) => {
                let flow = member.handle_answer(&mut self.ctx, request, outcome);
                self.state = State::Member(member);
                self.go_on(flow);
            }
            State::Withdrawing(entry) if entry.waits_for(request) => {
                let left = entry.withdrawn(outcome);
                self.leave(left);
            }
            State::Leaving(mut leaving) => {
                match leaving.handle_answer(&mut self.ctx, request, &outcome) {
                    Left::Not => self.state = State::Leaving(leaving),
                    Left::Yes => self.end(EndReason::Left),
                }
            }
            state => self.state = state,
        }
    }

    fn handle_command(&mut self, id: CommandId, command: Command) {
        match command {
            _ if self.has_ended() => {}
            Command::Announce {
                muted,
                video_stopped,
            } => {
                let media = &mut self.ctx.config.media;
                (media.muted, media.video_stopped) = (muted, video_stopped);
            }
            Command::Decline { message } => {
                let kind = CommandKind::Decline;
                self.ctx.decline(Order { id, kind }, message);
            }
            command => self.handle_command_in_state(id, command),
        }
    }

    fn handle_command_in_state(&mut self, id: CommandId, command: Command) {
        match core::mem::replace(&mut self.state, State::Ended) {
            State::Member(mut member) => {
                let flow = member.handle_command(&mut self.ctx, id, command);
                self.state = State::Member(member);
                self.go_on(flow);
            }
            State::Entering(entry) if matches!(command, Command::Leave) => self.withdraw(entry),
            state => {
                self.state = state;
                if let Some(kind) = command.kind() {
                    let why = CommandFailure::NotJoined;
                    self.ctx.failed(Order { id, kind }, why);
                }
            }
        }
    }

    /// Takes the next step of entering.
    fn enter(&mut self, transition: Transition) {
        match transition {
            Transition::Entering(entry) => self.state = State::Entering(entry),
            Transition::Ended(reason) => self.end(reason),
            Transition::Abandoned(reason, from) => self.end_and_tell(reason, from),
            Transition::Entered(entrant) => {
                let source = entrant.payload.ssrc();
                let call = entrant.known.clone().or_else(|| entrant.asked.clone());
                match Member::of_entrant(&mut self.ctx, *entrant) {
                    Ok((mut member, welcome)) => {
                        let flow = member.begin(&mut self.ctx, welcome);
                        self.ctx.rejoin_done();
                        self.state = State::Member(Box::new(member));
                        self.go_on(flow);
                    }
                    Err(reason) => self.end_and_tell(reason, call.map(|call| (call, source))),
                }
            }
        }
    }

    /// Goes on with a membership, or does what its end demands.
    fn go_on(&mut self, flow: member::Flow) {
        let Err(departure) = flow else {
            return;
        };
        if let State::Member(mut member) = core::mem::replace(&mut self.state, State::Ended) {
            member.close();
            member.give_up_commands(&mut self.ctx, &departure);
            self.depart(departure, &member);
        }
    }
}

impl Engine {
    fn depart(&mut self, departure: Departure, member: &Member) {
        let (call, source) = (member.call().clone(), member.payload().ssrc());
        match departure {
            Departure::Leave => self.leave(Some((call, source))),
            Departure::End(reason) => self.end_and_tell(reason, Some((call, source))),
            Departure::Rejoin(reason) => match self.ctx.rejoins.next(self.ctx.now, &reason) {
                Some(pause) => self.rejoin(reason, pause, member),
                None => self.end_and_tell(EndReason::Broken(reason), Some((call, source))),
            },
        }
    }

    fn rejoin(&mut self, reason: RejoinReason, pause: Duration, member: &Member) {
        let ctx = &mut self.ctx;
        ctx.cancel_all();
        ctx.leave_membership(member.payload().ssrc(), member.public_key());
        ctx.retrying(Trouble::Rejoining(reason.clone()), pause, 1);
        let transition = Entry::again(ctx, reason, member, pause);
        self.enter(transition);
    }

    /// Gives up entering.
    fn withdraw(&mut self, entry: Box<Entry>) {
        self.ctx.cancel_all();
        if entry.is_sending() {
            self.state = State::Withdrawing(entry);
        } else {
            self.leave(entry.to_leave());
        }
    }

    /// Leaves a call that we are in or may be in.
    fn leave(&mut self, from: Option<(InputGroupCall, Ssrc)>) {
        match from {
            Some((call, source)) => {
                self.state = State::Leaving(Leaving::start(&mut self.ctx, call, source));
            }
            None => self.end(EndReason::Left),
        }
    }

    /// Ends, and tells the server so if it counts us as joined; its answer does not matter.
    fn end_and_tell(&mut self, reason: EndReason, from: Option<(InputGroupCall, Ssrc)>) {
        if let Some((call, source)) = from.filter(|_| reason.leaves_a_trace()) {
            self.ctx.send(LeaveGroupCall { call, source });
        }
        self.end(reason);
    }

    fn end(&mut self, reason: EndReason) {
        self.ctx.give_up_orders();
        self.ctx.cancel_all();
        self.ctx.event(Event::Ended(reason.into()));
        self.state = State::Ended;
    }
}
