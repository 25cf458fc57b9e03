//! Being in the call, and being removed from it: each test is a way in which other clients fail.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::time::Duration;

use confcall::UserId;
use confcall::join::api::{ChainBlocks, Method, ParticipantsPage, Request, SubChain, Update};
use confcall::join::engine::{
    Advice, Command, CommandFailure, CommandKind, EndReason, Event, MediaState,
};
use confcall_simulator::{Rule, Verdict, World};

const SECOND: Duration = Duration::from_secs(1);
const REMOVE: Method = Method::DeleteConferenceCallParticipants;
const POLL: Method = Method::GetGroupCallChainBlocks;
const ROSTER: Method = Method::GetGroupParticipants;

fn in_the_chain(world: &World) -> Vec<i64> {
    let call = world.server.calls().next().unwrap();
    let participants = call.chain_state().group_state().participants.iter();
    participants.map(|one| one.user_id.value()).collect()
}

fn kick(world: &mut World, node: usize, user: i64) {
    let users = vec![UserId::new(user)];
    world.command(node, Command::Kick { users });
}

/// The answers to the kicks of a client.
fn kicks(world: &World, node: usize) -> Vec<Result<(), &CommandFailure>> {
    let events = world.nodes[node].events.iter();
    let ends = events.filter_map(|event| match event {
        Event::Done {
            command: CommandKind::Kick,
            ..
        } => Some(Ok(())),
        Event::Failed {
            command: CommandKind::Kick,
            why,
            ..
        } => Some(Err(why)),
        _ => None,
    });
    ends.collect()
}

// The roster gives the user of each source.

#[test]
fn the_sources_follow_who_comes_and_goes_and_rejoins() {
    let mut world = World::with_call(2);
    let call = world.server.calls().next().unwrap().id();
    let source = |world: &World, user: i64| {
        let member = world.server.call(call).unwrap().member(UserId::new(user));
        member.unwrap().source()
    };
    let link = world.link();
    world.join(link);
    world.converge();
    world.run(SECOND);
    let third = source(&world, 3);
    assert_eq!(world.nodes[0].engine.user_of(third), Some(UserId::new(3)));
    world.command(2, Command::Leave);
    world.run(SECOND);
    assert_eq!(world.nodes[0].engine.user_of(third), None);

    let before = source(&world, 2);
    world.server.drop_member(call, UserId::new(2)).unwrap();
    world.push_out();
    world.run(10 * SECOND);
    let after = source(&world, 2);
    assert_ne!(before, after);
    assert_eq!(world.nodes[0].engine.user_of(after), Some(UserId::new(2)));
    assert_eq!(world.nodes[0].engine.user_of(before), None);
}

// A roster that is not complete removes no one; members who left are removed after a grace (`spec/protocol.md`, 8).

#[test]
fn an_incomplete_roster_removes_nobody() {
    let mut world = World::with_call(3);
    let call = world.server.calls().next().unwrap();
    let own = world.server.clone().answer(
        UserId::new(1),
        &Request::Participants(confcall::join::api::GetGroupParticipants::page(
            call.reference(),
            String::new(),
            1,
        )),
    );
    let first: ParticipantsPage = own.unwrap().into_participants().unwrap();
    assert!(first.next_offset.is_some());
    // Every second page is lost.
    for _ in 0..20 {
        let page = Verdict::Answer(first.clone().into());
        world.rules.push(Rule::new(ROSTER, page).times(1));
        world.rules.push(Rule::new(ROSTER, Verdict::Lose).times(1));
    }
    world.command(2, Command::Leave);
    world.run(60 * SECOND);
    assert_eq!(in_the_chain(&world), [1, 2, 3]);
    assert_eq!(world.sent(REMOVE), 0);

    world.rules.clear();
    world.run(30 * SECOND);
    assert_eq!(in_the_chain(&world), [1, 2], "{}", world.history());
}

#[test]
fn a_roster_that_does_not_list_ourselves_does_not_make_us_remove_ourselves() {
    let mut world = World::with_call(2);
    let empty = ParticipantsPage {
        count: 0,
        participants: Vec::new(),
        next_offset: None,
        version: 1000,
        labels: Vec::new(),
    };
    world
        .rules
        .push(Rule::new(ROSTER, Verdict::Answer(empty.into())));
    let link = world.link();
    world.join(link);
    world.run(60 * SECOND);
    for node in &world.nodes {
        for asked in node.requests_of(REMOVE) {
            let Request::Remove(remove) = &asked.body else {
                continue;
            };
            assert!(!remove.ids.contains(&node.user));
        }
    }
    assert_eq!(in_the_chain(&world), [1, 2, 3]);
    kick(&mut world, 0, 1);
    assert!(matches!(
        kicks(&world, 0)[..],
        [Err(CommandFailure::Block(_))]
    ));
}

#[test]
fn who_left_is_removed_after_a_grace_by_one_block() {
    let mut world = World::with_call(4);
    let left = world.now();
    world.command(3, Command::Leave);
    assert!(world.run_while_not(30 * SECOND, |world| in_the_chain(world).len() == 3));
    assert!(world.now() - left >= 5 * SECOND, "{:?}", world.now() - left);
    world.run(30 * SECOND);
    let call = world.server.calls().next().unwrap();
    assert_eq!(call.blocks().len(), 5);
    world.converge();
}

#[test]
fn who_left_without_a_word_to_anybody_is_found_within_two_minutes_and_removed() {
    let mut world = World::with_call(3);
    let pages = |world: &World| world.nodes[0].sent(ROSTER);
    world.run(300 * SECOND);
    let before = pages(&world);
    world.run(600 * SECOND);
    let loads = pages(&world) - before;
    assert!((5..=10).contains(&loads), "{loads} loads of a quiet roster");
    world.faults.lost_pushes = 1;
    world.command(2, Command::Leave);
    world.run(SECOND);
    world.faults.lost_pushes = 0;
    let is_removed = |world: &World| in_the_chain(world) == [1, 2];
    assert!(
        world.run_while_not(130 * SECOND, is_removed),
        "{}",
        world.history()
    );
}

// A kick is built again on newer blocks until it is done, or refused for itself (`spec/protocol.md`, 8).

#[test]
fn a_raced_kick_is_built_again_on_the_newer_block_until_it_is_done() {
    let mut world = World::with_call(3);
    let raced = Verdict::refuse(400, "CONF_WRITE_CHAIN_INVALID_203");
    world.rules.push(Rule::new(REMOVE, raced).of(1).times(2));
    kick(&mut world, 0, 3);
    world.run(10 * SECOND);
    assert_eq!(kicks(&world, 0), [Ok(())]);
    assert_eq!(in_the_chain(&world), [1, 2]);
    assert_eq!(
        *world.end(2),
        EndReason::Removed {
            by: Some(UserId::new(1))
        }
    );
    world.converge();
}

#[test]
fn two_who_kick_the_same_user_are_both_done_and_one_block_is_written() {
    let mut world = World::with_call(3);
    kick(&mut world, 0, 3);
    kick(&mut world, 1, 3);
    world.run(10 * SECOND);
    assert_eq!(kicks(&world, 0), [Ok(())]);
    assert_eq!(kicks(&world, 1), [Ok(())]);
    let call = world.server.calls().next().unwrap();
    assert_eq!(call.blocks().len(), 4);
    world.converge();
}

#[test]
fn a_kick_whose_block_is_refused_for_itself_is_told_of_and_not_repeated() {
    let mut world = World::with_call(3);
    world
        .rules
        .push(Rule::new(REMOVE, Verdict::refuse(400, "BLOCK_INVALID")).of(1));
    kick(&mut world, 0, 3);
    world.run(10 * SECOND);
    assert!(matches!(
        kicks(&world, 0)[..],
        [Err(CommandFailure::Refused(_))]
    ));
    assert_eq!(world.nodes[0].sent(REMOVE), 1);
}

#[test]
fn a_kick_whose_answer_was_lost_is_not_carried_out_twice() {
    let mut world = World::with_call(3);
    world
        .rules
        .push(Rule::new(REMOVE, Verdict::LoseAnswer).of(1).times(1));
    kick(&mut world, 0, 3);
    world.run(20 * SECOND);
    assert_eq!(kicks(&world, 0), [Ok(())]);
    assert_eq!(world.nodes[0].sent(REMOVE), 1);
}

// Users whose ids, devices or servers differ from what other clients expect.

#[test]
fn users_with_ids_beyond_the_integers_of_floating_point_are_members_like_others() {
    let mut world = World::with_call(1);
    let big = (1 << 53) + 1;
    let link = world.link();
    world.join_as(UserId::new(big), link.clone());
    world.converge();
    world.join_as(UserId::new(big - 1), link);
    world.converge();
    assert_eq!(in_the_chain(&world), [1, big, big - 1]);
    kick(&mut world, 0, big);
    world.run(10 * SECOND);
    assert_eq!(in_the_chain(&world), [1, big - 1]);
    assert!(
        world.nodes[0]
            .engine
            .connected()
            .contains(&UserId::new(big - 1))
    );
}

// Section 8.

#[test]
fn who_joins_elsewhere_leaves_here_and_does_not_come_back() {
    let mut world = World::with_call(2);
    let link = world.link();
    let second = world.join_as(UserId::new(2), link);
    world.converge();
    assert_eq!(*world.end(1), EndReason::JoinedElsewhere);
    assert_eq!(world.nodes[1].joins, 1);
    assert!(world.nodes[second].is_in());
}

#[test]
fn who_is_removed_learns_by_whom_and_does_not_come_back_even_if_a_refusal_comes_first() {
    let mut world = World::with_call(3);
    world.faults.lost_pushes = 1;
    kick(&mut world, 0, 3);
    world.run(Duration::from_millis(300));
    let sources = Vec::new();
    world.command(2, Command::Resolve { sources });
    world.run(10 * SECOND);
    let by = Some(UserId::new(1));
    assert_eq!(*world.end(2), EndReason::Removed { by });
    assert_eq!(world.nodes[2].sent(Method::JoinGroupCall), 1);
}

#[test]
fn who_is_removed_learns_it_even_if_the_last_look_at_the_chain_fails_for_a_while() {
    for verdict in [
        Verdict::Lose,
        Verdict::refuse(500, "INTERNAL"),
        Verdict::refuse(420, "FLOOD_WAIT_3"),
    ] {
        let mut world = World::with_call(3);
        world.faults.lost_pushes = 1;
        kick(&mut world, 0, 3);
        world.run(Duration::from_millis(300));
        world.rules.push(Rule::new(POLL, verdict.clone()).of(3));
        let sources = Vec::new();
        world.command(2, Command::Resolve { sources });
        world.run(2 * SECOND);
        world.rules.clear();
        world.run(30 * SECOND);
        let by = Some(UserId::new(1));
        assert_eq!(*world.end(2), EndReason::Removed { by }, "{verdict:?}");
        assert_eq!(world.nodes[2].sent(Method::JoinGroupCall), 1);
    }
}

#[test]
fn a_last_look_at_the_chain_that_never_works_is_given_up() {
    let mut world = World::with_call(2);
    world.rules.push(Rule::new(POLL, Verdict::Lose).of(2));
    let call = world.server.calls().next().unwrap().id();
    world.server.drop_member(call, UserId::new(2)).unwrap();
    world.run(300 * SECOND);
    assert!(matches!(world.end(1), EndReason::Exhausted { method, .. } if *method == POLL));
}

#[test]
fn the_connection_is_checked_every_four_seconds_while_the_media_is_down() {
    let mut world = World::with_call(2);
    let checks = |world: &World| world.nodes[1].sent(Method::CheckGroupCall);
    let before = checks(&world);
    world.run(60 * SECOND);
    let down = checks(&world) - before;
    assert!((13..=15).contains(&down), "{down}");
    world.command(1, Command::Media(MediaState::Connected));
    world.run(5 * SECOND);
    let before = checks(&world);
    world.run(60 * SECOND);
    assert_eq!(checks(&world), before);
}

#[test]
fn a_member_whom_the_server_has_lost_joins_again_with_another_source_and_key() {
    let mut world = World::with_call(2);
    let key = |world: &World| world.nodes[1].engine.membership().unwrap().public_key();
    let (before, call) = (key(&world), world.server.calls().next().unwrap().id());
    world.server.drop_member(call, UserId::new(2)).unwrap();
    world.run(10 * SECOND);
    world.converge();
    assert_ne!(before, key(&world));
    assert_eq!(in_the_chain(&world), [1, 2]);
}

// Who leaves is no alarm, and people leave in bursts (`spec/protocol.md`, 8).

fn suspicions(world: &World, node: usize) -> usize {
    let events = world.nodes[node].events.iter();
    let suspicions = events.filter(|event| matches!(event, Event::Suspicious(_)));
    suspicions.count()
}

#[test]
fn who_has_left_is_shown_as_leaving_until_a_block_removes_them_and_is_no_suspicion() {
    let mut world = World::with_call(3);
    world.run(10 * SECOND);
    world.command(2, Command::Leave);
    world.run(SECOND);
    let leaving = vec![UserId::new(3)];
    for node in 0..2 {
        assert_eq!(world.nodes[node].engine.leaving(), leaving);
    }
    assert!(world.run_while_not(20 * SECOND, |world| in_the_chain(world) == [1, 2]));
    world.run(60 * SECOND);
    for node in 0..2 {
        assert_eq!(world.nodes[node].engine.leaving(), []);
        assert_eq!(suspicions(&world, node), 0, "{}", world.history());
    }
}

#[test]
fn who_has_left_and_is_not_removed_is_a_suspicion_after_thirty_seconds_and_not_leaving() {
    let mut world = World::with_call(3);
    world.run(10 * SECOND);
    world.rules.push(Rule::new(REMOVE, Verdict::Lose));
    world.command(2, Command::Leave);
    world.run(29 * SECOND);
    assert_eq!(suspicions(&world, 0), 0, "{}", world.history());
    world.run(3 * SECOND);
    assert_eq!(suspicions(&world, 0), 1, "{}", world.history());
    assert_eq!(world.nodes[0].engine.leaving(), []);
}

#[test]
fn forty_who_leave_within_a_few_seconds_cost_few_blocks_and_few_looks_at_the_roster() {
    let mut world = World::with_call(44);
    let blocks = |world: &World| world.server.calls().next().unwrap().blocks().len();
    let looks = |world: &World, node: usize| world.nodes[node].sent(ROSTER);
    world.run(10 * SECOND);
    let before = (blocks(&world), [0, 1, 2, 3].map(|node| looks(&world, node)));
    for node in 4..44 {
        world.command(node, Command::Leave);
        world.run(SECOND / 10);
    }
    let is_done = |world: &World| in_the_chain(world) == [1, 2, 3, 4];
    assert!(
        world.run_while_not(60 * SECOND, is_done),
        "{}",
        world.history()
    );
    world.run(10 * SECOND);
    let written = blocks(&world) - before.0;
    assert!(written <= 3, "{written} blocks");
    for node in 0..4 {
        let looks = looks(&world, node) - before.1[node];
        assert!(looks <= 5, "{looks} looks at the roster");
        assert_eq!(suspicions(&world, node), 0, "{}", world.history());
    }
    world.converge();
}

// The server loses who is out of touch, and the others remove them as if they had left: they come back by themselves.

/// Lets the server lose the second client, which hears nothing from now on, and the others remove it.
fn lose(world: &mut World) {
    let call = world.server.calls().next().unwrap().id();
    world.cut_off(1);
    world.run(10 * SECOND);
    world.server.drop_member(call, UserId::new(2)).unwrap();
    world.push_out();
    let is_removed = |world: &World| !in_the_chain(world).contains(&2);
    assert!(world.run_while_not(25 * SECOND, is_removed));
}

/// A call of two, of whom the server has lost the second.
fn with_a_lost_member() -> World {
    let mut world = World::with_call(2);
    world.run(10 * SECOND);
    lose(&mut world);
    world
}

#[test]
fn a_member_removed_while_it_was_out_of_touch_comes_back_by_itself_however_many_blocks_came_since()
{
    for joiners in 0..3 {
        let mut world = with_a_lost_member();
        for _ in 0..joiners {
            let link = world.link();
            world.join(link);
            world.run(3 * SECOND);
        }
        world.run(10 * SECOND);
        world.reconnect(1);
        world.run(20 * SECOND);
        assert_eq!(world.nodes[1].ended, None, "{}", world.history());
        assert_eq!(world.nodes[1].joins, 2, "{}", world.history());
        world.converge();
    }
}

#[test]
fn a_member_that_learns_of_its_removal_by_a_push_after_it_was_out_of_touch_comes_back_by_itself() {
    let mut world = with_a_lost_member();
    world.reconnect(1);
    push_blocks(&mut world, 2);
    world.run(20 * SECOND);
    assert_eq!(world.nodes[1].joins, 2, "{}", world.history());
    world.converge();
}

#[test]
fn who_was_removed_in_touch_ends_although_the_blocks_since_hide_by_whom() {
    let mut world = World::with_call(2);
    world.run(20 * SECOND);
    world.command(1, Command::Media(MediaState::Connected));
    world.run(6 * SECOND);
    world.faults.lost_pushes = 1;
    kick(&mut world, 0, 2);
    world.run(SECOND / 4);
    let link = world.link();
    world.join(link.clone());
    world.run(SECOND / 4);
    world.join(link);
    world.run(10 * SECOND);
    assert_eq!(*world.end(1), EndReason::Removed { by: None });
    let ended = world.nodes[1].ended.as_ref().unwrap();
    assert_eq!(ended.advice, Advice::JoinAgain);
    assert_eq!(world.nodes[1].sent(Method::JoinGroupCall), 1);
}

#[test]
fn a_second_removal_within_ten_minutes_is_meant_and_an_end_and_a_later_one_is_not() {
    let mut world = World::with_call(2);
    world.run(10 * SECOND);
    let lose_and_reconnect = |world: &mut World| {
        lose(world);
        world.run(10 * SECOND);
        world.reconnect(1);
        world.run(20 * SECOND);
    };
    lose_and_reconnect(&mut world);
    assert_eq!(world.nodes[1].joins, 2, "{}", world.history());
    world.run(600 * SECOND);
    lose_and_reconnect(&mut world);
    assert_eq!(world.nodes[1].joins, 3, "{}", world.history());
    lose_and_reconnect(&mut world);
    let by = Some(UserId::new(1));
    assert_eq!(*world.end(1), EndReason::Removed { by });
}

#[test]
fn who_was_kicked_while_out_of_touch_and_is_refused_ends_as_removed_by_whom() {
    let mut world = World::with_call(2);
    world.run(10 * SECOND);
    world.cut_off(1);
    world.run(10 * SECOND);
    kick(&mut world, 0, 2);
    world.run(10 * SECOND);
    world.reconnect(1);
    world.run(20 * SECOND);
    let by = Some(UserId::new(1));
    assert_eq!(*world.end(1), EndReason::Removed { by });
    let ended = world.nodes[1].ended.as_ref().unwrap();
    assert_eq!(ended.advice, Advice::AskForInvitation);
    assert_eq!(world.nodes[1].sent(Method::JoinGroupCall), 2);
}

/// Pushes all blocks from an offset on to the second user.
fn push_blocks(world: &mut World, from: usize) {
    let call = world.server.calls().next().unwrap();
    let blocks = call.blocks();
    let update = Update::ChainBlocks(ChainBlocks {
        call: call.reference(),
        sub_chain: SubChain::Blocks,
        blocks: blocks[from..].to_vec(),
        next_offset: blocks.len() as i32,
    });
    world.push(UserId::new(2), &update);
}

#[test]
fn who_has_joined_from_another_place_since_and_left_it_again_stays_away_too() {
    let mut world = with_a_lost_member();
    let link = world.link();
    let second = world.join_as(UserId::new(2), link);
    world.run(5 * SECOND);
    world.command(second, Command::Leave);
    assert!(world.run_while_not(30 * SECOND, |world| in_the_chain(world) == [1]));
    world.reconnect(1);
    push_blocks(&mut world, 2);
    world.run(20 * SECOND);
    let history = world.history();
    assert_eq!(*world.end(1), EndReason::JoinedElsewhere, "{history}");
}

#[test]
fn who_was_removed_while_out_of_touch_and_has_joined_from_another_place_since_stays_away() {
    let mut world = with_a_lost_member();
    let link = world.link();
    let second = world.join_as(UserId::new(2), link);
    world.run(5 * SECOND);
    world.reconnect(1);
    world.run(20 * SECOND);
    assert_eq!(
        *world.end(1),
        EndReason::JoinedElsewhere,
        "{}",
        world.history()
    );
    assert!(world.nodes[second].is_in());
}
