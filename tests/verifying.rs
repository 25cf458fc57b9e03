//! Verifying a call, whatever is late, lost or wrong: each test is a way in which other clients fail.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::time::Duration;

use confcall::UserId;
use confcall::join::api::{Method, SubChain, Update, Updates};
use confcall::join::engine::{EmojiOverdue, Event, Input, Suspicion};
use confcall::state::verification::Phase;
use confcall_simulator::{Rule, Verdict, World};

const SECOND: Duration = Duration::from_secs(1);
const SEND: Method = Method::SendConferenceCallBroadcast;
const POLL: Method = Method::GetGroupCallChainBlocks;

/// The phase that a client is in, and who is missing.
fn phase(world: &World, node: usize) -> (Phase, Vec<i64>) {
    let counts = world.nodes[node]
        .engine
        .membership()
        .unwrap()
        .verification();
    (
        counts.phase(),
        counts.missing().map(UserId::value).collect(),
    )
}

// Broadcasts may come before their block (`spec/protocol.md`, 5).

#[test]
fn broadcasts_that_arrive_before_their_block_count_once_it_comes() {
    let mut world = World::with_call(2);
    // Nothing reaches the second user but by our hand.
    world.faults.lost_pushes = 1;
    world.rules.push(Rule::new(POLL, Verdict::Lose).of(2));
    let link = world.link();
    world.join(link);
    world.run(4 * SECOND);
    assert_eq!(phase(&world, 0), (Phase::Commit, vec![2]));

    let broadcasts = world.items(SubChain::Broadcasts);
    world.input(1, Input::Update(Update::ChainBlocks(broadcasts)));
    assert_eq!(phase(&world, 1), (Phase::End, vec![]));
    let blocks = world.items(SubChain::Blocks);
    world.input(1, Input::Update(Update::ChainBlocks(blocks)));
    assert_eq!(
        phase(&world, 1),
        (Phase::Commit, vec![2]),
        "{}",
        world.history()
    );
    world.rules.clear();
    world.converge();
}

// A broadcast is sent again until it comes back, with pauses and an end.

#[test]
fn a_broadcast_that_was_lost_is_sent_again() {
    for verdict in [Verdict::Lose, Verdict::LoseAnswer] {
        let mut world = World::with_call(2);
        world.rules.push(Rule::new(SEND, verdict).of(2).times(2));
        let link = world.link();
        world.join(link);
        world.converge();
    }
}

#[test]
fn a_broadcast_is_tried_six_times_with_doubling_pauses_and_no_more() {
    let mut world = World::with_call(2);
    let sent = world.nodes[1].sent(SEND);
    world
        .rules
        .push(Rule::new(SEND, Verdict::refuse(500, "INTERNAL")).of(2));
    let link = world.link();
    world.join(link);
    world.run(60 * SECOND);
    let times: Vec<_> = world.nodes[1]
        .requests_of(SEND)
        .skip(sent)
        .map(|one| one.at)
        .collect();
    let pauses: Vec<_> = times
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).as_millis())
        .collect();
    // Each failure takes a round trip of 100 ms.
    assert_eq!(pauses[..5], [350, 600, 1100, 2100, 4100]);
    // What follows is another block, of a member who rejoined because nothing came.
    assert!(pauses[5] > 5000, "{pauses:?}");
}

#[test]
fn a_broadcast_about_an_older_block_is_dropped_when_the_height_moves_on() {
    let mut world = World::with_call(2);
    world
        .rules
        .push(Rule::new(SEND, Verdict::refuse(500, "INTERNAL")).of(2));
    let link = world.link();
    world.join(link.clone());
    world.run(SECOND);
    world.rules.clear();
    world.join(link);
    world.converge();
    let refused =
        |event: &Event| matches!(event, Event::Suspicious(Suspicion::BroadcastRefused(_)));
    assert!(!world.nodes[1].events.iter().any(refused));
}

#[test]
fn a_broadcast_for_a_block_that_is_not_the_newest_is_dropped_and_the_chain_read() {
    let mut world = World::with_call(2);
    let invalid = Verdict::refuse(400, "CONF_WRITE_CHAIN_INVALID_204");
    world.rules.push(Rule::new(SEND, invalid).of(2));
    let sent = world.nodes[1].sent(SEND);
    let link = world.link();
    world.join(link);
    world.run(20 * SECOND);
    assert_eq!(world.nodes[1].sent(SEND), sent + 1);
    let (_, missing) = phase(&world, 0);
    assert_eq!(missing, [2]);
}

#[test]
fn a_member_who_is_not_known_any_more_rejoins_and_the_verification_goes_on() {
    let mut world = World::with_call(2);
    let forbidden = Verdict::refuse(403, "GROUPCALL_FORBIDDEN");
    world.rules.push(Rule::new(SEND, forbidden).of(2).times(1));
    let link = world.link();
    world.join(link);
    world.converge();
    assert_eq!(world.nodes[1].joins, 2);
}

// A bad broadcast is counted, and ends nothing.

#[test]
fn bad_broadcasts_are_counted_told_of_and_end_nothing() {
    let mut world = World::with_call(2);
    let mut items = world.items(SubChain::Broadcasts);
    items.blocks = vec![vec![7; 148]; 10];
    items.next_offset += 10;
    world.input(1, Input::Update(Update::ChainBlocks(items)));
    let told = Suspicion::BadBroadcasts {
        from: None,
        count: 5,
    };
    let is_told =
        |event: &Event| matches!(event, Event::Suspicious(suspicion) if *suspicion == told);
    assert!(world.nodes[1].events.iter().any(is_told));
    assert!(world.nodes[1].is_in());
}

// Only what the server sends back counts, our own commit included (`spec/protocol.md`, 5).

#[test]
fn our_own_commit_counts_only_once_the_server_sends_it_back() {
    let mut world = World::with_call(1);
    // The server says yes and keeps nothing.
    let taken = Verdict::Answer(Updates(Vec::new()).into());
    world.rules.push(Rule::new(SEND, taken).of(2));
    let link = world.link();
    world.join(link);
    world.run(3 * SECOND);
    assert!(world.nodes[1].sent(SEND) > 0);
    assert_eq!(phase(&world, 1), (Phase::Commit, vec![2]));
}

// Broadcasts that no one has: who is missing, and since when.

#[test]
fn the_caller_is_told_who_holds_the_verification_up_and_for_how_long() {
    let mut world = World::with_call(2);
    world.rules.push(Rule::new(SEND, Verdict::Lose).of(2));
    let link = world.link();
    world.join(link);
    world.run(14 * SECOND);
    let longest = world.nodes[0]
        .events
        .iter()
        .rev()
        .find_map(|event| match event {
            Event::Verification { missing, since, .. } => Some((missing.clone(), *since)),
            _ => None,
        });
    let (missing, since) = longest.unwrap();
    assert_eq!(missing, [UserId::new(2)]);
    assert!(since >= 10 * SECOND, "{since:?}");
}

// Emoji that do not come (`spec/protocol.md`, 5).

/// The reports to a client that the emoji are overdue.
fn overdue(world: &World, node: usize) -> Vec<EmojiOverdue> {
    let events = world.nodes[node].events.iter();
    let overdue = events.filter_map(|event| match event {
        Event::EmojiOverdue(overdue) => Some(overdue.clone()),
        _ => None,
    });
    overdue.collect()
}

#[test]
fn people_learn_once_that_blocks_keep_ending_the_verification_and_who_wrote_them() {
    let mut world = World::with_call(2);
    // The emoji of the call stand.
    world.run(10 * SECOND);
    assert_eq!(overdue(&world, 0), []);
    world.rules.push(Rule::new(SEND, Verdict::Lose));
    for _ in 0..7 {
        let link = world.link();
        world.join(link);
        world.run(SECOND);
    }
    let [first] = &overdue(&world, 0)[..] else {
        panic!("{}", world.history());
    };
    assert_eq!(first.ended, 5);
    assert_eq!(first.writers, [4, 5, 6, 7, 8].map(UserId::new));
    assert!(first.since < 10 * SECOND);

    // After emoji that stood it can be said again.
    world.rules.clear();
    world.converge();
    world.run(10 * SECOND);
    world.rules.push(Rule::new(SEND, Verdict::Lose));
    let link = world.link();
    world.join(link);
    world.run(40 * SECOND);
    let [_, second] = &overdue(&world, 0)[..] else {
        panic!("{}", world.history());
    };
    assert!(second.ended < 5 && second.since >= 30 * SECOND);
    assert!(!second.missing.is_empty());
}

#[test]
fn a_call_in_which_people_come_and_go_at_leisure_has_no_overdue_emoji() {
    let mut world = World::with_call(2);
    for _ in 0..10 {
        let link = world.link();
        world.join(link);
        world.converge();
    }
    assert_eq!(overdue(&world, 0), []);
}

#[test]
fn emoji_that_the_server_keeps_away_by_echoing_nothing_of_ours_are_told_as_overdue() {
    let mut world = World::with_call(2);
    world.run(10 * SECOND);
    let swallow = Verdict::Answer(Updates::default().into());
    world.rules.push(Rule::new(SEND, swallow).of(1));
    let link = world.link();
    world.join(link);
    // Each membership ends after 15 s, in which nothing that we wait for comes.
    world.run(180 * SECOND);
    assert!(world.nodes[0].joins > 2);
    assert_eq!(overdue(&world, 0).len(), 1, "{}", world.history());
}

#[test]
fn emoji_that_never_stand_long_enough_to_be_compared_are_told_of() {
    let mut world = World::with_call(2);
    world.run(10 * SECOND);
    for _ in 0..120 {
        let link = world.link();
        let node = world.join_as(UserId::new(3), link);
        let emoji = world.nodes[0].emoji.len();
        let has_more = |world: &World| world.nodes[0].emoji.len() > emoji;
        assert!(world.run_while_not(20 * SECOND, has_more));
        world.stop(node);
    }
    let [overdue] = &overdue(&world, 0)[..] else {
        panic!("{}", world.history());
    };
    assert_eq!(overdue.writers, [UserId::new(3)]);
    assert!(overdue.ended > 5 && overdue.since >= 30 * SECOND);
}
