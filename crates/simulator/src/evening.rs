//! An evening in a neighbourhood: calls of every kind at once, with their laws.

use std::collections::BTreeSet;
use std::time::Duration;

use confcall_join::api::reaction::GiveUpReason;
use confcall_join::api::{CallRef, ChatId, InputPeer, Peer, Request, VideoLayers};
use confcall_join::engine::{
    Command, CommandFailure, Config, EndReason, Event, Input, RejoinReason,
};
use confcall_join::joining::{GroupCallTarget, Target};
use confcall_join::message::{GroupMessage, RandomId};
use confcall_join::policy::CallKind;
use confcall_server::faults::Faults;
use confcall_server::{HostedCall, ServerOptions};
use confcall_state::{Joiner, UserId};

use crate::fixtures::{media_with, payload};
use crate::life::{calmed, is_due_on};
use crate::neighbourhood::{neighbourhood, own_channel, place};
use crate::node::Node;
use crate::transit::NodeId;
use crate::world::World;

/// The number of users; the first one is the admin of all chats.
const USERS: i64 = 5;
/// The largest number of clients.
const MOST: usize = 24;
/// The basic group, which may become a supergroup.
const FAMILY: ChatId = ChatId::new(504);

/// Something that a person or the server does.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Come,
    Leave,
    Rejoin,
    /// A participant goes on as another peer.
    BecomeAnother,
    Switch,
    Screen,
    Hand,
    /// An admin, most often, mutes a participant, lets it speak, or takes its hand down.
    Moderate,
    Write,
    Delete,
    /// An admin, most often, changes something of the call.
    Host,
    Gap,
    /// The server takes a participant for disconnected.
    Drop,
    /// The network is down for up to ten seconds.
    Outage,
    /// A call begins, is announced, begins after that, becomes another one, or ends.
    Turn,
}

const DEEDS: [Deed; 22] = [
    Deed::Come,
    Deed::Come,
    Deed::Leave,
    Deed::Rejoin,
    Deed::BecomeAnother,
    Deed::BecomeAnother,
    Deed::Switch,
    Deed::Switch,
    Deed::Switch,
    Deed::Screen,
    Deed::Hand,
    Deed::Hand,
    Deed::Moderate,
    Deed::Moderate,
    Deed::Moderate,
    Deed::Write,
    Deed::Delete,
    Deed::Host,
    Deed::Gap,
    Deed::Drop,
    Deed::Outage,
    Deed::Turn,
];

/// An evening that is over.
#[derive(Debug)]
pub struct Evening {
    /// The world at its end.
    pub world: World,
    faults: Faults,
}

impl Evening {
    /// Lives it: people enter video chats, livestreams, live stories and a conference, on a network with these faults.
    ///
    /// # Panics
    ///
    /// If a law does not hold: those of every [`Node`]; that in the end, on a calm network, all who stay see the
    /// participants, themselves and the call as the server has them, and the same messages; that what they show was written; and
    /// that they end only by what happened.
    pub fn live(seed: u64, turns: usize, faults: Faults) -> Self {
        let options = ServerOptions {
            seed,
            ..ServerOptions::default()
        };
        let mut world = World::with_server(neighbourhood(options), seed, faults);
        world.video = Some(VideoLayers::One);
        let mut evening = Self { world, faults };
        evening.begin();
        for _ in 0..turns {
            let deed = DEEDS[evening.world.below(DEEDS.len())];
            evening.act(deed);
            let pause = evening.world.below(8_000) as u64;
            evening.world.run(Duration::from_millis(pause));
        }
        evening.end();
        evening
    }

    fn begin(&mut self) {
        let creator = self.world.join_as(UserId::new(1), Target::Create);
        let minute = Duration::from_secs(60);
        let is_in = |world: &World| world.nodes[creator].is_in();
        let created = self.world.run_while_not(minute, is_in);
        assert!(created, "no call\n{}", self.world.history());
        let link = self.world.link();
        self.world.join_as(UserId::new(2), link);
        for _ in 0..8 {
            self.come();
        }
        self.world.run(Duration::from_secs(5));
    }

    /// A user enters some call.
    fn come(&mut self) {
        let world = &mut self.world;
        let calls: Vec<_> = world.server.hosted_calls().map(HostedCall::id).collect();
        let user = UserId::new(world.below(USERS as usize) as i64 + 1);
        let Some(call) = calls.get(world.below(calls.len())) else {
            return;
        };
        let call = world.server.hosted_call(*call).expect("it is there");
        let by_itself = CallRef::of(&call.reference()).map(GroupCallTarget::call);
        let by_place = place(&world.server, call);
        // Nothing but its story says that a call is one.
        let is_by_itself = call.story().is_none() && world.below(4) == 0;
        let chosen = match is_by_itself {
            true => by_itself,
            false => by_place,
        };
        if let Some(target) = chosen {
            let mut media = media_with(world.video, world.rng());
            media.muted = world.below(3) > 0;
            let mut config = Config::new(Target::Group(target), Joiner::new(user), media);
            if world.below(4) == 0 {
                config.join_as = own_channel(&mut world.server, user);
            }
            world.start(config);
        }
    }

    fn act(&mut self, deed: Deed) {
        let clients = self.world.nodes.len();
        let node = self.world.below(clients);
        let world = &mut self.world;
        let user = world.nodes[node].user;
        match deed {
            Deed::Come if clients < MOST => self.come(),
            Deed::Come => {}
            Deed::Leave => self.command(node, Command::Leave),
            Deed::Rejoin => self.command(node, Command::Rejoin),
            Deed::BecomeAnother => {
                let own = own_channel(&mut world.server, user);
                let own = own.filter(|_| world.below(3) > 0);
                let peer = own.unwrap_or(InputPeer::SelfUser);
                self.command(node, Command::JoinAs { peer });
            }
            Deed::Switch => {
                let value = world.below(2) == 0;
                let command = match world.below(4) {
                    0 => Command::SetVideo { on: value },
                    1 => Command::SetVideoPaused { paused: value },
                    _ => Command::SetMuted { muted: value },
                };
                self.command(node, command);
            }
            Deed::Screen => {
                let command = match world.below(3) {
                    0 => Command::StopPresentation,
                    _ => Command::StartPresentation {
                        payload: payload(Some(VideoLayers::One), world.rng()),
                    },
                };
                self.command(node, command);
            }
            Deed::Hand => {
                let raised = world.below(3) > 0;
                self.command(node, Command::RaiseHand { raised });
            }
            Deed::Moderate => self.moderate(node),
            Deed::Write => self.write(node),
            Deed::Delete => self.delete(node),
            Deed::Host => self.host(node),
            Deed::Gap => world.input(node, Input::Missed),
            Deed::Drop => {
                if let Some(call) = world.nodes[node].call() {
                    // Who is not connected cannot be dropped, which is as well.
                    let _ = world.server.drop_member(call.id, user);
                    world.push_out();
                }
            }
            Deed::Outage => {
                let time = world.below(10_000) as u64;
                world.cut(Duration::from_millis(time));
            }
            Deed::Turn => self.turn(),
        }
    }

    fn command(&mut self, node: NodeId, command: Command) {
        self.world.command(node, command);
    }

    /// The client of an admin in a client's call, most often; else this one.
    fn admin_or(&mut self, node: NodeId) -> NodeId {
        let call = self.world.nodes[node].call();
        let mut nodes = self.world.nodes.iter();
        let is_admin =
            |one: &Node| one.user == UserId::new(1) && one.ended.is_none() && one.call() == call;
        let admin = nodes.position(is_admin);
        admin.filter(|_| self.world.below(4) > 0).unwrap_or(node)
    }

    fn moderate(&mut self, node: NodeId) {
        let admin = self.admin_or(node);
        let peer = self.world.nodes[node]
            .own()
            .unwrap_or(Peer::User(UserId::new(3)));
        let command = match self.world.below(6) {
            0 => Command::LowerHand { peer },
            1 => Command::MuteForMe { peer, muted: true },
            2 => Command::SetVolume {
                peer,
                volume: self.world.below(20_000) as i32 + 1,
            },
            3 => Command::Mute { peer, muted: false },
            _ => Command::Mute { peer, muted: true },
        };
        self.command(admin, command);
    }

    fn write(&mut self, node: NodeId) {
        let random_id = RandomId::generate(self.world.rng());
        let text = format!("hello at {:?}", self.world.now());
        let message = GroupMessage::new(random_id, text, Vec::new());
        self.command(node, Command::Send(message.expect("a short text")));
    }

    fn delete(&mut self, node: NodeId) {
        let posted = self.world.nodes[node].posted().last();
        if let Some(id) = posted {
            let (messages, report_spam) = (vec![id], false);
            let command = Command::DeleteMessages {
                messages,
                report_spam,
            };
            self.command(node, command);
        }
    }

    fn host(&mut self, node: NodeId) {
        let admin = self.admin_or(node);
        let value = self.world.below(2) == 0;
        let command = match self.world.below(6) {
            0 => Command::StartRecording {
                title: None,
                video: None,
            },
            1 => Command::StopRecording,
            2 => Command::SetMessagesEnabled { enabled: true },
            3 => Command::SetJoinMuted { muted: value },
            4 => Command::ExportLink {
                can_self_unmute: value,
            },
            _ => Command::SetTitle {
                title: format!("since {:?}", self.world.now()),
            },
        };
        self.command(admin, command);
    }

    /// A call becomes another one, or ends.
    fn turn(&mut self) {
        let world = &mut self.world;
        let calls: Vec<_> = world.server.hosted_calls().map(HostedCall::id).collect();
        let call = calls[world.below(calls.len())];
        match world.below(6) {
            0 => drop(world.server.migrate_chat(FAMILY)),
            1 => drop(world.server.convert_to_rtmp(call)),
            2 => {
                let node = world.below(world.nodes.len());
                let admin = self.admin_or(node);
                self.command(admin, Command::Discard);
            }
            _ => {}
        }
        self.world.push_out();
    }
}

// The end.
impl Evening {
    fn end(&mut self) {
        self.world.faults = calmed(self.faults);
        let last_guests = self.world.nodes.len();
        for _ in 0..3 {
            self.come();
        }
        self.world.run(Duration::from_secs(10));
        self.world.settle_all();
        self.say_good_night();
        self.check_messages();
        for node in 0..self.world.nodes.len() {
            self.check_end(node, node >= last_guests);
        }
    }

    /// In each call somebody writes a last message, which all see once.
    fn say_good_night(&mut self) {
        let mut said = Vec::new();
        let mut calls = BTreeSet::new();
        for node in 0..self.world.nodes.len() {
            let one = &self.world.nodes[node];
            let Some(call) = one.call().filter(|_| one.ended.is_none()) else {
                continue;
            };
            if self.world.server.hosted_call(call.id).is_some() && calls.insert(call.id) {
                let text = format!("good night from {node}");
                let random_id = RandomId::generate(self.world.rng());
                let message = GroupMessage::new(random_id, text.clone(), Vec::new());
                let message = message.expect("a short text");
                let id = self.world.command(node, Command::Send(message));
                said.push((call.id, node, id, text));
            }
        }
        self.world.run(Duration::from_secs(20));
        for (call, writer, id, text) in said {
            let is_done =
                |event: &Event| matches!(event, Event::Done { id: done, .. } if *done == id);
            // Where messages are turned off none is sent.
            let is_sent = self.world.nodes[writer].events.iter().any(is_done);
            // Without an answer the server may have taken it.
            let is_unanswered = |event: &Event| matches!(event, Event::Failed { id: failed, why: CommandFailure::Unanswered, .. } if *failed == id);
            let is_in_doubt = self.world.nodes[writer].events.iter().any(is_unanswered);
            for node in &self.world.nodes {
                let is_there =
                    node.ended.is_none() && node.call().is_some_and(|one| one.id == call);
                let shown = plain_texts(node)
                    .filter(|(shown, _)| *shown == text)
                    .count();
                assert!(
                    !is_there || shown == usize::from(is_sent) || is_in_doubt && shown == 1,
                    "user {} shows {text:?} {shown} times\n{}",
                    node.user,
                    self.world.history()
                );
            }
        }
    }

    /// What is shown in a call without encryption was written to it, by one who was in it under that name.
    fn check_messages(&self) {
        let written: BTreeSet<_> = self.world.nodes.iter().flat_map(written).collect();
        for node in &self.world.nodes {
            for (text, from) in plain_texts(node) {
                assert!(
                    written.contains(&(text.to_owned(), from)),
                    "user {} shows {text:?} of {from}, which nobody wrote\n{}",
                    node.user,
                    self.world.history()
                );
            }
        }
    }

    /// True if another client of the same account was in the call of this one.
    fn has_rival(&self, node: NodeId) -> bool {
        let one = &self.world.nodes[node];
        let mut others = self.world.nodes.iter().enumerate();
        others.any(|(other, rival)| {
            let is_same = rival.user == one.user && rival.call() == one.call();
            other != node && is_same && one.call().is_some()
        })
    }

    /// A client ended by what happened, and not at all if it came when all was calm.
    fn check_end(&self, node: NodeId, is_late: bool) {
        let world = &self.world;
        let one = &world.nodes[node];
        let Some(ended) = &one.ended else {
            return;
        };
        let server = &world.server;
        let call = one.call().and_then(|call| server.hosted_call(call.id));
        let is_over = one.call().is_some() && call.is_none();
        let is_due = match &ended.reason {
            EndReason::Left => !is_late,
            EndReason::JoinedElsewhere => true,
            EndReason::Discarded => is_over || one.call().is_none(),
            EndReason::NoCallNow | EndReason::NotFound(_) => true,
            EndReason::ChatMigrated { .. } => {
                call.is_some_and(|call| matches!(call.peer(), Peer::Channel(_)))
            }
            EndReason::Converted { to } => {
                *to == CallKind::RtmpViewer && call.is_some_and(HostedCall::is_rtmp)
            }
            // The call was converted while it joined, of which the server says no more than this.
            EndReason::Refused { kind, .. } => {
                *kind == Some(GiveUpReason::OurMistake) && call.is_none_or(HostedCall::is_rtmp)
            }
            // Two devices of one account put each other out, and the first that has joined too often gives up.
            EndReason::Broken(RejoinReason::NotJoined) if self.has_rival(node) => true,
            _ if is_late => false,
            reason => is_due_on(&self.faults, one, reason),
        };
        assert!(
            is_due,
            "user {}: {:?}\n{}",
            one.user,
            ended.reason,
            world.history()
        );
    }
}

/// The texts of messages without encryption that a client shows, and their writers.
fn plain_texts(node: &Node) -> impl Iterator<Item = (&str, Peer)> {
    node.events.iter().filter_map(|event| match event {
        Event::Message {
            from,
            encrypted: false,
            message,
            ..
        } => Some((message.text(), *from)),
        _ => None,
    })
}

/// The messages that a client sent, each with all whom its user was in the call in its time.
fn written(node: &Node) -> impl Iterator<Item = (String, Peer)> {
    let peers: BTreeSet<_> = node.memberships().map(|joined| joined.own).collect();
    let texts = node.requests.iter().filter_map(|sent| match &sent.body {
        Request::PlainMessage(message) => Some(message.message.text.clone()),
        _ => None,
    });
    texts.flat_map(move |text| {
        let peers: Vec<_> = peers.iter().copied().collect();
        peers.into_iter().map(move |peer| (text.clone(), peer))
    })
}
