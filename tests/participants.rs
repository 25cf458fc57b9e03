//! The participants of a call as a member sees them, and what it does to them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::time::Duration;

use confcall::join::api::{Method, Peer, VideoLayers};
use confcall::join::engine::{Command, CommandFailure, Event, Microphone, Participant};
use confcall::join::message::{GroupMessage, RandomId};
use confcall::{Fingerprint, JoinPayload, UserId};
use confcall_simulator::{NodeId, World};

const SECOND: Duration = Duration::from_secs(1);
const BOB: Peer = Peer::User(UserId::new(2));

/// The participant as a member sees it.
#[track_caller]
fn seen(world: &World, by: NodeId, peer: Peer) -> Participant {
    let mut all = world.nodes[by].engine.participants().into_iter();
    all.find(|one| one.peer == peer).unwrap()
}

fn run(world: &mut World, node: NodeId, command: Command) {
    world.command(node, command);
    world.run(SECOND);
}

/// The failures of the commands of a member.
fn failures(world: &World, node: NodeId) -> Vec<CommandFailure> {
    let events = world.nodes[node].events.iter();
    let failures = events.filter_map(|event| match event {
        Event::Failed { why, .. } => Some(why.clone()),
        _ => None,
    });
    failures.collect()
}

#[test]
fn a_participant_who_is_muted_for_ourselves_stays_so_over_a_rejoin_and_the_server_is_not_asked() {
    let mut world = World::with_call(2);
    world.run(SECOND);
    let mute = |muted| Command::MuteForMe { peer: BOB, muted };
    run(&mut world, 0, mute(true));
    assert!(seen(&world, 0, BOB).muted_by_us);
    run(&mut world, 0, Command::Rejoin);
    assert!(world.run_while_not(60 * SECOND, World::has_converged));
    world.run(SECOND);
    assert!(seen(&world, 0, BOB).muted_by_us);
    assert!(!seen(&world, 1, BOB).muted_by_us, "nobody else sees it");
    run(&mut world, 0, mute(false));
    assert!(!seen(&world, 0, BOB).muted_by_us);
    assert_eq!(world.nodes[0].sent(Method::EditGroupCallParticipant), 0);
}

#[test]
fn the_creator_silences_a_participant_who_speaks_again_once_it_is_allowed() {
    let mut world = World::with_call(2);
    world.run(SECOND);
    run(&mut world, 1, Command::SetMuted { muted: false });
    assert_eq!(seen(&world, 0, BOB).microphone, Microphone::On);
    let mute = |muted| Command::Mute { peer: BOB, muted };
    run(&mut world, 0, mute(true));
    assert_eq!(seen(&world, 0, BOB).microphone, Microphone::MutedByAdmin);
    let own = world.nodes[1].engine.own_state().unwrap();
    assert!(own.wanted.muted && own.confirmed.muted && !own.can_unmute);

    run(&mut world, 1, Command::SetMuted { muted: false });
    assert_eq!(failures(&world, 1), [CommandFailure::Silenced]);
    run(&mut world, 0, mute(false));
    assert_eq!(seen(&world, 0, BOB).microphone, Microphone::Muted);
    run(&mut world, 1, Command::SetMuted { muted: false });
    assert_eq!(seen(&world, 0, BOB).microphone, Microphone::On);
}

#[test]
fn who_did_not_create_the_call_mutes_nobody_for_all() {
    let mut world = World::with_call(2);
    world.run(SECOND);
    let peer = Peer::User(UserId::new(1));
    run(&mut world, 1, Command::Mute { peer, muted: true });
    assert_eq!(failures(&world, 1), [CommandFailure::NotAllowed]);
    assert_eq!(world.nodes[1].sent(Method::EditGroupCallParticipant), 0);
}

#[test]
fn a_stranger_whom_the_server_never_named_is_not_edited() {
    let mut world = World::with_call(1);
    let peer = Peer::User(UserId::new(77));
    let volume = 5_000;
    run(&mut world, 0, Command::SetVolume { peer, volume });
    assert_eq!(failures(&world, 0), [CommandFailure::UnknownPeer(peer)]);
}

#[test]
fn a_stranger_who_comes_by_the_link_has_a_name_a_place_in_the_chain_and_is_verified() {
    let mut world = World::with_call(2);
    let link = world.link();
    let stranger = world.join(link);
    world.converge();
    world.run(10 * SECOND);
    let peer = Peer::User(UserId::new(3));
    let shown = seen(&world, 0, peer);
    let label = shown.label.as_ref().unwrap();
    assert!(!label.name.is_empty());
    assert!(shown.in_chain && shown.verified && !shown.own);
    assert!(seen(&world, stranger, peer).own);
    let joined = world.nodes[0].events.iter().any(|event| match event {
        Event::ParticipantsChanged { joined, .. } => joined
            .iter()
            .any(|one| one.peer == peer && one.label == shown.label),
        _ => false,
    });
    assert!(joined);
}

#[test]
fn messages_that_the_creator_turns_off_are_off_for_all_and_fail_before_they_are_sent() {
    let mut world = World::with_call(2);
    world.run(10 * SECOND);
    let off = Command::SetMessagesEnabled { enabled: false };
    run(&mut world, 1, off.clone());
    assert_eq!(failures(&world, 1), [CommandFailure::NotAllowed]);
    run(&mut world, 0, off);
    assert_eq!(failures(&world, 0), []);
    let random_id = RandomId::new(1).unwrap();
    let message = GroupMessage::new(random_id, "hello", Vec::new()).unwrap();
    for node in 0..2 {
        let settings = world.nodes[node].engine.settings().unwrap();
        assert!(!settings.messages_enabled);
        assert_eq!(settings.can_change_messages_enabled, node == 0);
        run(&mut world, node, Command::Send(message.clone()));
        let failed = failures(&world, node);
        assert_eq!(failed.last(), Some(&CommandFailure::MessagesDisabled));
        let sent = world.nodes[node].sent(Method::SendGroupCallEncryptedMessage);
        assert_eq!(sent, 0);
    }
}

/// The payload of a screen.
fn screen(world: &mut World) -> JoinPayload {
    let video = Some(VideoLayers::One);
    JoinPayload::generate(Fingerprint::sha256([9; 32]), video, world.rng())
}

fn share(world: &mut World, node: NodeId) {
    let payload = screen(world);
    run(world, node, Command::StartPresentation { payload });
}

#[test]
fn a_screen_is_seen_by_the_others_and_shared_again_after_a_rejoin_until_it_is_stopped() {
    let mut world = World::with_call(2);
    world.run(SECOND);
    share(&mut world, 1);
    let first = seen(&world, 0, BOB).screen.unwrap();
    assert!(world.nodes[1].engine.own_state().unwrap().is_presenting);
    run(&mut world, 1, Command::Rejoin);
    assert!(world.run_while_not(60 * SECOND, World::has_converged));
    world.run(2 * SECOND);
    let second = seen(&world, 0, BOB).screen.unwrap();
    assert_ne!(first.source_groups, second.source_groups);
    run(&mut world, 1, Command::StopPresentation);
    assert_eq!(seen(&world, 0, BOB).screen, None);
}

#[test]
fn a_checkpoint_is_asked_for_as_soon_as_a_rejoin_gives_the_screen_another_payload() {
    let mut world = World::with_call(2);
    world.run(SECOND);
    share(&mut world, 1);
    world.command(1, Command::Rejoin);
    let is_in = |event: &Event| matches!(event, Event::Rejoined(_));
    let has_rejoined = |world: &World| world.nodes[1].events.iter().any(is_in);
    assert!(world.run_while_not(60 * SECOND, has_rejoined));
    let since = world.nodes[1].events.iter().rev();
    let mut since = since.take_while(|event| !is_in(event));
    assert!(since.any(|event| matches!(event, Event::CheckpointDue)));
}

#[test]
fn a_screen_that_is_stopped_while_we_join_again_is_not_shared_again() {
    let mut world = World::with_call(2);
    world.run(SECOND);
    share(&mut world, 1);
    world.command(1, Command::Rejoin);
    world.command(1, Command::StopPresentation);
    let mute = Command::MuteForMe {
        peer: Peer::User(UserId::new(1)),
        muted: true,
    };
    world.command(1, mute);
    world.run(SECOND);
    assert!(world.run_while_not(60 * SECOND, World::has_converged));
    world.run(2 * SECOND);
    assert_eq!(failures(&world, 1), []);
    assert_eq!(seen(&world, 0, BOB).screen, None);
    assert!(seen(&world, 1, Peer::User(UserId::new(1))).muted_by_us);
}

#[test]
fn who_leaves_while_it_joins_again_is_out_of_the_call() {
    let mut world = World::with_call(2);
    world.run(SECOND);
    world.command(1, Command::Rejoin);
    world.command(1, Command::Leave);
    world.run(2 * SECOND);
    assert_eq!(world.nodes[1].sent(Method::LeaveGroupCall), 1);
    let listed = world.nodes[0].engine.participants();
    assert!(listed.iter().all(|one| one.peer != BOB));
}

#[test]
fn a_checkpoint_is_due_when_something_was_turned_off() {
    let mut world = World::with_call(2);
    world.run(60 * SECOND);
    let due = |world: &World| {
        let events = world.nodes[1].events.iter();
        let due = events.filter(|event| matches!(event, Event::CheckpointDue));
        due.count()
    };
    for command in [
        Command::SetMuted { muted: false },
        Command::SetMuted { muted: true },
    ] {
        let before = due(&world);
        run(&mut world, 1, command);
        assert!(due(&world) > before);
    }
}
