//! Calls over bad networks: whatever happens, everybody who is in comes to the same keys and emoji.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::time::Duration;

use confcall::Target;
use confcall_tests::{Faults, World};

#[test]
fn calls_over_bad_networks_converge() {
    let seeds: u64 = std::env::var("SEEDS").map_or(100, |seeds| seeds.parse().unwrap());
    let first: u64 = std::env::var("FIRST").map_or(0, |seed| seed.parse().unwrap());
    for seed in first..first + seeds {
        let mut world = World::new(seed, Faults::MANY);
        world.join(Target::Create);
        let created = world.run_while_not(Duration::from_secs(60), |world| world.nodes[0].is_in());
        assert!(created, "seed {seed}\n{}", world.history());
        let link = world.link();
        for _ in 0..4 {
            world.join(link.clone());
        }
        world.run(Duration::from_secs(5));
        let converged = world.run_while_not(Duration::from_secs(180), World::has_converged);
        assert!(converged, "seed {seed}\n{}", world.history());
        world.check_hearing();
    }
}
