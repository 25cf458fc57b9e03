//! A cryptor that is cloned for a test.
#![cfg(any(fuzzing, confcall_testing))]
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::*;
use confcall_media::Cryptor;

#[test]
fn a_clone_shares_neither_counters_nor_replay_windows_nor_epochs() {
    let (alice, bob) = pair();
    for cryptor in [&alice, &bob] {
        add(cryptor, 0, epoch(2, &[1, 2]));
    }
    let earlier = alice.seal(at(0), MAIN, 0, b"zero", &mut rng()).unwrap();
    bob.open(at(0), user(1), &earlier).unwrap();
    let (other_alice, other_bob) = (Cryptor::clone(&alice), Cryptor::clone(&bob));
    other_bob.open(at(0), user(1), &earlier).unwrap_err();

    let packet = alice.seal(at(0), MAIN, 0, b"one", &mut rng()).unwrap();
    bob.open(at(0), user(1), &packet).unwrap();
    other_bob.open(at(0), user(1), &packet).unwrap();
    bob.open(at(0), user(1), &packet).unwrap_err();
    other_bob.open(at(0), user(1), &packet).unwrap_err();

    // The clone counts on from where it was taken.
    other_alice
        .seal(at(0), MAIN, 0, b"one", &mut rng())
        .unwrap();
    assert_eq!(alice.counters(), other_alice.counters());

    alice.close();
    other_alice
        .seal(at(0), MAIN, 0, b"two", &mut rng())
        .unwrap();
}
