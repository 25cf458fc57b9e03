//! Each command is answered once, by the id that its caller gave it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::time::Duration;

use confcall::UserId;
use confcall::join::api::{AccessHash, GroupCall, InputUser, MessageId, Method, Updates};
use confcall::join::engine::{
    Command, CommandFailure, CommandId, CommandKind, EndReason, Event, Input, RejoinReason, Trouble,
};
use confcall_simulator::{NodeId, Rule, Verdict, World};

const SECOND: Duration = Duration::from_secs(1);
const REMOVE: Method = Method::DeleteConferenceCallParticipants;
const INVITE: Method = Method::InviteConferenceCallParticipant;
const DECLINE: Method = Method::DeclineConferenceCallInvite;

fn kick(world: &mut World, node: NodeId, user: i64) -> CommandId {
    let users = vec![UserId::new(user)];
    world.command(node, Command::Kick { users })
}

fn invite(world: &mut World, node: NodeId, user: i64) -> CommandId {
    let (id, access_hash) = (UserId::new(user), AccessHash::new(0));
    let user = InputUser::User { id, access_hash };
    world.command(node, Command::Invite { user, video: false })
}

fn decline(world: &mut World, node: NodeId) -> CommandId {
    let message = MessageId::new(7);
    world.command(node, Command::Decline { message })
}

/// The answer to a command, if there is one; that it is answered once is checked in all worlds.
fn answer(world: &World, node: NodeId, wanted: CommandId) -> Option<Result<(), CommandFailure>> {
    let mut events = world.nodes[node].events.iter();
    events.find_map(|event| match event {
        Event::Done { id, .. } if *id == wanted => Some(Ok(())),
        Event::Failed { id, why, .. } if *id == wanted => Some(Err(why.clone())),
        _ => None,
    })
}

#[test]
fn commands_of_one_kind_that_are_under_way_at_once_are_told_apart() {
    let mut world = World::with_call(4);
    let refused = Verdict::refuse(403, "USER_PRIVACY_RESTRICTED");
    world
        .rules
        .push(Rule::new(INVITE, Verdict::LoseAnswer).times(1));
    world.rules.push(Rule::new(INVITE, refused).times(1));
    let raced = Verdict::refuse(400, "CONF_WRITE_CHAIN_INVALID");
    world.rules.push(Rule::new(REMOVE, raced).times(1));
    world
        .rules
        .push(Rule::new(REMOVE, Verdict::refuse(400, "BLOCK_INVALID")).times(1));
    let invited = [8, 9, 10].map(|user| invite(&mut world, 0, user));
    let raced = kick(&mut world, 0, 3);
    let refused = kick(&mut world, 0, 4);
    let own = kick(&mut world, 0, 1);
    world.run(20 * SECOND);
    let invited = invited.map(|id| answer(&world, 0, id).unwrap());
    assert_eq!(invited[0], Err(CommandFailure::Unanswered));
    assert!(matches!(&invited[1], Err(CommandFailure::Refused(_))));
    assert_eq!(invited[2], Ok(()));
    assert_eq!(answer(&world, 0, raced), Some(Ok(())));
    let refused = answer(&world, 0, refused);
    assert!(matches!(refused, Some(Err(CommandFailure::Refused(_)))));
    let own = answer(&world, 0, own);
    assert!(matches!(own, Some(Err(CommandFailure::Block(_)))));
}

#[test]
fn what_waits_when_a_membership_ends_fails_and_says_whether_it_may_have_been_carried_out() {
    let end = |world: &mut World, command: Command| {
        let held_back = Rule::new(INVITE, Verdict::refuse(420, "FLOOD_WAIT_60"));
        world.rules.push(held_back.times(1));
        let (first, second) = (invite(world, 1, 8), kick(world, 1, 1));
        world.run(SECOND / 4);
        let third = world.command(1, Command::RevokeLink);
        world.command(1, command);
        [first, second, third]
    };
    for command in [Command::Leave, Command::Rejoin] {
        let mut world = World::with_call(3);
        world
            .rules
            .push(Rule::new(REMOVE, Verdict::refuse(420, "FLOOD_WAIT_9")).times(1));
        let waiting = end(&mut world, command);
        let failed = waiting.map(|id| answer(&world, 1, id).unwrap().unwrap_err());
        let expected = [
            CommandFailure::NotJoined,
            CommandFailure::NotJoined,
            CommandFailure::Unanswered,
        ];
        assert_eq!(failed, expected, "{}", world.history());
        world.run(60 * SECOND);
    }
}

#[test]
fn whoever_is_removed_is_answered_before_the_end() {
    let mut world = World::with_call(3);
    world.rules.push(Rule::new(INVITE, Verdict::Lose));
    let waiting = invite(&mut world, 1, 8);
    kick(&mut world, 0, 2);
    world.run(10 * SECOND);
    assert!(matches!(world.end(1), EndReason::Removed { .. }));
    let failed = Some(Err(CommandFailure::Unanswered));
    assert_eq!(answer(&world, 1, waiting), failed);
    // After the end no command has an answer.
    let late = invite(&mut world, 1, 8);
    assert_eq!(answer(&world, 1, late), None);
}

#[test]
fn a_kick_whose_answer_ends_the_membership_is_answered() {
    for (name, code) in [
        ("GROUPCALL_FORBIDDEN", 403),
        ("GROUPCALL_JOIN_MISSING", 400),
    ] {
        let mut world = World::with_call(3);
        let refused = Verdict::refuse(code, name);
        world.rules.push(Rule::new(REMOVE, refused).times(1));
        let kicked = kick(&mut world, 1, 1);
        world.run(30 * SECOND);
        assert!(
            answer(&world, 1, kicked).is_some(),
            "{name}\n{}",
            world.history()
        );
    }
}

#[test]
fn ending_the_call_is_done_even_if_the_end_is_pushed_before_the_answer() {
    let mut world = World::with_call(2);
    let id = world.command(0, Command::Discard);
    let call = world.server.calls().next().unwrap();
    let over = GroupCall::Discarded {
        id: call.id(),
        access_hash: call.access_hash(),
        duration: 1,
    };
    world.input(0, Input::Update(over.into()));
    assert_eq!(*world.end(0), EndReason::Discarded);
    assert_eq!(answer(&world, 0, id), Some(Ok(())));
}

#[test]
fn whoever_is_not_in_can_decline_and_nothing_else() {
    let mut world = World::with_call(1);
    world
        .rules
        .push(Rule::new(Method::GetGroupCall, Verdict::Lose).of(2));
    world.rules.push(Rule::new(DECLINE, Verdict::Lose).times(1));
    let refused = Verdict::refuse(400, "MESSAGE_ID_INVALID");
    world.rules.push(Rule::new(DECLINE, refused).times(1));
    let refused = Verdict::refuse(420, "FLOOD_WAIT_2");
    world.rules.push(Rule::new(DECLINE, refused).times(1));
    let link = world.link();
    let node = world.join(link);
    let kicked = kick(&mut world, node, 1);
    let rejoined = world.command(node, Command::Rejoin);
    let not_joined = Some(Err(CommandFailure::NotJoined));
    assert_eq!(answer(&world, node, kicked), not_joined);
    assert_eq!(answer(&world, node, rejoined), not_joined);
    let [lost, gone, flooded] = [(); 3].map(|()| decline(&mut world, node));
    world.run(SECOND);
    assert_eq!(answer(&world, node, gone), Some(Ok(())));
    assert_eq!(answer(&world, node, flooded), None);
    world.run(2 * SECOND);
    assert_eq!(answer(&world, node, flooded), Some(Ok(())));
    assert_eq!(answer(&world, node, lost), None);
    world.command(node, Command::Leave);
    let unanswered = Some(Err(CommandFailure::Unanswered));
    assert_eq!(answer(&world, node, lost), unanswered);
    assert_eq!(*world.end(node), EndReason::Left);
}

#[test]
fn too_many_declines_are_refused() {
    let mut world = World::with_call(1);
    world.rules.push(Rule::new(DECLINE, Verdict::Lose));
    world
        .rules
        .push(Rule::new(Method::GetGroupCall, Verdict::Lose).of(2));
    let link = world.link();
    let node = world.join(link);
    for _ in 0..64 {
        decline(&mut world, node);
    }
    let id = decline(&mut world, node);
    assert_eq!(answer(&world, node, id), Some(Err(CommandFailure::Busy)));
    assert_eq!(world.nodes[node].sent(DECLINE), 64);
}

#[test]
fn a_command_waits_as_long_as_the_server_wants_of_another_one_of_its_kind() {
    let mut world = World::with_call(3);
    let wait = |method| Rule::new(method, Verdict::refuse(420, "FLOOD_WAIT_20")).times(1);
    world.rules.push(wait(INVITE));
    world.rules.push(wait(REMOVE));
    let first = [invite(&mut world, 0, 8), kick(&mut world, 0, 2)];
    world.run(SECOND);
    let second = [invite(&mut world, 0, 9), kick(&mut world, 0, 3)];
    world.run(18 * SECOND);
    for method in [INVITE, REMOVE] {
        assert_eq!(world.nodes[0].sent(method), 1, "{method}");
    }
    world.run(10 * SECOND);
    for id in first.into_iter().chain(second) {
        assert_eq!(answer(&world, 0, id), Some(Ok(())), "{id:?}");
    }
}

#[test]
fn a_server_that_has_a_command_wait_for_long_or_again_and_again_has_refused_it() {
    for (wait, sent) in [("FLOOD_WAIT_3600", 1), ("FLOOD_WAIT_2", 6)] {
        for method in [INVITE, REMOVE, DECLINE] {
            let mut world = World::with_call(2);
            world
                .rules
                .push(Rule::new(method, Verdict::refuse(420, wait)));
            let id = match method {
                INVITE => invite(&mut world, 0, 8),
                REMOVE => kick(&mut world, 0, 2),
                _ => decline(&mut world, 0),
            };
            world.run(20 * SECOND);
            let failed = answer(&world, 0, id);
            let is_refused = matches!(failed, Some(Err(CommandFailure::Refused(_))));
            assert!(is_refused, "{method}: {failed:?}");
            assert_eq!(world.nodes[0].sent(method), sent, "{method}");
        }
    }
}

#[test]
fn a_rejoin_that_is_asked_for_brings_another_key_and_source() {
    let mut world = World::with_call(3);
    let of = |world: &World| {
        let engine = &world.nodes[1].engine;
        let call = world.server.calls().next().unwrap();
        let source = call.member(UserId::new(2)).unwrap().source();
        (engine.membership().unwrap().public_key(), source)
    };
    let (key, source) = of(&world);
    let id = world.command(1, Command::Rejoin);
    assert_eq!(answer(&world, 1, id), None);
    assert!(world.nodes[1].engine.membership().is_none());
    assert!(world.run_while_not(5 * SECOND, |world| answer(world, 1, id).is_some()));
    assert_eq!(answer(&world, 1, id), Some(Ok(())));
    let is_rejoined = |event: &&Event| matches!(event, Event::Rejoined(_) | Event::Done { .. });
    let mut events = world.nodes[1].events.iter().filter(is_rejoined);
    assert!(matches!(events.next(), Some(Event::Rejoined(_))));
    assert_ne!(of(&world).0, key);
    assert_ne!(of(&world).1, source);
    world.converge();
    let group = world.server.calls().next().unwrap().chain_state();
    assert_eq!(group.group_state().participants.len(), 3);
    let why = Trouble::Rejoining(RejoinReason::Requested);
    let is_told =
        |event: &Event| matches!(event, Event::Retrying { why: told, .. } if *told == why);
    assert!(world.nodes[1].events.iter().any(is_told));
}

#[test]
fn rejoins_cannot_be_asked_for_without_end_and_one_too_many_costs_nothing() {
    let mut world = World::with_call(2);
    for _ in 0..4 {
        let id = world.command(1, Command::Rejoin);
        assert!(world.run_while_not(20 * SECOND, |world| answer(world, 1, id).is_some()));
        assert_eq!(answer(&world, 1, id), Some(Ok(())));
    }
    let id = world.command(1, Command::Rejoin);
    let too_often = Some(Err(CommandFailure::TooOften));
    assert_eq!(answer(&world, 1, id), too_often);
    assert!(world.nodes[1].is_in());
    world.run(700 * SECOND);
    let id = world.command(1, Command::Rejoin);
    world.run(5 * SECOND);
    assert_eq!(answer(&world, 1, id), Some(Ok(())));
}

#[test]
fn a_rejoin_that_ends_the_call_for_us_has_failed() {
    let mut world = World::with_call(2);
    let refused = Verdict::refuse(403, "GROUPCALL_FORBIDDEN");
    world
        .rules
        .push(Rule::new(Method::JoinGroupCall, refused).of(2));
    let id = world.command(1, Command::Rejoin);
    world.run(5 * SECOND);
    assert!(matches!(world.end(1), EndReason::Refused { .. }));
    let not_joined = Some(Err(CommandFailure::NotJoined));
    assert_eq!(answer(&world, 1, id), not_joined);
    assert_eq!(Command::Rejoin.kind(), Some(CommandKind::Rejoin));
}

#[test]
fn a_command_is_done_by_what_it_changes_and_not_by_the_servers_word() {
    let users = vec![UserId::new(2)];
    for (method, command) in [
        (REMOVE, Command::Kick { users }),
        (Method::ToggleGroupCallSettings, Command::RevokeLink),
        (Method::DiscardGroupCall, Command::Discard),
    ] {
        let mut world = World::with_call(3);
        let empty_yes = Verdict::Answer(Updates::default().into());
        world.rules.push(Rule::new(method, empty_yes).times(1));
        let first = world.command(0, command.clone());
        world.run(14 * SECOND);
        assert_eq!(answer(&world, 0, first), None, "{method}");
        world.run(2 * SECOND);
        let no_effect = Some(Err(CommandFailure::NoEffect));
        assert_eq!(answer(&world, 0, first), no_effect, "{method}");
        let second = world.command(0, command);
        world.run(5 * SECOND);
        assert_eq!(answer(&world, 0, second), Some(Ok(())), "{method}");
    }
}

#[test]
fn a_kick_of_a_user_who_is_not_in_the_call_fails_and_says_so() {
    let mut world = World::with_call(2);
    let absent = kick(&mut world, 0, 9);
    let not_there = Some(Err(CommandFailure::NotAMember(UserId::new(9))));
    assert_eq!(answer(&world, 0, absent), not_there);
    assert_eq!(world.nodes[0].sent(REMOVE), 0);
}

#[test]
fn a_kick_that_ends_a_membership_without_a_link_is_answered_with_the_refusal() {
    let mut world = World::with_call(2);
    let refused = Verdict::refuse(400, "GROUPCALL_INVALID");
    world.rules.push(Rule::new(REMOVE, refused));
    let kicked = kick(&mut world, 0, 2);
    world.run(5 * SECOND);
    assert!(matches!(world.end(0), EndReason::NotFound(_)));
    let answered = answer(&world, 0, kicked);
    let is_refused = matches!(answered, Some(Err(CommandFailure::Refused(_))));
    assert!(is_refused, "{answered:?}");
}
