//! One client at one moment of one run, as a value.

use confcall::UserId;
use confcall::join::api::Request;
use confcall::join::engine::{Engine, Input, RequestId};
use confcall::join::membership::Membership;
use confcall::media::Moment;
use confcall::state::PublicKey;
use confcall_simulator::Node;

use crate::pool::Printed;

/// The most that an engine of these small calls may print, as a measure of what it holds.
const LARGEST: usize = 256 << 10;

/// A request on its way to the server.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) request: RequestId,
    pub(crate) bytes: Vec<u8>,
    /// The key under which it asks to be in the call.
    pub(crate) public_key: Option<PublicKey>,
}

/// One client at one moment of one run.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) node: Node,
    /// The newest membership as it was just before its end, with all its keys.
    kept: Option<Membership>,
}

impl Client {
    /// A client that begins, and its first requests.
    pub(crate) fn begin(user: UserId, engine: Engine, now: Moment) -> (Self, Vec<Query>) {
        let mut client = Self {
            node: Node::new(user, engine, now),
            kept: None,
        };
        let queries = client.take_queries();
        (client, queries)
    }

    /// The client after an input, and the requests that follow it.
    pub(crate) fn after(&self, now: Moment, input: Input) -> (Self, Vec<Query>) {
        let mut client = self.clone();
        client.node.handle_input(now, input);
        if !client.node.is_in() && self.node.is_in() {
            client.kept = self.node.engine.membership().cloned();
        }
        let queries = client.take_queries();
        (client, queries)
    }

    /// The membership, and the one that ended last as it was before.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Membership> {
        self.node.engine.membership().into_iter().chain(&self.kept)
    }

    /// Takes the requests out of the client, and its events: how it came to be what it is makes no difference.
    fn take_queries(&mut self) -> Vec<Query> {
        self.node.events.clear();
        let sent = self.node.requests.drain(..);
        let queries = sent.map(|sent| Query {
            request: sent.id,
            bytes: sent.body.to_tl(),
            public_key: match &sent.body {
                Request::Join(join) => join.public_key,
                Request::Create(create) => create.public_key,
                _ => None,
            },
        });
        queries.collect()
    }

    /// Everything on which it depends how the client goes on.
    ///
    /// What the engine prints leaves out the secrets, which follow from the seed and from how much was drawn of it.
    pub(crate) fn printed(&self) -> Printed {
        let kept = self
            .kept
            .as_ref()
            .map(|kept| (kept.public_key(), kept.state().hash()));
        let Node {
            engine,
            wake,
            ended,
            emoji,
            unanswered,
            ..
        } = &self.node;
        let drawn = engine.drawn_for_testing_only();
        let printed = Printed::of(&(engine, drawn, wake, ended, emoji, unanswered, kept));
        assert!(printed.length < LARGEST, "the state grows");
        printed
    }
}
