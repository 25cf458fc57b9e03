//! A world of clients and a server: its clock, and what can be done in it.

mod checks;
mod clients;
mod network;

use std::collections::BTreeMap;
use std::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};
use confcall_join::engine::Event;
use confcall_join::joining::Target;
use confcall_join::message::{GroupMessage, RandomId};
use confcall_media::Moment;
use confcall_server::faults::Faults;
use confcall_server::{Server, ServerOptions};
use confcall_state::UserId;
use confcall_state::{BlockHash, EmojiHash};

pub use clients::{media, participant};

use crate::agenda::Agenda;
use crate::hostility::Hostility;
use crate::node::Node;
use crate::rule::Rule;
use network::Happening;

/// The place of a client in its world.
pub type NodeId = usize;

/// Engines and a server, under a virtual clock.
#[derive(Debug)]
pub struct World {
    /// The server.
    pub server: Server,
    /// The clients.
    pub nodes: Vec<Node>,
    /// What the network does.
    pub faults: Faults,
    /// What becomes of certain requests, whatever the network does; the first that fits counts.
    pub rules: Vec<Rule>,
    /// What the server does that an honest one would not.
    pub hostility: Option<Hostility>,
    /// How often each fault of the network struck.
    pub struck: BTreeMap<&'static str, u64>,
    /// How many clients went on from a checkpoint.
    pub restored: u64,
    /// Until when nothing passes the network.
    outage_until: Duration,
    /// What clients were told to send, and whose clients.
    written: BTreeMap<RandomId, (UserId, GroupMessage)>,
    now: Duration,
    agenda: Agenda<Happening>,
    rng: ChaCha20Rng,
    /// How often each client was started again.
    lives: Vec<u32>,
    /// How often the server was started again, which ends all connections.
    connection: u32,
    /// When the server looks for silent members.
    next_look: Duration,
    /// How many commands were given.
    commands: u64,
    /// The emoji of each block, and who saw them first.
    emoji: BTreeMap<BlockHash, (UserId, EmojiHash)>,
}

/// After this time without a request the server disconnects a member.
const SILENCE: Duration = Duration::from_secs(30);

impl World {
    /// A world without any client.
    pub fn new(seed: u64, faults: Faults) -> Self {
        Self {
            server: Server::new(ServerOptions {
                seed,
                ..ServerOptions::default()
            }),
            nodes: Vec::new(),
            faults,
            rules: Vec::new(),
            hostility: None,
            struck: BTreeMap::new(),
            restored: 0,
            outage_until: Duration::ZERO,
            written: BTreeMap::new(),
            now: Duration::ZERO,
            agenda: Agenda::new(),
            rng: ChaCha20Rng::seed_from_u64(seed),
            lives: Vec::new(),
            connection: 0,
            next_look: SILENCE,
            commands: 0,
            emoji: BTreeMap::new(),
        }
    }

    /// A call of some members over a good network, who have verified each other.
    pub fn with_call(members: usize) -> Self {
        let mut world = Self::new(1, Faults::NONE);
        world.join(Target::Create);
        world.converge();
        for _ in 1..members {
            let link = world.link();
            world.join(link);
            world.converge();
        }
        world
    }

    /// The virtual time since the world began.
    pub fn now(&self) -> Duration {
        self.now
    }

    /// The same as the moment that engines are told.
    pub fn moment(&self) -> Moment {
        Moment::new(self.now)
    }

    /// The world's own randomness, for scripts.
    pub fn rng(&mut self) -> &mut ChaCha20Rng {
        &mut self.rng
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.rng.next_u32() as usize % end.max(1)
    }

    /// A fresh secret seed for an engine.
    pub fn seed(&mut self) -> [u8; 32] {
        let mut seed = [0; 32];
        self.rng.fill_bytes(&mut seed);
        seed
    }

    /// The only call, as a link leads to it.
    pub fn link(&self) -> Target {
        let call = self.server.calls().next().expect("there is a call");
        Target::Slug(call.slug().clone())
    }

    /// Lets time pass.
    pub fn run(&mut self, time: Duration) {
        let until = self.now + time;
        self.run_until(until, |_| false);
    }

    /// Lets time pass until something holds; says whether it did within a time.
    pub fn run_while_not(&mut self, time: Duration, holds: impl FnMut(&Self) -> bool) -> bool {
        let until = self.now + time;
        self.run_until(until, holds)
    }

    fn run_until(&mut self, until: Duration, mut holds: impl FnMut(&Self) -> bool) -> bool {
        if holds(self) {
            return true;
        }
        while let Some((at, happening)) = self.agenda.next(until) {
            self.now = at;
            if self.next_look <= at {
                self.next_look = at + SILENCE / 3;
                self.drop_silent_members();
            }
            self.happen(happening);
            if holds(self) {
                return true;
            }
        }
        self.now = until;
        false
    }

    /// Lets nothing pass the network for a time.
    pub fn cut(&mut self, time: Duration) {
        self.outage_until = self.now + time;
    }

    /// Starts the server again with what it had stored; what is under way is lost.
    pub fn restart_server(&mut self, stored: Server) {
        self.server = stored;
        self.connection += 1;
    }

    /// What the server does about members whose clients are gone without its knowing.
    fn drop_silent_members(&mut self) {
        let since = self.now.saturating_sub(SILENCE);
        let heard = |user: UserId| {
            let mut nodes = self.nodes.iter().filter(|node| node.user == user);
            nodes.any(|node| node.asked.last().is_some_and(|asked| asked.at >= since))
        };
        let silent = self.server.calls().flat_map(|call| {
            let members = call.members().map(|member| member.user_id());
            members.map(|user| (call.id(), user))
        });
        let silent: Vec<_> = silent.filter(|(_, user)| !heard(*user)).collect();
        for (call, user) in silent {
            let dropped = self.server.drop_member(call, user);
            dropped.expect("a member can be dropped");
        }
        self.push_out();
    }

    /// Takes note of what a client has seen: for one block all see the same emoji, at all times.
    fn note(&mut self, node: NodeId, event: Event) {
        let user = self.nodes[node].user;
        if let Some((block, emoji)) = self.nodes[node].note(event) {
            let (first, seen) = *self.emoji.entry(block).or_insert((user, emoji));
            assert!(
                seen == emoji,
                "users {first} and {user} see other emoji for one block\n{}",
                self.history()
            );
        }
    }
}
