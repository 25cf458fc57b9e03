//! A call that is joined by its link alone.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::network::Network;
use common::{ALICE, BOB, Member, hub, message, options, pass, said};
use confcall::{Conference, JoinError, Notice, Options, OptionsError, SendTextError, WaitingFor};
use confcall_join::api::{Method, Request, Response, RpcError};
use confcall_join::engine::{EndReason, Event, OtherKind, Trouble};
use confcall_join::joining::Target;
use confcall_join::message::MessageError;
use confcall_join::policy::CheckedRequest;
use confcall_server::Server;
use confcall_server::loopback::LoopbackTransport;
use confcall_state::UserId;
use confcall_transport::{CallError, Transport, UpdateStream};
use futures_util::StreamExt as _;

#[tokio::test(start_paused = true)]
async fn a_link_is_all_that_it_takes() {
    let hub = hub();
    let mut alice = Member::from(
        Conference::join(hub.connect(ALICE), Target::Create)
            .await
            .unwrap(),
    );
    let link = alice.conference.link().unwrap();
    let bob = Conference::join(hub.connect(BOB), link.as_str()).await;
    let bob = bob.unwrap();
    assert_eq!(bob.view().members, [ALICE, BOB]);
    let emoji = bob.emoji().await.unwrap();
    assert_eq!(alice.emoji_at(1).await, emoji);
    bob.send_text("hello").await.unwrap();
    assert_eq!(alice.until(said).await, (BOB, "hello".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn texts_that_cannot_be_sent_say_why() {
    let alice = Conference::join(hub().connect(ALICE), Target::Create).await;
    let alice = alice.unwrap();
    let empty = SendTextError::Message(MessageError::Empty);
    assert_eq!(alice.send_text("").await, Err(empty));
    alice.leave();
    pass(Duration::from_secs(5)).await;
    let late = alice.send_text("too late").await;
    assert!(matches!(late, Err(SendTextError::Command(_))), "{late:?}");
}

#[tokio::test(start_paused = true)]
async fn what_names_no_conference_is_an_error_before_anything_is_sent() {
    let network = || Network::new(hub().connect(BOB));
    let silent = network();
    let sent = Arc::clone(&silent.sent);
    let joined = Conference::join(silent, "hello").await;
    assert!(matches!(
        joined.unwrap_err(),
        JoinError::Options(OptionsError::Link(_))
    ));
    assert!(sent.lock().unwrap().is_empty());

    let other = network();
    let sent = Arc::clone(&other.sent);
    let joined = Conference::join(other, "t.me/some?livestream").await;
    let JoinError::Ended(ended) = joined.unwrap_err() else {
        panic!("it ends by its kind");
    };
    assert_eq!(ended.reason, EndReason::OtherKind(OtherKind::ChatOrStory));
    assert!(sent.lock().unwrap().is_empty());
}

/// A connection that does not know whose it is.
struct Anonymous(LoopbackTransport<Server>);

impl Transport for Anonymous {
    async fn call(&self, request: CheckedRequest) -> Result<Response, CallError> {
        self.0.call(request).await
    }

    fn updates(&self) -> UpdateStream {
        self.0.updates()
    }
}

#[tokio::test(start_paused = true)]
async fn a_transport_that_does_not_know_its_user_needs_to_be_given_one() {
    let hub = hub();
    let joined = Conference::join(Anonymous(hub.connect(ALICE)), Target::Create).await;
    let error = joined.unwrap_err();
    assert_eq!(error, JoinError::UnknownUser);
    assert!(error.to_string().contains("Options::new(target, user)"));

    let options = Options::new(Target::Create, ALICE.value()).unwrap();
    let alice = Conference::join(Anonymous(hub.connect(ALICE)), options).await;
    assert_eq!(alice.unwrap().view().members, [ALICE]);
}

#[tokio::test(start_paused = true)]
async fn one_reader_begins_with_the_call_and_each_other_with_its_own_time() {
    let hub = hub();
    let alice = Member::create(&hub, ALICE).await;
    let bob = Conference::join(hub.connect(BOB), common::link(&hub)).await;
    let bob = bob.unwrap();
    let first = bob.events_from_start().unwrap();
    assert!(bob.events_from_start().is_none());
    let is_joined = |notice: &Notice| matches!(notice, Notice::Event(Event::Joined(joined)) if joined.attempts == 1);
    pass(Duration::from_secs(5)).await;
    let later = [bob.events(), bob.events()];
    let text = message(1, "hello");
    alice.conference.send_message(text).await.unwrap();
    alice.conference.discard().await.unwrap();
    let first: Vec<_> = first.collect().await;
    assert!(first.iter().any(is_joined));
    for reader in later {
        let read: Vec<_> = reader.collect().await;
        assert!(!read.iter().any(is_joined));
        let texts = read.iter().filter_map(|notice| match notice {
            Notice::Event(event) => said(event),
            _ => None,
        });
        assert_eq!(texts.collect::<Vec<_>>(), [(ALICE, "hello".to_owned())]);
        assert!(matches!(
            read.last(),
            Some(Notice::Event(Event::Ended(ended))) if ended.reason == EndReason::Discarded
        ));
    }
    let after: Vec<_> = bob.events().collect().await;
    assert!(after.is_empty(), "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn a_user_who_enters_sees_what_is_waited_for() {
    let hub = hub();
    let _alice = Member::create(&hub, ALICE).await;
    let network = Network::new(hub.connect(BOB)).delayed(Duration::from_secs(2));
    let network = network.answering(|request| {
        let error = RpcError::new(400, "CONF_WRITE_CHAIN_INVALID");
        matches!(request, Request::Join(_)).then(|| Err(error.into()))
    });
    let bob = Conference::start(network, options(common::link(&hub), BOB));
    let mut seen = Vec::new();
    for _ in 0..2000 {
        pass(Duration::from_millis(10)).await;
        let waiting = bob.view().waiting_for.clone();
        let waiting = waiting.map(|waiting| match waiting {
            WaitingFor::Answer { method, .. } => method.to_string(),
            WaitingFor::Attempt { why, .. } => {
                assert_eq!(why, Trouble::Race);
                "a pause".to_owned()
            }
        });
        if seen.last() != Some(&waiting) {
            seen.push(waiting);
        }
    }
    let [locate, read, join] = [
        Method::GetGroupCall,
        Method::GetGroupCallChainBlocks,
        Method::JoinGroupCall,
    ];
    let expected = [
        locate.name(),
        read.name(),
        join.name(),
        "a pause",
        read.name(),
    ];
    let expected = expected.map(|one| Some(one.to_owned()));
    assert_eq!(seen.get(..5), Some(&expected[..]), "{seen:?}");
    bob.leave();
    pass(Duration::from_secs(10)).await;
    assert_eq!(bob.view().waiting_for, None);
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_the_call_ends_with_it() {
    let hub = hub();
    let user = UserId::new(9);
    let conference = Conference::join(hub.connect(user), Target::Create).await;
    let conference = conference.unwrap();
    let joined = conference.joined().await.unwrap();
    assert_eq!(Some(joined.call), conference.view().call);
    assert!(joined.connection.is_some());
    let handle = conference.clone();
    let end = conference.close().await;
    assert_eq!(handle.joined().await.unwrap_err(), end);
    assert_eq!(handle.emoji().await.unwrap_err(), end);
}

#[tokio::test(start_paused = true)]
async fn what_no_reader_asks_for_is_not_kept() {
    let hub = hub();
    let alice = Member::create(&hub, ALICE).await;
    let bob = Conference::join(hub.connect(BOB), common::link(&hub)).await;
    let bob = bob.unwrap();
    for number in 1..=256 {
        let text = message(number, "hello");
        alice.conference.send_message(text).await.unwrap();
    }
    pass(Duration::from_secs(5)).await;
    assert!(bob.events_from_start().is_none());
    alice.conference.discard().await.unwrap();
    assert_eq!(bob.events().count().await, 0);
}
