//! Actions of people and servers in a call; the network acts beside them.

use std::time::Duration;

use confcall_join::engine::{Command, Input};
use confcall_join::message::{GroupMessage, RandomId};
use confcall_server::Server;
use confcall_state::UserId;

use crate::world::World;

/// Something that happens to a random client, or to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A new user follows the link.
    Join,
    /// A client leaves.
    Leave,
    /// A client removes a user, maybe its own.
    Kick,
    /// A client of the same user joins.
    JoinElsewhere,
    /// A client sends a message.
    Message,
    /// A client is to join again.
    Rejoin,
    /// A client learns that it missed updates.
    Gap,
    /// A client stops and goes on from a checkpoint.
    Crash,
    /// The server takes a member for disconnected.
    DropMember,
    /// The server forgets the blocks before the last.
    Compact,
    /// The server restarts.
    Restart,
    /// The server restarts from a snapshot, once.
    RestartFromSnapshot,
    /// The network is down for up to ten seconds.
    Outage,
}

/// All of them: of an honest server and its clients.
const ALL: &[Action] = &[
    Action::Join,
    Action::Leave,
    Action::Kick,
    Action::JoinElsewhere,
    Action::Message,
    Action::Rejoin,
    Action::Gap,
    Action::Crash,
    Action::DropMember,
    Action::Compact,
    Action::Restart,
    Action::RestartFromSnapshot,
    Action::Outage,
];

/// The number of those in [`ALL`] that are the clients' own.
const OF_CLIENTS: usize = 8;

impl Action {
    /// One of all.
    pub fn draw(world: &mut World) -> Self {
        ALL[world.below(ALL.len())]
    }

    /// One of the clients.
    pub fn draw_of_clients(world: &mut World) -> Self {
        ALL[world.below(OF_CLIENTS)]
    }

    /// Takes the action, in a world that has at most so many clients.
    ///
    /// # Panics
    ///
    /// If the world does not allow it.
    pub fn act(self, world: &mut World, most: usize, snapshot: &mut Option<Server>) {
        let call = world.server.calls().next().expect("there is a call").id();
        let node = world.below(world.nodes.len());
        let user = world.nodes[node].user;
        match self {
            Self::Join if world.nodes.len() < most => {
                let link = world.link();
                world.join(link);
            }
            Self::JoinElsewhere if world.nodes.len() < most => {
                let link = world.link();
                world.join_as(user, link);
            }
            Self::Join | Self::JoinElsewhere => {}
            Self::Leave => {
                world.command(node, Command::Leave);
            }
            Self::Kick => {
                let users = vec![UserId::new(world.below(world.nodes.len()) as i64 + 1)];
                world.command(node, Command::Kick { users });
            }
            Self::Message => {
                let random_id = RandomId::generate(world.rng());
                let text = format!("hello at {:?}", world.now());
                let message = GroupMessage::new(random_id, text, Vec::new());
                world.command(node, Command::Send(message.expect("a short text")));
            }
            Self::Rejoin => {
                world.command(node, Command::Rejoin);
            }
            Self::Gap => world.input(node, Input::Missed),
            Self::Crash => world.crash(node),
            Self::DropMember => {
                // Who is not connected cannot be dropped, which is as well.
                let _ = world.server.drop_member(call, user);
                world.push_out();
            }
            Self::Compact => world.server.compact(call).expect("the call is there"),
            Self::Restart => world.restart_server(world.server.clone()),
            Self::RestartFromSnapshot => {
                // Twice would be a fork to the clients; a server that does so is not honest.
                if let Some(snapshot) = snapshot.take() {
                    world.restart_server(snapshot);
                }
            }
            Self::Outage => {
                let time = world.below(10_000) as u64;
                world.cut(Duration::from_millis(time));
            }
        }
    }
}
