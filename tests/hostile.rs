//! Calls of a server that lies: no member is fooled, nothing grows, and everything ends.
#![cfg(any(fuzzing, confcall_testing))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::time::Duration;

use confcall::Target;
use confcall::UserId;
use confcall::join::api::{SubChain, Update};
use confcall::join::engine::{Advice, Command, EndReason, Event, Input, Suspicion};
use confcall::join::message::{GroupMessage, RandomId};
use confcall::media::Moment;
use confcall_simulator::{Faults, Hostility, Kind, Node, World, each_seed, of_another_call};

const MINUTE: Duration = Duration::from_secs(60);

/// More requests than this no engine sends within a minute, whatever a server does.
const BUSIEST_MINUTE: usize = 400;

/// More than this no engine of four members holds: 8,192 broadcasts for later blocks take 3 MiB at most, and all the rest less
/// than one.
const LARGEST: u64 = 4 << 20;

/// Nor is it longer than this as text for developers, in which such broadcasts are only counted, and what media threads share
/// is shown.
const LONGEST: usize = 2 << 20;

/// The bytes that a client's engine holds, but for those that it shares with media threads: as many as a copy takes.
fn held(node: &Node) -> u64 {
    let mut copy = None;
    let held = allocation_counter::measure(|| copy = Some(node.engine.clone()));
    held.bytes_current.unsigned_abs()
}

/// A call of three over a network, whose server turns hostile; a fourth comes later.
fn hostile_call(kind: Kind, seed: u64, faults: Faults) -> World {
    let mut world = World::new(seed, faults);
    world.join(Target::Create);
    world.run(Duration::from_secs(1));
    let created = world.run_while_not(MINUTE, World::has_converged);
    assert!(created, "{kind:?}\n{}", world.history());
    let link = world.link();
    world.join(link.clone());
    world.join(link.clone());
    world.run(Duration::from_secs(5));
    world.hostility = Some(Hostility::new(kind, seed, &world.server));
    world.join(link);
    world
}

/// Checks what holds whatever a server does, beside what a world checks at all times.
fn check_bounds(kind: Kind, world: &World) {
    for node in &world.nodes {
        let busiest = node.busiest_minute();
        assert!(
            busiest <= BUSIEST_MINUTE,
            "{kind:?}: user {} sends {busiest} requests in a minute\n{}",
            node.user,
            world.history()
        );
        let size = held(node);
        assert!(size <= LARGEST, "{kind:?}: user {}: {size}", node.user);
        let text = format!("{:?}", node.engine).len();
        assert!(text <= LONGEST, "{kind:?}: user {}: {text}", node.user);
    }
}

#[test]
fn no_hostile_server_makes_an_engine_panic_or_grow_or_ask_without_bound() {
    each_seed(150, |seed| {
        let kind = Kind::ALL[seed as usize % Kind::ALL.len()];
        let faults = match seed % 2 {
            0 => Faults::NONE,
            _ => Faults::MANY,
        };
        let mut world = hostile_call(kind, seed, faults);
        world.run(MINUTE);
        let users = vec![UserId::new(3)];
        world.command(0, Command::Kick { users });
        world.run(2 * MINUTE);
        check_bounds(kind, &world);
        world.check_hearing_by_block();
        for node in 0..world.nodes.len() {
            world.command(node, Command::Leave);
        }
        world.run(MINUTE);
        let ended = world.nodes.iter().all(|node| node.ended.is_some());
        assert!(ended, "{kind:?}\n{}", world.history());
    });
}

/// The end of the second user's client, with a server that is hostile for three minutes.
fn end_of_victim(kind: Kind) -> (World, Option<(EndReason, Advice)>) {
    let mut world = hostile_call(kind, 7, Faults::NONE);
    world.run(3 * MINUTE);
    let ended = world.nodes[1].ended.clone();
    (world, ended.map(|ended| (ended.reason, ended.advice)))
}

fn suspicions(world: &World, node: usize) -> impl Iterator<Item = &Suspicion> {
    let events = world.nodes[node].events.iter();
    events.filter_map(|event| match event {
        Event::Suspicious(suspicion) => Some(suspicion),
        _ => None,
    })
}

#[test]
fn a_fork_has_two_calls_that_cannot_hear_each_other_and_show_other_emoji() {
    let (world, _) = end_of_victim(Kind::Fork);
    world.check_hearing_by_block();
    let hash = |node: usize| {
        let membership = world.nodes[node].engine.membership().unwrap();
        membership.state().hash()
    };
    assert_eq!(hash(0), hash(2));
    assert_ne!(hash(0), hash(3), "{}", world.history());
}

#[test]
fn a_member_whose_server_leaves_blocks_out_is_warned_of_a_fork() {
    for kind in [Kind::SkipBlock, Kind::ReplayBlocks] {
        let (world, end) = end_of_victim(kind);
        let is_fork = |one: &Suspicion| matches!(one, Suspicion::Fork { .. });
        let told = suspicions(&world, 1).any(is_fork);
        assert!(told, "{kind:?} {end:?}\n{}", world.history());
    }
}

#[test]
fn a_chain_that_cannot_be_followed_after_a_rejoin_either_ends_with_a_warning() {
    let (world, end) = end_of_victim(Kind::ReplayBlocks);
    let (reason, advice) = end.unwrap_or_else(|| panic!("{}", world.history()));
    assert!(matches!(reason, EndReason::Broken(reason) if reason.is_fork()));
    assert_eq!(advice, Advice::Warn);
}

#[test]
fn a_member_whom_the_roster_does_not_list_is_told_of_and_stays_in_the_chain() {
    let (world, _) = end_of_victim(Kind::HideMember);
    // Who came later has never seen the user in the roster.
    let hidden = Suspicion::UnlistedMember(UserId::new(2));
    let told = suspicions(&world, 3).any(|one| *one == hidden);
    assert!(told, "{}", world.history());
    let membership = world.nodes[3].engine.membership().unwrap();
    let group_state = membership.state().group_state();
    assert!(group_state.by_user(UserId::new(2)).is_some());
}

#[test]
fn lists_without_an_end_are_told_of() {
    for kind in [
        Kind::EndlessRoster,
        Kind::EndlessChain(SubChain::Broadcasts),
    ] {
        let (world, _) = end_of_victim(kind);
        let is_endless = |one: &Suspicion| matches!(one, Suspicion::Endless { .. });
        let told = suspicions(&world, 3).any(is_endless);
        assert!(told, "{kind:?}\n{}", world.history());
    }
}

#[test]
fn broadcasts_that_nobody_signed_are_told_of_and_nobody_is_blamed() {
    for kind in [Kind::Junk, Kind::FarFuture] {
        let (world, _) = end_of_victim(kind);
        for suspicion in suspicions(&world, 0) {
            let is_blaming = matches!(suspicion, Suspicion::BadBroadcasts { from: Some(_), .. });
            assert!(!is_blaming, "{kind:?}: {suspicion:?}");
        }
        assert!(world.has_converged(), "{kind:?}\n{}", world.history());
        if kind == Kind::FarFuture {
            let stay = world.nodes.iter().all(|node| node.ended.is_none());
            assert!(stay, "{}", world.history());
        }
    }
}

/// A call in which everything is pushed once to its first member, from whose state on its inputs are given.
fn busy_call() -> (Node, Vec<(Moment, Input)>) {
    let mut world = World::with_call(2);
    let link = world.link();
    let observer = world.nodes[0].clone();
    world.nodes[0].inputs = Some(Vec::new());
    world.join(link);
    world.run(Duration::from_secs(5));
    let message = GroupMessage::new(RandomId::new(7).unwrap(), "hello", Vec::new());
    world.command(1, Command::Send(message.unwrap()));
    world.run(Duration::from_secs(1));
    world.command(1, Command::Leave);
    world.run(Duration::from_secs(20));
    let inputs = world.nodes[0].inputs.take().unwrap();
    let has = |is_it: fn(&Update) -> bool| {
        let mut updates = inputs.iter().filter_map(|(_, input)| pushed(input));
        updates.any(is_it)
    };
    assert!(has(|one| matches!(one, Update::EncryptedMessage(_))));
    assert!(has(|one| matches!(one, Update::Participants(_))));
    for wanted in [SubChain::Blocks, SubChain::Broadcasts] {
        let mut updates = inputs.iter().filter_map(|(_, input)| pushed(input));
        let is_it =
            |one: &Update| matches!(one, Update::ChainBlocks(items) if items.sub_chain == wanted);
        assert!(updates.any(is_it));
    }
    (observer, inputs)
}

fn pushed(input: &Input) -> Option<&Update> {
    match input {
        Input::Update(update) => Some(update),
        _ => None,
    }
}

/// What becomes of a member by these inputs: its state, and what it showed and asked.
fn outcome_of(mut node: Node, inputs: impl Iterator<Item = (Moment, Input)>) -> String {
    inputs.for_each(|(now, input)| node.handle_input(now, input));
    format!("{:?} {:?} {:?}", node.engine, node.events, node.requests)
}

fn ours(update: &Update) -> Vec<Input> {
    vec![Input::Update(update.clone())]
}

/// Updates of another call that look like one of ours.
fn foreign(update: &Update) -> Vec<Input> {
    let updates = of_another_call(update).into_iter();
    updates.map(Input::Update).collect()
}

#[test]
fn updates_of_other_calls_change_nothing() {
    let (observer, inputs) = busy_call();
    // What becomes of the member if other inputs come in the place of each update.
    let run = |replace: fn(&Update) -> Vec<Input>| {
        let inputs = inputs.iter().flat_map(|(now, input)| {
            let inputs = pushed(input).map_or_else(|| vec![input.clone()], replace);
            inputs.into_iter().map(|input| (*now, input))
        });
        outcome_of(observer.clone(), inputs)
    };
    let alone = run(ours);
    let before = run(|update| [foreign(update), ours(update)].concat());
    assert!(before == alone, "before one of ours");
    let after = run(|update| [ours(update), foreign(update)].concat());
    assert!(after == alone, "after one of ours");
    // Any input lets the engine do what is due.
    let none = run(|_| vec![Input::Tick]);
    assert!(run(foreign) == none, "in the place of one of ours");
}

#[test]
fn a_member_of_two_calls_whose_updates_are_mixed_stays_in_both() {
    let (world, _) = end_of_victim(Kind::OtherCalls);
    let stay = world.nodes.iter().all(|node| node.ended.is_none());
    assert!(stay && world.has_converged(), "{}", world.history());
    world.check_hearing();
}
