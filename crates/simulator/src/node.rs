//! A client: one engine, driven by its contract, and everything that came out of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use confcall_join::api::{CallMessageId, CallRef, Method, Peer, Request};
use confcall_join::engine::checkpoint::CheckpointError;
use confcall_join::engine::{
    Command, CommandId, Config, Ended, Engine, Event, Input, Joined, Misuse, Output, RequestId,
};
use confcall_join::membership::LastKnown;
use confcall_join::message::GroupMessage;
use confcall_join::policy::{self, CallKind};
use confcall_join::trace::Recorder;
use confcall_media::{Cryptor, Moment};
use confcall_state::keys::Seed;
use confcall_state::{BlockHash, EmojiHash, UserId};

use crate::laws::{Laws, shown};

/// More outputs than this never follow one input.
const MOST_OUTPUTS: usize = 10_000;

/// A request that an engine wanted to be sent.
#[derive(Clone, Debug)]
pub struct SentRequest {
    /// The virtual time at which it was sent.
    pub at: Duration,
    /// Its number, with which its answer comes back.
    pub id: RequestId,
    /// The request itself.
    pub body: Request,
}

/// One client: its engine, and what came out of it.
///
/// It checks what holds for every engine whatever happens to it: polling ends; every request is one that the policy
/// allows, and has a number of its own; a command is answered once; for one block the emoji are always the same; nothing
/// comes after the end. And it checks the laws of trust: a membership begins with the block that was sent for it; keys
/// continue over rejoins and restarts, or people learn that they do not; emoji that do not come are called overdue; who
/// was kicked is not in the call; a conference and a call that is none are never taken for each other; nobody speaks who is not
/// allowed to.
#[derive(Debug)]
// Without the flag an engine cannot be copied, as its secrets cannot.
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
pub struct Node {
    /// The user of this client.
    pub user: UserId,
    /// The engine.
    pub engine: Engine,
    /// The time for which the engine set its timer.
    pub wake: Option<Moment>,
    /// All events, in order.
    pub events: Vec<Event>,
    /// The end, once it has come.
    pub ended: Option<Ended>,
    /// The commands without an answer.
    pub unanswered: BTreeSet<CommandId>,
    /// All requests, in order.
    pub requests: Vec<SentRequest>,
    /// All inputs, in order, if they are to be kept.
    pub inputs: Option<Vec<(Moment, Input)>>,
    /// The emoji of each block for which they were shown.
    pub emoji: BTreeMap<BlockHash, EmojiHash>,
    /// The cryptor of the newest membership.
    pub cryptor: Option<Arc<Cryptor>>,
    /// The number of its joins.
    pub joins: usize,
    /// True while neither pushes nor ticks reach it.
    pub(crate) is_asleep: bool,
    /// True while nothing passes between it and the server.
    pub(crate) is_cut_off: bool,
    /// The number of engines before this one.
    pub(crate) life: u32,
    /// The numbers of all requests of this engine.
    numbers: BTreeSet<RequestId>,
    laws: Laws,
    trace: Trace,
}

/// The recorder of an engine; a copy of the client is not recorded.
#[derive(Debug, Default)]
struct Trace(Option<Recorder>);

#[cfg(any(fuzzing, confcall_testing))]
impl Clone for Trace {
    fn clone(&self) -> Self {
        Self(None)
    }
}

impl Node {
    /// A client with an engine of which nothing was polled yet.
    pub fn new(user: UserId, engine: Engine, now: Moment) -> Self {
        let known = shown(&engine);
        Self::start(user, engine, known, Trace(None), now)
    }

    /// A client whose engine begins to enter a call.
    pub fn enter(config: Config, seed: [u8; 32], now: Moment) -> Self {
        let (user, known) = (config.joiner.user_id, config.last_known.clone());
        let engine = Engine::new(config, Seed::copy_of(&seed), now);
        Self::start(user, engine, known, Trace(None), now)
    }

    /// A client whose engine is recorded from its start.
    pub fn recorded(config: Config, seed: [u8; 32], now: Moment) -> Self {
        let (user, known) = (config.joiner.user_id, config.last_known.clone());
        let (recorder, engine) = Recorder::start(config, Seed::copy_of(&seed), now);
        Self::start(user, engine, known, Trace(Some(recorder)), now)
    }

    fn start(
        user: UserId,
        engine: Engine,
        known: Option<LastKnown>,
        trace: Trace,
        now: Moment,
    ) -> Self {
        let mut node = Self {
            user,
            engine,
            wake: None,
            events: Vec::new(),
            ended: None,
            unanswered: BTreeSet::new(),
            requests: Vec::new(),
            inputs: None,
            emoji: BTreeMap::new(),
            cryptor: None,
            joins: 0,
            is_asleep: false,
            is_cut_off: false,
            life: 0,
            numbers: BTreeSet::new(),
            laws: Laws::new(user, known),
            trace,
        };
        node.poll(now);
        node
    }

    /// Hands an input to the engine, and takes everything that comes of it.
    ///
    /// # Panics
    ///
    /// If the engine was not used by its contract, or what holds for every engine does not.
    pub fn handle_input(&mut self, now: Moment, input: Input) {
        if let Some(inputs) = &mut self.inputs {
            inputs.push((now, input.clone()));
        }
        if let Input::Command { id, command } = &input {
            self.expect_answer(*id, command);
        }
        self.laws.begin(&self.engine, &input);
        let handled = self.try_input(now, input);
        handled.expect("the engine is used by its contract");
        self.poll(now);
    }

    /// Takes a checkpoint of the engine, and stops it without leaving.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn suspend(
        &mut self,
        now: Moment,
        key: &[u8; 32],
        number: u64,
    ) -> Result<Vec<u8>, CheckpointError> {
        let checkpoint = match &mut self.trace.0 {
            // So that the trace has the input that the outputs come from.
            Some(recorder) => {
                let checkpoint = self.engine.checkpoint(key, number)?;
                let (id, command) = (CommandId::new(0), Command::Suspend);
                let stop = Input::Command { id, command };
                let stopped = recorder.handle_input(&mut self.engine, now, stop);
                stopped.map_err(|_| CheckpointError::OutputPending)?;
                checkpoint
            }
            None => self.engine.suspend(now, key, number)?,
        };
        self.poll(now);
        Ok(checkpoint)
    }

    fn try_input(&mut self, now: Moment, input: Input) -> Result<(), Misuse> {
        match &mut self.trace.0 {
            Some(recorder) => recorder.handle_input(&mut self.engine, now, input),
            None => self.engine.handle_input(now, input),
        }
    }

    /// Takes a command down, of which an answer is due unless its kind has none or the client has ended.
    fn expect_answer(&mut self, id: CommandId, command: &Command) {
        if command.kind().is_some() && self.ended.is_none() {
            self.unanswered.insert(id);
        }
    }

    fn poll(&mut self, now: Moment) {
        for _ in 0..MOST_OUTPUTS {
            let output = match &mut self.trace.0 {
                Some(recorder) => recorder.poll_output(&mut self.engine),
                None => self.engine.poll_output(),
            };
            match output {
                Output::Request {
                    request,
                    body,
                    kind,
                    ..
                } => self.take_request(now, request, kind, body),
                Output::Event(event) => self.take_event(now, event),
                Output::Timeout(wake) => return self.take_timeout(now, wake),
            }
        }
        panic!("user {}: polling does not end", self.user);
    }

    fn take_request(&mut self, now: Moment, id: RequestId, kind: CallKind, body: Request) {
        let user = self.user;
        assert!(self.ended.is_none(), "user {user}: {body:?} after the end");
        let allowed = policy::check_bytes(kind, &body.to_tl());
        assert_eq!(allowed.as_ref(), Ok(&body), "user {user}");
        let is_new = self.numbers.insert(id);
        assert!(
            is_new,
            "user {user}: the number of {body:?} was used before"
        );
        self.laws.sent(kind, id, &body);
        let at = now.since(Moment::default());
        self.requests.push(SentRequest { at, id, body });
    }

    fn take_event(&mut self, now: Moment, event: Event) {
        let user = self.user;
        assert!(self.ended.is_none(), "user {user}: {event:?} after the end");
        match &event {
            Event::Joined(joined) | Event::Rejoined(joined) => {
                self.joins += 1;
                self.cryptor.clone_from(&joined.cryptor);
            }
            Event::Resumed(joined) => self.cryptor.clone_from(&joined.cryptor),
            Event::Done { id, .. } | Event::Failed { id, .. } => {
                let is_due = self.unanswered.remove(id);
                assert!(is_due, "user {user}: {id:?} is answered twice");
            }
            Event::Emoji { hash, .. } => self.take_emoji(*hash),
            Event::Ended(ended) => {
                let unanswered = &self.unanswered;
                assert!(
                    unanswered.is_empty(),
                    "user {user}: {unanswered:?} at the end"
                );
                self.ended = Some(ended.clone());
            }
            _ => {}
        }
        self.laws.see(now, &event);
        self.events.push(event);
    }

    fn take_emoji(&mut self, emoji: EmojiHash) {
        if let Some(membership) = self.engine.membership() {
            let block = membership.verification().block_hash();
            let before = *self.emoji.entry(block).or_insert(emoji);
            assert!(
                before == emoji,
                "user {}: other emoji for one block",
                self.user
            );
        }
    }

    fn take_timeout(&mut self, now: Moment, wake: Option<Moment>) {
        let (user, ended) = (self.user, self.ended.is_some());
        assert!(
            !ended || wake.is_none(),
            "user {user}: a timer after the end"
        );
        assert_eq!(
            ended,
            self.engine.has_ended(),
            "user {user}: the end is an event"
        );
        self.laws.settle(now, &self.engine);
        self.wake = wake;
    }

    /// Stops the engine: nothing reaches it any more, late answers included.
    pub(crate) fn stop(&mut self) {
        self.life += 1;
        self.is_asleep = true;
    }

    /// Goes on with another engine, which is not recorded.
    pub(crate) fn replace(&mut self, engine: Engine, now: Moment) {
        self.stop();
        // It may go on from an older state than the engine before had.
        self.laws = Laws::new(self.user, shown(&engine));
        self.engine = engine;
        self.trace = Trace(None);
        self.ended = None;
        self.cryptor = None;
        self.unanswered.clear();
        self.numbers.clear();
        self.is_asleep = false;
        self.poll(now);
    }

    /// The trace of the engine's whole life, which ends with this; empty if it is not recorded.
    pub fn take_trace(&mut self) -> String {
        let recorder = self.trace.0.take();
        recorder.map_or_else(String::new, Recorder::finish)
    }

    /// The engine alone, without anything that came out of it.
    pub fn into_engine(self) -> Engine {
        self.engine
    }

    /// True while the client is in the call.
    pub fn is_in(&self) -> bool {
        self.engine.membership().is_some()
    }

    /// The number of requests of a method that were sent.
    pub fn sent(&self, method: Method) -> usize {
        self.requests_of(method).count()
    }

    /// The requests of a method, in order.
    pub fn requests_of(&self, method: Method) -> impl Iterator<Item = &SentRequest> {
        let requests = self.requests.iter();
        requests.filter(move |request| request.body.method() == method)
    }

    /// The encrypted messages of others that it shows, in order.
    pub fn messages(&self) -> impl Iterator<Item = (UserId, &GroupMessage)> {
        self.events.iter().filter_map(|event| match event {
            Event::Message {
                from: Peer::User(from),
                encrypted: true,
                message,
                ..
            } => Some((*from, message)),
            _ => None,
        })
    }

    /// The messages without encryption that it shows and that were not deleted, in order.
    pub fn posted(&self) -> impl Iterator<Item = CallMessageId> {
        let deleted: BTreeSet<_> = self
            .events
            .iter()
            .filter_map(|event| match event {
                Event::MessagesDeleted { messages } => Some(messages),
                _ => None,
            })
            .flatten()
            .collect();
        let posted = self.events.iter().filter_map(|event| match event {
            Event::Message {
                posted: Some(posted),
                ..
            } => Some(posted.id),
            _ => None,
        });
        posted.filter(move |id| !deleted.contains(id))
    }

    /// All memberships, in order.
    pub fn memberships(&self) -> impl DoubleEndedIterator<Item = &Joined> {
        self.events.iter().filter_map(|event| match event {
            Event::Joined(joined) | Event::Rejoined(joined) => Some(joined),
            _ => None,
        })
    }

    /// The call that it is in, or was in last.
    pub fn call(&self) -> Option<CallRef> {
        Some(self.memberships().next_back()?.call)
    }

    /// As whom it is in a call, or was last.
    pub fn own(&self) -> Option<Peer> {
        Some(self.memberships().next_back()?.own)
    }

    /// The most requests within a minute.
    pub fn busiest_minute(&self) -> usize {
        let minute = Duration::from_secs(60);
        let within = |from: &SentRequest| {
            let later = self.requests.iter().filter(|one| one.at >= from.at);
            later.take_while(|one| one.at < from.at + minute).count()
        };
        self.requests.iter().map(within).max().unwrap_or(0)
    }
}
