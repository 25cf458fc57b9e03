//! Actions of people and servers in a call; the network acts beside them.

use std::time::Duration;

use confcall_join::api::{Peer, VideoLayers};
use confcall_join::engine::{Command, Input};
use confcall_join::message::{GroupMessage, RandomId};
use confcall_server::Server;
use confcall_state::UserId;

use crate::fixtures::payload;
use crate::transit::NodeId;
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
    /// A participant turns a switch of its own media, maybe twice at once.
    Switch,
    /// A participant shares a screen, or does not any more.
    Screen,
    /// A participant changes how others are heard, for all or for itself.
    Hear,
    /// A participant, most often the creator, turns messages off or on.
    Settings,
    /// A client stops for a planned restart, and goes on.
    Suspend,
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

/// What participants do to their own media and to others, beside all that.
const OF_PARTICIPANTS: &[Action] = &[
    Action::Switch,
    Action::Switch,
    Action::Screen,
    Action::Hear,
    Action::Hear,
    Action::Settings,
    Action::Suspend,
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

    /// One of those of participants.
    pub fn draw_of_participants(world: &mut World) -> Self {
        OF_PARTICIPANTS[world.below(OF_PARTICIPANTS.len())]
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
            Self::Switch => {
                for _ in 0..=world.below(2) {
                    let command = switch(world);
                    world.command(node, command);
                }
            }
            Self::Screen => {
                let command = screen(world);
                world.command(node, command);
            }
            Self::Hear => {
                let node = creator_or(world, node);
                for _ in 0..=world.below(3) {
                    let command = hear(world);
                    world.command(node, command);
                }
            }
            Self::Settings => {
                let (node, enabled) = (creator_or(world, node), world.below(3) > 0);
                world.command(node, Command::SetMessagesEnabled { enabled });
            }
            Self::Suspend => world.suspend(node),
        }
    }
}

/// The client that created the call, most often; else this one.
fn creator_or(world: &mut World, node: NodeId) -> NodeId {
    match world.below(4) {
        0 => node,
        _ => 0,
    }
}

fn switch(world: &mut World) -> Command {
    let value = world.below(2) == 0;
    match world.below(5) {
        0 => Command::SetVideo { on: value },
        1 => Command::SetVideoPaused { paused: value },
        2 => Command::SetPresentationPaused { paused: value },
        _ => Command::SetMuted { muted: value },
    }
}

fn screen(world: &mut World) -> Command {
    match world.below(3) {
        0 => Command::StopPresentation,
        _ => Command::StartPresentation {
            payload: payload(Some(VideoLayers::One), world.rng()),
        },
    }
}

/// A change of how a participant, maybe one that is not there, is heard.
fn hear(world: &mut World) -> Command {
    let user = UserId::new(world.below(world.nodes.len()) as i64 + 1);
    let (peer, muted) = (Peer::User(user), world.below(2) == 0);
    match world.below(4) {
        0 => Command::MuteForMe { peer, muted },
        1 => Command::SetVolume {
            peer,
            volume: world.below(20_000) as i32 + 1,
        },
        _ => Command::Mute { peer, muted },
    }
}
