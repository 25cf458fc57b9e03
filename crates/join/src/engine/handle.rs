use std::collections::BTreeMap;

use chacha20::ChaCha20Rng;
use confcall_media::Moment;
use confcall_state::UserId;
use confcall_state::keys::{Seed, with_wiped_stack};
use rand_core::SeedableRng as _;

use super::command::{Command, CommandId};
use super::config::Config;
use super::context::Context;
use super::fact::Fact;
use super::generator::Generator;
use super::in_call::InCall;
use super::io::{Input, Output};
use super::machine::{Machine, Misuse};
use super::member::Member;
use super::own_state::OwnState;
use super::participant::Participant;
use super::parts::roster::Roster;
use super::secrets::Secrets;
use crate::api::{CallRef, CallSettings, Method, Peer, Ssrc};
use crate::engine::checkpoint::{CheckpointError, Content, Opened, RestoreError, open, seal};
use crate::labels::Labels;
use crate::membership::{LastKnown, Membership};
use crate::policy::CallKind;

/// One user's whole life in one call.
///
/// # Contract
///
/// - After [`Engine::new`] and after every [`Engine::handle_input`], call [`Engine::poll_output`] until it gives
///   [`Output::Timeout`]. An input before that is a [`Misuse`] and changes nothing.
/// - Send every [`Output::Request`], in order, and hand back its outcome by [`Input::Answer`] once, in whatever order the
///   answers come. The sender decides how long to wait; an answer that does not come within that time, 30 s say, is
///   [`Outcome::Lost`](super::Outcome::Lost).
/// - When the moment of [`Output::Timeout`] has come, hand in [`Input::Tick`]. Later is not wrong, only slower.
/// - Hand in updates in the order of their arrival; those about other calls do no harm.
/// - The moments of all inputs are of one clock that does not go backwards.
/// - After [`Event::Ended`](super::Event::Ended) nothing more comes out, and every input is ignored.
///
/// Nothing here blocks. Everything that a server or a member can make an engine store has bounds ([`crate::limits`]).
///
/// # Secrets
///
/// The engine owns the private key of the current membership; media threads hold the [`confcall_media::Cryptor`] that came with
/// [`Event::Joined`](super::Event::Joined), which closes with the membership. Each secret is in memory once, no longer than it is
/// needed. Moving an engine copies none, work on them wipes its stack, and the generator cannot give again what it gave.
/// `spec/threat-model.md` says what is out of reach.
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
/// let Output::Request { request, body: Request::GroupCall(_), .. } = engine.poll_output() else {
///     panic!("the link is looked up first");
/// };
/// assert!(matches!(engine.poll_output(), Output::Timeout(None)));
/// # let _ = request;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
pub struct Engine {
    // Behind a pointer: an engine that is moved leaves nothing behind, and takes along nothing that stood beside its values
    // on the stack.
    machine: Box<Machine>,
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
        let ctx = context(config, public_seed, now, secrets);
        Self {
            machine: Box::new(Machine::begin(ctx)),
        }
    }

    /// Takes the facts since the last time; there are some only in a recorded engine.
    pub(crate) fn take_facts(&mut self) -> Vec<Fact> {
        self.machine.secrets_mut().take_facts()
    }

    /// Gives a replayed engine the facts of the input that comes next.
    pub(crate) fn add_facts(&mut self, facts: Vec<Fact>) {
        self.machine.secrets_mut().add_facts(facts);
    }

    /// True once a replayed engine has left its trace: it asked for another fact than came next, or for none.
    pub(crate) fn has_derailed(&self) -> bool {
        self.machine.secrets().has_derailed()
    }

    /// Takes in one input at a moment.
    ///
    /// # Errors
    ///
    /// [`Misuse`]; nothing has changed then.
    pub fn handle_input(&mut self, now: Moment, input: Input) -> Result<(), Misuse> {
        self.machine.handle_input(now, input)
    }

    /// The next output.
    pub fn poll_output(&mut self) -> Output {
        self.machine.poll_output()
    }

    /// The membership, while there is one.
    pub fn membership(&self) -> Option<&Membership> {
        self.machine.in_call()?.member().map(Member::membership)
    }

    /// The call, while we are in it.
    pub fn call(&self) -> Option<CallRef> {
        self.machine
            .in_call()
            .map(|in_call| in_call.identity().call)
    }

    /// The kind of the call, as far as it is known.
    pub fn kind(&self) -> CallKind {
        self.machine.kind()
    }

    /// The user of a media source, if the roster shows it; [`Command::Resolve`](super::Command::Resolve) asks for it.
    ///
    /// A frame of a source without a known user must be dropped.
    pub fn user_of(&self, source: Ssrc) -> Option<UserId> {
        self.peer_of(source).and_then(Peer::user)
    }

    /// The participant of a media source, who can be a channel, if the roster shows it.
    pub fn peer_of(&self, source: Ssrc) -> Option<Peer> {
        self.roster().and_then(|roster| roster.peer_of(source))
    }

    /// The participants in the order in which they are shown: raised hands, the earliest first; those who spoke, the last one
    /// first; the others as they came. None while we are not in the call.
    ///
    /// [`Event::ParticipantsChanged`](super::Event::ParticipantsChanged) says when they are others; their place in the chain
    /// changes with the chain and its verification.
    pub fn participants(&self) -> Vec<Participant> {
        let in_call = self.machine.in_call();
        in_call.map_or_else(Vec::new, InCall::participants)
    }

    /// The state of our own media, while we are in the call; [`Event::OwnState`](super::Event::OwnState) says when it is another
    /// one.
    pub fn own_state(&self) -> Option<OwnState> {
        self.machine.own_state()
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

    /// The settings of the call, while we are in it and the server has shown them.
    pub fn settings(&self) -> Option<CallSettings> {
        self.machine.in_call().and_then(InCall::settings)
    }

    /// The members of the chain who have just left: the roster does not list them, and a block removes them soon.
    ///
    /// Until then they have the key of the newest epoch. One who is not removed in time is a
    /// [`Suspicion::UnlistedMember`](super::Suspicion::UnlistedMember), and not in here any more.
    pub fn leaving(&self) -> Vec<UserId> {
        let member = self.machine.in_call().and_then(InCall::member);
        member.map_or_else(Vec::new, |member| member.leaving().collect())
    }

    /// The labels that the server gives to peers, with what it takes to name them in requests.
    pub fn labels(&self) -> &Labels {
        self.machine.labels()
    }

    /// The number of things that the server showed and that were cut or passed over, because they are too long or make no sense.
    pub fn ignored(&self) -> u32 {
        let of_roster = self.roster().map_or(0, Roster::ignored);
        let of_labels = self.machine.labels().ignored();
        of_labels.saturating_add(of_roster)
    }

    /// The methods of which requests wait because the server wants time to pass, and until when.
    pub fn waits(&self) -> BTreeMap<Method, Moment> {
        self.machine.waits().collect()
    }

    /// The last state that was seen of the call, for [`Config::last_known`] of a later engine.
    ///
    /// The end hands it out too; this is for those who keep it before, against a crash.
    pub fn last_known(&self) -> Option<LastKnown> {
        self.machine.last_known()
    }

    /// True once the engine has ended.
    pub fn has_ended(&self) -> bool {
        self.machine.has_ended()
    }

    fn roster(&self) -> Option<&Roster> {
        self.machine.in_call().map(InCall::roster)
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
        with_wiped_stack(|| {
            let content = self.machine.save()?;
            seal(key, number, &content.to_bytes()?)
        })
    }

    /// Takes the last checkpoint, and stops without leaving, for a planned restart; [`Engine::restore`] goes on.
    ///
    /// For an engine that is recorded, take the checkpoint, and hand [`Command::Suspend`] to the recorder.
    ///
    /// The engine ends as [`EndReason::Suspended`](super::EndReason::Suspended). Without a checkpoint it goes on as before.
    ///
    /// # Errors
    ///
    /// [`CheckpointError`], above all for an engine that is not in the call, or whose outputs are waiting.
    pub fn suspend(
        &mut self,
        now: Moment,
        key: &[u8; 32],
        number: u64,
    ) -> Result<Vec<u8>, CheckpointError> {
        let checkpoint = self.checkpoint(key, number)?;
        let (id, command) = (CommandId::new(0), Command::Suspend);
        let stop = Input::Command { id, command };
        let stopped = self.handle_input(now, stop);
        stopped.map_err(|_| CheckpointError::OutputPending)?;
        Ok(checkpoint)
    }

    /// Goes on from a checkpoint whose number is at least `lowest`.
    ///
    /// The configuration is that of the engine before: its user must be the checkpoint's, and its target must not
    /// name another call; payload and key come from the checkpoint. The seed is fresh, as in [`Engine::new`].
    ///
    /// The engine first learns what happened meanwhile. It shows [`Event::Resumed`](super::Event::Resumed) when it has
    /// caught up, and joins again if it cannot follow, or was removed meanwhile; if the server refuses that, it ends as
    /// removed.
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
        with_wiped_stack(|| {
            let Opened { number, content } = open(key, lowest, blob)?;
            let lowest = number.checked_add(1).ok_or(RestoreError::LastNumber)?;
            let content = Content::from_bytes(&content)?;
            let (rng, public_seed) = Generator::split(seed);
            let ctx = context(config, public_seed, now, Secrets::new(rng));
            let machine = Box::new(Machine::resume(ctx, content)?);
            let engine = Self { machine };
            Ok(Restored { lowest, engine })
        })
    }
}

fn context(config: Config, public_seed: [u8; 32], now: Moment, secrets: Secrets) -> Context {
    Context::new(config, now, secrets, ChaCha20Rng::from_seed(public_seed))
}

#[cfg(any(fuzzing, confcall_testing))]
impl Engine {
    /// The generator of secrets that an engine of this seed begins with.
    pub fn secret_generator_for_testing_only(seed: Seed) -> impl rand_core::CryptoRng {
        Generator::split(seed).0
    }

    /// A generator that gives what the secret generator will give.
    pub fn secrets_to_come_for_testing_only(&self) -> impl rand_core::CryptoRng {
        self.machine.secrets().same_rng()
    }

    /// The position of the secret generator and of the public one.
    ///
    /// Two engines of the same seed that print the same, and have drawn as much, go on alike.
    pub fn drawn_for_testing_only(&self) -> [u128; 2] {
        self.machine.drawn()
    }
}
