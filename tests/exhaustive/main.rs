//! All interleavings of small calls.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests"
)]

mod client;
mod laws;
mod network;
mod pool;
mod script;
mod search;

use confcall::join::engine::Command;

use script::{Order, Script, When, user};
use search::search;

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

#[test]
fn one_joins_a_founder() {
    let script = Script {
        members: 1,
        joiners: 1,
        orders: Vec::new(),
        slow: 2,
    };
    search("one joins a founder", &script);
}

#[test]
fn a_joiner_is_kicked_while_it_verifies() {
    let script = Script {
        members: 1,
        joiners: 1,
        orders: vec![kick(0, 1)],
        slow: 0,
    };
    search("a joiner is kicked while it verifies", &script);
}

#[test]
fn a_joiner_leaves_at_any_moment() {
    let script = Script {
        members: 1,
        joiners: 1,
        orders: vec![leave(1)],
        slow: 0,
    };
    search("a joiner leaves at any moment", &script);
}

#[test]
fn the_founder_leaves_while_somebody_joins() {
    let script = Script {
        members: 1,
        joiners: 1,
        orders: vec![leave(0)],
        slow: 0,
    };
    search("the founder leaves while somebody joins", &script);
}

#[test]
fn two_kick_each_other() {
    let script = Script {
        members: 2,
        joiners: 0,
        orders: vec![kick(0, 1), kick(1, 0)],
        slow: 1,
    };
    search("two kick each other", &script);
}

#[test]
fn two_kick_the_same() {
    let script = Script {
        members: 3,
        joiners: 0,
        orders: vec![kick(0, 2), kick(1, 2)],
        slow: 0,
    };
    search("two kick the same", &script);
}

#[test]
fn two_join_a_founder_at_once() {
    let script = Script {
        members: 1,
        joiners: 2,
        orders: Vec::new(),
        slow: 0,
    };
    search("two join a founder at once", &script);
}

#[test]
fn one_joins_while_another_is_kicked() {
    let script = Script {
        members: 2,
        joiners: 1,
        orders: vec![kick(0, 1)],
        slow: 0,
    };
    search("one joins while another is kicked", &script);
}
