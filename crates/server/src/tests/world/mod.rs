//! The calls of groups and channels, and live stories.

mod finding;
mod floor;
mod hosting;
mod joining;
mod limits;
mod messages;
mod moving;
mod sequences;
mod snapshots;
mod streams;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall_join::api::{
    AccessHash, ActiveCall, CallConnection, CallRef, ChannelId, EditGroupCallParticipant,
    GetFullChannel, GroupCallParticipant, InputGroupCall, InputPeer, JoinGroupCall, Peer, Request,
    ResolveUsername, Response, RpcError, Service as _, Update, Updates,
};
use confcall_join::joining::{Fingerprint, JoinPayload};
use confcall_state::UserId;

use super::{ALICE, BOB, CAROL, own_forms};
use crate::{HostedCall, Server, ServerOptions, WorldDescription};

/// A stranger to every private chat.
const EVE: UserId = UserId::new(9);

const WORLD: &str = r#"
[[user]]
id = 1
stars = 10

[[user]]
id = 2
stars = 10

[[user]]
id = 901
name = "Dora"
username = "dora"

[[chat]]
kind = "supergroup"
id = 11
title = "The Walkers"
username = "walkers"
members = [2, 3]
admins = [1]
anonymous = [4]
call.title = "Where to next"
call.speakers = [901]

[[chat]]
kind = "channel"
id = 12
title = "Harbour News"
username = "harbour"
members = [2]
admins = [1]
call.join_muted = true
call.stream_above = 1
call.listeners_hidden = true
call.speakers = [901]
call.cameras = [901]

[[chat]]
kind = "channel"
id = 13
title = "Lighthouse"
members = [2, 3]
admins = [1]
call.rtmp = true

[[chat]]
kind = "group"
id = 14
title = "The Family"
members = [2]
admins = [1]
call.speakers = [901]

[[chat]]
kind = "supergroup"
id = 15
title = "A Quiet Place"
username = "quiet"
members = [2, 3]
admins = [1]

[[story]]
id = 7
user = 901
price = 5
"#;

const DORA: UserId = UserId::new(901);

struct Stage {
    server: Server,
    rng: ChaCha20Rng,
}

impl Stage {
    fn new() -> Self {
        let described = WorldDescription::from_toml(WORLD).unwrap();
        let mut server = Server::with_world(ServerOptions::default(), &described).unwrap();
        server.set_time(1_000_000);
        let rng = ChaCha20Rng::seed_from_u64(3);
        Self { server, rng }
    }

    /// The call of a chat by the chat's number, or of the live story by that of its user.
    fn call(&self, number: i64) -> &HostedCall {
        let is_it = |call: &&HostedCall| match call.peer() {
            Peer::User(id) => id.value() == number,
            Peer::Chat(id) => id.value() == number,
            Peer::Channel(id) => id.value() == number,
        };
        self.server.hosted_calls().find(is_it).unwrap()
    }

    fn reference(&self, number: i64) -> InputGroupCall {
        self.call(number).reference()
    }

    fn ask(&mut self, from: UserId, request: impl Into<Request>) -> Result<Response, RpcError> {
        self.server.handle(from, &request.into().to_tl())
    }

    /// Sends a request, and gives the updates of the answer without names.
    #[track_caller]
    fn send(&mut self, from: UserId, request: impl Into<Request>) -> Vec<Update> {
        let answer = self.ask(from, request).unwrap();
        let Updates(mut updates) = answer.into_updates().unwrap();
        updates.retain(|update| !matches!(update, Update::Labels(_)));
        updates
    }

    #[track_caller]
    fn refused(&mut self, from: UserId, request: impl Into<Request>, code: i32, expected: &str) {
        let before = self.server.clone();
        let error = self.ask(from, request).unwrap_err();
        assert_eq!((error.code, error.message.as_str()), (code, expected));
        assert_eq!(self.server, before);
    }

    /// A request to join as oneself with the microphone off.
    fn joining(&mut self, number: i64) -> JoinGroupCall {
        let payload = JoinPayload::generate(Fingerprint::sha256([7; 32]), None, &mut self.rng);
        JoinGroupCall {
            muted: true,
            video_stopped: true,
            call: self.reference(number),
            join_as: InputPeer::SelfUser,
            invite_hash: None,
            public_key: None,
            block: None,
            params: payload.to_params(),
        }
    }

    #[track_caller]
    fn join(&mut self, user: UserId, number: i64) -> Vec<Update> {
        let request = self.joining(number);
        self.send(user, request)
    }

    /// A call that these users have joined in this order.
    fn with(number: i64, users: &[UserId]) -> Self {
        let mut stage = Self::new();
        for user in users {
            stage.join(*user, number);
        }
        while stage.server.poll_push().is_some() {}
        stage
    }

    /// An edit that changes nothing yet.
    fn edit(&self, number: i64, participant: InputPeer) -> EditGroupCallParticipant {
        EditGroupCallParticipant::new(self.reference(number), participant)
    }

    /// What waits to be pushed, without names.
    fn pushed(&mut self) -> Vec<(UserId, Update)> {
        let pushed = core::iter::from_fn(|| self.server.poll_push());
        let pushed =
            pushed.flat_map(|(to, updates)| updates.0.into_iter().map(move |one| (to, one)));
        pushed
            .filter(|(_, update)| !matches!(update, Update::Labels(_)))
            .collect()
    }

    /// A public channel or supergroup as a user names it.
    fn channel(&mut self, user: UserId, username: &str) -> InputPeer {
        let username = username.to_owned();
        let answer = self.ask(user, ResolveUsername { username }).unwrap();
        let label = answer.into_resolved_peer().unwrap().labels.remove(0);
        let Peer::Channel(id) = label.peer else {
            panic!("{label:?}")
        };
        let access_hash = label.access_hash.unwrap();
        InputPeer::Channel { id, access_hash }
    }

    fn full(&mut self, user: UserId, channel: &InputPeer) -> Option<CallRef> {
        let InputPeer::Channel { id, access_hash } = *channel else {
            panic!("{channel:?}")
        };
        let answer = self.ask(user, GetFullChannel { id, access_hash }).unwrap();
        answer.into_full_chat().unwrap().call
    }
}

fn user(id: UserId) -> InputPeer {
    let access_hash = AccessHash::new(0);
    InputPeer::User { id, access_hash }
}

/// The only call among updates.
#[track_caller]
fn shown(updates: &[Update]) -> ActiveCall {
    let mut calls = updates.iter().filter_map(|update| match update {
        Update::GroupCall { call, .. } => Some(call.active().unwrap().clone()),
        _ => None,
    });
    let call = calls.next().unwrap();
    assert_eq!(calls.next(), None);
    call
}

/// The only entry of a roster among updates.
#[track_caller]
fn entry(updates: &[Update]) -> GroupCallParticipant {
    let mut entries = updates.iter().flat_map(|update| match update {
        Update::Participants(change) => change.participants.clone(),
        _ => Vec::new(),
    });
    let entry = entries.next().unwrap();
    assert_eq!(entries.next(), None);
    entry
}

/// The parameters of the connection among updates.
#[track_caller]
fn params(updates: &[Update]) -> String {
    let mut found = updates.iter().filter_map(|update| match update {
        Update::Connection(CallConnection { params, .. }) => Some(params.as_str().to_owned()),
        _ => None,
    });
    found.next().unwrap()
}
