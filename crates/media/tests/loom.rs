//! One membership used by threads, in every order in which their steps can fall.
//!
//! `RUSTFLAGS='--cfg loom' cargo test -p confcall-media --release --test loom --target-dir target/loom`
#![cfg(loom)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod common;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use common::*;
use confcall_media::{Cryptor, EncodedFrame, OpenError, SealError};
use loom::thread::{Builder, JoinHandle};

/// The bytes of the stack of a thread. The default of `loom` is too little for a signature.
const STACK: usize = 1 << 20;

fn spawn<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    Builder::new().stack_size(STACK).spawn(run).unwrap()
}

/// Runs a test once for every order of the steps of its threads.
fn model(test: impl Fn() + Send + Sync + 'static) {
    let test = Arc::new(test);
    loom::model(move || {
        let test = Arc::clone(&test);
        spawn(move || test()).join().unwrap();
    });
}

/// Runs two threads that share a member, and then waits for both.
fn both<A: Send + 'static, B>(
    member: &Arc<Cryptor>,
    one: impl FnOnce(&Cryptor) -> A + Send + 'static,
    other: impl FnOnce(&Cryptor) -> B,
) -> (A, B) {
    let shared = Arc::clone(member);
    let thread = spawn(move || one(&shared));
    let other = other(member);
    (thread.join().unwrap(), other)
}

/// `count` packets of user 1 for all of these epochs.
fn sealed(epochs: &'static [u8], count: usize) -> Arc<[Vec<u8>]> {
    let sealed = Arc::new(Mutex::new(Vec::new()));
    let out = Arc::clone(&sealed);
    // A cryptor exists in a model only.
    model(move || {
        let alice = member(1);
        epochs
            .iter()
            .for_each(|one| add(&alice, 0, epoch(*one, &[1, 2])));
        *out.lock().unwrap() = packets(&alice, count);
    });
    let packets = sealed.lock().unwrap();
    packets.as_slice().into()
}

/// User 2 in epoch 1, which starts at second 0.
fn bob() -> Arc<Cryptor> {
    let bob = member(2);
    add(&bob, 0, epoch(1, &[1, 2]));
    Arc::new(bob)
}

fn opens(bob: &Cryptor, seconds: u64, packet: &[u8]) -> bool {
    bob.open(at(seconds), user(1), packet).is_ok()
}

fn is_replay(bob: &Cryptor, seconds: u64, packet: &[u8]) -> bool {
    let opened = bob.open(at(seconds), user(1), packet);
    matches!(opened, Err(OpenError::Replay(_)))
}

#[test]
fn no_seqno_is_given_twice_also_while_another_is_given_back() {
    model(|| {
        let (alice, bob) = pair();
        let alice = Arc::new(alice);
        let sealing = |alice: &Cryptor| packets(alice, 2);
        let dropping = |alice: &Cryptor| {
            // With the head of a packet behind it, the end of the frame is a start code however it is encrypted.
            let frame = EncodedFrame::H264(&[0, 0, 0, 1, 0x67, 0, 0]);
            assert!(alice.seal_frame(at(0), MAIN, frame, &mut rng()).is_err());
            packets(alice, 1)
        };
        let (two, one) = both(&alice, sealing, dropping);
        let open = |packet: &Vec<u8>| bob.open(at(0), user(1), packet).unwrap().info.seqno;
        let seqnos: BTreeSet<_> = two.iter().chain(&one).map(open).collect();
        assert_eq!(seqnos.len(), 3);
    });
}

#[test]
fn a_packet_is_accepted_once_whoever_opens_it_first() {
    let packets = sealed(&[1], 2);
    model(move || {
        let bob = bob();
        let open = |order: [usize; 2]| {
            let packets = Arc::clone(&packets);
            move |bob: &Cryptor| order.map(|at_| (at_, opens(bob, 0, &packets[at_])))
        };
        let (one, other) = both(&bob, open([0, 1]), open([1, 0]));
        let mut accepted: Vec<_> = one.into_iter().chain(other).filter(|(_, ok)| *ok).collect();
        accepted.sort_unstable();
        assert_eq!(accepted, [(0, true), (1, true)]);
    });
}

#[test]
fn a_frame_is_opened_while_its_epoch_is_replaced_and_not_again_under_the_next() {
    let (old, both_epochs) = (sealed(&[1], 1), sealed(&[1, 2], 2));
    model(move || {
        let bob = bob();
        let (one, two) = (Arc::clone(&old), Arc::clone(&both_epochs));
        let opening = move |bob: &Cryptor| {
            // The second packet of a sender whose first one is for the old epoch alone.
            assert!(opens(bob, 5, &one[0]));
            assert!(opens(bob, 5, &two[1]));
        };
        both(&bob, opening, |bob| add(bob, 5, epoch(2, &[1, 2])));
        // The first epoch is gone, and its packets are remembered.
        assert!(is_replay(&bob, 16, &both_epochs[1]));
        assert!(!opens(&bob, 16, &old[0]));
    });
}

#[test]
fn an_epoch_that_is_added_stays_whatever_is_dropped_meanwhile() {
    let new = sealed(&[2], 1);
    model(move || {
        let bob = bob();
        bob.forget_epoch(at(0), &hash(1));
        both(
            &bob,
            |bob| add(bob, 10, epoch(2, &[1, 2])),
            |bob| bob.prune(at(10)),
        );
        assert!(opens(&bob, 10, &new[0]));
    });
}

#[test]
fn nothing_is_opened_under_an_epoch_whose_time_is_over() {
    let old = sealed(&[1], 1);
    model(move || {
        let bob = bob();
        add(&bob, 0, epoch(2, &[1, 2]));
        let opening = |seconds| {
            let old = Arc::clone(&old);
            move |bob: &Cryptor| opens(bob, seconds, &old[0])
        };
        let (late, later) = both(&bob, opening(10), opening(11));
        assert!(!late && !later);
    });
}

#[test]
fn a_membership_that_is_closed_has_no_epoch_again() {
    let packet = sealed(&[1, 2], 1);
    model(move || {
        let bob = bob();
        both(
            &bob,
            |bob| {
                bob.add_epoch(at(0), epoch(2, &[1, 2]));
            },
            Cryptor::close,
        );
        assert!(!opens(&bob, 0, &packet[0]));
        let sealed = bob.seal(at(0), MAIN, 0, b"", &mut rng());
        assert_eq!(sealed.unwrap_err(), SealError::UnknownEpoch);
    });
}
