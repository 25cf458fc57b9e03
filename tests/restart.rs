//! Members who stop and go on from a checkpoint, in the middle of a call.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;
use std::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall::join::api::{AccessHash, CallId, GroupCallParticipant, Method, Participants, Update};
use confcall::join::engine::checkpoint::{CheckpointError, RESERVE, RestoreError};
use confcall::join::engine::{
    Advice, Command, CommandFailure, Config, EndReason, Engine, Event, Input, RejoinReason,
    Restored, Trouble,
};
use confcall::join::message::{GroupMessage, RandomId};
use confcall::media::{ChannelId, Replay};
use confcall::state::keys::Seed;
use confcall::state::verification::Phase;
use confcall::{Joiner, Target, UserId};
use confcall_simulator::{Faults, NodeId, World, media, participant};

const KEY: [u8; 32] = [5; 32];

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn config(world: &mut World, user: i64, target: Target) -> Config {
    let media = media(world.rng());
    Config::new(target, Joiner::new(UserId::new(user)), media)
}

/// Users 1 to `count` in a call that is verified.
fn call(seed: u64, count: i64) -> (World, Vec<Config>) {
    let mut world = World::new(seed, Faults::NONE);
    let first = config(&mut world, 1, Target::Create);
    world.start(first.clone());
    assert!(world.run_while_not(seconds(5), World::has_converged));
    let mut configs = vec![first];
    for user in 2..=count {
        let link = world.link();
        let next = config(&mut world, user, link);
        world.start(next.clone());
        configs.push(next);
    }
    settle(&mut world);
    (world, configs)
}

#[track_caller]
fn converge(world: &mut World) {
    let converged = world.run_while_not(seconds(60), World::has_converged);
    assert!(converged, "{}", world.history());
}

/// Lets what was asked a moment ago begin to show, and all come together.
#[track_caller]
fn settle(world: &mut World) {
    world.run(seconds(1));
    converge(world);
}

/// Another user joins, and all verify the new block.
#[track_caller]
fn somebody_joins(world: &mut World) {
    let link = world.link();
    world.join(link);
    settle(world);
}

fn checkpoint(world: &World, node: NodeId, number: u64) -> Vec<u8> {
    world.nodes[node].engine.checkpoint(&KEY, number).unwrap()
}

/// The client goes on from a blob.
fn go_on(world: &mut World, node: NodeId, config: &Config, blob: &[u8]) {
    let (seed, now) = (world.seed(), world.moment());
    let restored = Engine::restore(blob, &KEY, 0, config.clone(), Seed::copy_of(&seed), now);
    world.replace(node, restored.unwrap().engine);
}

/// The client stops, and goes on from a blob after a while.
fn restart(world: &mut World, node: NodeId, config: &Config, blob: &[u8], after: Duration) {
    world.stop(node);
    world.run(after);
    go_on(world, node, config, blob);
}

fn count(world: &World, node: NodeId, is_it: impl Fn(&Event) -> bool) -> usize {
    let events = world.nodes[node].events.iter();
    events.filter(|event| is_it(event)).count()
}

fn resumed(world: &World, node: NodeId) -> usize {
    count(world, node, |event| matches!(event, Event::Resumed(_)))
}

fn rejoined(world: &World, node: NodeId) -> usize {
    count(world, node, |event| matches!(event, Event::Rejoined(_)))
}

#[test]
fn a_member_goes_on_after_a_restart_without_a_new_join() {
    let (mut world, configs) = call(1, 3);
    let blob = checkpoint(&world, 1, 1);
    let key = world.nodes[1].engine.membership().unwrap().public_key();
    restart(&mut world, 1, &configs[1], &blob, seconds(2));
    converge(&mut world);
    assert!(world.run_while_not(seconds(5), |world| resumed(world, 1) == 1));
    assert_eq!(world.nodes[1].sent(Method::JoinGroupCall), 1);
    let membership = world.nodes[1].engine.membership().unwrap();
    assert_eq!(membership.public_key(), key);
    world.check_hearing();
    // It is a member like any other: it removes another, and verifies what follows.
    let users = vec![UserId::new(3)];
    world.command(1, Command::Kick { users });
    world.run(seconds(2));
    converge(&mut world);
    assert!(world.nodes[2].ended.is_some());
    world.check_hearing();
}

#[test]
fn a_member_that_restarts_at_any_moment_of_a_join_comes_to_the_same_emoji() {
    for moment in 0..40 {
        let (mut world, configs) = call(2, 2);
        let link = world.link();
        world.join(link);
        world.run(Duration::from_millis(25 * moment));
        let blob = checkpoint(&world, 1, 1);
        // It says and hears some more before it stops.
        world.run(Duration::from_millis(25 * (moment % 7)));
        restart(
            &mut world,
            1,
            &configs[1],
            &blob,
            Duration::from_millis(300),
        );
        world.run(seconds(1));
        converge(&mut world);
        assert!(
            resumed(&world, 1) + rejoined(&world, 1) > 0,
            "moment {moment}"
        );
        let suspicious = count(&world, 1, |event| matches!(event, Event::Suspicious(_)));
        assert_eq!(suspicious, 0, "moment {moment}: {}", world.history());
        world.check_hearing();
    }
}

#[test]
fn a_checkpoint_of_every_time_that_one_is_due_needs_no_new_join() {
    let (mut world, configs) = call(3, 2);
    let link = world.link();
    world.join(link);
    let due = |event: &Event| matches!(event, Event::CheckpointDue);
    let before = count(&world, 1, due);
    assert!(world.run_while_not(seconds(10), |world| count(world, 1, due) > before));
    let phase = world.nodes[1]
        .engine
        .membership()
        .unwrap()
        .verification()
        .phase();
    assert_eq!(phase, Phase::Reveal);
    let blob = checkpoint(&world, 1, 1);
    restart(&mut world, 1, &configs[1], &blob, seconds(1));
    settle(&mut world);
    assert_eq!(rejoined(&world, 1), 0, "{}", world.history());
}

#[test]
fn a_member_whose_nonce_is_lost_joins_anew_and_says_why() {
    let (mut world, configs) = call(4, 2);
    let blob = checkpoint(&world, 1, 1);
    let link = world.link();
    world.join(link);
    // After the checkpoint it commits to another block, and all verify it.
    settle(&mut world);
    restart(&mut world, 1, &configs[1], &blob, seconds(1));
    settle(&mut world);
    let lost = |event: &Event| {
        let why = Trouble::Rejoining(RejoinReason::NonceLost);
        matches!(event, Event::Retrying { why: found, .. } if *found == why)
    };
    assert_eq!(count(&world, 1, lost), 1, "{}", world.history());
    assert_eq!(rejoined(&world, 1), 1);
    world.check_hearing();
}

#[test]
fn nothing_is_said_before_it_is_known_what_was_said() {
    let (mut world, configs) = call(13, 2);
    let link = world.link();
    world.join(link);
    let is_committing = |world: &World| {
        let membership = world.nodes[1].engine.membership().unwrap();
        let counts = membership.verification();
        counts.phase() == Phase::Commit && counts.commit_of(UserId::new(2)).is_none()
    };
    assert!(world.run_while_not(seconds(5), is_committing));
    let blob = checkpoint(&world, 1, 1);
    // It commits after the checkpoint, and all verify.
    world.run(seconds(3));
    world.stop(1);
    let said = world.nodes[1].sent(Method::SendConferenceCallBroadcast);
    go_on(&mut world, 1, &configs[1], &blob);
    assert!(world.run_while_not(seconds(5), |world| rejoined(world, 1) == 1));
    // One commit to the block of the new join, and none to the old one.
    let more = world.nodes[1].sent(Method::SendConferenceCallBroadcast) - said;
    assert_eq!(more, 1, "{}", world.history());
    converge(&mut world);
}

#[test]
fn the_source_of_an_earlier_membership_is_still_known_after_a_restart() {
    let (mut world, configs) = call(14, 2);
    let blob = checkpoint(&world, 1, 1);
    somebody_joins(&mut world);
    // It joins again, with another source.
    restart(&mut world, 1, &configs[1], &blob, seconds(1));
    settle(&mut world);
    assert_eq!(rejoined(&world, 1), 1);
    let blob = checkpoint(&world, 1, 2);
    restart(&mut world, 1, &configs[1], &blob, seconds(1));
    world.run(seconds(1));
    let call = world.nodes[1].engine.call().unwrap().into();
    let late = GroupCallParticipant {
        source: Some(configs[1].media.payload.ssrc()),
        own: true,
        ..participant(2)
    };
    let late = Update::Participants(Participants {
        call,
        participants: vec![late],
        version: 0,
    });
    world.input(1, Input::Update(late));
    assert_eq!(world.nodes[1].ended, None);
}

#[test]
fn a_member_follows_the_blocks_that_came_while_it_was_away() {
    let (mut world, configs) = call(5, 2);
    let blob = checkpoint(&world, 1, 1);
    world.stop(1);
    let link = world.link();
    world.join(link.clone());
    world.join(link);
    world.run(seconds(3));
    go_on(&mut world, 1, &configs[1], &blob);
    settle(&mut world);
    assert_eq!(
        (resumed(&world, 1), rejoined(&world, 1)),
        (1, 0),
        "{}",
        world.history()
    );
    world.check_hearing();
}

#[test]
fn a_member_that_was_removed_while_it_was_away_finds_out() {
    let (mut world, configs) = call(6, 3);
    let blob = checkpoint(&world, 1, 1);
    world.stop(1);
    let users = vec![UserId::new(2)];
    world.command(0, Command::Kick { users });
    world.run(seconds(5));
    go_on(&mut world, 1, &configs[1], &blob);
    world.run(seconds(5));
    let ended = world.nodes[1].ended.clone();
    let ended = ended.unwrap_or_else(|| panic!("{}", world.history()));
    let by = Some(UserId::new(1));
    assert_eq!(ended.reason, EndReason::Removed { by });
    assert_eq!(resumed(&world, 1), 0);
}

#[test]
fn nothing_is_sealed_before_the_server_has_shown_how_the_call_went_on() {
    let (mut world, configs) = call(12, 3);
    let blob = checkpoint(&world, 1, 1);
    world.stop(1);
    let users = vec![UserId::new(3)];
    world.command(0, Command::Kick { users });
    world.run(seconds(5));
    go_on(&mut world, 1, &configs[1], &blob);
    let message = GroupMessage::new(RandomId::new(1).unwrap(), "hello", Vec::new()).unwrap();
    world.command(1, Command::Send(message.clone()));
    let why = CommandFailure::NotJoined;
    let is_refused =
        |event: &Event| matches!(event, Event::Failed { why: found, .. } if *found == why);
    assert_eq!(count(&world, 1, is_refused), 1);
    assert!(world.run_while_not(seconds(5), |world| resumed(world, 1) == 1));
    world.command(1, Command::Send(message));
    world.run(seconds(1));
    let heard = count(&world, 0, |event| matches!(event, Event::Message { .. }));
    assert_eq!(heard, 1);
    let membership = world.nodes[1].engine.membership().unwrap();
    let group = membership.state().group_state();
    assert_eq!(group.by_user(UserId::new(3)), None);
}

#[test]
fn a_member_that_was_removed_long_ago_finds_out() {
    let (mut world, configs) = call(11, 3);
    let blob = checkpoint(&world, 1, 1);
    world.stop(1);
    let users = vec![UserId::new(2)];
    world.command(0, Command::Kick { users });
    world.run(seconds(5));
    // The server shows strangers the newest block only, which is not the one that removed it.
    let link = world.link();
    world.join(link);
    world.run(seconds(5));
    go_on(&mut world, 1, &configs[1], &blob);
    world.run(seconds(30));
    let ended = world.nodes[1].ended.clone();
    let ended = ended.unwrap_or_else(|| panic!("{}", world.history()));
    assert_eq!(ended.advice, Advice::AskForInvitation);
    let suspicious = count(&world, 1, |event| matches!(event, Event::Suspicious(_)));
    assert_eq!(suspicious, 0, "{}", world.history());
}

#[test]
fn no_seqno_is_used_twice_and_nothing_heard_before_is_heard_again() {
    let (mut world, configs) = call(7, 2);
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    let alice = world.nodes[0].cryptor.clone().unwrap();
    let bob = world.nodes[1].cryptor.clone().unwrap();
    let mut seqnos = BTreeSet::new();
    let mut hear = |world: &World, packet: &[u8]| {
        let opened = alice.open(world.moment(), UserId::new(2), packet).unwrap();
        assert!(seqnos.insert((opened.info.channel, opened.info.seqno)));
        opened.info.seqno
    };
    let now = world.moment();
    let from_alice = alice
        .seal(now, ChannelId::MAIN, 0, b"old", &mut rng)
        .unwrap();
    bob.open(now, UserId::new(1), &from_alice).unwrap();
    let mut newest = 0;
    for packet in 0..50 {
        let packet = bob.seal(now, ChannelId::new(packet % 2).unwrap(), 0, b"x", &mut rng);
        newest = hear(&world, &packet.unwrap());
        if newest == 10 {
            assert!(world.nodes[1].engine.checkpoint(&KEY, 1).is_ok());
        }
    }
    let blob = checkpoint(&world, 1, 2);
    // What it still sends after the checkpoint is within the reserve.
    for _ in 0..50 {
        let packet = bob.seal(now, ChannelId::MAIN, 0, b"x", &mut rng).unwrap();
        hear(&world, &packet);
    }
    restart(&mut world, 1, &configs[1], &blob, seconds(1));
    world.run(seconds(3));
    let bob = world.nodes[1].cryptor.clone().unwrap();
    let now = world.moment();
    for channel in [0, 1, 2] {
        let channel = ChannelId::new(channel).unwrap();
        let packet = bob.seal(now, channel, 0, b"x", &mut rng).unwrap();
        let seqno = hear(&world, &packet);
        assert!(seqno > RESERVE);
        assert!(seqno <= RESERVE + newest + 1);
    }
    let again = bob.open(now, UserId::new(1), &from_alice);
    assert!(
        matches!(
            again,
            Err(confcall::media::OpenError::Replay(Replay::Seen { .. }))
        ),
        "{again:?}"
    );
    let new = alice
        .seal(now, ChannelId::MAIN, 0, b"new", &mut rng)
        .unwrap();
    assert!(bob.open(now, UserId::new(1), &new).is_ok());
}

#[test]
fn a_checkpoint_is_used_once() {
    let (mut world, configs) = call(8, 2);
    let blob = checkpoint(&world, 1, 6);
    let mut restore = |lowest| {
        let (config, seed, now) = (configs[1].clone(), world.seed(), world.moment());
        Engine::restore(&blob, &KEY, lowest, config, Seed::copy_of(&seed), now)
    };
    let Restored { lowest, engine } = restore(6).unwrap();
    assert_eq!(lowest, 7);
    let (number, lowest_after) = (6, lowest);
    let expected = RestoreError::TooOld {
        number,
        lowest: lowest_after,
    };
    assert_eq!(restore(lowest).err(), Some(expected));
    // The engine that goes on takes the next number at once.
    assert!(engine.checkpoint(&KEY, lowest).is_ok());
}

#[test]
fn a_foreign_checkpoint_is_refused_by_what_is_foreign_in_it() {
    let (mut world, configs) = call(9, 2);
    let blob = checkpoint(&world, 1, 1);
    let (seed, now) = (world.seed(), world.moment());
    let refused = |blob: &[u8], key: &[u8; 32], config: &Config| {
        Engine::restore(blob, key, 0, config.clone(), Seed::copy_of(&seed), now)
            .err()
            .unwrap()
    };
    assert_eq!(
        refused(&blob, &[6; 32], &configs[1]),
        RestoreError::OtherKey
    );
    let (expected, found) = (UserId::new(1), UserId::new(2));
    assert_eq!(
        refused(&blob, &KEY, &configs[0]),
        RestoreError::OtherUser { expected, found }
    );
    let mut elsewhere = configs[1].clone();
    elsewhere.target = Target::Call {
        id: CallId::new(1),
        access_hash: AccessHash::new(1),
    };
    assert_eq!(refused(&blob, &KEY, &elsewhere), RestoreError::OtherCall);
    let mut changed = blob.clone();
    *changed.last_mut().unwrap() ^= 1;
    assert_eq!(refused(&changed, &KEY, &configs[1]), RestoreError::Tampered);
}

#[test]
fn only_a_member_has_something_to_keep() {
    let mut world = World::new(10, Faults::NONE);
    let first = config(&mut world, 1, Target::Create);
    let node = world.start(first);
    let refused = world.nodes[node].engine.checkpoint(&KEY, 1);
    assert_eq!(refused, Err(CheckpointError::NotAMember));
}

#[test]
fn calls_whose_members_restart_over_bad_networks_converge() {
    for seed in 0..20 {
        let mut world = World::new(seed, Faults::MANY);
        let mut configs = vec![config(&mut world, 1, Target::Create)];
        world.start(configs[0].clone());
        let created = world.run_while_not(seconds(60), |world| world.nodes[0].is_in());
        assert!(created, "seed {seed}\n{}", world.history());
        for user in 2..=4 {
            let link = world.link();
            let next = config(&mut world, user, link);
            world.start(next.clone());
            configs.push(next);
        }
        for _ in 0..6 {
            let pause = Duration::from_millis(world.below(4000) as u64);
            world.run(pause);
            let node = world.below(4);
            let Ok(blob) = world.nodes[node].engine.checkpoint(&KEY, 1) else {
                continue;
            };
            let more = Duration::from_millis(world.below(1000) as u64);
            world.run(more);
            if world.nodes[node].ended.is_none() {
                restart(
                    &mut world,
                    node,
                    &configs[node],
                    &blob,
                    Duration::from_millis(500),
                );
            }
        }
        world.run(seconds(5));
        let converged = world.run_while_not(seconds(180), World::has_converged);
        assert!(converged, "seed {seed}\n{}", world.history());
        world.check_hearing();
    }
}

#[test]
fn a_member_who_is_suspended_does_not_leave_and_goes_on_where_it_stopped() {
    let (mut world, configs) = call(21, 2);
    let rejoins = world.nodes[1].joins;
    let now = world.moment();
    let blob = world.nodes[1].suspend(now, &KEY, 1).unwrap();
    assert_eq!(*world.end(1), EndReason::Suspended);
    assert_eq!(world.nodes[1].sent(Method::LeaveGroupCall), 0);
    let outside = world.nodes[1].suspend(now, &KEY, 2);
    assert_eq!(outside, Err(CheckpointError::NotAMember));

    restart(&mut world, 1, &configs[1], &blob, seconds(1));
    settle(&mut world);
    assert_eq!(world.nodes[1].joins, rejoins);
    assert_eq!(world.server.calls().next().unwrap().blocks().len(), 2);
}
