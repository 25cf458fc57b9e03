//! Conferences that are created without being joined.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use common::network::Network;
use common::{ALICE, BOB, CAROL, Member, hub, members, options};
use confcall::{CallError, Conference, CreateError, RequestError, Target};
use confcall_server::Server;
use confcall_server::loopback::Hub;

#[tokio::test(start_paused = true)]
async fn a_call_that_is_created_without_a_join_is_begun_by_who_comes_first() {
    let hub = hub();
    let network = hub.connect(ALICE);
    let created = Conference::create_as(&network, 7).await.unwrap();
    assert!(created.link.is_some());
    assert_eq!(Conference::create_as(&network, 7).await.unwrap(), created);
    assert_ne!(Conference::create_as(&network, 8).await.unwrap(), created);
    // Nobody is in it: who expects a call there finds none.
    let refused = Member::over(hub.connect(BOB), options(created.target(), BOB)).await;
    assert!(refused.is_err());

    let mut first = options(Target::Create, BOB);
    created.prepare(&mut first);
    let bob = Member::over(hub.connect(BOB), first).await.unwrap();
    let alice = options(created.target(), ALICE);
    let mut alice = Member::over(hub.connect(ALICE), alice).await.unwrap();
    alice.emoji_at(1).await;
    assert_eq!(bob.conference.view().call, Some(created.call));
    assert_eq!(members(&hub), [ALICE, BOB]);
}

/// A network that loses so many answers.
fn losing(hub: &Hub<Server>, answers: usize) -> Network {
    let left = AtomicUsize::new(answers);
    Network::new(hub.connect(ALICE)).changing(move |_, response| {
        let is_lost = left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1));
        match is_lost {
            Ok(_) => Err(CallError::Lost {
                reason: String::new(),
            }),
            Err(_) => Ok(response),
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_creation_without_an_answer_is_sent_again_and_is_one_call() {
    let hub = hub();
    let created = Conference::create_as(&losing(&hub, 2), 7).await.unwrap();
    assert_eq!(hub.with(|server| server.calls().count()), 1);
    let again = Conference::create_as(&hub.connect(ALICE), 7).await;
    assert_eq!(again, Ok(created));
    let lost = Conference::create_as(&losing(&hub, 3), 8).await;
    assert_eq!(lost, Err(CreateError::Request(RequestError::Unanswered)));
}

#[tokio::test(start_paused = true)]
async fn who_joins_what_was_created_needs_to_say_no_more() {
    let hub = hub();
    let created = Conference::create(&hub.connect(ALICE)).await.unwrap();
    let carol = Conference::join(hub.connect(CAROL), &created).await;
    assert_eq!(carol.unwrap().view().call, Some(created.call));
}
