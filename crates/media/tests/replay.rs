//! Packets that come twice, late or out of order.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod common;

use common::*;
use confcall_media::{ChannelId, OpenError, Replay};
use proptest::prelude::*;

fn replayed(error: OpenError) -> bool {
    matches!(error, OpenError::Replay(Replay::Seen { .. }))
}

#[test]
fn the_first_packet_may_come_after_a_later_one() {
    let (alice, bob) = pair();
    continue_at(&alice, 499);
    let packets = packets(&alice, 2);
    assert!(bob.open(at(0), user(1), &packets[1]).is_ok());
    assert!(bob.open(at(0), user(1), &packets[0]).is_ok());
}

#[test]
fn a_replay_is_refused_at_any_distance() {
    let (alice, bob) = pair();
    let packets = packets(&alice, 1100);
    for packet in &packets {
        assert!(bob.open(at(0), user(1), packet).is_ok());
    }
    for (distance, packet) in packets.iter().rev().enumerate().step_by(37) {
        let refused = bob.open(at(0), user(1), packet).unwrap_err();
        let expected = if distance <= 1024 {
            replayed(refused)
        } else {
            matches!(refused, OpenError::Replay(Replay::TooOld { .. }))
        };
        assert!(expected, "{distance}: {refused}");
    }
}

#[test]
fn near_the_end_of_the_counter_a_packet_cannot_be_replayed() {
    let (alice, bob) = pair();
    continue_at(&alice, u32::MAX - 2);
    for packet in packets(&alice, 3) {
        assert!(bob.open(at(0), user(1), &packet).is_ok());
        assert!(replayed(bob.open(at(0), user(1), &packet).unwrap_err()));
    }
}

#[test]
fn each_channel_has_its_own_counter_and_window() {
    let (alice, bob) = pair();
    for number in [0, 1, 1023] {
        let channel = ChannelId::new(number).unwrap();
        let packet = alice.seal(at(0), channel, 0, b"x", &mut rng()).unwrap();
        let opened = bob.open(at(0), user(1), &packet).unwrap();
        assert_eq!((opened.info.channel, opened.info.seqno), (channel, 1));
        assert!(replayed(bob.open(at(0), user(1), &packet).unwrap_err()));
    }
}

#[test]
fn a_window_outlives_an_epoch_whose_members_stay() {
    let (alice, bob) = pair();
    for one in [&alice, &bob] {
        add(one, 0, epoch(2, &[1, 2]));
    }
    // Bob opens this packet under epoch 1; its seqno counts in every epoch.
    let packet = packets(&alice, 1).remove(0);
    assert!(bob.open(at(0), user(1), &packet).is_ok());
    bob.prune(at(10));
    assert!(replayed(bob.open(at(10), user(1), &packet).unwrap_err()));
}

#[test]
fn a_window_goes_with_the_last_epoch_of_its_key() {
    let (alice, bob) = pair();
    assert!(bob.open(at(0), user(1), &packets(&alice, 1)[0]).is_ok());
    add(&bob, 1, epoch(2, &[2]));
    bob.prune(at(11));
    // The same key in a later epoch starts anew: the old packets have gone with their epoch.
    add(&bob, 12, epoch(3, &[1, 2]));
    let again = member(1);
    add(&again, 12, epoch(3, &[1, 2]));
    assert!(bob.open(at(12), user(1), &packets(&again, 1)[0]).is_ok());
}

#[test]
fn a_user_who_comes_back_with_another_key_starts_at_the_first_seqno() {
    let (alice, bob) = pair();
    assert!(bob.open(at(0), user(1), &packets(&alice, 1)[0]).is_ok());
    let rejoined =
        confcall_media::Cryptor::new(user(1), key(7), confcall_media::RemovalGrace::WithGrace);
    for one in [&rejoined, &bob] {
        add(one, 1, epoch_of_keys(2, &[(1, 7), (2, 2)]));
    }
    assert!(bob.open(at(1), user(1), &packets(&rejoined, 1)[0]).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn packets_are_accepted_once_each_in_any_order_within_the_window(order in Just((0..60_usize).collect::<Vec<_>>()).prop_shuffle()) {
        let (alice, bob) = pair();
        let packets = packets(&alice, order.len());
        for at_packet in &order {
            prop_assert!(bob.open(at(0), user(1), &packets[*at_packet]).is_ok());
        }
        for packet in &packets {
            prop_assert!(replayed(bob.open(at(0), user(1), packet).unwrap_err()));
        }
    }
}

#[test]
fn after_a_restart_nothing_that_was_heard_before_is_heard_again() {
    let (alice, bob) = pair();
    let packets = packets(&alice, 5);
    for packet in &packets[..3] {
        assert!(bob.open(at(0), user(1), packet).is_ok());
    }
    let restarted = member(2);
    add(&restarted, 0, epoch(1, &[1, 2]));
    restarted.restore_replay_floors(&bob.replay_floors());
    for packet in &packets[..3] {
        assert!(replayed(
            restarted.open(at(0), user(1), packet).unwrap_err()
        ));
    }
    for packet in &packets[3..] {
        assert!(restarted.open(at(0), user(1), packet).is_ok());
    }
    assert_eq!(restarted.replay_floors(), {
        bob.open(at(0), user(1), &packets[4]).unwrap();
        bob.replay_floors()
    });
}
