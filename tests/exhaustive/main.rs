//! All interleavings of small calls, with the real engines and the model server.
//!
//! ```text
//!             ┌─ Serve: the server carries out a client's first request ─┐
//!             ├─ Deliver: a client gets what was sent to it first ───────┤
//! one state ──┼─ Overtake: an answer before pushes, or a push before ────┼──▶ next states, each checked by the laws
//!             │  answers                                                 │
//!             ├─ Order: a user kicks or leaves ──────────────────────────┤
//!             ├─ Time: the first client is woken ────────────────────────┤
//!             └─ Lie: the server does what only a dishonest one does ────┘
//! ```
//!
//! In most scripts the server is honest; in those of `attacker.rs` it is the attacker.
//!
//! # The alphabet
//!
//! Between clients everything comes in every order. A client's own requests reach the server in their order, as on
//! one connection; so do the answers among themselves and the pushes among themselves, but an answer can overtake
//! pushes and a push answers: without limit, or, in some scripts, once for one client in a run. Nothing is
//! lost: loss is the simulation's. A user gives its order at any moment from when it is possible, at the latest when
//! nothing is on its way. Time passes when nothing is on its way, and besides that as often as the script
//! says; it goes on to the moment at which the first client wants to be woken. A run is over when all who have
//! not ended are in the newest block, which is verified and holds only users who are connected.
//!
//! # What makes two states equal
//!
//! Two clients are the same if their engines print the same and have drawn as much from the same seeds; the keys and
//! nonces, which are not printed, follow from that. Only when replaced epochs expire is left out: no law asks for them.
//! Two states of a call are the same if all clients, the server, and everything under way are. So states meet because
//! steps that do not touch each other lead to the same state in whatever order they are taken. An engine and the server
//! are values, so a step from one client with one input is computed once for all the runs in which it occurs.
#![cfg(any(fuzzing, confcall_testing))]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests"
)]

mod attacker;
mod client;
mod laws;
mod network;
mod pool;
mod script;
mod search;
mod video_chat;

use confcall::join::engine::Command;

use network::ALWAYS;
use script::{Order, Place, Script, When, user};
use search::{Effort, Found, search};

const LEFT: &str = "left the call";
const REMOVED_BY_1: &str = "removed from the call by user 1";
const REMOVED_BY_2: &str = "removed from the call by user 2";

fn kick(client: usize, other: usize) -> Order {
    let users = vec![user(other)];
    Order {
        client,
        command: Command::Kick { users },
        when: When::Holds(other),
    }
}

fn leave(client: usize) -> Order {
    Order {
        client,
        command: Command::Leave,
        when: When::Anytime,
    }
}

fn assert_ends(found: &Found, ends: &[&[&str]]) {
    let expected: Vec<_> = ends.iter().map(|ends| ends.join(" | ")).collect();
    for end in found.ends.keys() {
        assert!(expected.contains(end), "an unexpected end: {end}");
    }
    for end in &expected {
        assert!(
            found.ends.contains_key(end),
            "an end that is not met: {end}"
        );
    }
}

#[test]
fn a_user_who_joins_a_founder_is_in_however_slow_the_network_is() {
    let script = Script {
        place: Place::Conference,
        members: 1,
        joiners: 1,
        orders: Vec::new(),
        overtakes: vec![1; 2],
        slow: 2,
        lies: 0,
    };
    let found = search("one joins, slowly", &script, Effort::Reduced);
    assert_ends(&found, &[&["in", "in"]]);
}

#[test]
fn a_joiner_who_is_kicked_while_it_verifies_is_out() {
    let script = Script {
        place: Place::Conference,
        members: 1,
        joiners: 1,
        orders: vec![kick(0, 1)],
        overtakes: vec![ALWAYS; 2],
        slow: 0,
        lies: 0,
    };
    let found = search("a joiner is kicked", &script, Effort::Reduced);
    assert_ends(&found, &[&["in", REMOVED_BY_1]]);
    // What commutes may come in any order, and nothing is missed by trying one of them.
    let full = search("a joiner is kicked, in full", &script, Effort::Full);
    assert!(full.states > found.states);
    assert_eq!(full.ends, found.ends);
}

#[test]
fn a_joiner_can_leave_at_any_moment() {
    let script = Script {
        place: Place::Conference,
        members: 1,
        joiners: 1,
        orders: vec![leave(1)],
        overtakes: vec![ALWAYS; 2],
        slow: 0,
        lies: 0,
    };
    let found = search("a joiner leaves", &script, Effort::Full);
    assert_ends(&found, &[&["in", LEFT]]);
}

#[test]
fn a_founder_can_leave_while_another_joins() {
    let script = Script {
        place: Place::Conference,
        members: 1,
        joiners: 1,
        orders: vec![leave(0)],
        overtakes: vec![ALWAYS; 2],
        slow: 0,
        lies: 0,
    };
    let found = search("the founder leaves", &script, Effort::Full);
    assert_ends(&found, &[&[LEFT, "in"]]);
}

#[test]
fn of_two_who_kick_each_other_one_stays() {
    let script = Script {
        place: Place::Conference,
        members: 2,
        joiners: 0,
        orders: vec![kick(0, 1), kick(1, 0)],
        overtakes: vec![ALWAYS; 2],
        slow: 1,
        lies: 0,
    };
    let found = search("two kick each other", &script, Effort::Full);
    assert_ends(&found, &[&["in", REMOVED_BY_1], &[REMOVED_BY_2, "in"]]);
}

#[test]
fn two_can_kick_the_same_at_once() {
    let script = Script {
        place: Place::Conference,
        members: 3,
        joiners: 0,
        orders: vec![kick(0, 2), kick(1, 2)],
        overtakes: vec![ALWAYS; 3],
        slow: 0,
        lies: 0,
    };
    let found = search("two kick the same", &script, Effort::Reduced);
    let ends: &[&[&str]] = &[&["in", "in", REMOVED_BY_1], &["in", "in", REMOVED_BY_2]];
    assert_ends(&found, ends);
}

#[test]
fn two_can_join_a_founder_at_once() {
    // The joiners are alike.
    for overtakes in [vec![1, 0, 0], vec![0, 1, 0]] {
        let script = Script {
            place: Place::Conference,
            members: 1,
            joiners: 2,
            orders: Vec::new(),
            overtakes,
            slow: 0,
            lies: 0,
        };
        let found = search("two join at once", &script, Effort::Reduced);
        assert_ends(&found, &[&["in", "in", "in"]]);
    }
}

#[test]
fn one_can_join_while_another_is_kicked() {
    for overtakes in [vec![1, 0, 0], vec![0, 1, 0], vec![0, 0, 1]] {
        let script = Script {
            place: Place::Conference,
            members: 2,
            joiners: 1,
            orders: vec![kick(0, 1)],
            overtakes,
            slow: 0,
            lies: 0,
        };
        let found = search("one joins, another is kicked", &script, Effort::Reduced);
        // The block that removed it comes to it, also when it is not the newest any more.
        assert_ends(&found, &[&["in", REMOVED_BY_1, "in"]]);
    }
}
