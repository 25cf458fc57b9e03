//! Frames of each codec from one member to another.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod common;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use common::*;
use confcall_media::codec::H264Fault;
use confcall_media::{AudioLevel, Codec, EncodedFrame, OpenFrameError, SealFrameError, Speech};

/// A slice after a parameter set, with a start code of three bytes before it.
const H264: [u8; 19] = [
    0, 0, 0, 1, 0x67, 0x42, 0x1f, 0, 0, 1, 0x41, 0x9a, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb,
];

fn prefix(packet: &[u8]) -> usize {
    let (_, prefix) = packet.split_last_chunk::<4>().unwrap();
    u32::from_le_bytes(*prefix) as usize
}

#[test]
fn an_opus_frame_travels_whole_with_its_level_and_nothing_in_clear() {
    let (alice, bob) = pair();
    let level = AudioLevel::new(42, Speech::Present);
    for frame in [&b"opus"[..], b""] {
        let frame_to_seal = EncodedFrame::Opus { frame, level };
        let packet = alice
            .seal_frame(at(0), MAIN, frame_to_seal, &mut rng())
            .unwrap();
        assert_eq!(prefix(&packet), 0);
        let opened = bob
            .open_frame(at(0), user(1), Codec::Opus, &packet)
            .unwrap();
        assert_eq!((&**opened.frame, opened.info.level), (frame, Some(level)));
    }
}

#[test]
fn an_opus_packet_without_any_trailer_is_dropped() {
    let (alice, bob) = pair();
    let packet = alice.seal(at(0), MAIN, 0, b"", &mut rng()).unwrap();
    let refused = bob
        .open_frame(at(0), user(1), Codec::Opus, &packet)
        .unwrap_err();
    assert_eq!(refused, OpenFrameError::NoOpusTrailer);
}

#[test]
fn a_vp8_frame_keeps_in_clear_what_packetisers_read() {
    let (alice, bob) = pair();
    for (frame, clear) in [([0x10; 30], 10), ([0x11; 30], 1)] {
        let sealed = alice.seal_frame(at(0), MAIN, EncodedFrame::Vp8(&frame), &mut rng());
        let packet = sealed.unwrap();
        assert_eq!(
            (prefix(&packet), &packet[..clear]),
            (clear, &frame[..clear])
        );
        let opened = bob.open_frame(at(0), user(1), Codec::Vp8, &packet).unwrap();
        assert_eq!((&**opened.frame, opened.info.level), (&frame[..], None));
    }
}

#[test]
fn an_h264_frame_keeps_in_clear_what_packetisers_read() {
    let (alice, bob) = pair();
    let sealed = alice.seal_frame(at(0), MAIN, EncodedFrame::H264(&H264), &mut rng());
    let packet = sealed.unwrap();
    let long = [&H264[..7], &[0], &H264[7..]].concat();
    let clear = 7 + 4 + 1 + 1 + 1;
    assert_eq!((prefix(&packet), &packet[..clear]), (clear, &long[..clear]));
    let opened = bob
        .open_frame(at(0), user(1), Codec::H264, &packet)
        .unwrap();
    assert_eq!(**opened.frame, long);
}

#[test]
fn a_start_code_in_what_was_encrypted_is_encrypted_again_under_the_same_seqno() {
    let mut frame = vec![0x5a; 500_000];
    frame[..11].copy_from_slice(&[0, 0, 0, 1, 0x41, 0x9a, 0x55, 0x66, 0x77, 0x88, 0x99]);
    let has_start_code = |packet: &[u8]| {
        let encrypted = packet[prefix(packet)..].windows(3);
        encrypted.into_iter().any(|bytes| bytes == [0, 0, 1])
    };
    // With this seed the first encryption has a start code and the second has none.
    let seeded = || ChaCha20Rng::from_seed([14; 32]);
    let (alice, _) = pair();
    let once = alice.seal(at(0), MAIN, 7, &frame, &mut seeded()).unwrap();
    assert!(has_start_code(&once));

    let (alice, bob) = pair();
    let sealed = alice.seal_frame(at(0), MAIN, EncodedFrame::H264(&frame), &mut seeded());
    let packet = sealed.unwrap();
    assert!(!has_start_code(&packet));
    let opened = bob
        .open_frame(at(0), user(1), Codec::H264, &packet)
        .unwrap();
    assert_eq!(opened.info.packet.seqno, 1);
    assert_eq!(**opened.frame, frame);
}

#[test]
fn a_frame_that_always_comes_out_with_a_start_code_is_dropped_and_uses_no_seqno() {
    let (alice, _) = pair();
    // A parameter set that ends in zeros, before the number of the packet's epochs, which is one.
    let unlucky = [0, 0, 0, 1, 0x67, 0x42, 0, 0];
    let mut out = Vec::new();
    let frame = EncodedFrame::H264(&unlucky);
    let refused = alice.seal_frame_into(at(0), MAIN, frame, &mut rng(), &mut out);
    let fault = H264Fault::StartCode { attempts: 5 };
    assert_eq!(refused, Err(SealFrameError::H264(fault)));
    assert!(out.is_empty());
    assert_eq!(alice.counters().iter().len(), 0);
    let level = AudioLevel::new(0, Speech::Absent);
    let frame = EncodedFrame::Opus {
        frame: b"opus",
        level,
    };
    assert!(alice.seal_frame(at(0), MAIN, frame, &mut rng()).is_ok());
}

#[test]
fn h264_is_impossible_while_the_hash_of_an_epoch_holds_a_start_code_and_other_codecs_go_on() {
    let alice = member(1);
    assert!(alice.permits_h264(at(0)));
    // The head ends in zeros, and this hash starts with a one.
    let mut unlucky = epoch(1, &[1, 2]);
    unlucky.hash = confcall_state::BlockHash::from_bytes([1; 32]);
    add(&alice, 0, unlucky);
    let seal = |now, frame| alice.seal_frame(at(now), MAIN, frame, &mut rng());
    let h264 = || EncodedFrame::H264(&H264);
    assert!(!alice.permits_h264(at(0)));
    let fault = SealFrameError::H264(H264Fault::EpochHash);
    assert_eq!(seal(0, h264()), Err(fault));
    assert_eq!(alice.counters().iter().len(), 0);
    assert!(seal(0, EncodedFrame::Vp8(&[0; 20])).is_ok());

    // Another block, and the end of the first one's grace.
    add(&alice, 1, epoch(2, &[1, 2]));
    for (now, permits) in [(1, false), (10, false), (11, true)] {
        assert_eq!(alice.permits_h264(at(now)), permits, "{now}");
        assert_eq!(seal(now, h264()).is_ok(), permits, "{now}");
    }
}

#[test]
fn a_frame_that_is_no_byte_stream_is_dropped_not_sent_as_it_is() {
    let (alice, _) = pair();
    let mut out = b"before".to_vec();
    let frame = EncodedFrame::H264(b"no start code");
    let refused = alice.seal_frame_into(at(0), MAIN, frame, &mut rng(), &mut out);
    assert_eq!(refused, Err(SealFrameError::H264(H264Fault::NotAnnexB)));
    assert!(out.is_empty());
}
