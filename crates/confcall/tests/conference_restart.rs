//! Going on from a checkpoint.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::time::Duration;

use common::network::Network;
use common::{
    ALICE, BOB, CAROL, Member, hub, link, members, message, options, options_again, pass, rng,
    said, seals_for_removed,
};
use confcall::Conference;
use confcall_join::engine::checkpoint::{CheckpointError, RestoreError};
use confcall_join::engine::{EndReason, Event};
use confcall_join::joining::Target;
use confcall_media::{ChannelId, RemovalGrace};

const KEY: [u8; 32] = [9; 32];

#[tokio::test(start_paused = true)]
async fn a_restart_goes_on_in_the_same_membership() {
    let hub = hub();
    let mut alice = Member::create(&hub, ALICE).await;
    let mut bob = Member::join(&hub, BOB).await;
    bob.emoji_at(1).await;
    let source = hub.with(|server| server.calls().next().unwrap().member(BOB).unwrap().source());
    let blob = bob.conference.checkpoint(&KEY, 1).await.unwrap();

    // The process is gone, and has not left.
    let forgotten = bob;
    let restored = Conference::restore(&blob, &KEY, 0, options_again(link(&hub), BOB, 1)).unwrap();
    assert_eq!(restored.lowest, 2);
    let again = Conference::restore(&blob, &KEY, 2, options(link(&hub), BOB));
    assert!(matches!(
        again,
        Err(RestoreError::TooOld {
            number: 1,
            lowest: 2
        })
    ));

    let conference = restored.start(hub.connect(BOB));
    assert!(
        conference.cryptor().is_none(),
        "a user who was removed meanwhile must not seal"
    );
    let mut bob = Member::from(conference);
    let resumed = |event: &Event| match event {
        Event::Resumed(joined) => Some(joined.payload.ssrc()),
        _ => None,
    };
    assert_eq!(bob.until(resumed).await, source);
    assert!(bob.conference.cryptor().is_some());
    alice
        .conference
        .send_message(message(1, "still there?"))
        .await
        .unwrap();
    assert_eq!(bob.until(said).await, (ALICE, "still there?".to_owned()));
    bob.conference
        .send_message(message(2, "yes"))
        .await
        .unwrap();
    assert_eq!(alice.until(said).await, (BOB, "yes".to_owned()));
    assert_eq!(alice.conference.view().height.unwrap().value(), 1);
    drop(forgotten);
}

#[tokio::test(start_paused = true)]
async fn there_is_nothing_to_write_down_outside_the_call() {
    let hub = hub();
    let alice = Member::create(&hub, ALICE).await;
    let target = link(&hub);
    let network = Network::new(hub.connect(BOB)).delayed(Duration::from_millis(10));
    let bob = Conference::start(network, options(target, BOB));
    assert_eq!(
        bob.checkpoint(&KEY, 1).await,
        Err(CheckpointError::NotAMember)
    );
    pass(Duration::from_secs(5)).await;
    assert!(bob.checkpoint(&KEY, 1).await.is_ok());
    alice.conference.discard().await.unwrap();
    pass(Duration::from_secs(5)).await;
    assert_eq!(
        bob.checkpoint(&KEY, 2).await,
        Err(CheckpointError::NotAMember)
    );
}

#[tokio::test(start_paused = true)]
async fn a_user_who_was_removed_meanwhile_learns_it() {
    let hub = hub();
    let mut alice = Member::create(&hub, ALICE).await;
    let bob = Member::join(&hub, BOB).await;
    let mut carol = Member::join(&hub, CAROL).await;
    carol.emoji_at(2).await;
    let blob = bob.conference.checkpoint(&KEY, 1).await.unwrap();
    drop(bob.events);
    alice.conference.kick(vec![BOB]).await.unwrap();
    alice.emoji_at(3).await;
    assert_eq!(members(&hub), [ALICE, CAROL]);
    let restored = Conference::restore(&blob, &KEY, 0, options_again(link(&hub), BOB, 1)).unwrap();
    let conference = restored.start(hub.connect(BOB));
    let mut bob = Member::from(conference);
    let end = bob.end().await.reason;
    assert_eq!(end, EndReason::Removed { by: Some(ALICE) });
}

#[tokio::test(start_paused = true)]
async fn no_number_of_a_packet_is_used_twice_over_two_restarts() {
    let hub = hub();
    let mut alice = Member::create(&hub, ALICE).await;
    let mut bob = Member::join(&hub, BOB).await;
    alice.emoji_at(1).await;
    let (mut numbers, mut gone) = (Vec::new(), Vec::new());
    for stay in 1..=3 {
        let (sealing, opening) = (&bob.conference, &alice.conference);
        for _ in 0..3 {
            let cryptor = sealing.cryptor().unwrap();
            let packet = cryptor.seal(sealing.now(), ChannelId::MAIN, 0, b"hello", &mut rng(BOB));
            let cryptor = opening.cryptor().unwrap();
            let opened = cryptor.open(opening.now(), BOB, &packet.unwrap());
            numbers.push(opened.unwrap().info.seqno);
        }
        let number = u64::from(stay);
        let blob = bob.conference.checkpoint(&KEY, number).await.unwrap();
        let options = options_again(link(&hub), BOB, stay);
        let restored = Conference::restore(&blob, &KEY, number, options).unwrap();
        let conference = restored.start(hub.connect(BOB));
        gone.push(core::mem::replace(&mut bob, Member::from(conference)));
        let resumed = |event: &Event| matches!(event, Event::Resumed(_)).then_some(());
        bob.until(resumed).await;
    }
    assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
}

#[tokio::test(start_paused = true)]
async fn a_strict_member_is_strict_after_a_restart() {
    let hub = hub();
    let strict = |target, stay| {
        let mut options = options_again(target, ALICE, stay);
        options.config.removal_grace = RemovalGrace::Strict;
        options
    };
    let before = Member::over(hub.connect(ALICE), strict(Target::Create, 0)).await;
    let before = before.unwrap();
    let _bob = Member::join(&hub, BOB).await;
    let mut carol = Member::join(&hub, CAROL).await;
    carol.emoji_at(2).await;
    let blob = before.conference.checkpoint(&KEY, 1).await.unwrap();
    let restored = Conference::restore(&blob, &KEY, 1, strict(link(&hub), 1)).unwrap();
    let conference = restored.start(hub.connect(ALICE));
    let mut alice = Member::from(conference);
    let resumed = |event: &Event| matches!(event, Event::Resumed(_)).then_some(());
    alice.until(resumed).await;
    assert!(!seals_for_removed(&mut alice, BOB).await);
    drop(before);
}
