//! Rules of the engine that show only in a call: each test fails if its rule is left out.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::time::Duration;

use confcall_join::api::{
    AccessHash, CallId, CallRef, GroupCall, Method, Request, Response, Service as _, SubChain,
    Update, Updates,
};
use confcall_join::engine::{Command, Event, Input};
use confcall_join::message::{GroupMessage, RandomId};
use confcall_simulator::{Faults, SentRequest, Verdict, World, named, of_another_call};
use confcall_state::UserId;

const SECOND: Duration = Duration::from_secs(1);
/// The way to the server and back.
const ROUND_TRIP: Duration = Duration::from_millis(100);

#[test]
fn a_join_answer_of_another_call_makes_no_membership() {
    let mut world = World::with_call(1);
    world.hold();
    let link = world.link();
    let joiner = world.join(link);
    let user = world.nodes[joiner].user;
    for _ in 0..20 {
        let held = world.held.as_ref().unwrap();
        let is_join = |body: &Request| matches!(body, Request::Join(_));
        let ours = |one: &confcall_simulator::HeldRequest| one.user == user;
        let Some(place) = held.requests.iter().position(ours) else {
            world.run(SECOND);
            continue;
        };
        let body = held.requests[place].body.clone();
        let verdict = match is_join(&body) {
            false => Verdict::Pass,
            true => {
                let honest = world.server.handle(user, &body.to_tl()).unwrap();
                let Updates(updates) = honest.into_updates().unwrap();
                let call = CallRef {
                    id: CallId::new(77),
                    access_hash: AccessHash::new(78),
                };
                let updates = updates.into_iter().map(|update| named(update, call));
                let updates = updates.collect();
                Verdict::Answer(Response::from(Updates(updates)))
            }
        };
        world.deliver_request(place, verdict);
        assert!(!world.nodes[joiner].is_in(), "{}", world.history());
        if is_join(&body) {
            return;
        }
    }
    panic!("no join was sent\n{}", world.history());
}

#[test]
fn a_message_that_is_sent_twice_is_shown_once() {
    let mut world = World::with_call(2);
    let message = GroupMessage::new(RandomId::new(7).unwrap(), "hello", Vec::new()).unwrap();
    // Two packets, as a sender makes them who does not know whether the first one arrived.
    for _ in 0..2 {
        world.command(1, Command::Send(message.clone()));
        world.run(SECOND);
    }
    assert_eq!(
        world.nodes[1].sent(Method::SendGroupCallEncryptedMessage),
        2
    );
    assert_eq!(world.nodes[0].messages().count(), 1);
}

#[test]
fn a_full_page_of_blocks_is_followed_at_once() {
    let mut world = World::with_call(1);
    world.faults = Faults {
        lost_pushes: 1,
        ..Faults::NONE
    };
    for _ in 0..120 {
        world.land_a_block(UserId::new(99));
    }
    let first = world.nodes[0].requests.len();
    world.run(30 * SECOND);
    let is_full = |sent: &&SentRequest| {
        matches!(&sent.body, Request::ChainBlocks(poll)
            if poll.sub_chain == SubChain::Blocks && poll.offset > 1)
    };
    let polls = world.nodes[0].requests[first..].iter().filter(is_full);
    let polls: Vec<_> = polls.map(|sent| sent.at).collect();
    // Two full pages, and the rest.
    assert!(polls.len() >= 2, "{}", world.history());
    assert_eq!(polls[1] - polls[0], ROUND_TRIP, "{polls:?}");
    let membership = world.nodes[0].engine.membership().unwrap();
    let tip = world.server.calls().next().unwrap().chain_state();
    assert_eq!(membership.state().hash(), tip.hash());
}

#[test]
fn a_member_who_comes_back_within_the_grace_is_not_pruned() {
    let mut world = World::with_call(2);
    let call = world.server.calls().next().unwrap().id();
    world.put_to_sleep(1);
    // What it asked before is answered still.
    world.run(SECOND);
    world.server.drop_member(call, UserId::new(2)).unwrap();
    world.push_out();
    let rosters = |world: &World| world.nodes[0].sent(Method::GetGroupParticipants);
    let before = rosters(&world);
    let is_loaded = world.run_while_not(10 * SECOND, |world| rosters(world) > before);
    assert!(is_loaded, "{}", world.history());
    // The roster without it arrives, and its removal waits for at least two seconds.
    world.run(2 * ROUND_TRIP);
    world.wake_up(1);
    world.command(1, Command::Rejoin);
    world.run(20 * SECOND);
    assert!(world.nodes[1].ended.is_none(), "{}", world.history());
    assert!(world.has_converged(), "{}", world.history());
    let removals = Method::DeleteConferenceCallParticipants;
    assert_eq!(world.nodes[0].sent(removals), 0, "{}", world.history());
}

#[test]
fn connection_parameters_that_are_pushed_may_be_of_another_call_and_count_for_nothing() {
    let mut world = World::with_call(1);
    let known = |world: &World| {
        let events = world.nodes[0].events.iter();
        let shown = events.filter(|event| matches!(event, Event::Connection { .. }));
        shown.count()
    };
    let before = known(&world);
    for update in of_another_call(&Update::from(GroupCall::Discarded {
        id: CallId::new(0),
        access_hash: AccessHash::new(0),
        duration: 0,
    })) {
        world.input(0, Input::Update(update));
    }
    assert_eq!(known(&world), before);
    assert!(world.nodes[0].is_in());
}
