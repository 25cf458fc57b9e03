//! Calls that are no conferences, over TCP.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::sync::Arc;

use common::network::count;
use common::tcp::{Scene, in_time, sees, shown};
use common::{ALICE, BOB};
use confcall::{CallKind, EndReason, GroupCall, MediaMode, Notice, UserId};
use confcall_join::api::Method;
use confcall_join::engine::Event;
use confcall_join::stream::{AudioPart, Chunk, Track};
use confcall_server::{Server, ServerOptions, WorldDescription};

/// The world of the server that is built in.
async fn scene() -> Scene {
    let world = WorldDescription::example();
    Scene::around(Server::with_world(ServerOptions::default(), &world).unwrap()).await
}

async fn join(scene: &mut Scene, user: UserId, link: &str) -> GroupCall {
    let device = scene.device(user).await;
    in_time(GroupCall::join(device, link)).await.unwrap()
}

#[tokio::test]
async fn a_video_chat_is_lived_in_from_its_link_to_a_clean_leave() {
    let mut scene = scene().await;
    let alice = join(&mut scene, ALICE, "https://t.me/walkers?videochat").await;
    let bob = join(&mut scene, BOB, "https://t.me/walkers?videochat").await;
    assert_eq!(bob.view().kind, Some(CallKind::VideoChat));
    let mut events = alice.events();
    sees(&alice, BOB, |_| true).await;
    bob.set_muted(true).await.unwrap();
    bob.send_text("hello").await.unwrap();
    let text = in_time(async {
        loop {
            let notice = events.next().await.unwrap();
            if let Notice::Event(Event::Message {
                message, encrypted, ..
            }) = notice
            {
                assert!(!encrypted);
                return message.text().to_owned();
            }
        }
    });
    assert_eq!(text.await, "hello");
    alice.set_title("Somewhere").await.unwrap();
    let title = |view: &confcall::View| {
        view.info
            .clone()?
            .title
            .filter(|title| title == "Somewhere")
    };
    shown(&bob, title).await;
    assert_eq!(in_time(bob.close()).await.reason, EndReason::Left);
    alice.discard().await.unwrap();
    assert_eq!(in_time(alice.close()).await.reason, EndReason::Discarded);
}

#[tokio::test]
async fn the_parts_of_a_stream_by_rtmp_come_one_after_the_other() {
    let mut scene = scene().await;
    let device = scene.device(BOB).await;
    let sent = Arc::clone(&device.sent);
    let joining = GroupCall::join(device, "t.me/lighthouse?livestream");
    let call = in_time(joining).await.unwrap();
    assert_eq!(call.view().mode, Some(MediaMode::Rtmp));
    let mut parts = call.stream();
    let mut times = Vec::new();
    for _ in 0..3 {
        let part = in_time(parts.next()).await.unwrap().unwrap();
        assert!(Chunk::parse(&part.bytes).unwrap().media.len() > 1000);
        times.push(part.time_ms);
    }
    assert!(
        times.is_sorted_by(|before, after| after - before == 1000),
        "{times:?}"
    );
    assert_eq!(in_time(call.close()).await.reason, EndReason::Left);
    assert!(count(&sent, Method::GetFile) >= 3);
    assert_eq!(count(&sent, Method::LeaveGroupCall), 1);
}

#[tokio::test]
async fn who_may_not_speak_in_a_large_chat_hears_a_stream_and_has_a_connection_once_it_may() {
    let mut scene = scene().await;
    let alice = join(&mut scene, ALICE, "t.me/harbour?livestream").await;
    let bob = join(&mut scene, BOB, "t.me/harbour?livestream").await;
    assert_eq!(bob.view().mode, Some(MediaMode::Stream));
    let mut parts = bob.stream();
    let part = in_time(parts.next()).await.unwrap().unwrap();
    assert_eq!(part.track, Track::Sound);
    assert!(!AudioPart::read(&part.bytes).unwrap().speakers.is_empty());
    bob.raise_hand().await.unwrap();
    sees(&alice, BOB, |bob| bob.raised_hand.is_some()).await;
    alice.mute(BOB, false).await.unwrap();
    shown(&bob, |view| {
        (view.mode == Some(MediaMode::WebRtc)).then_some(())
    })
    .await;
    bob.set_muted(false).await.unwrap();
}

#[tokio::test]
async fn a_live_story_is_joined_by_its_link_as_a_listener() {
    let mut scene = scene().await;
    let call = join(&mut scene, BOB, "https://t.me/fay/s/live").await;
    assert_eq!(call.view().kind, Some(CallKind::LiveStoryListener));
    assert_eq!(call.view().mode, Some(MediaMode::WebRtc));
    assert!(call.set_muted(false).await.is_err());
    assert_eq!(in_time(call.close()).await.reason, EndReason::Left);
}
