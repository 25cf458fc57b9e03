//! The reaction of an engine to each error that a join can meet, beside what the table says.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::time::Duration;

use confcall::join::api::reaction::{ErrorName, GiveUpReason, ROWS, Reaction, Row};
use confcall::join::api::{
    ActiveCall, ChainBlocks, GroupCallInfo, Method, Request, SubChain, Update,
};
use confcall::join::engine::{
    Advice, Command, CommandFailure, Config, EndReason, Event, Family, Input, OtherKind, Trouble,
};
use confcall::join::message::{GroupMessage, RandomId};
use confcall::state::BlockHash;
use confcall::state::wire::Broadcast;
use confcall::{Joiner, UserId};
use confcall_simulator::{Rule, Verdict, World, media};

const JOIN: Method = Method::JoinGroupCall;
const READ: Method = Method::GetGroupCallChainBlocks;
const LOCATE: Method = Method::GetGroupCall;

/// Refusals by the account, the session or the connection, each with the advice on it.
const ADVICE: &[(i32, &str, Advice)] = &[
    (303, "USER_MIGRATE_4", Advice::Reconnect),
    (303, "PHONE_MIGRATE_4", Advice::Reconnect),
    (303, "NETWORK_MIGRATE_4", Advice::Reconnect),
    (303, "FILE_MIGRATE_4", Advice::Reconnect),
    (303, "STATS_MIGRATE_4", Advice::Reconnect),
    (400, "CONNECTION_NOT_INITED", Advice::Reconnect),
    (400, "MSG_WAIT_FAILED", Advice::Reconnect),
    (500, "MSG_WAIT_FAILED", Advice::Reconnect),
    (400, "MSG_WAIT_TIMEOUT", Advice::Reconnect),
    (401, "AUTH_KEY_UNREGISTERED", Advice::LogIn),
    (401, "SESSION_REVOKED", Advice::LogIn),
    (401, "SESSION_EXPIRED", Advice::LogIn),
    (401, "USER_DEACTIVATED", Advice::LogIn),
    (401, "SESSION_PASSWORD_NEEDED", Advice::LogIn),
    (406, "AUTH_KEY_DUPLICATED", Advice::LogIn),
    (420, "FROZEN_METHOD_INVALID", Advice::UseOtherAccount),
    (400, "BOT_METHOD_INVALID", Advice::UseOtherAccount),
    (420, "FLOOD_WAIT_301", Advice::JoinLater),
    (420, "FLOOD_PREMIUM_WAIT_301", Advice::JoinLater),
    (420, "SLOWMODE_WAIT_301", Advice::JoinLater),
    (403, "A_NEW_NAME", Advice::AskForInvitation),
    (400, "A_NEW_NAME", Advice::Report),
];

/// A client of a link that met the error of a row once, and what it made of it.
fn met(row: &Row) -> World {
    let name = match row.name {
        ErrorName::Exact(name) | ErrorName::Prefix(name) => name.to_owned(),
        ErrorName::Seconds(name) => format!("{name}3"),
        _ => "ANY_NAME".to_owned(),
    };
    let mut world = World::with_call(1);
    let refusal = Verdict::refuse(row.code.unwrap_or(500), &name);
    world.rules.push(Rule::new(JOIN, refusal).of(2).times(1));
    let link = world.link();
    world.join(link);
    world.run(Duration::from_secs(20));
    world
}

fn is_retried_because(world: &World, expected: impl Fn(&Trouble) -> bool) -> bool {
    let events = world.nodes[1].events.iter();
    let mut whys = events.filter_map(|event| match event {
        Event::Retrying { why, .. } => Some(why),
        _ => None,
    });
    whys.any(expected) && world.nodes[1].sent(JOIN) == 2 && world.nodes[1].is_in()
}

fn is_given_up(world: &World, reason: GiveUpReason) -> bool {
    let end = world.end(1);
    let is_it = match end {
        EndReason::Full => reason == GiveUpReason::Full,
        EndReason::Refused { kind, .. } => *kind == Some(reason),
        _ => false,
    };
    is_it && world.nodes[1].sent(JOIN) == 1
}

#[test]
fn every_row_for_a_join_leads_where_the_table_says() {
    let mut rows = 0;
    let mut named = Vec::new();
    for row in ROWS.iter().filter(|row| row.methods.contains(&JOIN)) {
        // A row for a named request comes before one for any.
        if named.contains(&format!("{:?}", row.name)) {
            continue;
        }
        named.push(format!("{:?}", row.name));
        let world = met(row);
        let leads_there = match row.reaction {
            Reaction::RebuildOnNewTip => is_retried_because(&world, |why| *why == Trouble::Race),
            Reaction::NewSsrc => is_retried_because(&world, |why| *why == Trouble::SourceTaken),
            Reaction::WaitThenRepeat(_) => {
                is_retried_because(&world, |why| matches!(why, Trouble::Flood { method: JOIN }))
            }
            Reaction::RetryWithBackoff | Reaction::CheckTipFirst => {
                is_retried_because(&world, |why| matches!(why, Trouble::Refused { .. }))
            }
            Reaction::RefreshReferenceOnce => {
                world.nodes[1].sent(Method::GetGroupCall) == 2 && world.nodes[1].is_in()
            }
            Reaction::GiveUp(reason) => is_given_up(&world, reason),
            // Without a membership there is none to lose.
            Reaction::Rejoin => matches!(world.end(1), EndReason::Refused { kind: None, .. }),
            _ => false,
        };
        assert!(leads_there, "{row:?}\n{}", world.history());
        rows += 1;
    }
    assert!(rows >= 14, "{rows} rows are about a join");
}

#[test]
fn an_error_that_the_table_does_not_know_ends_the_join_with_its_name() {
    let row = Row {
        name: ErrorName::Exact("NEW_ERROR"),
        code: Some(400),
        methods: &[JOIN],
        reaction: Reaction::Report,
    };
    let world = met(&row);
    assert!(matches!(
        world.end(1),
        EndReason::Refused { error, kind: None, .. } if error.message == "NEW_ERROR"
    ));
}

/// A call with a client of its link, whose requests by a method are all refused.
fn refused(method: Method, code: i32, name: &str) -> World {
    let mut world = World::with_call(1);
    let refusal = Verdict::refuse(code, name);
    world.rules.push(Rule::new(method, refusal).of(2));
    let link = world.link();
    world.join(link);
    world.run(Duration::from_secs(20));
    world
}

#[test]
fn every_refusal_on_the_way_in_has_the_advice_of_its_kind() {
    for (code, name, expected) in ADVICE {
        for method in [LOCATE, READ, JOIN] {
            let world = refused(method, *code, name);
            let advice = world.nodes[1].ended.as_ref().unwrap().advice;
            assert_eq!(advice, *expected, "{name} from {method}");
            assert_eq!(world.nodes[1].sent(method), 1, "{name} from {method}");
        }
    }
    let world = refused(JOIN, 400, "BLOCK_INVALID");
    let advice = world.nodes[1].ended.as_ref().unwrap().advice;
    assert_eq!(advice, Advice::Report);
}

#[test]
fn every_kind_of_wait_is_waited_for() {
    for name in ["FLOOD_WAIT_3", "FLOOD_PREMIUM_WAIT_3", "SLOWMODE_WAIT_3"] {
        let mut world = World::with_call(1);
        let wait = Verdict::refuse(420, name);
        world.rules.push(Rule::new(JOIN, wait).of(2).times(1));
        let link = world.link();
        world.join(link);
        world.run(Duration::from_secs(2));
        assert!(!world.nodes[1].is_in());
        world.run(Duration::from_secs(3));
        assert!(world.nodes[1].is_in(), "{name}");
    }
}

#[test]
fn a_link_to_a_call_of_another_kind_ends_the_join_before_anything_is_asked() {
    for text in [
        "t.me/some?videochat=hash",
        "tg://resolve?domain=some&story=live",
    ] {
        let mut world = World::with_call(1);
        let sent = |world: &World| {
            Method::ALL
                .iter()
                .map(|one| world.sent(*one))
                .sum::<usize>()
        };
        let before = sent(&world);
        let (target, joiner) = (text.parse().unwrap(), Joiner::new(UserId::new(2)));
        let mut config = Config::new(target, joiner, media(world.rng()));
        config.family = Family::Conferences;
        world.start(config);
        world.run(Duration::from_secs(2));
        let expected = EndReason::OtherKind(OtherKind::ChatOrStory);
        assert_eq!(*world.end(1), expected, "{text}");
        assert_eq!(sent(&world), before);
    }
}

#[test]
fn a_call_that_is_no_conference_ends_the_join_with_what_it_is() {
    for (rtmp, expected) in [
        (true, OtherKind::RtmpStream),
        (false, OtherKind::ChatOrStory),
    ] {
        let mut world = World::with_call(1);
        let shown = world.server.calls().next().unwrap();
        let call = ActiveCall {
            rtmp_stream: rtmp,
            participants_count: 1,
            ..ActiveCall::new(shown.named())
        };
        let info = GroupCallInfo {
            call: call.into(),
            participants: Vec::new(),
            next_offset: None,
            labels: Vec::new(),
        };
        world
            .rules
            .push(Rule::new(LOCATE, Verdict::Answer(info.into())));
        let link = world.link();
        world.join(link);
        world.run(Duration::from_secs(2));
        assert_eq!(*world.end(1), EndReason::OtherKind(expected));
        let advice = world.nodes[1].ended.as_ref().unwrap().advice;
        assert_eq!(advice, Advice::UseOtherClient);
    }
}

#[test]
fn a_session_that_is_revoked_in_a_call_ends_it_by_whatever_request_shows_it() {
    for (code, name) in [
        (401, "SESSION_REVOKED"),
        (401, "AUTH_KEY_UNREGISTERED"),
        (406, "AUTH_KEY_DUPLICATED"),
    ] {
        for method in [
            READ,
            Method::CheckGroupCall,
            Method::SendConferenceCallBroadcast,
        ] {
            let mut world = World::with_call(3);
            let refusal = Verdict::refuse(code, name);
            world.rules.push(Rule::new(method, refusal).of(2));
            // A block makes broadcasts due.
            let link = world.link();
            world.join(link);
            world.run(Duration::from_secs(20));
            let ended = world.nodes[1].ended.as_ref();
            let ended = ended.unwrap_or_else(|| panic!("{name} from {method}"));
            assert_eq!(ended.advice, Advice::LogIn, "{name} from {method}");
            assert_eq!(world.nodes[1].sent(Method::LeaveGroupCall), 0);
            let tries = world.nodes[1].events.iter();
            let is_retried = |event: &&Event| {
                matches!(
                    event,
                    Event::Retrying {
                        why: Trouble::Refused { .. },
                        ..
                    }
                )
            };
            assert_eq!(tries.filter(is_retried).count(), 0, "{name} from {method}");
        }
    }
}

#[test]
fn a_command_that_meets_a_revoked_session_is_answered_with_the_refusal() {
    let mut world = World::with_call(3);
    let refusal = Verdict::refuse(401, "SESSION_REVOKED");
    let remove = Method::DeleteConferenceCallParticipants;
    world.rules.push(Rule::new(remove, refusal));
    let users = vec![confcall::UserId::new(2)];
    let kicked = world.command(0, Command::Kick { users });
    world.run(Duration::from_secs(2));
    let mut events = world.nodes[0].events.iter();
    let is_refused = |event: &Event| {
        let refused = matches!(
            event,
            Event::Failed {
                why: CommandFailure::Refused(_),
                ..
            }
        );
        refused && matches!(event, Event::Failed { id, .. } if *id == kicked)
    };
    assert!(events.any(is_refused));
    assert_eq!(world.nodes[0].ended.as_ref().unwrap().advice, Advice::LogIn);
}

/// A call of three whose second member meets a refusal of each request of a method; a fourth makes broadcasts due.
fn refused_member(method: Method, refusal: Verdict) -> World {
    let mut world = World::with_call(3);
    world.rules.push(Rule::new(method, refusal).of(2));
    let link = world.link();
    world.join(link);
    world
}

#[test]
fn a_refusal_of_the_account_or_the_connection_ends_a_call_with_the_advice_of_a_join() {
    let passing = [Advice::JoinLater, Advice::AskForInvitation, Advice::Report];
    let rows = ADVICE.iter().filter(|(_, name, advice)| {
        *name != "SESSION_PASSWORD_NEEDED" && !passing.contains(advice)
    });
    for (code, name, advice) in rows {
        for method in [
            READ,
            Method::CheckGroupCall,
            Method::GetGroupParticipants,
            Method::SendConferenceCallBroadcast,
        ] {
            let mut world = refused_member(method, Verdict::refuse(*code, name));
            world.run(Duration::from_secs(120));
            let ended = world.nodes[1].ended.as_ref();
            let ended = ended.unwrap_or_else(|| panic!("{name} from {method}"));
            assert_eq!(ended.advice, *advice, "{name} from {method}");
            assert!(matches!(
                ended.reason,
                EndReason::Refused { kind: Some(_), .. }
            ));
        }
    }
}

#[test]
fn what_passes_or_concerns_one_request_ends_no_call() {
    for (code, name) in [
        (420, "FLOOD_WAIT_1"),
        (420, "SLOWMODE_WAIT_1"),
        (500, "WORKER_BUSY_TOO_LONG_RETRY"),
        (400, "A_NEW_NAME"),
    ] {
        let mut world = refused_member(READ, Verdict::refuse(code, name));
        world.run(Duration::from_secs(20));
        assert!(world.nodes[1].is_in(), "{name}");
    }
}

#[test]
fn a_command_that_the_account_may_not_do_fails_alone_and_one_that_no_connection_carries_ends_the_call()
 {
    let send = || {
        let id = RandomId::new(1).unwrap();
        let message = GroupMessage::new(id, "a", Vec::new()).unwrap();
        Command::Send(message)
    };
    let users = vec![confcall::UserId::new(3)];
    for (method, command) in [
        (Method::SendGroupCallEncryptedMessage, send()),
        (
            Method::DeleteConferenceCallParticipants,
            Command::Kick { users },
        ),
    ] {
        for (code, name, is_alone) in [
            (420, "FROZEN_METHOD_INVALID", true),
            (400, "BOT_METHOD_INVALID", true),
            (400, "MSG_WAIT_FAILED", true),
            (400, "CONNECTION_NOT_INITED", false),
            (303, "USER_MIGRATE_4", false),
        ] {
            let mut world = refused_member(method, Verdict::refuse(code, name));
            world.run(Duration::from_secs(5));
            let id = world.command(1, command.clone());
            world.run(Duration::from_secs(5));
            let node = &world.nodes[1];
            let is_refused = |event: &Event| matches!(event, Event::Failed { id: of, why: CommandFailure::Refused(_), .. } if *of == id);
            assert!(node.events.iter().any(is_refused), "{name} from {method}");
            assert_eq!(node.is_in(), is_alone, "{name} from {method}");
        }
    }
}

#[test]
fn a_refusal_to_compare_blocks_is_no_evidence() {
    for (code, name) in [(420, "FROZEN_METHOD_INVALID"), (401, "SESSION_REVOKED")] {
        let mut world = World::with_call(2);
        world.run(Duration::from_secs(10));
        let refusal = Verdict::refuse(code, name);
        let rule = Rule::new(READ, refusal).of(2).on(SubChain::Blocks);
        world.rules.push(rule.times(1));
        // A broadcast for another block at our height has the blocks compared at once.
        let call = world.server.calls().next().unwrap();
        let said = Broadcast::from_server(call.broadcasts().last().unwrap()).unwrap();
        let block_hash = BlockHash::ZERO;
        let other = Broadcast { block_hash, ..said };
        let update = Update::ChainBlocks(ChainBlocks {
            call: call.reference(),
            sub_chain: SubChain::Broadcasts,
            next_offset: call.broadcasts().len() as i32 + 1,
            blocks: vec![other.to_server()],
        });
        world.input(1, Input::Update(update));
        let newest = world.nodes[1].requests_of(READ).last().unwrap();
        assert!(is_comparison(&newest.body), "{newest:?}");
        world.run(Duration::from_secs(20));
        assert!(world.nodes[1].is_in(), "{name}\n{}", world.history());
    }
}

fn is_comparison(body: &Request) -> bool {
    matches!(body, Request::ChainBlocks(poll) if poll.offset >= 0 && poll.limit == 1)
}

#[test]
fn a_password_that_is_asked_for_ends_no_membership() {
    let mut world = World::with_call(2);
    let refusal = Verdict::refuse(401, "SESSION_PASSWORD_NEEDED");
    world.rules.push(Rule::new(READ, refusal).of(2).times(3));
    world.run(Duration::from_secs(30));
    assert!(world.nodes[1].is_in());
}
