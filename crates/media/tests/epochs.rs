//! Which epochs are kept, and for how long.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod common;

use std::time::Duration;

use common::*;
use confcall_media::{AddedEpoch, Cryptor, Moment, OpenError, RemovalGrace, SealError};

/// How many epochs a packet of this member is for.
fn addressed(cryptor: &Cryptor, now: Moment) -> u8 {
    cryptor.seal(now, MAIN, 0, b"x", &mut rng()).unwrap()[0]
}

#[test]
fn a_replaced_epoch_lives_ten_seconds_for_sending_and_opening() {
    let (alice, bob) = pair();
    add(&bob, 100, epoch(2, &[1, 2]));
    let packets = packets(&alice, 2);
    let just_before = Moment::new(Duration::from_millis(109_999));
    assert_eq!(addressed(&bob, just_before), 2);
    assert!(bob.open(just_before, user(1), &packets[0]).is_ok());
    assert_eq!(bob.next_expiry(), Some(at(110)));
    let refused = bob.open(at(110), user(1), &packets[1]).unwrap_err();
    assert_eq!(refused, OpenError::UnknownEpoch { count: 1 });
    assert_eq!(addressed(&bob, at(110)), 1);
    assert_eq!(bob.next_expiry(), None);
}

#[test]
fn a_later_block_does_not_prolong_an_epoch_that_ends() {
    let (alice, _) = pair();
    add(&alice, 1, epoch(2, &[1, 2]));
    add(&alice, 9, epoch(3, &[1, 2]));
    assert_eq!(addressed(&alice, at(10)), 3);
    assert_eq!(addressed(&alice, at(11)), 2);
    assert_eq!(addressed(&alice, at(19)), 1);
}

#[test]
fn at_most_15_epochs_are_kept_and_the_oldest_goes_first() {
    let alice = member(1);
    for number in 1..=20 {
        add(&alice, 0, epoch(number, &[1, 2]));
    }
    let packet = packets(&alice, 1).remove(0);
    assert_eq!(packet[2], 15);
    assert_eq!(alice.epoch_count(at(0)), 15);
    assert_eq!(alice.epoch_count(at(10)), 1);
    for (number, opens) in [(5, false), (6, true), (20, true)] {
        let bob = member(2);
        add(&bob, 0, epoch(number, &[1, 2]));
        assert_eq!(bob.open(at(0), user(1), &packet).is_ok(), opens, "{number}");
    }
}

#[test]
fn a_block_applied_twice_changes_neither_key_nor_order_nor_time() {
    let (alice, bob) = pair();
    add(&bob, 1, epoch(2, &[2]));
    for number in [1, 2] {
        let mut again = epoch(number, &[1, 2, 3]);
        again.key = epoch(9, &[]).key;
        assert_eq!(bob.add_epoch(at(5), again), AddedEpoch::AlreadyKnown);
    }
    let packets = packets(&alice, 2);
    assert!(bob.open(at(5), user(1), &packets[0]).is_ok());
    assert_eq!(bob.next_expiry(), Some(at(11)));
    assert!(bob.open(at(11), user(1), &packets[1]).is_err());
}

#[test]
fn a_member_who_neither_sends_nor_receives_can_drop_what_has_expired() {
    let (alice, _) = pair();
    add(&alice, 0, epoch(2, &[1, 2]));
    add(&alice, 5, epoch(3, &[1, 2]));
    for (seconds, next) in [(9, Some(at(10))), (10, Some(at(15))), (15, None)] {
        alice.prune(at(seconds));
        assert_eq!(alice.next_expiry(), next);
    }
}

#[test]
fn an_epoch_that_has_expired_is_known_no_more() {
    let (alice, _) = pair();
    add(&alice, 0, epoch(2, &[1, 2]));
    add(&alice, 10, epoch(1, &[1, 2]));
    assert_eq!(addressed(&alice, at(10)), 2);
}

#[test]
fn a_forgotten_epoch_ends_after_the_grace_time_and_then_nothing_is_sent() {
    let (alice, _) = pair();
    alice.forget_epoch(at(2), &hash(9));
    assert_eq!(alice.next_expiry(), None);
    alice.forget_epoch(at(3), &hash(1));
    alice.forget_epoch(at(8), &hash(1));
    assert_eq!(addressed(&alice, at(12)), 1);
    let refused = alice.seal(at(13), MAIN, 0, b"x", &mut rng()).unwrap_err();
    assert_eq!(refused, SealError::UnknownEpoch);
}

#[test]
fn the_end_of_a_membership_drops_every_key_at_once_and_for_good() {
    let (alice, bob) = pair();
    let packet = packets(&alice, 1).remove(0);
    bob.close();
    let refused = bob.open(at(0), user(1), &packet).unwrap_err();
    assert_eq!(refused, OpenError::UnknownEpoch { count: 1 });
    assert_eq!(bob.add_epoch(at(0), epoch(2, &[1, 2])), AddedEpoch::Closed);
    let refused = bob.seal(at(0), MAIN, 0, b"x", &mut rng()).unwrap_err();
    assert_eq!(refused, SealError::UnknownEpoch);
}

#[test]
fn strict_sending_leaves_a_removed_member_out_at_once_and_others_hear_on() {
    for (removal_grace, hears) in [
        (RemovalGrace::WithGrace, true),
        (RemovalGrace::Strict, false),
    ] {
        let alice = Cryptor::new(user(1), key(1), removal_grace);
        let [bob, carol] = [member(2), member(3)];
        for one in [&alice, &bob, &carol] {
            add(one, 0, epoch(1, &[1, 2, 3]));
        }
        for one in [&alice, &bob] {
            add(one, 1, epoch(2, &[1, 2]));
        }
        let packet = packets(&alice, 1).remove(0);
        assert!(bob.open(at(1), user(1), &packet).is_ok());
        assert_eq!(carol.open(at(1), user(1), &packet).is_ok(), hears);
        // Opening is the same: what Carol sent before she knew is heard.
        let late = carol.seal(at(1), MAIN, 0, b"late", &mut rng()).unwrap();
        assert!(alice.open(at(1), user(3), &late).is_ok());
    }
}

#[test]
fn strict_sending_tells_a_member_by_user_and_key() {
    let alice = Cryptor::new(user(1), key(1), RemovalGrace::Strict);
    add(&alice, 0, epoch(1, &[1, 2]));
    add(&alice, 0, epoch_of_keys(2, &[(1, 1), (2, 7)]));
    assert_eq!(addressed(&alice, at(0)), 1);
    // Somebody who joins knows nothing of what was before.
    add(&alice, 0, epoch_of_keys(3, &[(1, 1), (2, 7), (3, 3)]));
    assert_eq!(addressed(&alice, at(0)), 2);
}
