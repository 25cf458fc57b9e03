//! Clients: how they come, stop, are told something, and do what their engines want.

use chacha20::ChaCha20Rng;
use confcall_join::api::{GroupCallParticipant, Peer};
use confcall_join::engine::{Command, CommandId, Config, Engine, Input, Output};
use confcall_join::joining::{Fingerprint, JoinPayload, Target};
use confcall_join::policy::Media;
use confcall_join::trace::Recorder;
use confcall_media::Moment;
use confcall_state::keys::Seed;
use confcall_state::{Joiner, UserId};

use super::network::Happening;
use super::{NodeId, World};
use crate::node::Node;

/// What a client of the simulation says of its sound and picture.
pub fn media(rng: &mut ChaCha20Rng) -> Media {
    Media {
        payload: JoinPayload::generate(Fingerprint::sha256([7; 32]), None, rng),
        muted: true,
        video_stopped: true,
    }
}

/// What an update says of a user whose sources it does not tell.
pub fn participant(user: i64) -> GroupCallParticipant {
    GroupCallParticipant {
        peer: Peer::User(UserId::new(user)),
        date: 0,
        source: None,
        video: None,
        presentation: None,
        own: false,
        muted: false,
        just_joined: false,
        left: false,
        versioned: false,
        min: false,
    }
}

impl World {
    /// Starts a client of a user; users are numbered from 1 in the order of their first client.
    pub fn join(&mut self, target: Target) -> NodeId {
        let user = UserId::new(self.nodes.len() as i64 + 1);
        self.join_as(user, target)
    }

    /// Starts a client of this user.
    pub fn join_as(&mut self, user: UserId, target: Target) -> NodeId {
        let config = Config::new(target, Joiner::new(user), media(&mut self.rng));
        self.start(config)
    }

    /// Starts a client with a configuration.
    pub fn start(&mut self, config: Config) -> NodeId {
        let user = config.joiner.user_id;
        let engine = Engine::new(config, Seed::copy_of(&self.seed()), self.moment());
        self.add(user, engine)
    }

    /// Starts a client whose engine is recorded.
    pub fn start_recorded(&mut self, config: Config) -> NodeId {
        let seed = self.seed();
        self.start_recorded_from(config, seed)
    }

    /// Starts a client whose engine is recorded, from a seed of its own.
    pub fn start_recorded_from(&mut self, config: Config, seed: [u8; 32]) -> NodeId {
        let user = config.joiner.user_id;
        let (recorder, engine) = Recorder::start(config, Seed::copy_of(&seed), self.moment());
        self.insert(user, engine, Some(recorder))
    }

    /// Adds a client with an engine of its own.
    pub fn add(&mut self, user: UserId, engine: Engine) -> NodeId {
        self.insert(user, engine, None)
    }

    fn insert(&mut self, user: UserId, engine: Engine, recorder: Option<Recorder>) -> NodeId {
        let mut node = Node::new(user, engine);
        node.recorder = recorder;
        self.nodes.push(node);
        self.lives.push(0);
        let node = self.nodes.len() - 1;
        self.drain(node);
        node
    }

    /// Puts another engine in the place of a client's, as after a restart; late answers do not reach it.
    pub fn replace(&mut self, node: NodeId, engine: Engine) {
        self.lives[node] += 1;
        self.nodes[node].engine = engine;
        self.nodes[node].recorder = None;
        self.nodes[node].ended = None;
        self.nodes[node].cryptor = None;
        self.nodes[node].owed.clear();
        self.drain(node);
    }

    /// Stops a client and lets it go on from a checkpoint, if it is where one can be taken.
    ///
    /// # Panics
    ///
    /// If the checkpoint is not taken again.
    pub fn crash(&mut self, node: NodeId) {
        let (key, number) = ([5; 32], u64::from(self.lives[node]));
        let Ok(blob) = self.nodes[node].engine.checkpoint(&key, number) else {
            return;
        };
        let joiner = Joiner::new(self.nodes[node].user);
        let config = Config::new(self.link(), joiner, media(&mut self.rng));
        let (seed, now) = (self.seed(), self.moment());
        let restored = Engine::restore(&blob, &key, number, config, Seed::copy_of(&seed), now);
        let restored = restored.expect("an engine takes its own checkpoint");
        self.replace(node, restored.engine);
        self.restored += 1;
    }

    /// Gives a client a command; the number of it comes back with its answer.
    pub fn command(&mut self, node: NodeId, command: Command) -> CommandId {
        let id = CommandId::new(self.commands);
        self.commands += 1;
        if let Command::Send(message) = &command {
            let written = (self.nodes[node].user, message.clone());
            self.written.insert(message.random_id(), written);
        }
        self.nodes[node].owe(id, &command);
        self.input(node, Input::Command { id, command });
        id
    }

    /// Hands an input to a client's engine and does what it wants.
    pub fn input(&mut self, node: NodeId, input: Input) {
        let now = self.moment();
        let handled = self.nodes[node].handle_input(now, input);
        handled.expect("used by its contract");
        self.drain(node);
    }

    fn drain(&mut self, node: NodeId) {
        loop {
            match self.nodes[node].poll_output() {
                Output::Request { request, body } => self.send(node, request, body),
                Output::Event(event) => self.note(node, event),
                Output::Timeout(wake) => {
                    self.nodes[node].wake = wake;
                    if let Some(wake) = wake {
                        let at = wake.since(Moment::default()).max(self.now);
                        self.agenda.add(at, Happening::Wake { node });
                    }
                    return;
                }
            }
        }
    }
}
