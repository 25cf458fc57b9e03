//! Conferences over the loopback, under a clock that stands still unless all wait.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    dead_code,
    reason = "tests, each of which uses a part"
)]

pub(crate) mod network;
#[cfg(feature = "grammers")]
pub(crate) mod tcp;

use std::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall::{Conference, Events, JoinError, Notice, Options};
use confcall_join::engine::{Config, Ended, Event};
use confcall_join::joining::{Fingerprint, JoinPayload, Target};
use confcall_join::message::{GroupMessage, RandomId};
use confcall_join::policy::Media;
use confcall_media::ChannelId;
use confcall_server::loopback::Hub;
use confcall_server::{Call, Server};
use confcall_state::keys::Seed;
use confcall_state::verification::EmojiHash;
use confcall_state::{Joiner, UserId};
use confcall_transport::Transport;

pub(crate) const ALICE: UserId = UserId::new(1);
pub(crate) const BOB: UserId = UserId::new(2);
pub(crate) const CAROL: UserId = UserId::new(3);

pub(crate) fn rng(user_id: UserId) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([user_id.value() as u8; 32])
}

/// Options whose seeds come from the user's id.
pub(crate) fn options(target: Target, user_id: UserId) -> Options {
    options_again(target, user_id, 0)
}

/// Options for another stay of the same user, whose keys must be others.
pub(crate) fn options_again(target: Target, user_id: UserId, stay: u8) -> Options {
    let fingerprint = Fingerprint::sha256([7; 32]);
    let media = Media {
        payload: JoinPayload::generate(fingerprint, None, &mut rng(user_id)),
        muted: false,
        video_stopped: true,
    };
    let mut seed = [user_id.value() as u8; 32];
    seed[0] = stay;
    let config = Config::new(target, Joiner::new(user_id), media);
    Options::with_seed(config, Seed::copy_of(&seed))
}

pub(crate) fn hub() -> Hub<Server> {
    Hub::new(Server::new(confcall_server::ServerOptions::default()))
}

/// The link of the only call.
pub(crate) fn link(hub: &Hub<Server>) -> Target {
    let link = hub.with(|server| server.calls().next().unwrap().invite_link());
    link.as_str().parse().unwrap()
}

/// The members of the only call, as the server has it; none, if there is no call.
pub(crate) fn members(hub: &Hub<Server>) -> Vec<UserId> {
    let of = |call: &Call| call.members().map(|one| one.user_id()).collect();
    hub.with(|server| server.calls().next().map_or_else(Vec::new, of))
}

/// One user in a call.
pub(crate) struct Member {
    pub(crate) conference: Conference,
    pub(crate) events: Events,
}

impl From<Conference> for Member {
    fn from(conference: Conference) -> Self {
        let events = conference.events_from_start().unwrap();
        Self { conference, events }
    }
}

/// The end of a call that could not be entered.
pub(crate) fn ended(error: JoinError) -> Ended {
    match error {
        JoinError::Ended(ended) => ended,
        other => panic!("nothing was begun: {other}"),
    }
}

impl Member {
    pub(crate) async fn create(hub: &Hub<Server>, user_id: UserId) -> Self {
        Self::enter(hub, Target::Create, user_id).await.unwrap()
    }

    pub(crate) async fn join(hub: &Hub<Server>, user_id: UserId) -> Self {
        Self::enter(hub, link(hub), user_id).await.unwrap()
    }

    pub(crate) async fn enter(
        hub: &Hub<Server>,
        target: Target,
        user_id: UserId,
    ) -> Result<Self, Ended> {
        Self::over(hub.connect(user_id), options(target, user_id)).await
    }

    pub(crate) async fn over(
        network: impl Transport + 'static,
        options: Options,
    ) -> Result<Self, Ended> {
        let joined = Conference::join(network, options).await;
        joined.map(Self::from).map_err(ended)
    }

    /// The first thing that an event shows, within an hour.
    pub(crate) async fn until<T>(&mut self, shows: impl Fn(&Event) -> Option<T>) -> T {
        let found = async {
            while let Some(notice) = self.events.next().await {
                if let Notice::Event(event) = notice
                    && let Some(found) = shows(&event)
                {
                    return found;
                }
            }
            panic!("the events ended first");
        };
        within(found).await
    }

    /// The emoji of the block at a height.
    pub(crate) async fn emoji_at(&mut self, wanted: i32) -> EmojiHash {
        let shows = |event: &Event| match event {
            Event::Emoji { height, hash } if height.value() == wanted => Some(*hash),
            _ => None,
        };
        self.until(shows).await
    }

    /// Waits until the newest block is verified.
    pub(crate) async fn end_of_verification(&mut self) {
        self.until(|event| matches!(event, Event::Emoji { .. }).then_some(()))
            .await;
    }

    pub(crate) async fn end(&mut self) -> Ended {
        let shows = |event: &Event| match event {
            Event::Ended(ended) => Some(ended.clone()),
            _ => None,
        };
        self.until(shows).await
    }
}

/// Waits for something that must not take an hour.
pub(crate) async fn within<T>(wanted: impl Future<Output = T>) -> T {
    let hour = Duration::from_secs(3600);
    tokio::time::timeout(hour, wanted).await.unwrap()
}

/// Lets some time pass for all.
pub(crate) async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}

pub(crate) fn message(random_id: i64, text: &str) -> GroupMessage {
    GroupMessage::new(RandomId::new(random_id).unwrap(), text, Vec::new()).unwrap()
}

/// The sender and text of a message.
pub(crate) fn said(event: &Event) -> Option<(UserId, String)> {
    match event {
        Event::Message { from, message, .. } => Some((from.user()?, message.text().to_owned())),
        _ => None,
    }
}

/// Removes a user; gives whether a packet that is sealed right after is sealed for more epochs than one before.
pub(crate) async fn seals_for_removed(member: &mut Member, user: UserId) -> bool {
    let sealed_length = |conference: &Conference| {
        let cryptor = conference.cryptor().unwrap();
        let now = conference.now();
        let packet = cryptor.seal(now, ChannelId::MAIN, 0, b"hello", &mut rng(user));
        packet.unwrap().len()
    };
    // The epochs before the newest have ended by then.
    pass(Duration::from_secs(60)).await;
    let before = sealed_length(&member.conference);
    member.conference.kick(vec![user]).await.unwrap();
    let is_removed = |event: &Event| match event {
        Event::MembersChanged { removed, .. } if removed == &[user] => Some(()),
        _ => None,
    };
    member.until(is_removed).await;
    sealed_length(&member.conference) > before
}
