use std::collections::BTreeMap;

use confcall::join::engine::{
    Command, CommandKind, Ended, Engine, Event, Input, Output, RequestId,
};
use confcall::join::membership::Membership;
use confcall::media::Moment;
use confcall::state::{BlockHash, EmojiHash};

use crate::pool::Printed;

/// How much an engine of these small calls may print, as a measure of what it holds.
const LARGEST: usize = 256 << 10;

/// A request on its way to the server.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) request: RequestId,
    pub(crate) bytes: Vec<u8>,
}

/// One client at one moment of one run.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) engine: Engine,
    pub(crate) wake: Option<Moment>,
    pub(crate) ended: Option<Ended>,
    /// The emoji of each block that it has verified.
    pub(crate) emoji: BTreeMap<BlockHash, EmojiHash>,
    /// How many kicks were wanted of which nothing is known yet.
    pub(crate) owed: usize,
    /// The newest membership as it was just before its end, with all its keys.
    pub(crate) kept: Option<Membership>,
}

impl Client {
    /// A client that has begun, and what it asks.
    pub(crate) fn begin(engine: Engine) -> (Self, Vec<Asked>) {
        let mut client = Self {
            engine,
            wake: None,
            ended: None,
            emoji: BTreeMap::new(),
            owed: 0,
            kept: None,
        };
        let asked = client.drain();
        (client, asked)
    }

    /// The client after an input, and what it asks.
    pub(crate) fn after(&self, now: Moment, input: Input) -> (Self, Vec<Asked>) {
        let mut client = self.clone();
        client.owed += usize::from(matches!(
            input,
            Input::Command {
                command: Command::Kick { .. },
                ..
            }
        ));
        let handled = client.engine.handle_input(now, input);
        handled.expect("used by its contract");
        if client.engine.membership().is_none() && self.engine.membership().is_some() {
            client.kept = self.engine.membership().cloned();
        }
        let asked = client.drain();
        (client, asked)
    }

    /// The membership, and the one that ended last as it was before.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Membership> {
        self.engine.membership().into_iter().chain(&self.kept)
    }

    fn drain(&mut self) -> Vec<Asked> {
        let mut asked = Vec::new();
        loop {
            match self.engine.poll_output() {
                Output::Request { request, body } => {
                    let bytes = body.to_tl();
                    asked.push(Asked { request, bytes });
                }
                Output::Event(Event::Emoji { hash, .. }) => {
                    let membership = self.engine.membership().expect("a member verifies");
                    let block = membership.verification().block_hash();
                    let before = self.emoji.insert(block, hash);
                    assert!(before.is_none_or(|before| before == hash), "other emoji");
                }
                Output::Event(Event::Ended(ended)) => {
                    assert!(self.ended.is_none(), "an engine ends once");
                    self.ended = Some(ended);
                }
                Output::Event(
                    Event::Done {
                        command: CommandKind::Kick,
                        ..
                    }
                    | Event::Failed {
                        command: CommandKind::Kick,
                        ..
                    },
                ) => self.owed -= 1,
                Output::Event(_) => {}
                Output::Timeout(wake) => {
                    self.wake = wake;
                    return asked;
                }
            }
        }
    }

    /// Everything on which it depends how the client goes on.
    ///
    /// What the engine prints leaves out the secrets, which follow from the seed and from how much was drawn of it.
    pub(crate) fn printed(&self) -> Printed {
        let kept = self
            .kept
            .as_ref()
            .map(|kept| (kept.public_key(), kept.state().hash()));
        let drawn = self.engine.drawn_for_testing_only();
        let printed = Printed::of(&(
            &self.engine,
            drawn,
            self.wake,
            &self.ended,
            &self.emoji,
            self.owed,
            kept,
        ));
        assert!(printed.length < LARGEST, "the state grows");
        printed
    }
}
