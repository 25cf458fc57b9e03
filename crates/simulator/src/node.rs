use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use confcall_join::api::{Method, Request};
use confcall_join::engine::{Command, CommandId, Ended, Engine, Event, Input, Misuse, Output};
use confcall_join::message::GroupMessage;
use confcall_join::trace::Recorder;
use confcall_media::{Cryptor, Moment};
use confcall_state::UserId;
use confcall_state::{BlockHash, EmojiHash};

/// A request that a client sent.
#[derive(Clone, Debug)]
pub struct Asked {
    /// When.
    pub at: Duration,
    /// What.
    pub body: Request,
}

/// One client: its engine, and what came out of it.
#[derive(Debug)]
pub struct Node {
    /// Whose client it is.
    pub user: UserId,
    /// The engine.
    pub engine: Engine,
    /// Who writes its trace, if anybody does.
    pub recorder: Option<Recorder>,
    /// When the engine wants to be woken.
    pub wake: Option<Moment>,
    /// All events, in order.
    pub events: Vec<Event>,
    /// How it ended, if it did.
    pub ended: Option<Ended>,
    /// The commands that were not answered yet.
    pub owed: BTreeSet<CommandId>,
    /// All requests, in order.
    pub asked: Vec<Asked>,
    /// The cryptor of the newest membership.
    pub cryptor: Option<Arc<Cryptor>>,
    /// How often it joined.
    pub joins: usize,
}

impl Node {
    pub(crate) fn new(user: UserId, engine: Engine) -> Self {
        Self {
            user,
            engine,
            recorder: None,
            wake: None,
            events: Vec::new(),
            ended: None,
            owed: BTreeSet::new(),
            asked: Vec::new(),
            cryptor: None,
            joins: 0,
        }
    }

    /// The trace of the client's whole life; of one that is recorded.
    pub fn take_trace(&mut self) -> String {
        let recorder = self.recorder.take();
        recorder.map_or_else(String::new, Recorder::finish)
    }

    pub(crate) fn handle_input(&mut self, now: Moment, input: Input) -> Result<(), Misuse> {
        match &mut self.recorder {
            Some(recorder) => recorder.handle_input(&mut self.engine, now, input),
            None => self.engine.handle_input(now, input),
        }
    }

    pub(crate) fn poll_output(&mut self) -> Output {
        match &mut self.recorder {
            Some(recorder) => recorder.poll_output(&mut self.engine),
            None => self.engine.poll_output(),
        }
    }

    /// Whether the client is in the call.
    pub fn is_in(&self) -> bool {
        self.engine.membership().is_some()
    }

    /// How many requests of a method were sent.
    pub fn sent(&self, method: Method) -> usize {
        self.asked_by(method).count()
    }

    /// The requests of a method, in order.
    pub fn asked_by(&self, method: Method) -> impl Iterator<Item = &Asked> {
        self.asked
            .iter()
            .filter(move |one| one.body.method() == method)
    }

    /// The messages of others that it shows, in order.
    pub fn messages(&self) -> impl Iterator<Item = (UserId, &GroupMessage)> {
        self.events.iter().filter_map(|event| match event {
            Event::Message { from, message } => Some((*from, message)),
            _ => None,
        })
    }

    /// The most requests within a minute.
    pub fn busiest_minute(&self) -> usize {
        let minute = Duration::from_secs(60);
        let within = |from: &Asked| {
            let later = self.asked.iter().filter(|one| one.at >= from.at);
            later.take_while(|one| one.at < from.at + minute).count()
        };
        self.asked.iter().map(within).max().unwrap_or(0)
    }

    /// Notes a command, of which an answer is due unless its kind has none or the client has ended.
    pub(crate) fn owe(&mut self, id: CommandId, command: &Command) {
        if command.kind().is_some() && self.ended.is_none() {
            self.owed.insert(id);
        }
    }

    /// Takes an event; gives the emoji of a block where it shows them.
    pub(crate) fn note(&mut self, event: Event) -> Option<(BlockHash, EmojiHash)> {
        let mut shown = None;
        match &event {
            Event::Joined(joined) | Event::Rejoined(joined) => {
                self.joins += 1;
                self.cryptor = Some(Arc::clone(&joined.cryptor));
            }
            Event::Done { id, .. } | Event::Failed { id, .. } => {
                assert!(self.owed.remove(id), "{id:?} is answered once");
            }
            Event::Resumed(joined) => self.cryptor = Some(Arc::clone(&joined.cryptor)),
            Event::Emoji { hash, .. } => {
                let membership = self.engine.membership();
                shown = membership.map(|one| (one.verification().block_hash(), *hash));
            }
            Event::Ended(ended) => {
                assert!(self.ended.is_none(), "an engine ends once");
                let owed = &self.owed;
                assert!(owed.is_empty(), "{owed:?} have no answer at the end");
                self.ended = Some(ended.clone());
            }
            _ => {}
        }
        self.events.push(event);
        shown
    }
}
