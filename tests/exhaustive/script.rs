//! Small calls to search through.

use std::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall::CallRef;
use confcall::join::api::{ChannelId, Peer};
use confcall::join::engine::{Command, Config, Engine};
use confcall::join::joining::GroupCallTarget;
use confcall::media::Moment;
use confcall::state::keys::Seed;
use confcall::{Joiner, Target, UserId};
use confcall_server::{HostedCall, Server, ServerOptions};
use confcall_simulator::{media, neighbourhood};

use crate::network::{Line, Network, World};
use crate::search::{Choice, State};

/// Something that a client's user wants, once.
pub(crate) struct Order {
    pub(crate) client: usize,
    pub(crate) command: Command,
    pub(crate) when: When,
}

/// From when on a user can want it; any moment from then on is tried.
pub(crate) enum When {
    Anytime,
    /// Once the client follows a chain that holds this client.
    Holds(usize),
}

/// The call of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    Conference,
    /// The video chat of a group whose admin is the first user.
    VideoChat,
}

impl Place {
    fn server(self) -> Server {
        match self {
            Self::Conference => Server::new(ServerOptions::default()),
            Self::VideoChat => neighbourhood(ServerOptions::default()),
        }
    }
}

/// The video chat on a server.
pub(crate) fn video_chat(server: &Server) -> &HostedCall {
    let group = Peer::Channel(ChannelId::new(501));
    let mut calls = server.hosted_calls();
    calls
        .find(|call| call.peer() == group)
        .expect("it has a video chat")
}

/// Things that happen at once, after a call in which some are in and verified.
pub(crate) struct Script {
    pub(crate) place: Place,
    /// The number of those who are in.
    pub(crate) members: usize,
    /// The number of those who press the link at the same moment.
    pub(crate) joiners: usize,
    pub(crate) orders: Vec<Order>,
    /// The number of times, for each client, that an answer may overtake pushes, or a push answers.
    pub(crate) overtakes: Vec<u8>,
    /// The number of times that time may pass although messages are on their way.
    pub(crate) slow: u8,
    /// The number of lies that the server tells.
    pub(crate) lies: u8,
}

/// The user of a client.
pub(crate) fn user(client: usize) -> UserId {
    UserId::new(client as i64 + 1)
}

impl Script {
    pub(crate) fn users(&self) -> Vec<UserId> {
        (0..self.members + self.joiners).map(user).collect()
    }

    /// The state from which everything is tried.
    pub(crate) fn begin(&self, network: &mut Network) -> State {
        let empty = network.put_server(self.place.server());
        let mut state = State {
            now: Duration::ZERO,
            worlds: vec![World::of(empty)],
            lines: Vec::new(),
            given: vec![false; self.orders.len()],
            slow: 0,
            lies: 0,
            place: self.place,
        };
        let mut before = state.worlds[0].server;
        for client in 0..self.members {
            before = state.worlds[0].server;
            let line = start(network, &state, client);
            state.lines.push(line);
            while !state.has_settled(network) {
                let choice = state.messages().next().unwrap_or(Choice::Time);
                state.take(network, &self.orders, choice);
            }
        }
        if self.lies > 0 {
            state.worlds.push(World::of(before));
            state.counterfeit(network, empty, &self.users());
        }
        for client in self.members..self.members + self.joiners {
            let line = start(network, &state, client);
            state.lines.push(line);
        }
        (state.slow, state.lies) = (self.slow, self.lies);
        for (line, overtakes) in state.lines.iter_mut().zip(&self.overtakes) {
            line.overtakes = *overtakes;
        }
        state
    }
}

fn start(network: &mut Network, state: &State, client: usize) -> Line {
    let server = network.servers.of(state.worlds[0].server);
    let target = match state.place {
        Place::Conference => conference(server),
        Place::VideoChat => {
            let call = CallRef::of(&video_chat(server).reference());
            Target::Group(GroupCallTarget::call(
                call.expect("updates name it by its id"),
            ))
        }
    };
    enter(
        network,
        state.now,
        user(client),
        target,
        [client as u8 + 1, client as u8 + 101],
    )
}

/// A client that begins to enter a call, with stated seeds for its media and its engine.
pub(crate) fn enter(
    network: &mut Network,
    now: Duration,
    name: UserId,
    target: Target,
    [media_seed, engine_seed]: [u8; 2],
) -> Line {
    let mut rng = ChaCha20Rng::from_seed([media_seed; 32]);
    let config = Config::new(target, Joiner::new(name), media(&mut rng));
    let now = Moment::new(now);
    let engine = Engine::new(config, Seed::copy_of(&[engine_seed; 32]), now);
    network.begin(name, engine, now)
}

/// The conference on a server, or a new one where there is none.
pub(crate) fn conference(server: &Server) -> Target {
    let call = server.calls().next();
    call.map_or(Target::Create, |call| Target::Slug(call.slug().clone()))
}

impl Order {
    /// True if the user can want it now.
    pub(crate) fn is_possible(&self, network: &Network, state: &State) -> bool {
        match self.when {
            When::Anytime => true,
            When::Holds(other) => {
                let client = network.clients.of(state.lines[self.client].client);
                client.node.engine.membership().is_some_and(|membership| {
                    let group_state = membership.state().group_state();
                    group_state.by_user(user(other)).is_some()
                })
            }
        }
    }
}
