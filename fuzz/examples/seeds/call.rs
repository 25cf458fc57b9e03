//! A short call of two engines on the server, and everything that is written in it.

use std::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall_join::api::{Response, Update};
use confcall_join::engine::{Config, EmptyCall, Input, Outcome};
use confcall_join::joining::Target;
use confcall_media::Moment;
use confcall_simulator::{Faults, Node, World, media};
use confcall_state::{Joiner, UserId};

use super::Seeds;

/// The key of the checkpoints that the target opens.
const KEY: [u8; 32] = [9; 32];

/// Lets a user enter; its inputs are kept.
fn join(world: &mut World, user: u8, target: Target) {
    let media = media(&mut ChaCha20Rng::from_seed([user; 32]));
    let mut config = Config::new(target, Joiner::new(UserId::new(user.into())), media);
    config.empty_call = EmptyCall::Start;
    let mut node = Node::recorded(config, [user; 32], world.moment());
    node.inputs = Some(Vec::new());
    world.add(node);
}

pub(super) fn add(seeds: &mut Seeds) -> Result<(), Box<dyn std::error::Error>> {
    let mut world = World::new(1, Faults::NONE);
    join(&mut world, 1, Target::Create);
    world.run(Duration::from_secs(1));
    let link = world.link();
    join(&mut world, 2, link);
    world.run(Duration::from_secs(11));
    let snapshot = world.server.to_snapshot();
    // The target puts the header before a content by itself.
    seeds.add("server_snapshot", &snapshot[41..]);
    seeds.add("server_snapshot", snapshot);
    for node in &mut world.nodes {
        for sent in &node.requests {
            seeds.add("request", sent.body.to_tl());
        }
        add_answers(seeds, node.inputs.take().unwrap_or_default());
        let blob = node.engine.checkpoint(&KEY, 7)?;
        let content = confcall_join::engine::checkpoint::fuzzing::checkpoint_content(&blob);
        seeds.add("checkpoint", content.ok_or("it was just sealed")?);
        seeds.add("checkpoint", blob);
        add_trace(seeds, &node.take_trace());
    }
    Ok(())
}

fn add_answers(seeds: &mut Seeds, inputs: Vec<(Moment, Input)>) {
    for (_, input) in inputs {
        if let Input::Answer {
            outcome: Outcome::Done(response),
            ..
        } = input
        {
            add_answer(seeds, &response);
        }
    }
}

fn add_answer(seeds: &mut Seeds, response: &Response) {
    seeds.add(
        "tl_answer",
        confcall_mtproto_server::fuzzing::answer_bytes(response),
    );
    if let Response::Updates(updates) = response {
        seeds.add(
            "join_answer",
            serde_json::to_vec(updates).unwrap_or_default(),
        );
        for update in &updates.0 {
            if let Update::Connection(connection) = update {
                seeds.add("join_answer", connection.params.as_str());
            }
        }
    }
}

/// A trace as it is, and its first lines without the chain, which the target puts there by itself.
fn add_trace(seeds: &mut Seeds, trace: &str) {
    seeds.add("trace", trace);
    let lines = trace
        .lines()
        .filter_map(|line| line.split_once(r#","chain":""#));
    let lines: Vec<_> = lines.map(|(object, _)| format!("{object}}}")).collect();
    for count in [4, 12, lines.len()] {
        seeds.add("trace", lines[..count.min(lines.len())].join("\n"));
    }
}
