use std::sync::Arc;

use confcall_media::{ChannelId, Cryptor, Epoch, Moment, RemovalGrace};
use confcall_state::{Chain, ParticipantKeys};

use super::*;

#[test]
fn members_connect_and_open_a_channel() {
    let mut stage = Stage::of_three();
    assert!(stage.clients.iter().all(|client| client.is_connected));
    let counters = stage.sfu.counters();
    assert_eq!((counters.connections, counters.connected), (3, 3));
    assert_eq!((counters.unauthenticated, counters.strangers), (0, 0));
    assert!(stage.astray.is_empty());
    stage.client(ALICE).want(&[]);
    stage.run(20);
    assert_eq!(stage.sfu.counters().bad_messages, 0);
}

#[test]
fn what_one_says_reaches_the_others_as_it_was_said() {
    let mut stage = Stage::of_three();
    let spoken = stage.speak(ALICE, 50);
    let source = stage.client(ALICE).sound;
    for user in [BOB, CAROL] {
        let client = stage.client(user);
        assert_eq!(client.payloads(source), spoken);
        let first = client.heard[0].clone();
        assert_eq!((first.payload_type, first.level), (111, Some(-15)));
        // The numbers of a stream are those of its source.
        assert_eq!((first.seq, first.time), (65_500, 1_000_000));
        assert_eq!(client.heard[49].seq, 65_549);
    }
    assert!(stage.client(ALICE).heard.is_empty());
    assert_eq!(stage.sfu.counters().forwarded, 100);
}

#[test]
fn who_comes_late_hears_the_numbers_that_follow_a_rollover_of_zero() {
    let mut stage = Stage::empty();
    stage.join(ALICE, &[]);
    stage.run(200);
    // The sequence numbers of its sound roll over here.
    stage.speak(ALICE, 100);
    stage.join(BOB, &[]);
    stage.run(300);
    stage.expect_sounds();
    let spoken = stage.speak(ALICE, 10);
    let source = stage.client(ALICE).sound;
    let bob = stage.client(BOB);
    assert_eq!(bob.payloads(source), spoken);
    assert_eq!(bob.heard[0].seq, (65_500 + 100) % 65_536);
}

#[test]
fn nothing_is_passed_on_of_whom_an_admin_muted_until_it_may_speak_again() {
    let mut stage = Stage::of_three();
    let before = stage.speak(BOB, 5);
    stage.edit(ALICE, BOB, |edit| edit.muted = Some(true));
    stage.speak(BOB, 5);
    let source = stage.client(BOB).sound;
    assert_eq!(stage.client(CAROL).payloads(source), before);
    assert_eq!(stage.sfu.counters().not_allowed, 5);
    stage.edit(ALICE, BOB, |edit| edit.muted = Some(false));
    let after = stage.speak(BOB, 5);
    let carol = stage.client(CAROL);
    assert_eq!(carol.payloads(source), [before, after].concat());
    // What was held back is no loss.
    let numbers = carol.heard.windows(2).map(|two| two[1].seq - two[0].seq);
    assert!(numbers.clone().all(|step| step == 1), "{numbers:?}");
}

#[test]
fn the_frames_of_a_conference_pass_as_they_were_sealed_and_only_members_open_them() {
    let mut stage = Stage::of_three();
    let mut chain =
        Chain::start_from(&Block::from_server(&stage.scene.call().blocks()[0]).unwrap()).unwrap();
    for block in &stage.scene.call().blocks()[1..] {
        chain.apply(&Block::from_server(block).unwrap()).unwrap();
    }
    let state = chain.state().clone();
    let now = Moment::new(Duration::ZERO);
    let mut cryptor = |user| {
        let key = stage.scene.keys.remove(&user).unwrap();
        let epoch = Epoch {
            hash: state.hash(),
            key: state.open_epoch_key(user, &key).unwrap(),
            participants: ParticipantKeys::new(state.group_state()),
        };
        let cryptor = Cryptor::new(user, Arc::new(key), RemovalGrace::WithGrace);
        cryptor.add_epoch(now, epoch);
        cryptor
    };
    let (alice, bob) = (cryptor(ALICE), cryptor(BOB));
    let frame = [0x5a; 160];
    let rng = &mut stage.scene.rng;
    let sealed = alice.seal(now, ChannelId::MAIN, 0, &frame, rng).unwrap();
    let (time, source) = (stage.now, stage.client(ALICE).sound);
    stage.client(ALICE).say(&sealed, time);
    stage.run(20);
    let [passed] = &stage.client(BOB).payloads(source)[..] else {
        panic!("one packet");
    };
    assert_eq!(*passed, sealed);
    assert_eq!(*bob.open(now, ALICE, passed).unwrap().data, frame);
    // All that the SFU has of the call is its server, which is made of blocks: they open the packet for nobody.
    let strangers_key = stage.scene.attempt(UserId::new(99)).into_private_key();
    assert!(state.open_epoch_key(BOB, &strangers_key).is_err());
    assert!(!passed.windows(16).any(|part| part == &frame[..16]));
}

#[test]
fn with_chaos_some_packets_are_lost_and_the_connections_last() {
    let chaos = Some(3);
    let mut stage = Stage::with_options(SfuOptions {
        chaos,
        ..SfuOptions::new(SERVER, [7; 32])
    });
    stage.join(ALICE, &[]);
    stage.join(BOB, &[]);
    stage.run(5000);
    stage.expect_sounds();
    assert!(stage.clients.iter().all(|client| client.is_connected));
    let spoken = stage.speak(ALICE, 500);
    stage.run(100);
    let source = stage.client(ALICE).sound;
    let heard = stage.client(BOB).payloads(source);
    assert!((440..500).contains(&heard.len()), "{}", heard.len());
    assert!(heard.iter().all(|one| spoken.contains(one)));
    assert!(stage.sfu.counters().lost > 0);
}

#[test]
fn so_many_speak_at_a_time_and_the_others_wait_for_a_silence() {
    let mut stage = Stage::empty();
    let users: Vec<_> = (1..=18).map(UserId::new).collect();
    for user in &users {
        stage.join(*user, &[]);
    }
    stage.run(500);
    stage.expect_sounds();
    let (listener, speakers) = users.split_first().unwrap();
    let now = stage.now;
    for speaker in speakers {
        stage.client(*speaker).speak(now);
    }
    stage.run(20);
    let heard = stage.client(*listener).heard.len();
    assert_eq!(heard, crate::limits::SPEAKERS);
    assert_eq!(stage.sfu.counters().crowded, 1);
}
