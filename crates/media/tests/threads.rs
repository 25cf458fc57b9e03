//! One membership used by many threads.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod common;

use std::collections::BTreeSet;
use std::thread;

use common::*;
use confcall_media::{AudioLevel, Codec, Cryptor, EncodedFrame, Speech};

#[test]
fn threads_that_seal_on_one_channel_never_share_a_seqno() {
    let (alice, bob) = pair();
    let sealed: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| packets(&alice, 50)))
            .collect();
        let packets = threads.into_iter().map(|thread| thread.join().unwrap());
        packets.flatten().collect()
    });
    let open = |packet: &Vec<u8>| bob.open(at(0), user(1), packet).unwrap().info.seqno;
    let seqnos: BTreeSet<_> = sealed.iter().map(open).collect();
    assert_eq!(seqnos, (1..=200).collect());
}

#[test]
fn a_frame_that_one_thread_drops_takes_no_seqno_from_another() {
    let (alice, bob) = pair();
    // With the head of a packet behind it, the end of the frame is a start code however it is encrypted.
    let video = EncodedFrame::H264(&[0, 0, 0, 1, 0x67, 0, 0]);
    let level = AudioLevel::new(0, Speech::Absent);
    let audio = EncodedFrame::Opus {
        frame: b"opus",
        level,
    };
    let seal = |frame| alice.seal_frame(at(0), MAIN, frame, &mut rng());
    let sealed: Vec<_> = thread::scope(|scope| {
        let dropping = || (0..200).for_each(|_| assert!(seal(video).is_err()));
        let droppers = [scope.spawn(dropping), scope.spawn(dropping)];
        let sealing = || (0..200).map(|_| seal(audio).unwrap()).collect::<Vec<_>>();
        let sealers = [scope.spawn(sealing), scope.spawn(sealing)];
        droppers.into_iter().for_each(|one| one.join().unwrap());
        let packets = sealers.into_iter().map(|one| one.join().unwrap());
        packets.flatten().collect()
    });
    let open = |packet: &Vec<u8>| bob.open_frame(at(0), user(1), Codec::Opus, packet);
    assert_eq!(sealed.iter().filter(|one| open(one).is_ok()).count(), 400);
}

#[test]
fn a_packet_that_threads_open_at_once_is_opened_by_one_of_them() {
    let (alice, bob) = pair();
    let packets = packets(&alice, 50);
    let open_all = || {
        let opened = packets
            .iter()
            .filter(|one| bob.open(at(0), user(1), one).is_ok());
        opened.count()
    };
    let opened: usize = thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(open_all)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });
    assert_eq!(opened, packets.len());
}

#[test]
fn epochs_may_change_while_others_seal() {
    let (alice, bob) = pair();
    let seal = |alice: &Cryptor| packets(alice, 50);
    let sealed = thread::scope(|scope| {
        let sealing = scope.spawn(|| seal(&alice));
        for number in 2..=20 {
            add(&alice, 0, epoch(number, &[1, 2]));
            add(&bob, 0, epoch(number, &[1, 2]));
        }
        sealing.join().unwrap()
    });
    assert_eq!(sealed.len(), 50);
    assert_eq!(alice.counters().iter().next(), Some((MAIN, 50)));
}
