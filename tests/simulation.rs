//! Calls over bad networks: whatever happens, all who are in come to the same keys and emoji.

use std::time::Duration;

use confcall_simulator::{Evening, Faults, Life, Plan, each_seed};

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

#[test]
fn evenings_in_calls_of_every_kind_come_to_what_the_server_has() {
    each_seed(100, |seed| {
        Evening::live(seed, 15, Faults::NONE);
    });
}

#[test]
fn evenings_on_a_bad_network_come_to_what_the_server_has_once_it_is_calm() {
    each_seed(150, |seed| {
        Evening::live(seed, 15, Faults::MANY);
    });
}
