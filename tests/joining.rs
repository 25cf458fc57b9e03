//! Entering a call, whatever the server says to it: each test is a way in which other clients fail.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;
use std::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall::join::api::reaction::GiveUpReason;
use confcall::join::api::{
    CallId, GetGroupCall, GroupCall, Method, Request, Response, RpcError, SubChain, Update, Updates,
};
use confcall::join::engine::{Advice, Command, Config, EmptyCall, EndReason, Event, Trouble};
use confcall::join::joining::AnswerFault;
use confcall::state::{Joiner, PublicKey};
use confcall::{Target, UserId};
use confcall_simulator::{Faults, Rule, Verdict, World, media};

const SECOND: Duration = Duration::from_secs(1);
const JOIN: Method = Method::JoinGroupCall;
const CREATE: Method = Method::CreateConferenceCall;
const RACED: &str = "CONF_WRITE_CHAIN_INVALID_203";

/// A second client that follows the link, under a rule.
fn joiner(rule: Rule) -> World {
    let mut world = World::with_call(1);
    world.rules.push(rule.of(2));
    let link = world.link();
    world.join(link);
    world
}

/// The keys that a client has announced, in order.
fn keys(world: &World, node: usize) -> Vec<PublicKey> {
    let joins = world.nodes[node].requests_of(JOIN);
    let keys = joins.filter_map(|asked| match &asked.body {
        Request::Join(join) => join.public_key,
        _ => None,
    });
    keys.collect()
}

/// The times between the requests of a method.
fn pauses(world: &World, node: usize, method: Method) -> Vec<Duration> {
    let times: Vec<_> = world.nodes[node]
        .requests_of(method)
        .map(|one| one.at)
        .collect();
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

// Of several blocks on one tip the server takes one; the others are built again (`spec/protocol.md`, 6).

#[test]
fn a_lost_race_is_known_by_the_start_of_its_name_and_tried_again_with_another_key() {
    for name in [
        "CONF_WRITE_CHAIN_INVALID",
        RACED,
        "CONF_WRITE_CHAIN_INVALID_NEXT",
    ] {
        let mut world = joiner(Rule::new(JOIN, Verdict::refuse(400, name)).times(1));
        world.run(10 * SECOND);
        let keys = keys(&world, 1);
        assert_eq!(keys.len(), 2, "{}", world.history());
        assert_ne!(keys[0], keys[1]);
        assert!(world.has_converged());
    }
}

#[test]
fn a_block_that_is_refused_three_times_on_one_tip_ends_the_attempts() {
    let mut world = joiner(Rule::new(JOIN, Verdict::refuse(400, RACED)));
    world.run(60 * SECOND);
    let error = RpcError::new(400, RACED);
    assert_eq!(*world.end(1), EndReason::BlockRefused { error });
    assert_eq!(world.nodes[1].sent(JOIN), 3);
}

#[test]
fn races_on_a_tip_that_moves_are_run_for_two_minutes_with_pauses_and_no_longer() {
    let mut world = joiner(Rule::new(JOIN, Verdict::refuse(400, RACED)));
    while world.nodes[1].ended.is_none() && world.now() < 200 * SECOND {
        world.land_a_block(UserId::new(99));
        world.run(Duration::from_millis(200));
    }
    assert!(matches!(world.end(1), EndReason::Raced { .. }));
    let ended = world.nodes[1].requests.last().unwrap().at;
    assert!(ended > 100 * SECOND && ended < 122 * SECOND, "{ended:?}");
    // A round trip for the join, one for the tip, and a pause by how fast the tip moves.
    let pauses = pauses(&world, 1, JOIN);
    assert!(
        pauses
            .iter()
            .all(|pause| *pause >= Duration::from_millis(250))
    );
    let sent = world.nodes[1].sent(JOIN);
    assert!(sent < 300, "{sent}");
}

#[test]
fn the_time_that_the_server_has_us_wait_is_none_of_the_two_minutes_for_races() {
    let wait = || Rule::new(JOIN, Verdict::refuse(420, "FLOOD_WAIT_130")).times(1);
    let race = || Rule::new(JOIN, Verdict::refuse(400, RACED)).of(2).times(1);
    for before in [0, 1] {
        let mut world = joiner(wait().after(before));
        world.rules.push(race());
        world.rules.push(race());
        world.run(160 * SECOND);
        assert_eq!(world.nodes[1].sent(JOIN), 4, "{}", world.history());
        assert!(world.has_converged());
    }
}

#[test]
fn every_block_is_built_on_a_tip_that_was_read_for_it() {
    let mut world = joiner(Rule::new(JOIN, Verdict::refuse(400, RACED)).times(2));
    world.run(10 * SECOND);
    let asked = world.nodes[1]
        .requests
        .iter()
        .map(|asked| asked.body.method());
    let tip = Method::GetGroupCallChainBlocks;
    let entering: Vec<_> = asked.take(7).collect();
    assert_eq!(
        entering,
        [Method::GetGroupCall, tip, JOIN, tip, JOIN, tip, JOIN]
    );
}

#[test]
fn what_is_turned_off_before_a_join_is_sent_again_is_not_announced() {
    let wait = Verdict::refuse(420, "FLOOD_WAIT_5");
    for (method, verdict) in [
        (JOIN, wait.clone()),
        (CREATE, wait),
        (CREATE, Verdict::LoseAnswer),
    ] {
        let mut world = match method {
            JOIN => World::with_call(1),
            _ => World::new(1, Faults::NONE),
        };
        world.rules.push(Rule::new(method, verdict).times(1));
        let target = match method {
            JOIN => world.link(),
            _ => Target::Create,
        };
        let mut media = media(&mut ChaCha20Rng::from_seed([5; 32]));
        media.muted = false;
        let node = world.start(Config::new(target, Joiner::new(UserId::new(2)), media));
        world.run(SECOND / 2);
        world.command(node, Command::SetMuted { muted: true });
        world.run(40 * SECOND);
        let sent = world.nodes[node].requests_of(method);
        let muted: Vec<_> = sent
            .map(|sent| match &sent.body {
                Request::Join(join) => join.muted,
                Request::Create(create) => create.muted,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(muted.last(), Some(&true), "{}", world.history());
        assert!(world.nodes[node].is_in());
        let own = world.nodes[node].engine.own_state().unwrap();
        assert!(own.confirmed.muted, "{own:?}");
    }
}

// A call without blocks is waited for, and started only if the caller says so.

/// A call without any block, and an invitation of the second user to it.
fn empty_call() -> (World, Target) {
    let mut world = World::new(1, Faults::NONE);
    let call = world.server.create_empty(UserId::new(1)).unwrap();
    let message = world.server.invite(call, UserId::new(1)).unwrap();
    (world, Target::Invitation(message))
}

#[test]
fn an_invitation_older_than_the_first_block_is_waited_for() {
    let (mut world, invitation) = empty_call();
    world.join(invitation);
    world.run(3 * SECOND);
    assert!(world.nodes[0].ended.is_none());
    let is_waiting = |event: &Event| {
        let why = Trouble::NoBlockYet;
        matches!(event, Event::Retrying { why: told, .. } if *told == why)
    };
    assert!(world.nodes[0].events.iter().any(is_waiting));
    let link = world.link();
    let mut config = confcall::join::engine::Config::new(
        link,
        confcall::Joiner::new(UserId::new(2)),
        confcall_simulator::media(world.rng()),
    );
    config.empty_call = EmptyCall::Start;
    world.start(config);
    world.run(10 * SECOND);
    assert!(world.has_converged(), "{}", world.history());
    assert_eq!(world.nodes.iter().filter(|node| node.is_in()).count(), 2);
}

#[test]
fn a_call_that_stays_empty_is_given_up_after_about_fifteen_seconds_and_never_started() {
    let (mut world, invitation) = empty_call();
    world.join(invitation);
    assert!(world.run_while_not(30 * SECOND, |world| world.nodes[0].ended.is_some()));
    assert_eq!(*world.end(0), EndReason::Empty);
    assert!(
        world.now() > 9 * SECOND && world.now() < 20 * SECOND,
        "{:?}",
        world.now()
    );
    assert_eq!(world.sent(JOIN), 0);
}

#[test]
fn an_empty_call_of_a_link_is_not_started_unless_the_caller_says_so() {
    let (mut world, _) = empty_call();
    let link = world.link();
    world.join(link);
    world.run(SECOND);
    assert_eq!(*world.end(0), EndReason::Empty);
}

// A block stands on what the server showed, never on one that it did not take.

#[test]
fn a_retry_stands_on_the_servers_block_and_not_on_the_unsent_one() {
    let mut world = joiner(
        Rule::new(
            JOIN,
            Verdict::refuse(500, "GROUPCALL_ADD_PARTICIPANTS_FAILED"),
        )
        .times(1),
    );
    world.run(10 * SECOND);
    assert!(world.has_converged(), "{}", world.history());
    let call = world.server.calls().next().unwrap();
    assert_eq!(call.blocks().len(), 2);
}

// A source that is taken is drawn again.

#[test]
fn a_taken_source_leads_to_a_new_one_and_five_of_them_to_the_end() {
    let refusal = Verdict::refuse(400, "GROUPCALL_SSRC_DUPLICATE_MUCH");
    let mut world = joiner(Rule::new(JOIN, refusal));
    world.run(30 * SECOND);
    assert!(matches!(
        world.end(1),
        EndReason::Exhausted {
            method: JOIN,
            attempts: 6,
            ..
        }
    ));
    let payloads: BTreeSet<_> = world.nodes[1]
        .requests_of(JOIN)
        .map(|asked| match &asked.body {
            Request::Join(join) => join.params.as_str().to_owned(),
            _ => String::new(),
        })
        .collect();
    assert_eq!(payloads.len(), 6, "every attempt has sources of its own");
    assert!(payloads.iter().all(|payload| payload.contains("\"ssrc\"")));
}

// Pushes name the call by its id, also to a member who came by a link.

#[test]
fn whoever_joined_by_a_link_takes_pushes_that_name_the_id() {
    let mut world = World::with_call(1);
    // Polls bring nothing, so that everything comes by pushes.
    let poll = Method::GetGroupCallChainBlocks;
    let link = world.link();
    world.join(link.clone());
    world.run(2 * SECOND);
    world.rules.push(Rule::new(poll, Verdict::Lose).of(2));
    world.join(link);
    world.run(3 * SECOND);
    let height = |node: usize| {
        world.nodes[node]
            .engine
            .membership()
            .unwrap()
            .state()
            .height()
    };
    assert_eq!(height(1).value(), 2);
    assert_eq!(height(1), height(0));
}

// An answer holds both subchains (`spec/protocol.md`, 6).

#[test]
fn both_subchains_of_the_answer_count() {
    let mut world =
        joiner(Rule::new(Method::GetGroupCallChainBlocks, Verdict::Lose).on(SubChain::Broadcasts));
    // Without the offset of the answer, pushed broadcasts would lie ahead of a hole that is never filled.
    world.run(5 * SECOND);
    assert!(world.has_converged(), "{}", world.history());
}

#[test]
fn an_answer_without_subchain_1_ends_with_a_word_and_the_server_is_told() {
    let mut world = World::with_call(1);
    let mut server = world.server.clone();
    let mut other = World::new(2, Faults::NONE);
    other.server = server.clone();
    let link = world.link();
    let node = other.join_as(UserId::new(2), link.clone());
    other.run(SECOND);
    let asked = other.nodes[node].requests_of(JOIN).next().unwrap();
    let Updates(mut updates) = server
        .answer(UserId::new(2), &asked.body)
        .unwrap()
        .into_updates()
        .unwrap();
    updates.retain(
        |one| !matches!(one, Update::ChainBlocks(items) if items.sub_chain == SubChain::Broadcasts),
    );
    let verdict = Verdict::Answer(Updates(updates).into());
    world.rules.push(Rule::new(JOIN, verdict).of(2));
    let node = world.join(link);
    world.run(5 * SECOND);
    let sub_chain = SubChain::Broadcasts;
    assert_eq!(
        *world.end(node),
        EndReason::Unusable(AnswerFault::NoSubChain { sub_chain })
    );
    assert_eq!(world.nodes[node].sent(Method::LeaveGroupCall), 1);
}

// A refusal ends the join with its reason.

#[test]
fn a_refused_join_ends_with_its_reason_and_no_event_says_joined() {
    let mut world = joiner(Rule::new(JOIN, Verdict::refuse(403, "GROUPCALL_FORBIDDEN")));
    world.run(5 * SECOND);
    assert!(matches!(
        world.end(1),
        EndReason::Refused {
            kind: Some(GiveUpReason::OverOrNotForUs),
            ..
        }
    ));
    assert!(
        !world.nodes[1]
            .events
            .iter()
            .any(|event| matches!(event, Event::Joined(_)))
    );
    assert!(world.nodes[1].cryptor.is_none());
}

#[test]
fn a_mistake_of_ours_is_told_at_once_and_not_repeated() {
    let mut world = joiner(Rule::new(JOIN, Verdict::refuse(400, "DATA_JSON_INVALID")));
    world.run(5 * SECOND);
    assert_eq!(world.nodes[1].sent(JOIN), 1);
    let advice = world.nodes[1].ended.as_ref().unwrap().advice;
    assert_eq!(advice, Advice::Report);
}

#[test]
fn a_session_that_the_server_does_not_accept_is_the_end_at_once() {
    for method in [Method::GetGroupCall, JOIN] {
        let refusal = Verdict::refuse(401, "AUTH_KEY_UNREGISTERED");
        let mut world = joiner(Rule::new(method, refusal));
        world.run(5 * SECOND);
        assert_eq!(world.nodes[1].sent(method), 1);
        let advice = world.nodes[1].ended.as_ref().unwrap().advice;
        assert_eq!(advice, Advice::LogIn);
    }
}

// A join whose answer is lost may have been carried out: the tip says so.

#[test]
fn a_join_whose_answer_was_lost_is_found_in_the_tip_and_not_sent_again() {
    let mut world = joiner(Rule::new(JOIN, Verdict::LoseAnswer).times(1));
    assert!(world.run_while_not(10 * SECOND, |world| world.nodes[1].is_in()));
    let state = |world: &World| world.server.calls().next().unwrap().blocks().len();
    assert_eq!((world.nodes[1].sent(JOIN), state(&world)), (1, 2));
    let membership = world.nodes[1].engine.membership().unwrap();
    assert_eq!(membership.public_key(), keys(&world, 1)[0]);
    let Some(Event::Joined(joined)) = world.nodes[1]
        .events
        .iter()
        .find(|event| matches!(event, Event::Joined(_)))
    else {
        panic!("{}", world.history());
    };
    assert!(joined.connection.is_none());
}

#[test]
fn a_join_that_failed_at_the_server_after_it_was_carried_out_is_found_in_the_tip() {
    let error = RpcError::new(500, "INTERNAL");
    let mut world = joiner(Rule::new(JOIN, Verdict::RefuseAfter(error)).times(1));
    assert!(world.run_while_not(10 * SECOND, |world| world.nodes[1].is_in()));
    assert_eq!(world.nodes[1].sent(JOIN), 1);
}

#[test]
fn a_join_that_did_not_arrive_is_built_anew_after_a_look_at_the_tip() {
    let mut world = joiner(Rule::new(JOIN, Verdict::Lose).times(1));
    world.run(20 * SECOND);
    assert!(world.has_converged(), "{}", world.history());
    let keys = keys(&world, 1);
    assert_eq!(keys.len(), 2);
    assert_ne!(keys[0], keys[1]);
}

#[test]
fn a_join_of_which_nobody_can_learn_whether_it_was_carried_out_is_left() {
    let mut world = joiner(Rule::new(JOIN, Verdict::LoseAnswer));
    world.run(SECOND);
    let tip = Method::GetGroupCallChainBlocks;
    world.rules.push(Rule::new(tip, Verdict::Lose).of(2));
    world.run(120 * SECOND);
    assert!(matches!(world.end(1), EndReason::Exhausted { .. }));
    let call = world.server.calls().next().unwrap();
    assert!(call.member(UserId::new(2)).is_none());
}

#[test]
fn a_join_of_unknown_fate_is_left_whatever_ends_the_look_at_the_tip() {
    for verdict in [
        Verdict::refuse(403, "GROUPCALL_FORBIDDEN"),
        Verdict::refuse(420, "FLOOD_WAIT_3600"),
        Verdict::Answer(Updates(Vec::new()).into()),
        Verdict::Answer(Response::Bool(true)),
    ] {
        let mut world = joiner(Rule::new(JOIN, Verdict::LoseAnswer));
        world.run(SECOND);
        assert_eq!(world.nodes[1].sent(JOIN), 1);
        let tip = Method::GetGroupCallChainBlocks;
        world.rules.push(Rule::new(tip, verdict.clone()).of(2));
        world.run(120 * SECOND);
        assert_eq!(world.nodes[1].sent(JOIN), 1, "{verdict:?}");
        let left = world.nodes[1].sent(Method::LeaveGroupCall);
        assert_eq!(left, 1, "{verdict:?}: {}", world.end(1));
    }
}

/// A client whose join is carried out without its knowing, and whose reference is stale when it looks at the tip.
fn joiner_with_a_stale_reference() -> World {
    let mut world = joiner(Rule::new(JOIN, Verdict::LoseAnswer).times(1));
    let stale = Verdict::refuse(400, "GROUPCALL_INVALID");
    let second = Rule::new(Method::GetGroupCallChainBlocks, stale).after(1);
    world.rules.push(second.of(2).times(1));
    world.run(SECOND);
    world
}

#[test]
fn a_join_whose_answer_was_lost_is_found_in_the_tip_after_a_stale_reference_too() {
    let mut world = joiner_with_a_stale_reference();
    assert!(world.run_while_not(20 * SECOND, |world| world.nodes[1].is_in()));
    assert_eq!(world.nodes[1].sent(Method::GetGroupCall), 2);
    assert_eq!(world.nodes[1].sent(JOIN), 1);
}

#[test]
fn a_join_of_unknown_fate_is_left_whatever_ends_the_look_for_its_call() {
    for verdict in [
        Verdict::refuse(400, "CHANNEL_INVALID"),
        Verdict::refuse(420, "FLOOD_WAIT_3600"),
        Verdict::Answer(Response::Bool(true)),
        Verdict::Lose,
    ] {
        let mut world = joiner_with_a_stale_reference();
        let lookup = Rule::new(Method::GetGroupCall, verdict.clone()).of(2);
        world.rules.push(lookup);
        world.run(120 * SECOND);
        assert_eq!(world.nodes[1].sent(JOIN), 1, "{verdict:?}");
        let left = world.nodes[1].sent(Method::LeaveGroupCall);
        assert_eq!(left, 1, "{verdict:?}: {}", world.end(1));
    }
}

#[test]
fn a_creation_whose_answer_was_lost_is_sent_again_unchanged() {
    let mut world = World::new(1, Faults::NONE);
    world
        .rules
        .push(Rule::new(CREATE, Verdict::LoseAnswer).times(2));
    world.join(Target::Create);
    world.run(20 * SECOND);
    assert!(world.has_converged(), "{}", world.history());
    let sent: Vec<_> = world.nodes[0]
        .requests_of(CREATE)
        .map(|one| &one.body)
        .collect();
    assert_eq!(sent.len(), 3);
    assert!(sent.iter().all(|body| *body == sent[0]));
    assert_eq!(world.server.calls().len(), 1);
}

// A stale reference is looked up once more, by the link that led to the call.

#[test]
fn a_stale_reference_is_looked_up_once_more_and_then_it_is_the_end() {
    let refusal = Verdict::refuse(400, "GROUPCALL_INVALID");
    let mut world = joiner(Rule::new(JOIN, refusal.clone()).times(1));
    world.run(10 * SECOND);
    assert!(world.has_converged(), "{}", world.history());
    assert_eq!(world.nodes[1].sent(Method::GetGroupCall), 2);

    let mut world = joiner(Rule::new(JOIN, refusal));
    world.run(10 * SECOND);
    assert!(matches!(world.end(1), EndReason::NotFound(_)));
    assert_eq!(world.nodes[1].sent(Method::GetGroupCall), 2);
}

#[test]
fn a_link_that_the_server_does_not_know_is_asked_for_once() {
    let refusal = Verdict::refuse(400, "GROUPCALL_INVALID");
    let mut world = joiner(Rule::new(Method::GetGroupCall, refusal));
    world.run(10 * SECOND);
    assert!(matches!(world.end(1), EndReason::NotFound(_)));
    assert_eq!(world.nodes[1].sent(Method::GetGroupCall), 1);
}

#[test]
fn a_link_that_leads_to_another_call_when_it_is_looked_up_once_more_is_not_followed() {
    let refusal = Verdict::refuse(400, "GROUPCALL_INVALID");
    let mut world = joiner(Rule::new(JOIN, refusal).times(1));
    let lookup = GetGroupCall {
        call: world.link().reference().unwrap(),
        limit: 1,
    };
    let mut server = world.server.clone();
    let answer = server.answer(UserId::new(2), &Request::from(lookup));
    let mut info = answer.unwrap().into_group_call().unwrap();
    if let GroupCall::Active(call) = &mut info.call {
        call.id = CallId::new(call.id.value() + 1);
    }
    let elsewhere = Verdict::Answer(Response::GroupCall(info));
    let lookup = Rule::new(Method::GetGroupCall, elsewhere).of(2);
    world.rules.insert(0, lookup);
    world.run(10 * SECOND);
    let other = EndReason::Unusable(AnswerFault::OtherCall);
    assert_eq!(*world.end(1), other);
    assert_eq!(world.nodes[1].sent(JOIN), 1);
}

#[test]
fn a_stale_reference_that_came_from_no_link_is_the_end_at_once() {
    let mut world = World::with_call(1);
    let call = world.server.calls().next().unwrap();
    let (id, access_hash) = (call.id(), call.access_hash());
    let refusal = Verdict::refuse(400, "GROUPCALL_INVALID");
    world.rules.push(Rule::new(JOIN, refusal).of(2));
    world.join(Target::Call { id, access_hash });
    world.run(10 * SECOND);
    assert!(matches!(world.end(1), EndReason::NotFound(_)));
    assert_eq!(world.nodes[1].sent(JOIN), 1);
}

// Section 11.2.

#[test]
fn a_flood_wait_is_kept_to_the_second_and_the_same_request_follows() {
    let mut world = joiner(Rule::new(JOIN, Verdict::refuse(420, "FLOOD_WAIT_7")).times(1));
    world.run(20 * SECOND);
    // The refusal takes a round trip of 100 ms.
    assert_eq!(pauses(&world, 1, JOIN), [Duration::from_millis(7100)]);
    let sent: Vec<_> = world.nodes[1]
        .requests_of(JOIN)
        .map(|one| &one.body)
        .collect();
    assert_eq!(sent[0], sent[1]);
}

#[test]
fn a_block_that_is_sent_again_after_a_wait_counts_as_another_attempt() {
    let mut world = joiner(Rule::new(JOIN, Verdict::refuse(420, "FLOOD_WAIT_2")).times(2));
    world.run(10 * SECOND);
    let mut events = world.nodes[1].events.iter();
    let attempts = events.find_map(|event| match event {
        Event::Joined(joined) => Some(joined.attempts),
        _ => None,
    });
    assert_eq!((attempts, world.nodes[1].sent(JOIN)), (Some(3), 3));
}

#[test]
fn a_flood_wait_of_an_hour_ends_with_its_time() {
    let mut world = joiner(Rule::new(JOIN, Verdict::refuse(420, "FLOOD_WAIT_3600")));
    world.run(5 * SECOND);
    assert_eq!(*world.end(1), EndReason::FloodWait { seconds: 3600 });
}

/// A second user who takes a call of one for full, unless the server says otherwise.
fn second_of_one(world: &mut World) -> usize {
    let link = world.link();
    let joiner = confcall::Joiner::new(UserId::new(2));
    let media = confcall_simulator::media(world.rng());
    let mut config = confcall::join::engine::Config::new(link, joiner, media);
    config.size_limit = 1;
    let node = world.start(config);
    world.run(5 * SECOND);
    node
}

#[test]
fn a_full_call_is_seen_before_a_key_is_made() {
    let mut world = World::with_call(1);
    let refused = Verdict::refuse(400, "METHOD_INVALID");
    world.rules.push(Rule::new(Method::GetAppConfig, refused));
    let node = second_of_one(&mut world);
    assert_eq!(*world.end(node), EndReason::Full);
    assert_eq!(world.nodes[node].sent(JOIN), 0);
}

#[test]
fn the_servers_limit_counts_where_it_names_one_and_is_asked_once() {
    let mut world = World::with_call(1);
    let node = second_of_one(&mut world);
    assert_eq!(world.nodes[node].sent(Method::GetAppConfig), 1);
    assert!(world.nodes[node].engine.call().is_some());
}

#[test]
fn leaving_while_a_join_is_under_way_waits_for_it_and_tells_the_server() {
    let mut world = World::with_call(1);
    let link = world.link();
    world.join(link);
    assert!(world.run_while_not(5 * SECOND, |world| world.nodes[1].sent(JOIN) == 1));
    world.command(1, Command::Leave);
    world.run(5 * SECOND);
    assert_eq!(*world.end(1), EndReason::Left);
    assert_eq!(world.nodes[1].sent(Method::LeaveGroupCall), 1);
    let call = world.server.calls().next().unwrap();
    assert!(call.member(UserId::new(2)).is_none());
}
