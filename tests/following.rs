//! Following a call, whatever comes late, twice or not at all: each test is a way in which other clients fail.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::time::Duration;

use confcall::UserId;
use confcall::join::api::{
    ChainBlocks, GroupCall, Method, Participants, RpcError, SubChain, Update, Updates,
};
use confcall::join::engine::{
    Command, EndReason, Event, Input, MediaState, RejoinReason, Suspicion, Trouble,
};
use confcall_simulator::{Faults, Rule, Verdict, World, participant};

const SECOND: Duration = Duration::from_secs(1);
const POLL: Method = Method::GetGroupCallChainBlocks;
const ROSTER: Method = Method::GetGroupParticipants;
const LOOK: Method = Method::GetGroupCall;
const CHECK: Method = Method::CheckGroupCall;
const BROADCAST: Method = Method::SendConferenceCallBroadcast;
const LEAVE: Method = Method::LeaveGroupCall;

/// Hands items to a client as a push.
fn push(world: &mut World, node: usize, items: ChainBlocks) {
    world.input(node, Input::Update(Update::ChainBlocks(items)));
}

/// An item that is none, so many places behind the next one.
fn junk(world: &World, sub_chain: SubChain, ahead: i32) -> ChainBlocks {
    let items = world.items(sub_chain);
    ChainBlocks {
        blocks: vec![vec![7; 148]],
        next_offset: items.next_offset + ahead + 1,
        ..items
    }
}

/// The reasons for which a client joined again.
fn rejoins(world: &World, node: usize) -> Vec<&RejoinReason> {
    let events = world.nodes[node].events.iter();
    let reasons = events.filter_map(|event| match event {
        Event::Retrying {
            why: Trouble::Rejoining(reason),
            ..
        } => Some(reason),
        _ => None,
    });
    reasons.collect()
}

fn suspects_a_fork(world: &World, node: usize) -> bool {
    let is_fork = |event: &Event| matches!(event, Event::Suspicious(Suspicion::Fork { .. }));
    world.nodes[node].events.iter().any(is_fork)
}

// Leaving stops polls and drops keys at once, whatever the server says.

#[test]
fn leaving_stops_the_polls_tells_the_server_and_drops_the_keys() {
    let mut world = World::with_call(2);
    world.run(3 * SECOND);
    let before = world.nodes[1].requests.len();
    world.command(1, Command::Leave);
    world.run(30 * SECOND);
    assert_eq!(*world.end(1), EndReason::Left);
    let after: Vec<_> = world.nodes[1].requests[before..].iter().collect();
    assert_eq!(after.len(), 1);
    assert_eq!(after[0].body.method(), LEAVE);
    let call = world.server.calls().next().unwrap();
    assert!(call.member(UserId::new(2)).is_none());
    let cryptor = world.nodes[1].cryptor.clone().unwrap();
    let channel = confcall::media::ChannelId::MAIN;
    let now = world.moment();
    assert!(
        cryptor
            .seal(now, channel, 0, b"sound", world.rng())
            .is_err()
    );
}

#[test]
fn leaving_ends_after_ten_seconds_although_the_server_says_nothing() {
    let mut world = World::with_call(2);
    world.rules.push(Rule::new(LEAVE, Verdict::Lose));
    world.command(1, Command::Leave);
    world.run(11 * SECOND);
    assert_eq!(*world.end(1), EndReason::Left);
    assert!(world.nodes[1].sent(LEAVE) >= 2);
}

// Items are known by their offsets: what comes again changes nothing (`spec/protocol.md`, 7).

#[test]
fn items_that_come_again_by_a_late_answer_or_push_change_nothing() {
    let mut world = World::with_call(3);
    let seen = world.nodes[1].events.len();
    for sub_chain in [SubChain::Blocks, SubChain::Broadcasts] {
        let items = world.items(sub_chain);
        push(&mut world, 1, items);
    }
    assert_eq!(world.nodes[1].events.len(), seen, "{}", world.history());
    assert!(world.has_converged());
}

// Subchain 1 may be compacted at any time: a gap in it is no loss (`spec/protocol.md`, 7).

#[test]
fn a_compacted_gap_in_subchain_1_is_skipped_and_not_polled_again() {
    let mut world = World::with_call(3);
    let call = world.server.calls().next().unwrap().id();
    // The second user misses all broadcasts about one block.
    world.faults.lost_pushes = 1;
    let deaf = Rule::new(POLL, Verdict::Lose)
        .of(2)
        .on(SubChain::Broadcasts);
    world.rules.push(deaf);
    let link = world.link();
    world.join(link.clone());
    world.run(5 * SECOND);
    world.join(link);
    world.run(5 * SECOND);
    world.server.compact(call).unwrap();
    world.rules.clear();
    let before = world.nodes[1].sent(POLL);
    world.converge();
    assert!(world.nodes[1].sent(POLL) - before < 20);
    assert!(rejoins(&world, 1).is_empty(), "{}", world.history());
}

// A chain that is not the one we followed leads to one rejoin, and then to the end.

#[test]
fn a_block_that_cannot_be_applied_leads_to_one_rejoin_and_a_second_one_to_the_end() {
    let mut world = World::with_call(2);
    let block = junk(&world, SubChain::Blocks, 0);
    push(&mut world, 1, block);
    world.converge();
    assert!(matches!(
        rejoins(&world, 1)[..],
        [RejoinReason::Membership(_)]
    ));
    assert!(suspects_a_fork(&world, 1));
    let block = junk(&world, SubChain::Blocks, 0);
    push(&mut world, 1, block);
    world.run(SECOND);
    assert!(matches!(
        world.end(1),
        EndReason::Broken(RejoinReason::Membership(_))
    ));
    assert_eq!(world.nodes[1].sent(LEAVE), 1);
}

#[test]
fn a_server_that_goes_back_to_an_old_chain_leads_to_one_rejoin() {
    let mut world = World::with_call(2);
    let old = world.server.clone();
    let link = world.link();
    world.join(link);
    world.converge();
    world.restart_server(old);
    world.converge();
    assert!(matches!(
        rejoins(&world, 0)[..],
        [RejoinReason::Rewound { .. }]
    ));
    assert!(suspects_a_fork(&world, 0));
}

#[test]
fn another_block_at_our_height_is_found_by_the_broadcasts_about_it() {
    let mut world = World::with_call(2);
    let old = world.server.clone();
    let link = world.link();
    world.join(link.clone());
    world.converge();
    // The server forgets the third user, and a fourth takes the place in the chain.
    world.command(2, Command::Leave);
    world.run(500 * SECOND / 1000);
    world.restart_server(old);
    world.join(link);
    world.converge();
    let reasons = rejoins(&world, 0);
    assert!(reasons.len() == 1 && reasons[0].is_fork(), "{reasons:?}");
}

// The server shows the newest block only to users who are no members.

#[test]
fn a_non_members_answer_is_no_gap_and_no_fork() {
    let mut world = World::with_call(2);
    world.command(1, Command::Media(MediaState::Connected));
    world.run(3 * SECOND);
    let call = world.server.calls().next().unwrap().id();
    // It does not learn that it was disconnected, and the chain moves on by two blocks.
    world.faults.lost_pushes = 1;
    world.server.drop_member(call, UserId::new(2)).unwrap();
    world.rules.push(Rule::new(POLL, Verdict::Lose).of(2));
    let link = world.link();
    world.join(link.clone());
    world.join(link);
    world.run(3 * SECOND);
    world.rules.clear();
    world.converge();
    assert!(!suspects_a_fork(&world, 1), "{}", world.history());
    // Whose block it was is not shown to those outside.
    assert_eq!(rejoins(&world, 1), [&RejoinReason::Removed { by: None }]);
}

// Polls: after a hole, after missed updates, in a quiet call and in one that verifies.

#[test]
fn a_hole_is_polled_for_after_half_a_second_to_a_second() {
    let mut world = World::with_call(2);
    // The next poll of a quiet call is seconds away.
    world.run(20 * SECOND);
    let before = world.nodes[1].sent(POLL);
    while world.nodes[1].sent(POLL) == before {
        world.run(SECOND / 10);
    }
    world.run(SECOND / 2);
    let items = junk(&world, SubChain::Blocks, 1);
    let from = world.now();
    push(&mut world, 1, items);
    world.run(3 * SECOND);
    let mut polls = world.nodes[1].requests_of(POLL).filter(|asked| {
        let is_blocks = matches!(&asked.body, confcall::join::api::Request::ChainBlocks(poll)
            if poll.sub_chain == SubChain::Blocks);
        is_blocks && asked.at >= from
    });
    let pause = polls.next().unwrap().at - from;
    assert!(pause >= SECOND / 2 && pause <= SECOND, "{pause:?}");
}

#[test]
fn what_never_comes_although_the_server_answers_leads_to_a_few_rejoins_and_then_the_end() {
    let mut world = World::with_call(2);
    for _ in 0..200 {
        // Something far ahead that the server does not have.
        let items = junk(&world, SubChain::Blocks, 9);
        if world.nodes[1].ended.is_none() {
            push(&mut world, 1, items);
        }
        world.run(SECOND);
    }
    assert_eq!(*world.end(1), EndReason::Broken(RejoinReason::Silence));
    assert!(rejoins(&world, 1).len() <= 4);
}

#[test]
fn bare_answers_in_a_quiet_call_are_no_reason_to_rejoin() {
    let mut world = World::with_call(2);
    let bare = Verdict::Answer(Updates(Vec::new()).into());
    world.rules.push(Rule::new(POLL, bare).of(2));
    world.run(120 * SECOND);
    assert!(world.nodes[1].is_in() && rejoins(&world, 1).is_empty());
    assert!(world.nodes[1].busiest_minute() < 200);
}

#[test]
fn a_member_waits_for_a_silent_server_and_tells_of_every_poll_without_an_answer() {
    let mut world = World::with_call(2);
    world.faults.lost_requests = 1;
    for _ in 0..30 {
        let told = world.nodes[1].events.len();
        world.run(60 * SECOND);
        let unanswered = |event: &Event| matches!(event, Event::Retrying { why: Trouble::Unanswered { method }, .. } if *method == POLL);
        assert!(world.nodes[1].is_in());
        assert!(world.nodes[1].events[told..].iter().any(unanswered));
    }
    world.faults = Faults::NONE;
    world.converge();
    assert_eq!(world.nodes[1].joins, 1);
}

// Section 7, where pushes were missed.

/// The times from `from` on at which a client asked by a method.
fn asked_since(world: &World, node: usize, method: Method, from: Duration) -> Vec<Duration> {
    let asked = world.nodes[node].requests_of(method).map(|one| one.at);
    asked.filter(|at| *at >= from).collect()
}

#[test]
fn a_member_that_missed_pushes_reads_both_subchains_and_the_roster_soon() {
    let mut world = World::with_call(2);
    world.run(30 * SECOND);
    world.faults.lost_pushes = 1;
    let link = world.link();
    world.join(link);
    world.run(SECOND);
    let from = world.now();
    world.input(1, Input::Missed);
    world.run(2 * SECOND);
    let polls = asked_since(&world, 1, POLL, from);
    let pages = asked_since(&world, 1, ROSTER, from);
    assert!(polls[1] - from <= SECOND, "{polls:?}");
    assert!(pages[0] - from <= SECOND, "{pages:?}");
    let node = &world.nodes[1];
    assert!(node.engine.connected().contains(&UserId::new(3)));
    let membership = node.engine.membership().unwrap();
    assert_eq!(membership.state().height().value(), 2);
}

#[test]
fn many_gaps_in_a_row_lead_to_few_requests_and_the_last_one_to_some() {
    let mut world = World::with_call(2);
    world.run(30 * SECOND);
    let from = world.now();
    for _ in 0..200 {
        world.input(1, Input::Missed);
        world.run(SECOND / 10);
    }
    let last = world.now();
    world.run(7 * SECOND);
    let polls = asked_since(&world, 1, POLL, from);
    let pages = asked_since(&world, 1, ROSTER, from);
    assert!(polls.len() <= 30, "{polls:?}");
    assert!((4..=7).contains(&pages.len()), "{pages:?}");
    assert!(pages.iter().any(|at| *at >= last), "{pages:?}");
}

#[test]
fn gaps_while_entering_change_nothing() {
    let mut world = World::with_call(1);
    let link = world.link();
    let node = world.join(link);
    let asked = world.nodes[node].requests.len();
    world.input(node, Input::Missed);
    assert_eq!(world.nodes[node].requests.len(), asked);
    world.converge();
}

// A stale reference is looked up once by what led to the call.

#[test]
fn a_member_by_link_looks_its_reference_up_once_and_then_ends() {
    let mut world = World::with_call(2);
    let looks = world.nodes[1].sent(Method::GetGroupCall);
    let stale = Verdict::refuse(400, "GROUPCALL_INVALID");
    world
        .rules
        .push(Rule::new(POLL, stale.clone()).of(2).times(1));
    world.run(20 * SECOND);
    assert!(world.nodes[1].is_in(), "{}", world.history());
    assert_eq!(world.nodes[1].sent(Method::GetGroupCall), looks + 1);
    world.rules = vec![Rule::new(POLL, stale).of(2)];
    world.run(20 * SECOND);
    assert!(matches!(world.end(1), EndReason::NotFound(_)));
}

#[test]
fn nothing_is_asked_by_a_stale_reference_while_it_is_looked_up() {
    let mut world = World::with_call(2);
    let looks = world.nodes[1].sent(LOOK);
    let stale = Verdict::refuse(400, "GROUPCALL_INVALID");
    world.rules.push(Rule::new(POLL, stale).of(2).times(1));
    world
        .rules
        .push(Rule::new(LOOK, Verdict::Lose).of(2).times(1));
    assert!(world.run_while_not(20 * SECOND, |world| world.nodes[1].sent(LOOK) == looks + 1));
    // What was under way has its answer.
    world.run(SECOND / 2);
    let asked = world.nodes[1].requests.len();
    world.run_while_not(60 * SECOND, |world| world.nodes[1].requests.len() > asked);
    assert_eq!(world.nodes[1].sent(LOOK), looks + 2, "{}", world.history());
    assert_eq!(world.nodes[1].requests.len(), asked + 1);
    let polls = world.nodes[1].sent(POLL);
    world.run(20 * SECOND);
    assert!(world.nodes[1].is_in() && world.nodes[1].sent(POLL) > polls + 1);
}

#[test]
fn people_see_that_a_poll_waits_and_until_when() {
    let mut world = World::with_call(2);
    world.nodes[1].events.clear();
    let wait = Verdict::refuse(420, "FLOOD_WAIT_3000");
    world.rules.push(Rule::new(POLL, wait).of(2).times(1));
    world.run(60 * SECOND);
    let waits: Vec<_> = world.nodes[1]
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Retrying { why, pause, .. } => Some((why.clone(), *pause)),
            _ => None,
        })
        .collect();
    let flood = Trouble::Flood { method: POLL };
    assert_eq!(waits, [(flood, 3000 * SECOND)]);
}

#[test]
fn polls_that_fail_in_a_row_are_numbered() {
    let mut world = World::with_call(2);
    world.nodes[1].events.clear();
    let fault = Verdict::refuse(500, "INTERNAL");
    world.rules.push(Rule::new(POLL, fault).of(2).times(6));
    world.run(30 * SECOND);
    let events = world.nodes[1].events.iter();
    let mut attempts: Vec<_> = events
        .filter_map(|event| match event {
            Event::Retrying { attempt, .. } => Some(*attempt),
            _ => None,
        })
        .collect();
    attempts.sort_unstable();
    // Each subchain counts for itself.
    assert_eq!(attempts, [2, 2, 3, 3, 4, 4]);
}

#[test]
fn a_lookup_that_failed_for_the_time_being_is_no_end_and_comes_again() {
    let unavailable = RpcError::new(500, "INTERNAL");
    for verdict in [
        Verdict::refuse(420, "FLOOD_WAIT_3"),
        Verdict::Refuse(unavailable),
        Verdict::Lose,
    ] {
        let mut world = World::with_call(2);
        let looks = world.nodes[1].sent(LOOK);
        let stale = Verdict::refuse(400, "GROUPCALL_INVALID");
        world.rules.push(Rule::new(POLL, stale).of(2));
        world.rules.push(Rule::new(LOOK, verdict).of(2).times(2));
        let again =
            world.run_while_not(60 * SECOND, |world| world.nodes[1].sent(LOOK) == looks + 3);
        assert!(again, "{}", world.history());
        world.rules.clear();
        world.run(20 * SECOND);
        assert_eq!(world.nodes[1].sent(LOOK), looks + 3);
        assert!(world.nodes[1].is_in() && world.nodes[1].joins == 1);
    }
}

#[test]
fn a_lookup_that_never_works_or_is_refused_for_good_ends_by_what_it_was() {
    let end = |code, name| {
        let mut world = World::with_call(2);
        let stale = Verdict::refuse(400, "GROUPCALL_INVALID");
        world.rules.push(Rule::new(POLL, stale).of(2));
        world
            .rules
            .push(Rule::new(LOOK, Verdict::refuse(code, name)).of(2));
        world.run(120 * SECOND);
        world.end(1).clone()
    };
    let method = LOOK;
    assert!(
        matches!(end(500, "INTERNAL"), EndReason::Exhausted { method: at, .. } if at == method)
    );
    assert!(
        matches!(end(400, "CHANNEL_INVALID"), EndReason::Refused { method: at, .. } if at == method)
    );
    assert!(matches!(
        end(400, "GROUPCALL_INVALID"),
        EndReason::NotFound(_)
    ));
}

// Section 7.

#[test]
fn updates_before_the_answer_to_the_join_are_ignored() {
    let mut world = World::with_call(1);
    let link = world.link();
    let node = world.join(link);
    let blocks = world.items(SubChain::Blocks);
    push(&mut world, node, blocks);
    let call = world.server.calls().next().unwrap();
    let (id, access_hash) = (call.id(), call.access_hash());
    let duration = 1;
    let over = GroupCall::Discarded {
        id,
        access_hash,
        duration,
    };
    world.input(node, Input::Update(over.into()));
    assert!(world.nodes[node].ended.is_none());
    world.converge();
}

#[test]
fn a_quiet_call_is_polled_every_five_seconds_and_one_that_verifies_every_second() {
    let mut world = World::with_call(2);
    world.run(20 * SECOND);
    let polls = |world: &World| world.nodes[1].sent(POLL);
    let before = polls(&world);
    world.run(60 * SECOND);
    let quiet = polls(&world) - before;
    assert!((20..=26).contains(&quiet), "{quiet}");
    // The first user is silent, so that the next verification does not end.
    world.rules.push(Rule::new(BROADCAST, Verdict::Lose).of(1));
    let link = world.link();
    world.join(link);
    world.run(5 * SECOND);
    let before = polls(&world);
    world.run(10 * SECOND);
    let busy = polls(&world) - before;
    assert!((16..=22).contains(&busy), "{busy}");
}

// Section 11.2.

/// True if a client asked by a method again before a wait was over; requests that were under way together count once.
fn asked_during(world: &World, node: usize, method: Method, wait: Duration) -> bool {
    let asked = asked_since(world, node, method, Duration::ZERO);
    let mut pauses = asked.windows(2).map(|pair| pair[1] - pair[0]);
    pauses.any(|pause| pause > SECOND / 5 && pause < wait)
}

#[test]
fn a_member_who_is_told_to_wait_asks_nothing_of_the_kind_whatever_happens() {
    for method in [POLL, ROSTER, CHECK] {
        let mut world = World::with_call(2);
        world.nodes[1].requests.clear();
        let told = Verdict::refuse(420, "FLOOD_WAIT_40");
        world.rules.push(Rule::new(method, told).of(2));
        world.input(1, Input::Missed);
        world.run(10 * SECOND);
        let link = world.link();
        world.join(link);
        let hole = junk(&world, SubChain::Broadcasts, 3);
        push(&mut world, 1, hole);
        let call = world.nodes[1].engine.call().unwrap().into();
        let mut own = participant(2);
        own.left = true;
        let left = Participants {
            call,
            participants: vec![own],
            version: 0,
        };
        world.input(1, Input::Update(Update::Participants(left)));
        world.input(1, Input::Missed);
        world.run(60 * SECOND);
        assert!(world.nodes[1].sent(method) >= 2, "{method}");
        let asked = asked_since(&world, 1, method, Duration::ZERO);
        assert!(
            !asked_during(&world, 1, method, 40 * SECOND),
            "{method}: {asked:?}"
        );
    }
}

#[test]
fn whoever_joins_anew_keeps_the_wait_of_the_membership_before() {
    let mut world = World::with_call(2);
    world.nodes[1].requests.clear();
    let told = Verdict::refuse(420, "FLOOD_WAIT_20");
    world.rules.push(Rule::new(POLL, told).of(2).times(1));
    world.run(10 * SECOND);
    world.command(1, Command::Rejoin);
    world.run(9 * SECOND);
    assert!(!world.nodes[1].is_in());
    world.converge();
    assert_eq!(world.nodes[1].joins, 2);
    assert!(
        !asked_during(&world, 1, POLL, SECOND),
        "{}",
        world.history()
    );
}

#[test]
fn a_wait_before_broadcasts_holds_back_all_and_is_no_silence() {
    let mut world = World::with_call(2);
    world.nodes[1].requests.clear();
    let told = Verdict::refuse(420, "FLOOD_WAIT_30");
    world.rules.push(Rule::new(BROADCAST, told).of(2).times(1));
    let link = world.link();
    world.join(link.clone());
    world.run(3 * SECOND);
    world.join(link);
    world.run(20 * SECOND);
    assert_eq!(world.nodes[1].sent(BROADCAST), 1);
    world.converge();
    assert!(rejoins(&world, 1).is_empty(), "{}", world.history());
    assert!(world.nodes[1].sent(BROADCAST) > 1);
}
