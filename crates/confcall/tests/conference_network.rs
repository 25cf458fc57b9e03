//! Networks and servers that do not do what they should.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use common::network::{Network, count, lost};
use common::{ALICE, BOB, CAROL, Member, hub, link, members, message, options, pass, within};
use confcall::{Conference, Event, Events, Notice, Trouble};
use confcall_join::api::{
    AccessHash, CallId, InputGroupCall, Method, Request, Response, RpcError, Update, Updates,
};
use confcall_join::engine::{Advice, CommandFailure, EmptyCall, EndReason};
use confcall_join::joining::{AnswerFault, Target};
use confcall_join::policy::CheckedRequest;
use confcall_transport::{CallError, Transport, UpdateSender, UpdateStream};

/// A server that answers nothing at all.
struct Silence(UpdateSender);

impl Transport for Silence {
    async fn call(&self, _: CheckedRequest) -> Result<Response, CallError> {
        std::future::pending().await
    }

    fn updates(&self) -> UpdateStream {
        self.0.subscribe()
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_is_given_up() {
    let hub = hub();
    let _alice = Member::create(&hub, ALICE).await;
    let silence = Silence(UpdateSender::new());
    let joined = Conference::join(silence, options(link(&hub), BOB));
    let ended = within(joined).await;
    let ended = common::ended(ended.map(|_| ()).unwrap_err());
    assert!(matches!(ended.reason, EndReason::Exhausted { .. }));
    assert_eq!(ended.advice, Advice::JoinAgain);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_come_in_time_is_lost() {
    let hub = hub();
    let _alice = Member::create(&hub, ALICE).await;
    let never = Duration::from_secs(1_000_000);
    let network = Network::new(hub.connect(BOB)).delayed(never);
    let sent = Arc::clone(&network.sent);
    let mut options = options(link(&hub), BOB);
    options.answer_timeout = Duration::from_secs(5);
    let _bob = Conference::start(network, options);
    pass(Duration::from_millis(4900)).await;
    assert_eq!(sent.lock().unwrap().len(), 1);
    pass(Duration::from_secs(3)).await;
    assert_eq!(sent.lock().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn answers_of_wrong_types_end_with_a_reason() {
    let answers: [fn() -> Response; 3] = [
        || Response::from(true),
        || Response::from(Vec::<confcall_join::Ssrc>::new()),
        || Response::from(Updates(Vec::new())),
    ];
    for answer in answers {
        let hub = hub();
        let _alice = Member::create(&hub, ALICE).await;
        let network = Network::new(hub.connect(BOB)).answering(move |_| Some(Ok(answer())));
        let joined = Conference::join(network, options(link(&hub), BOB));
        let ended = within(joined).await;
        assert!(ended.is_err());
        assert_eq!(members(&hub), [ALICE]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_without_an_answer_is_unanswered() {
    let hub = hub();
    let answer = |request: &Request| {
        let is_message = request.method() == Method::SendGroupCallEncryptedMessage;
        is_message.then(|| Err(lost()))
    };
    let network = Network::new(hub.connect(ALICE)).answering(answer);
    let created = Conference::join(network, options(Target::Create, ALICE));
    let alice = created.await.unwrap();
    let sent = alice.send_message(message(1, "one")).await;
    assert_eq!(sent, Err(CommandFailure::Unanswered));
}

#[tokio::test(start_paused = true)]
async fn a_call_is_followed_although_nothing_is_pushed_any_more() {
    let hub = hub();
    let mut alice = Member::create(&hub, ALICE).await;
    // Its sender is gone at once.
    let pushed = UpdateSender::new();
    let network = Network::new(hub.connect(BOB)).pushing(pushed);
    let joined = Conference::join(network, options(link(&hub), BOB)).await;
    let mut bob = Member::from(joined.unwrap());
    let mut carol = Member::join(&hub, CAROL).await;
    let emoji = carol.emoji_at(2).await;
    assert_eq!(bob.emoji_at(2).await, emoji);
    assert_eq!(alice.emoji_at(2).await, emoji);
}

#[tokio::test(start_paused = true)]
async fn a_gap_in_the_pushes_makes_it_look_what_was_missed() {
    let hub = hub();
    let _alice = Member::create(&hub, ALICE).await;
    let pushed = UpdateSender::new();
    let network = Network::new(hub.connect(BOB)).pushing(pushed.clone());
    let sent = Arc::clone(&network.sent);
    let joined = Conference::join(network, options(link(&hub), BOB)).await;
    let bob = joined.unwrap();
    pass(Duration::from_secs(31)).await;

    // Nothing is pushed, and it is not long until the next poll.
    let _carol = Member::join(&hub, CAROL).await;
    let polls = count(&sent, Method::GetGroupCallChainBlocks);
    pushed.gap();
    pass(Duration::from_secs(2)).await;
    assert!(count(&sent, Method::GetGroupCallChainBlocks) > polls);
    assert_eq!(bob.view().members, [ALICE, BOB, CAROL]);
}

#[tokio::test(start_paused = true)]
async fn a_user_who_cannot_use_the_answer_to_a_join_has_left_before_it_learns_so() {
    let answers: [fn() -> Response; 2] = [
        || Response::from(true),
        || Response::from(Updates(Vec::new())),
    ];
    for answer in answers {
        let hub = hub();
        let _alice = Member::create(&hub, ALICE).await;
        let network = Network::new(hub.connect(BOB)).delayed(Duration::from_millis(50));
        let network = network.changing(move |request, response| match request {
            Request::Join(_) => Ok(answer()),
            _ => Ok(response),
        });
        let sent = Arc::clone(&network.sent);
        let ended = Member::over(network, options(link(&hub), BOB)).await;
        let reason = ended.map(|_| ()).unwrap_err().reason;
        assert!(matches!(reason, EndReason::Unusable(_)), "{reason}");
        assert_eq!(count(&sent, Method::JoinGroupCall), 1);
        assert_eq!(count(&sent, Method::LeaveGroupCall), 1);
        assert_eq!(members(&hub), [ALICE]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_join_whose_answer_was_lost_is_found_although_another_user_has_joined_since() {
    let hub = hub();
    let _alice = Member::create(&hub, ALICE).await;
    let delay = Duration::from_millis(50);
    let network = Network::new(hub.connect(BOB)).delayed(delay);
    let network = network.changing(|request, response| match request {
        Request::Join(_) => Err(lost()),
        _ => Ok(response),
    });
    let sent = Arc::clone(&network.sent);
    let bob = Conference::start(network, options(link(&hub), BOB));
    while !members(&hub).contains(&BOB) {
        pass(delay / 5).await;
    }
    let mut carol = Member::join(&hub, CAROL).await;
    let mut bob = Member::from(bob);
    assert_eq!(bob.emoji_at(2).await, carol.emoji_at(2).await);
    assert_eq!(count(&sent, Method::JoinGroupCall), 1);
    assert_eq!(members(&hub), [ALICE, BOB, CAROL]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_about_another_call_is_no_join() {
    let hub = hub();
    let _alice = Member::create(&hub, ALICE).await;
    let network = Network::new(hub.connect(BOB)).changing(|request, response| {
        if !matches!(request, Request::Join(_)) {
            return Ok(response);
        }
        let mut answer = response.into_updates().unwrap();
        for update in &mut answer.0 {
            if let Update::ChainBlocks(items) = update {
                items.call = InputGroupCall::Id {
                    id: CallId::new(999),
                    access_hash: AccessHash::new(0),
                };
            }
        }
        Ok(answer.into())
    });
    let ended = Member::over(network, options(link(&hub), BOB)).await;
    let fault = EndReason::Unusable(AnswerFault::OtherCall);
    assert_eq!(ended.map(|_| ()).unwrap_err().reason, fault);
    assert_eq!(members(&hub), [ALICE]);
}

fn refusal(message: &str) -> CallError {
    RpcError::new(400, message).into()
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_chain_vanishes_between_attempts_is_not_started_again() {
    for empty_call in [EmptyCall::Refuse, EmptyCall::Start] {
        let hub = hub();
        let _alice = Member::create(&hub, ALICE).await;
        let race = |request: &Request| {
            let is_join = matches!(request, Request::Join(_));
            is_join.then(|| Err(refusal("CONF_WRITE_CHAIN_INVALID")))
        };
        let network = Network::new(hub.connect(BOB)).answering(race);
        let sent = Arc::clone(&network.sent);
        let before = Arc::clone(&sent);
        let network = network.changing(move |request, response| {
            let is_tip = matches!(request, Request::ChainBlocks(_));
            if !is_tip || count(&before, Method::JoinGroupCall) == 0 {
                return Ok(response);
            }
            let mut answer = response.into_updates().unwrap();
            for update in &mut answer.0 {
                if let Update::ChainBlocks(items) = update {
                    items.blocks.clear();
                }
            }
            Ok(answer.into())
        });
        let mut options = options(link(&hub), BOB);
        options.config.empty_call = empty_call;
        let ended = Member::over(network, options).await;
        let fault = EndReason::Unusable(AnswerFault::ChainGone);
        assert_eq!(ended.map(|_| ()).unwrap_err().reason, fault);
        assert_eq!(count(&sent, Method::JoinGroupCall), 1);
    }
}

/// The notices about the connection, and the tries again that were announced.
async fn of_the_connection(events: &mut Events, for_: Duration) -> (Vec<&'static str>, usize) {
    let (mut said, mut tries) = (Vec::new(), 0);
    let reading = async {
        while let Some(notice) = events.next().await {
            match notice {
                Notice::ConnectionLost => said.push("lost"),
                Notice::ConnectionBack => said.push("back"),
                Notice::Event(Event::Retrying {
                    why: Trouble::Unanswered { .. },
                    ..
                }) => tries += 1,
                _ => {}
            }
        }
    };
    let _ = tokio::time::timeout(for_, reading).await;
    (said, tries)
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_lost_and_back_is_said_once_each() {
    let hub = hub();
    let _alice = Member::create(&hub, ALICE).await;
    let is_down = Arc::new(AtomicBool::new(false));
    let down = Arc::clone(&is_down);
    let answer = move |_: &Request| down.load(Ordering::Relaxed).then(|| Err(lost()));
    let network = Network::new(hub.connect(BOB)).answering(answer);
    let network = network.pushing(UpdateSender::new());
    let joined = Conference::join(network, options(link(&hub), BOB)).await;
    let bob = joined.unwrap();
    let mut events = bob.events();
    let second = Duration::from_secs(1);
    assert_eq!(
        of_the_connection(&mut events, 5 * second).await,
        (vec![], 0)
    );

    is_down.store(true, Ordering::Relaxed);
    let outage = of_the_connection(&mut events, 20 * second).await;
    assert_eq!(outage, (vec!["lost"], 0));
    assert!(bob.view().connection_lost);
    is_down.store(false, Ordering::Relaxed);
    let after = of_the_connection(&mut events, 20 * second).await;
    assert_eq!(after, (vec!["back"], 0));
    assert!(!bob.view().connection_lost);
}

#[tokio::test(start_paused = true)]
async fn a_request_without_an_answer_is_no_loss_while_others_are_answered() {
    let hub = hub();
    let _alice = Member::create(&hub, ALICE).await;
    let network = Network::new(hub.connect(BOB)).never_answering(Method::GetGroupParticipants);
    let sent = Arc::clone(&network.sent);
    let joined = Conference::join(network, options(link(&hub), BOB)).await;
    let bob = joined.unwrap();
    let mut events = bob.events();
    let (said, _) = of_the_connection(&mut events, Duration::from_secs(120)).await;
    assert!(said.is_empty(), "{said:?}");
    assert!(count(&sent, Method::GetGroupParticipants) > 1);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_ahead_ends_with_its_reason_and_is_not_tried_again() {
    let hub = hub();
    let _alice = Member::create(&hub, ALICE).await;
    let by = Duration::from_secs(120);
    let answer = move |_: &Request| Some(Err(CallError::ClockAhead { by }));
    let network = Network::new(hub.connect(BOB)).answering(answer);
    let sent = Arc::clone(&network.sent);
    let ended = Member::over(network, options(link(&hub), BOB)).await;
    let ended = ended.map(|_| ()).unwrap_err();
    assert_eq!(ended.reason, EndReason::ClockAhead { seconds: 120 });
    assert_eq!(ended.advice, Advice::SetClock);
    pass(Duration::from_secs(60)).await;
    assert_eq!(sent.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn whoever_missed_the_event_sees_that_a_request_waits_and_until_when() {
    let hub = hub();
    let _alice = Member::create(&hub, ALICE).await;
    let is_flooded = Arc::new(AtomicBool::new(false));
    let asks_for_time = Arc::clone(&is_flooded);
    let network = Network::new(hub.connect(BOB)).answering(move |request| {
        let is_poll = request.method() == Method::GetGroupCallChainBlocks;
        let must_wait = is_poll && asks_for_time.load(Ordering::Relaxed);
        must_wait.then(|| Err(CallError::Rpc(RpcError::new(420, "FLOOD_WAIT_3600"))))
    });
    let joined = Conference::join(network, options(link(&hub), BOB)).await;
    let bob = joined.unwrap();
    pass(Duration::from_secs(30)).await;
    assert!(bob.view().waiting.is_empty());

    is_flooded.store(true, Ordering::Relaxed);
    pass(Duration::from_secs(10)).await;
    is_flooded.store(false, Ordering::Relaxed);
    let until = bob.view().waiting[&Method::GetGroupCallChainBlocks];
    let left = until - tokio::time::Instant::now().into_std();
    let hour = Duration::from_secs(3600);
    assert!(
        left > hour - Duration::from_secs(11) && left <= hour,
        "{left:?}"
    );

    pass(left + Duration::from_secs(1)).await;
    assert!(bob.view().waiting.is_empty());

    is_flooded.store(true, Ordering::Relaxed);
    pass(Duration::from_secs(10)).await;
    assert!(!bob.view().waiting.is_empty());
    bob.leave();
    pass(Duration::from_secs(1)).await;
    assert!(bob.view().waiting.is_empty());
}
