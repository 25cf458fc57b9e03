//! Going on from a checkpoint.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::time::Duration;

use common::network::Network;
use common::{
    ALICE, BOB, CAROL, Member, hub, link, members, message, options, options_again, pass, said,
};
use confcall::Conference;
use confcall_join::engine::checkpoint::{CheckpointError, RestoreError};
use confcall_join::engine::{EndReason, Event};

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

    let (conference, events) = restored.start(hub.connect(BOB));
    assert!(
        conference.cryptor().is_none(),
        "a user who was removed meanwhile must not seal"
    );
    let mut bob = Member { conference, events };
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
    let (bob, _events) = Conference::start(network, options(target, BOB));
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
    let (conference, events) = restored.start(hub.connect(BOB));
    let mut bob = Member { conference, events };
    let end = bob.end().await.reason;
    assert_eq!(end, EndReason::Removed { by: Some(ALICE) });
}
