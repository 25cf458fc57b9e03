//! Traces of whole calls: they replay, hold no secret, show every edit, and find the fork.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::time::Duration;

use confcall::join::engine::{Command, Config};
use confcall::join::message::{GroupMessage, RandomId};
use confcall::join::trace::{
    Divergence, Ending, History, Trace, TraceErrorKind, Verdict, compare, replay,
};
use confcall::{Newcomer, Target, UserId};
use confcall_tests::{Faults, NodeId, World, media};

fn start(world: &mut World, target: Target) -> NodeId {
    let user = UserId::new(world.nodes.len() as i64 + 1);
    let media = media(world.rng());
    world.start_recorded(Config::new(target, Newcomer::new(user), media))
}

fn message(text: &str) -> Command {
    let id = RandomId::new(7).unwrap();
    Command::Send(GroupMessage::new(id, text, Vec::new()).unwrap())
}

/// A call in which much happens, up to its end.
fn busy_call(seed: u64, faults: Faults) -> World {
    let mut world = World::new(seed, faults);
    start(&mut world, Target::Create);
    let created = world.run_while_not(Duration::from_secs(60), |world| world.nodes[0].is_in());
    assert!(created, "seed {seed}\n{}", world.history());
    let link = world.link();
    for _ in 0..3 {
        start(&mut world, link.clone());
    }
    world.run(Duration::from_secs(30));
    world.command(0, message(TEXT));
    world.command(0, Command::RevokeLink);
    world.run(Duration::from_secs(3));
    let users = vec![UserId::new(3)];
    world.command(0, Command::Kick { users });
    world.run(Duration::from_secs(20));
    world.command(1, Command::Leave);
    world.run(Duration::from_secs(20));
    world
}

const TEXT: &str = "meet at the old mill";

fn traces(world: &mut World) -> Vec<String> {
    world
        .nodes
        .iter_mut()
        .map(|node| node.take_trace())
        .collect()
}

#[test]
fn every_trace_of_a_bad_network_replays_to_the_same_outputs() {
    for seed in 0..30 {
        let mut world = busy_call(seed, Faults::MANY);
        for text in traces(&mut world) {
            let trace = Trace::read(text.as_bytes()).unwrap();
            assert_eq!(trace.ending, Ending::Complete);
            let replayed = replay(&trace).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            assert_eq!(replayed.inputs, trace.inputs());
            assert!(replayed.outputs > 10);
        }
    }
}
