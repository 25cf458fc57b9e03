//! Calls that are no conferences, over the loopback.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::network::{Network, count};
use common::{ALICE, BOB, ended, pass, within};
use confcall::api::{
    AccessHash, ChannelId, InputPeer, Peer, Request, ResolveUsername, Response, RpcError,
};
use confcall::{
    Call, CallKind, CheckedRequest, CommandFailure, Conference, EndReason, Event, Events,
    GroupCall, GroupCallTarget, Load, MediaMode, Method, NewCall, Newcomer, Notice, Options,
    RequestError, RtmpFeed, Spam, Target, Transport, UserId, Username,
};
use confcall_join::stream::{Chunk, Track};
use confcall_server::loopback::Hub;
use confcall_server::{Server, ServerOptions, WorldDescription};

const DORA: UserId = UserId::new(901);
const GIL: UserId = UserId::new(904);

const WORLD: &str = r#"
    [[user]]
    id = 901
    name = "Dora"

    [[user]]
    id = 903
    name = "Fay"
    username = "fay"

    [[user]]
    id = 904
    name = "Gil"
    username = "gil"

    [[chat]]
    kind = "supergroup"
    id = 501
    title = "The Walkers"
    username = "walkers"
    open = true
    admins = [1]
    anonymous = [1]
    call.title = "Where to next"
    call.speakers = [901]

    [[chat]]
    kind = "supergroup"
    id = 502
    title = "The Listeners"
    username = "listeners"
    open = true
    admins = [1]
    call.join_muted = true
    call.speakers = [901]

    [[chat]]
    kind = "channel"
    id = 503
    title = "Lighthouse Camera"
    username = "lighthouse"
    open = true
    admins = [1]
    call.rtmp = true

    [[chat]]
    kind = "supergroup"
    id = 504
    title = "A Quiet Place"
    username = "quiet"
    open = true
    admins = [1]

    [[story]]
    id = 7
    user = 903

    [[story]]
    id = 8
    user = 904
    rtmp = true
"#;

/// The time at which the server begins, in seconds since 1970.
const BEGIN: i32 = 1_800_000_000;

/// A server whose clock goes on with that of the test.
fn hub() -> Hub<Server> {
    let world = WorldDescription::from_toml(WORLD).unwrap();
    let hub = Hub::new(Server::with_world(ServerOptions::default(), &world).unwrap());
    hub.with(|server| server.set_time(BEGIN));
    let clock = hub.clone();
    tokio::spawn(async move {
        for second in 1.. {
            pass(Duration::from_secs(1)).await;
            clock.with(|server| server.set_time(BEGIN + second));
        }
    });
    hub
}

async fn join(hub: &Hub<Server>, user: UserId, link: &str) -> GroupCall {
    within(GroupCall::join(hub.connect(user), link))
        .await
        .unwrap()
}

/// The first thing that an event shows.
async fn until<T>(events: &mut Events, shows: impl Fn(&Event) -> Option<T>) -> T {
    within(async {
        while let Some(notice) = events.next().await {
            if let Notice::Event(event) = notice
                && let Some(shown) = shows(&event)
            {
                return shown;
            }
        }
        panic!("the events ended first");
    })
    .await
}

/// Waits until something holds for a call, as every caller can who holds a call of any kind.
async fn holds(call: &Call, holds: impl Fn(&Call) -> bool) {
    within(async {
        while !holds(call) {
            pass(Duration::from_millis(100)).await;
        }
    })
    .await;
}

/// The name of a public chat in requests.
async fn peer(transport: &impl Transport, username: &str) -> InputPeer {
    let request = ResolveUsername {
        username: username.to_owned(),
    };
    let request = CheckedRequest::new(CallKind::VideoChat, &request.into()).unwrap();
    let Ok(Response::ResolvedPeer(found)) = transport.call(request).await else {
        panic!("{username} is not known");
    };
    let mut labels = found.labels.into_iter();
    let label = labels.find(|label| label.peer == found.peer).unwrap();
    match label.peer {
        Peer::Channel(id) => InputPeer::Channel {
            id,
            access_hash: label.access_hash.unwrap(),
        },
        peer => panic!("{peer:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_video_chat_is_joined_by_its_link_and_says_what_it_is() {
    let hub = hub();
    let call = join(&hub, BOB, "https://t.me/walkers?videochat").await;
    holds(&call, |call| call.participants().len() == 2).await;
    let view = call.view();
    assert_eq!(view.kind, Some(CallKind::VideoChat));
    assert_eq!(view.mode, Some(MediaMode::WebRtc));
    let info = view.info.clone().unwrap();
    assert_eq!(info.title.as_deref(), Some("Where to next"));
    let people: Vec<_> = call.participants().iter().map(|one| one.peer).collect();
    assert!(people.contains(&Peer::User(DORA)) && people.contains(&Peer::User(BOB)));
    assert!(view.height.is_none() && view.emoji.is_none() && view.members.is_empty());
    assert_eq!(call.close().await.reason, EndReason::Left);
}

#[tokio::test(start_paused = true)]
async fn a_call_of_each_kind_is_of_the_type_that_asks_for_it_or_ends() {
    let hub = hub();
    let video_chat = Conference::join(hub.connect(BOB), "t.me/walkers?videochat").await;
    let reason = ended(video_chat.unwrap_err()).reason;
    assert!(matches!(reason, EndReason::OtherKind(_)), "{reason}");
    let conference = Conference::join(hub.connect(ALICE), Target::Create)
        .await
        .unwrap();
    let link = conference.link().unwrap();
    let joined = GroupCall::join(hub.connect(BOB), link.as_str()).await;
    let reason = ended(joined.unwrap_err()).reason;
    assert!(matches!(reason, EndReason::OtherKind(_)), "{reason}");
    // Nobody came in beside it.
    assert_eq!(conference.view().members, [ALICE]);
}

#[tokio::test(start_paused = true)]
async fn messages_of_a_video_chat_are_marked_as_not_encrypted_and_can_be_deleted() {
    let hub = hub();
    let alice = join(&hub, ALICE, "t.me/walkers?videochat").await;
    let bob = join(&hub, BOB, "t.me/walkers?videochat").await;
    let (mut of_alice, mut of_bob) = (alice.events(), bob.events());
    bob.send_text("hello").await.unwrap();
    let said = |event: &Event| match event {
        Event::Message {
            from,
            encrypted,
            message,
            posted,
        } => Some((
            *from,
            *encrypted,
            message.text().to_owned(),
            posted.unwrap().id,
        )),
        _ => None,
    };
    let (from, encrypted, text, id) = until(&mut of_alice, said).await;
    assert_eq!(
        (from, encrypted, text.as_str()),
        (Peer::User(BOB), false, "hello")
    );
    // The writer gets its number, by which it is deleted, too.
    assert_eq!(until(&mut of_bob, said).await.3, id);
    bob.delete_messages(vec![id], Spam::NotReported)
        .await
        .unwrap();
    let deleted = |event: &Event| match event {
        Event::MessagesDeleted { messages } => Some(messages.clone()),
        _ => None,
    };
    assert_eq!(until(&mut of_alice, deleted).await, [id]);
}

#[tokio::test(start_paused = true)]
async fn who_is_muted_raises_the_hand_and_speaks_once_an_admin_lets_it() {
    let hub = hub();
    let alice = join(&hub, ALICE, "t.me/listeners?videochat").await;
    let bob = join(&hub, BOB, "t.me/listeners?videochat").await;
    holds(&bob, |bob| {
        bob.view().own.is_some_and(|own| !own.can_unmute)
    })
    .await;
    assert_eq!(bob.set_muted(false).await, Err(CommandFailure::Silenced));
    bob.raise_hand().await.unwrap();
    let raised = |call: &Call| {
        let mut participants = call.participants().into_iter();
        participants.any(|one| one.peer == Peer::User(BOB) && one.raised_hand.is_some())
    };
    holds(&alice, raised).await;
    assert!(bob.view().own.is_some_and(|own| own.hand_raised));
    alice.mute(BOB, false).await.unwrap();
    holds(&bob, |bob| bob.view().own.is_some_and(|own| own.can_unmute)).await;
    bob.set_muted(false).await.unwrap();
    holds(&bob, |bob| {
        bob.view().own.is_some_and(|own| !own.confirmed.muted)
    })
    .await;
    bob.lower_hand().await.unwrap();
    alice.mute(BOB, true).await.unwrap();
    holds(&bob, |bob| {
        bob.view().own.is_some_and(|own| own.confirmed.muted)
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_admin_gives_titles_records_and_exports_links() {
    let hub = hub();
    let alice = join(&hub, ALICE, "t.me/walkers?videochat").await;
    let bob = join(&hub, BOB, "t.me/walkers?videochat").await;
    alice.set_title("Another walk").await.unwrap();
    let title = |call: &Call| call.view().info.clone().and_then(|info| info.title);
    holds(&bob, |bob| title(bob).as_deref() == Some("Another walk")).await;
    alice.start_recording(None, None).await.unwrap();
    let is_recorded = |call: &Call| {
        let info = call.view().info.clone();
        info.is_some_and(|info| info.recorded_since.is_some())
    };
    holds(&bob, is_recorded).await;
    alice.stop_recording().await.unwrap();
    holds(&bob, |bob| !is_recorded(bob)).await;
    assert!(bob.set_title("Mine").await.is_err());

    let plain = bob.export_link(Newcomer::Listens).await.unwrap();
    assert!(
        plain.as_str().ends_with("walkers?videochat"),
        "{}",
        plain.as_str()
    );
    let speaking = alice.export_link(Newcomer::Speaks).await.unwrap();
    let carol = UserId::new(3);
    let carol = GroupCall::join(hub.connect(carol), speaking.as_str())
        .await
        .unwrap();
    assert!(carol.joined().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_announced_is_waited_for_and_entered_once_it_begins() {
    let hub = hub();
    let network = hub.connect(ALICE);
    let place = peer(&network, "quiet").await;
    let planned = NewCall {
        title: Some("Soon".to_owned()),
        schedule: Some(BEGIN + 3600),
        rtmp: false,
    };
    let call = GroupCall::create(&network, place, planned).await.unwrap();
    let target = Target::from(GroupCallTarget::call(call));
    let alice = GroupCall::start(network, Options::new(target.clone(), ALICE).unwrap());
    let bob = GroupCall::start(hub.connect(BOB), Options::new(target, BOB).unwrap());
    let announced = |call: &Call| {
        let info = call.view().info.clone();
        info.is_some_and(|info| info.scheduled_for == Some(BEGIN + 3600))
    };
    holds(&bob, announced).await;
    holds(&alice, announced).await;
    bob.subscribe_start(true).await.unwrap();
    alice.start_scheduled().await.unwrap();
    within(alice.joined()).await.unwrap();
    within(bob.joined()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_read_part_by_part() {
    let hub = hub();
    let call = join(&hub, BOB, "t.me/lighthouse?livestream").await;
    assert_eq!(call.view().kind, Some(CallKind::RtmpViewer));
    assert_eq!(call.view().mode, Some(MediaMode::Rtmp));
    let mut parts = call.stream();
    let mut last = None;
    for _ in 0..5 {
        let part = within(parts.next()).await.unwrap().unwrap();
        assert_eq!(part.track, Track::Unified);
        let chunk = Chunk::parse(&part.bytes).unwrap();
        assert_eq!(chunk.header.container, "mp4");
        assert!(last.is_none_or(|last| part.time_ms > last));
        last = Some(part.time_ms);
    }
    assert_eq!(call.close().await.reason, EndReason::Left);
    while within(parts.next()).await.is_some() {}
}

#[tokio::test(start_paused = true)]
async fn a_live_story_is_heard_without_being_seen() {
    let hub = hub();
    let name = Username::new("fay").unwrap();
    let target = Target::from(GroupCallTarget::story_of_name(name));
    let call = GroupCall::join(hub.connect(BOB), target).await.unwrap();
    assert_eq!(call.view().kind, Some(CallKind::LiveStoryListener));
    assert!(call.set_video(true).await.is_err());
    assert!(call.raise_hand().await.is_err());
    call.send_text("hello").await.unwrap();
    assert_eq!(call.close().await.reason, EndReason::Left);
}

#[tokio::test(start_paused = true)]
async fn a_live_story_that_a_program_feeds_is_watched_and_nothing_is_sent_into_it() {
    let hub = hub();
    let network = Network::new(hub.connect(BOB));
    let sent = Arc::clone(&network.sent);
    let call = GroupCall::join(network, "t.me/gil/s/live").await.unwrap();
    assert_eq!(call.view().kind, Some(CallKind::LiveStoryListener));
    assert_eq!(call.view().mode, Some(MediaMode::Rtmp));
    let mut parts = call.stream();
    for _ in 0..3 {
        let part = within(parts.next()).await.unwrap().unwrap();
        assert_eq!(part.track, Track::Unified);
        assert!(!Chunk::parse(&part.bytes).unwrap().media.is_empty());
    }
    assert!(call.set_muted(false).await.is_err());
    assert!(call.set_video(true).await.is_err());
    hub.with(|server| {
        let mut calls = server.hosted_calls();
        let story = calls.find(|call| call.is_rtmp() && call.story().is_some());
        let viewer = story.unwrap().member(BOB).unwrap();
        assert!(viewer.muted() && viewer.video().is_empty() && !viewer.is_sharing());
    });
    assert_eq!(call.close().await.reason, EndReason::Left);
    let edits = [
        Method::EditGroupCallParticipant,
        Method::JoinGroupCallPresentation,
        Method::SendGroupCallMessage,
    ];
    assert!(edits.iter().all(|method| count(&sent, *method) == 0));
}

#[tokio::test(start_paused = true)]
async fn the_key_of_a_publisher_is_given_to_whom_asks_and_shown_to_nobody() {
    let hub = hub();
    let network = hub.connect(ALICE);
    let place = peer(&network, "lighthouse").await;
    let of_call = RtmpFeed::Call;
    let url = GroupCall::rtmp_url(&network, place.clone(), of_call)
        .await
        .unwrap();
    let again = GroupCall::rtmp_url(&network, place.clone(), of_call)
        .await
        .unwrap();
    assert_eq!(url.key, again.key);
    assert!(!format!("{url:?}").contains(url.key.as_str()));
    let other = GroupCall::revoke_rtmp_key(&network, place.clone(), of_call)
        .await
        .unwrap();
    assert_ne!(url.key, other.key);
    let bob = hub.connect(BOB);
    assert!(GroupCall::rtmp_url(&bob, place, of_call).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn the_key_of_a_live_story_is_its_owner_s_alone() {
    let hub = hub();
    let target = GroupCallTarget::story_of_name(Username::new("gil").unwrap());
    let key = async |user| {
        let network = hub.connect(user);
        let place = GroupCall::place_of(&network, &target)
            .await
            .unwrap()
            .unwrap();
        let url = GroupCall::rtmp_url(&network, place.clone(), RtmpFeed::LiveStory).await?;
        // A user has stories and no other calls.
        let of_call = GroupCall::rtmp_url(&network, place, RtmpFeed::Call).await;
        let error = RpcError::new(400, "PEER_ID_INVALID");
        assert_eq!(of_call, Err(RequestError::Refused(error)));
        Ok(url.key)
    };
    assert_eq!(key(GIL).await.unwrap(), key(GIL).await.unwrap());
    let error = RpcError::new(400, "CHAT_ADMIN_REQUIRED");
    assert_eq!(key(BOB).await, Err(RequestError::Refused(error)));
}

#[tokio::test(start_paused = true)]
async fn one_may_be_in_a_call_as_another_peer() {
    let hub = hub();
    let network = hub.connect(ALICE);
    let place = peer(&network, "walkers").await;
    let peers = GroupCall::join_as_peers(&network, place.clone())
        .await
        .unwrap();
    assert!(peers.peers.contains(&Peer::User(ALICE)));
    let saved = GroupCall::save_default_join_as(&network, place.clone(), InputPeer::SelfUser);
    saved.await.unwrap();
    let call = join(&hub, ALICE, "t.me/walkers?videochat").await;
    assert_eq!(call.view().joined_as, Some(Peer::User(ALICE)));
    let bob = join(&hub, BOB, "t.me/walkers?videochat").await;
    call.join_as(place).await.unwrap();
    let Some(chat @ Peer::Channel(_)) = call.view().joined_as else {
        panic!("{:?}", call.view().joined_as);
    };
    let lists = |call: &Call, peer| call.participants().iter().any(|one| one.peer == peer);
    holds(&bob, |bob| {
        lists(bob, chat) && !lists(bob, Peer::User(ALICE))
    })
    .await;
    call.join_as(InputPeer::SelfUser).await.unwrap();
    holds(&bob, |bob| {
        lists(bob, Peer::User(ALICE)) && !lists(bob, chat)
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_the_server_refuses_leaves_us_in_the_call_as_before() {
    let hub = hub();
    let call = join(&hub, BOB, "t.me/walkers?videochat").await;
    let stranger = InputPeer::Channel {
        id: ChannelId::new(504),
        access_hash: AccessHash::new(1),
    };
    let refused = within(call.join_as(stranger)).await;
    assert!(refused.is_err());
    holds(&call, |call| call.view().joined_as == Some(Peer::User(BOB))).await;
    call.send_text("still here").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_same_creation_twice_is_one_call() {
    let hub = hub();
    let network = hub.connect(ALICE);
    let place = peer(&network, "quiet").await;
    let first = GroupCall::create_as(&network, place.clone(), NewCall::default(), 7).await;
    let again = GroupCall::create_as(&network, place, NewCall::default(), 7).await;
    assert_eq!(first.unwrap(), again.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_creation_that_failed_is_tried_once_more_under_the_same_number() {
    for (failures, succeeds) in [(1, true), (2, false)] {
        let hub = hub();
        let left = AtomicUsize::new(failures);
        let network = Network::new(hub.connect(ALICE)).answering(move |request| {
            let fails =
                matches!(request, Request::CreateInChat(_)) && left.load(Ordering::Relaxed) > 0;
            fails.then(|| {
                left.fetch_sub(1, Ordering::Relaxed);
                Err(RpcError::new(400, "CREATE_CALL_FAILED").into())
            })
        });
        let place = peer(&network, "quiet").await;
        let created = GroupCall::create_as(&network, place, NewCall::default(), 7).await;
        assert_eq!(created.is_ok(), succeeds, "{created:?}");
        let sent = network.sent.lock().unwrap();
        let numbers = sent.iter().filter_map(|request| match request {
            Request::CreateInChat(create) => Some(create.random_id),
            _ => None,
        });
        assert_eq!(numbers.collect::<Vec<_>>(), [7, 7]);
    }
}

#[tokio::test(start_paused = true)]
async fn the_roster_of_a_call_is_loaded_on_request() {
    let hub = hub();
    let call = join(&hub, BOB, "t.me/walkers?videochat").await;
    call.load_participants(Load::All).await.unwrap();
    assert_eq!(call.participants().len(), 2);
}
