//! Lives of calls as `soak` draws them, and that what diverges in one is seen.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::process::Command;
use std::time::Duration;

use confcall::join::api::{Method, Peer};
use confcall::join::engine::Event;
use confcall::join::message::{GroupMessage, RandomId};
use confcall::{Target, UserId};
use confcall_simulator::{Faults, Frames, Life, Plan, Rule, Verdict, World, each_seed};

#[test]
fn drawn_lives_keep_their_laws() {
    each_seed(8, |seed| {
        Life::live(seed, Plan::draw(seed));
    });
}

#[test]
fn a_seed_gives_the_same_life_each_time() {
    let live = || Life::live(4, Plan::draw(4));
    let (one, other) = (live(), live());
    assert_eq!(one.world.history(), other.world.history());
    assert_eq!(one.frames.opened, other.frames.opened);
}

/// Everything that each says, twenty times, comes to all.
fn speak(world: &mut World) -> Frames {
    let mut frames = Frames::default();
    for _ in 0..20 {
        frames.speak(world);
        world.run(Duration::from_secs(1));
        frames.deliver(world);
    }
    frames
}

#[test]
fn members_of_one_block_open_what_the_others_say() {
    let mut world = World::with_call(3);
    let frames = speak(&mut world);
    assert!(frames.opened > frames.sealed, "{frames:?}");
}

#[test]
#[should_panic(expected = "a frame that came in time")]
fn a_member_with_the_keys_of_another_call_diverges() {
    let mut other = World::new(2, Faults::NONE);
    other.join(Target::Create);
    other.converge();
    let mut world = World::with_call(3);
    world.nodes[1].cryptor = other.nodes[0].cryptor.clone();
    speak(&mut world);
}

#[test]
#[should_panic(expected = "no convergence")]
fn members_who_never_verify_diverge() {
    let mut world = World::with_call(2);
    let method = Method::SendConferenceCallBroadcast;
    world.rules.push(Rule::new(method, Verdict::Lose));
    let link = world.link();
    world.join(link);
    world.converge();
}

#[test]
#[should_panic(expected = "user 1 shows what user 2 did not write")]
fn a_message_that_nobody_wrote_diverges() {
    let mut world = World::with_call(2);
    let random_id = RandomId::generate(world.rng());
    let message = GroupMessage::new(random_id, "hello", Vec::new()).unwrap();
    world.nodes[0].events.push(Event::Message {
        from: Peer::User(UserId::new(2)),
        encrypted: true,
        message,
        posted: None,
    });
    world.check_messages();
}

#[test]
fn one_call_is_repeated_by_its_seed_with_its_log_beside_the_report() {
    let soak = env!("CARGO_BIN_EXE_soak");
    let run = Command::new(soak).args(["--call", "4", "--json"]).output();
    let run = run.unwrap();
    assert!(run.status.success());
    let report: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(report["seed"], 4);
    assert_eq!(report["calls"], 1);
    let life = Life::live(4, Plan::draw(4));
    assert_eq!(report["packets"]["opened"], life.frames.opened);
    assert_eq!(String::from_utf8(run.stderr).unwrap(), life.world.history());
}
