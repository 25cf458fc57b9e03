//! Calls over bad networks: whatever happens, all who are in come to the same keys and emoji.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::time::Duration;

use confcall::Target;
use confcall_simulator::{Faults, Life, Plan, World, each_seed};

/// A world with a call of some members over a bad network.
fn call(seed: u64, members: usize) -> World {
    let mut world = World::new(seed, Faults::MANY);
    world.join(Target::Create);
    let created = world.run_while_not(Duration::from_secs(60), |world| world.nodes[0].is_in());
    assert!(created, "{}", world.history());
    let link = world.link();
    for _ in 1..members {
        world.join(link.clone());
    }
    world
}

#[test]
fn calls_over_bad_networks_converge() {
    each_seed(1000, |seed| {
        let mut world = call(seed, 5);
        world.run(Duration::from_secs(5));
        world.converge();
    });
}

#[test]
fn calls_in_which_members_come_and_go_and_the_server_restarts_converge() {
    let plan = Plan {
        faults: Faults::MANY,
        closing: Faults::MANY,
        members: 3,
        most: 8,
        turns: 8,
        silence: Duration::from_secs(5),
        hostile: None,
    };
    each_seed(1000, |seed| {
        Life::live(seed, plan.clone());
    });
}
