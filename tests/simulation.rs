//! Calls over bad networks: whatever happens, everybody who is in comes to the same keys and emoji.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::time::Duration;

use confcall::Target;
use confcall::UserId;
use confcall::join::engine::{Command, EndReason, Input};
use confcall::join::message::{GroupMessage, RandomId};
use confcall::join::reaction::GiveUpReason;
use confcall_server::Server;
use confcall_tests::{Faults, World, each_seed};

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

/// How many clients the script starts.
const MOST: usize = 8;

/// What can happen in a call beside what the network does.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Join,
    Leave,
    Kick,
    DropMember,
    JoinElsewhere,
    Compact,
    Restart,
    RestartFromSnapshot,
    Message,
    Rejoin,
    Gap,
}

const DEEDS: [Deed; 11] = [
    Deed::Join,
    Deed::Leave,
    Deed::Kick,
    Deed::DropMember,
    Deed::JoinElsewhere,
    Deed::Compact,
    Deed::Restart,
    Deed::RestartFromSnapshot,
    Deed::Message,
    Deed::Rejoin,
    Deed::Gap,
];

fn act(world: &mut World, deed: Deed, snapshot: &mut Option<Server>) {
    let call = world.server.calls().next().unwrap().id();
    let node = world.below(world.nodes.len());
    let user = world.nodes[node].user;
    match deed {
        Deed::Join if world.nodes.len() < MOST => {
            let link = world.link();
            world.join(link);
        }
        Deed::Join => {}
        Deed::Leave => {
            world.command(node, Command::Leave);
        }
        Deed::Kick => {
            let users = vec![UserId::new(world.below(world.nodes.len()) as i64 + 1)];
            world.command(node, Command::Kick { users });
        }
        Deed::DropMember => {
            // Who is not connected cannot be dropped, which is as well.
            let _ = world.server.drop_member(call, user);
            world.push_out();
        }
        Deed::JoinElsewhere if world.nodes.len() < MOST => {
            let link = world.link();
            world.join_as(user, link);
        }
        Deed::JoinElsewhere => {}
        Deed::Compact => world.server.compact(call).unwrap(),
        Deed::Restart => world.restart_server(world.server.clone()),
        Deed::RestartFromSnapshot => {
            // Twice would be a fork to the clients; a server that does so is not honest.
            if let Some(snapshot) = snapshot.take() {
                world.restart_server(snapshot);
            }
        }
        Deed::Message => {
            let random_id = RandomId::generate(world.rng());
            let message = GroupMessage::new(random_id, "hello".to_owned(), Vec::new());
            world.command(node, Command::Send(message.unwrap()));
        }
        Deed::Rejoin => {
            world.command(node, Command::Rejoin);
        }
        Deed::Gap => world.input(node, Input::Missed),
    }
}

#[test]
fn calls_in_which_members_come_and_go_and_the_server_restarts_converge() {
    each_seed(1000, |seed| {
        let mut world = call(seed, 3);
        world.run(Duration::from_secs(5));
        let mut snapshot = None;
        for turn in 0..8 {
            if turn == 2 {
                snapshot = Some(world.server.clone());
            }
            let deed = DEEDS[world.below(DEEDS.len())];
            act(&mut world, deed, &mut snapshot);
            let pause = world.below(12_000) as u64;
            world.run(Duration::from_millis(pause));
        }
        // Whoever was left on a branch of the same length or a longer one learns it by the next block.
        for _ in 0..MOST {
            let link = world.link();
            world.join(link);
            world.run(Duration::from_secs(20));
            if nobody_is_ahead(&world) {
                break;
            }
        }
        world.converge();
        check_ends(&world);
    });
}

fn nobody_is_ahead(world: &World) -> bool {
    let tip = world.server.calls().next().unwrap().chain_state();
    let members = world
        .nodes
        .iter()
        .filter_map(|node| node.engine.membership());
    let mut states = members.map(|member| member.state());
    states.all(|state| state.hash() == tip.hash() || state.height() < tip.height())
}

/// Nobody ends but for a reason that the script gave.
fn check_ends(world: &World) {
    for node in &world.nodes {
        let Some(ended) = &node.ended else { continue };
        let is_due = match &ended.reason {
            EndReason::Left | EndReason::Removed { .. } | EndReason::JoinedElsewhere => true,
            // On a network like this the memberships can be lost faster than they may be renewed.
            EndReason::Broken(reason) => !reason.is_fork(),
            // Kicked, and so far away that it met only the refusal.
            EndReason::Refused { kind, .. } => *kind == Some(GiveUpReason::OverOrNotForUs),
            _ => false,
        };
        assert!(
            is_due,
            "user {}: {:?}\n{}",
            node.user,
            ended.reason,
            world.history()
        );
    }
}
