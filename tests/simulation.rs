//! Calls over bad networks: whatever happens, all who are in come to the same keys and emoji.

use std::time::Duration;

use confcall_simulator::{Faults, Life, Plan, each_seed};

#[test]
fn calls_in_which_members_come_and_go_and_the_server_restarts_converge() {
    let plan = Plan {
        faults: Faults::MANY,
        closing: Faults::MANY,
        members: 5,
        most: 8,
        turns: 8,
        silence: Duration::from_secs(5),
        hostile: None,
    };
    each_seed(1000, |seed| {
        Life::live(seed, plan.clone());
    });
}
