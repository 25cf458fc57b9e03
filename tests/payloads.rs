//! The payload of the media, supplied by a client that has a media stack.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::time::Duration;

use confcall::join::api::{Method, Request};
use confcall::join::engine::{
    Advice, Command, Config, EndReason, Event, MediaConnection, PayloadReason, Payloads,
};
use confcall::{JoinPayload, Joiner, Target, UserId};
use confcall_simulator::{Faults, NodeId, Rule, Verdict, World, media};

const WITHIN: Duration = Duration::from_secs(7);
const MINUTE: Duration = Duration::from_secs(60);

fn payload(world: &mut World) -> JoinPayload {
    media(world.rng()).payload
}

/// A call of user 1, and user 2, whose client supplies payloads, on its way into it.
fn joiner(rules: impl IntoIterator<Item = Rule>) -> (World, NodeId) {
    let mut world = World::new(5, Faults::NONE);
    world.join(Target::Create);
    assert!(world.run_while_not(MINUTE, World::has_converged));
    for rule in rules {
        world.rules.push(rule.of(2));
    }
    let (link, media) = (world.link(), media(world.rng()));
    let mut config = Config::new(link, Joiner::new(UserId::new(2)), media);
    config.payloads = Payloads::Client { within: WITHIN };
    let node = world.start(config);
    (world, node)
}

/// The reasons for which the client was asked.
fn asked(world: &World, node: NodeId) -> Vec<(MediaConnection, PayloadReason)> {
    let events = world.nodes[node].events.iter();
    let asked = events.filter_map(|event| match event {
        Event::PayloadWanted {
            connection, why, ..
        } => Some((*connection, *why)),
        _ => None,
    });
    asked.collect()
}

/// The payloads that the client joined with.
fn sent(world: &World, node: NodeId) -> Vec<JoinPayload> {
    let joins = world.nodes[node].requests_of(Method::JoinGroupCall);
    let payloads = joins.map(|asked| match &asked.body {
        Request::Join(join) => JoinPayload::from_json(join.params.as_str()).unwrap(),
        other => panic!("{other:?}"),
    });
    payloads.collect()
}

fn taken() -> Rule {
    let refusal = Verdict::refuse(400, "GROUPCALL_SSRC_DUPLICATE_MUCH");
    Rule::new(Method::JoinGroupCall, refusal).times(1)
}

fn supply(world: &mut World, node: NodeId) -> JoinPayload {
    let payload = payload(world);
    let connection = MediaConnection::Main;
    let supply = Command::Supply {
        connection,
        payload: payload.clone(),
    };
    world.command(node, supply);
    payload
}

#[test]
fn a_client_whose_source_is_taken_is_asked_for_another_payload_and_joins_with_it() {
    let (mut world, node) = joiner([taken()]);
    assert!(world.run_while_not(MINUTE, |world| !asked(world, node).is_empty()));
    let asked = asked(&world, node);
    assert_eq!(asked, [(MediaConnection::Main, PayloadReason::SourceTaken)]);
    world.run(WITHIN / 2);
    assert_eq!(sent(&world, node).len(), 1, "nothing is sent before it");
    let supplied = supply(&mut world, node);
    assert!(world.run_while_not(MINUTE, World::has_converged));
    assert_eq!(sent(&world, node)[1..], [supplied]);
}

#[test]
fn a_client_that_supplies_no_payload_in_time_ends_and_is_not_in_the_call() {
    let (mut world, node) = joiner([taken()]);
    world.run(WITHIN + Duration::from_secs(2));
    assert_eq!(*world.end(node), EndReason::NoPayload);
    let advice = world.nodes[node].ended.as_ref().unwrap().advice;
    assert_eq!(advice, Advice::JoinAgain);
    assert_eq!(world.server.calls().next().unwrap().blocks().len(), 1);
    // What comes too late changes nothing.
    supply(&mut world, node);
    world.run(MINUTE);
    assert_eq!(sent(&world, node).len(), 1);
}

#[test]
fn a_client_that_joins_again_is_asked_for_another_payload_and_leaves_if_there_is_none() {
    for is_supplied in [true, false] {
        let (mut world, node) = joiner([]);
        assert!(world.run_while_not(MINUTE, World::has_converged));
        world.command(node, Command::Rejoin);
        world.run(Duration::from_secs(1));
        let asked = asked(&world, node);
        assert_eq!(asked, [(MediaConnection::Main, PayloadReason::Rejoin)]);
        if is_supplied {
            let supplied = supply(&mut world, node);
            world.run(Duration::from_secs(1));
            assert!(world.run_while_not(MINUTE, World::has_converged));
            assert_eq!(sent(&world, node)[1..], [supplied]);
        } else {
            world.run(MINUTE);
            assert_eq!(*world.end(node), EndReason::NoPayload);
            assert_eq!(world.nodes[node].sent(Method::LeaveGroupCall), 1);
        }
    }
}

#[test]
fn a_payload_that_was_not_asked_for_changes_nothing() {
    let (mut world, node) = joiner([]);
    assert!(world.run_while_not(MINUTE, World::has_converged));
    supply(&mut world, node);
    world.run(MINUTE);
    assert_eq!((sent(&world, node).len(), world.nodes[node].joins), (1, 1));
}

#[test]
fn the_generated_payload_is_the_default_and_the_client_is_not_asked() {
    let mut world = World::with_call(2);
    world.command(1, Command::Rejoin);
    world.run(Duration::from_secs(1));
    assert!(world.run_while_not(MINUTE, World::has_converged));
    assert!(asked(&world, 1).is_empty());
    assert_eq!(world.nodes[1].joins, 2);
}
