//! Leaving, giving up and being dropped at any moment.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use common::network::{Network, lost};
use common::{ALICE, BOB, Member, hub, link, members, message, options, pass, said};
use confcall::{Conference, Notice};
use confcall_join::api::Method;
use confcall_join::engine::{EmptyCall, EndReason, Event};
use confcall_join::joining::Target;

/// Longer than anything that entering or leaving waits for.
const LONG: Duration = Duration::from_secs(120);
const DELAY: Duration = Duration::from_millis(10);

#[tokio::test(start_paused = true)]
async fn dropping_the_last_handle_leaves_the_call() {
    let hub = hub();
    let _alice = Member::create(&hub, ALICE).await;
    let bob = Member::join(&hub, BOB).await;
    let (handle, mut events) = (bob.conference.clone(), bob.events);
    drop(bob.conference);
    pass(LONG).await;
    assert_eq!(members(&hub), [ALICE, BOB], "one handle is left");
    drop(handle);
    pass(DELAY).await;
    assert_eq!(members(&hub), [ALICE]);
    let mut last = None;
    while let Some(notice) = events.next().await {
        last = Some(notice);
    }
    let Some(Notice::Event(Event::Ended(ended))) = last else {
        panic!("{last:?}");
    };
    assert_eq!(ended.reason, EndReason::Left);
}

#[tokio::test(start_paused = true)]
async fn closing_waits_until_the_server_knows() {
    let hub = hub();
    let _alice = Member::create(&hub, ALICE).await;
    let network = Network::new(hub.connect(BOB)).delayed(DELAY);
    let joined = Conference::join(network, options(link(&hub), BOB)).await;
    let bob = joined.unwrap();
    let other = bob.clone();
    assert_eq!(bob.close().await.reason, EndReason::Left);
    assert_eq!(members(&hub), [ALICE]);
    assert_eq!(other.close().await.reason, EndReason::Left);
}

#[tokio::test(start_paused = true)]
async fn closing_ends_although_the_server_cannot_be_reached() {
    let hub = hub();
    let alice = Member::create(&hub, ALICE).await;
    let answer = |request: &_| is_leave(request).then(|| Err(lost()));
    let network = Network::new(hub.connect(BOB)).answering(answer);
    let joined = Conference::join(network, options(link(&hub), BOB)).await;
    let bob = joined.unwrap();
    let closed = tokio::time::timeout(Duration::from_secs(15), bob.close()).await;
    assert_eq!(closed.unwrap().reason, EndReason::Left);
    drop(alice);
}

#[tokio::test(start_paused = true)]
async fn closing_waits_for_nothing_but_the_leave() {
    let hub = hub();
    let _alice = Member::create(&hub, ALICE).await;
    let network = Network::new(hub.connect(BOB)).never_answering(Method::GetGroupParticipants);
    let bob = Member::over(network.delayed(DELAY), options(link(&hub), BOB)).await;
    let bob = bob.unwrap().conference;
    pass(Duration::from_secs(5)).await;
    let before = tokio::time::Instant::now();
    assert_eq!(bob.close().await.reason, EndReason::Left);
    assert!(before.elapsed() <= DELAY * 3, "{:?}", before.elapsed());
}

fn is_leave(request: &confcall_join::api::Request) -> bool {
    request.method() == Method::LeaveGroupCall
}

/// Bob gives up after each time at which something can be under way; the delays are those of the network.
#[tokio::test(start_paused = true)]
async fn a_user_who_stops_waiting_to_join_is_not_in_the_call() {
    let mut had_joined = 0;
    for step in 0..40 {
        let hub = hub();
        let alice = Member::create(&hub, ALICE).await;
        let network = Network::new(hub.connect(BOB)).delayed(DELAY);
        let join = Conference::join(network, options(link(&hub), BOB));
        let patience = DELAY / 2 * step;
        let joined = tokio::time::timeout(patience, join).await;
        had_joined += u32::from(joined.is_ok());
        had_joined += u32::from(members(&hub).contains(&BOB));
        drop(joined);
        pass(LONG).await;
        assert_eq!(members(&hub), [ALICE], "after {patience:?}");
        drop(alice);
    }
    assert!(had_joined > 10, "{had_joined}");
}

/// The same by polls, of which the first begins and the last has the conference in its hands.
#[tokio::test(start_paused = true)]
async fn a_join_that_is_dropped_after_any_poll_leaves_no_member_behind() {
    for polls in 0..20 {
        let hub = hub();
        let alice = Member::create(&hub, ALICE).await;
        {
            let join = Conference::join(hub.connect(BOB), options(link(&hub), BOB));
            let mut join = pin!(join);
            let mut context = Context::from_waker(Waker::noop());
            for _ in 0..polls {
                if join.as_mut().poll(&mut context).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        pass(LONG).await;
        assert_eq!(members(&hub), [ALICE], "after {polls} polls");
        drop(alice);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_creation_that_is_given_up_leaves_no_member_behind() {
    let hub = hub();
    let network = Network::new(hub.connect(ALICE)).delayed(DELAY);
    let join = Conference::join(network, options(Target::Create, ALICE));
    // The server has carried it out, and the answer is still under way.
    let joined = tokio::time::timeout(DELAY * 3 / 2, join).await;
    assert!(joined.is_err());
    assert_eq!(members(&hub), [ALICE]);
    pass(LONG).await;
    assert!(members(&hub).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_command_is_carried_out_although_its_caller_does_not_wait() {
    let hub = hub();
    let mut alice = Member::create(&hub, ALICE).await;
    let bob = Member::join(&hub, BOB).await;
    alice.emoji_at(1).await;
    {
        let mut sending = pin!(bob.conference.send_message(message(1, "one")));
        let mut context = Context::from_waker(Waker::noop());
        assert!(sending.as_mut().poll(&mut context).is_pending());
    }
    // And one whose future is not even polled is not.
    drop(bob.conference.send_message(message(2, "two")));
    let third = bob.conference.send_message(message(3, "three")).await;
    assert_eq!(third, Ok(()));
    assert_eq!(alice.until(said).await, (BOB, "one".to_owned()));
    assert_eq!(alice.until(said).await, (BOB, "three".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn leaving_while_waiting_for_the_first_block_ends_at_once() {
    let hub = hub();
    let call = hub.with(|server| server.create_empty(ALICE)).unwrap();
    let message = hub.with(|server| server.invite(call, BOB)).unwrap();
    let mut options = options(Target::Invitation(message), BOB);
    options.config.empty_call = EmptyCall::Refuse;
    let bob = Conference::start(hub.connect(BOB), options);
    pass(Duration::from_secs(1)).await;
    let before = tokio::time::Instant::now();
    assert_eq!(bob.close().await.reason, EndReason::Left);
    assert_eq!(before.elapsed(), Duration::ZERO);
}

#[test]
fn nothing_panics_when_the_runtime_is_shut_down() {
    let hub = hub();
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().build().unwrap();
    let mut alice = runtime.block_on(Member::create(&hub, ALICE));
    drop(runtime);

    let runtime = builder.enable_time().build().unwrap();
    runtime.block_on(async {
        let sent = alice.conference.send_message(message(1, "too late")).await;
        assert!(sent.is_err());
        alice.conference.leave();
        while let Some(notice) = alice.events.next().await {
            let ended = matches!(notice, Notice::Event(Event::Ended(_)));
            assert!(!ended, "no user has left");
        }
        assert_eq!(alice.conference.close().await.reason, EndReason::Stopped);
    });
}
