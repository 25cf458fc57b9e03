//! Sealing and opening packets, and what is refused.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod common;

use std::collections::BTreeSet;

use common::*;
use confcall_media::{
    AudioLevel, ChannelId, Codec, Counters, Cryptor, EncodedFrame, InvalidChannel, OpenError,
    RemovalGrace, SealError, Speech,
};
use confcall_state::ReferenceCode;
use confcall_state::encryption::{
    EncryptedData, decrypt_data, decrypt_header, encrypt_data, encrypt_header,
};
use confcall_state::keys::OneTimeSecret;
use proptest::prelude::*;

#[test]
fn a_packet_gives_back_the_frame_and_says_where_it_was_sent() {
    let (alice, bob) = pair();
    let channel = ChannelId::new(1023).unwrap();
    for (number, prefix) in [(1, 0), (2, 3), (3, 7)] {
        let packet = alice
            .seal(at(0), channel, prefix, b"a frame", &mut rng())
            .unwrap();
        assert_eq!(packet[..prefix], b"a frame"[..prefix]);
        let opened = bob.open(at(0), user(1), &packet).unwrap();
        assert_eq!(*opened.data, b"a frame");
        let info = opened.info;
        assert_eq!((info.channel, info.seqno), (channel, number));
        assert_eq!((info.epoch, info.prefix), (hash(1), prefix));
    }
}

#[test]
fn each_packet_has_a_one_time_secret_of_its_own() {
    let (alice, _) = pair();
    let epoch_key = epoch(1, &[1, 2]).key;
    let mut rng = rng();
    let mut secrets = BTreeSet::new();
    for number in 0..20_u8 {
        // The same frame each time, and another one.
        let frame = [number / 2; 40];
        let packet = alice.seal(at(0), MAIN, 0, &frame, &mut rng).unwrap();
        let (header, rest) = packet[36..].split_at(32);
        let encrypted = &rest[..rest.len() - 68];
        let secret = decrypt_header(header, encrypted, &(&epoch_key).into()).unwrap();
        let extra = [&0x40a6_bee9_u32.to_le_bytes(), &packet[..36]].concat();
        assert!(decrypt_data(encrypted, &secret, &extra).is_ok());
        assert!(secrets.insert(*secret.dangerous_bytes()), "packet {number}");
    }
}

#[test]
fn what_a_packet_adds_is_28_bytes_64_for_each_epoch_pad_signature_and_trailer() {
    let (alice, _) = pair();
    for (epochs, length) in [(1, 0), (2, 8), (3, 1000)] {
        if epochs > 1 {
            add(&alice, 0, epoch(epochs, &[1, 2]));
        }
        let frame = vec![7; length];
        let packet = alice.seal(at(0), MAIN, 0, &frame, &mut rng()).unwrap();
        let pad = 16 + (16 - (8 + length) % 16) % 16;
        let expected = length + 28 + 64 * usize::from(epochs) + pad + 64 + 4;
        assert_eq!(packet.len(), expected);
    }
}

#[test]
fn without_an_epoch_nothing_is_sent_not_even_in_clear() {
    let alice = member(1);
    let error = alice
        .seal(at(0), MAIN, 0, b"a frame", &mut rng())
        .unwrap_err();
    assert_eq!(error, SealError::UnknownEpoch);
    assert_eq!(
        error.reference_code(),
        Some(ReferenceCode::UnknownEpochToEncrypt)
    );
    let mut out = b"what was sent before".to_vec();
    let sealed = alice.seal_into(at(0), MAIN, 0, b"a frame", &mut rng(), &mut out);
    assert!(sealed.is_err() && out.is_empty());
}

#[test]
fn a_check_before_sealing_names_the_prefix_then_the_epochs_and_takes_no_seqno() {
    let (alice, _) = pair();
    let nobody = Cryptor::new(user(1), key(1), RemovalGrace::WithGrace);
    let prefix = SealError::PrefixLength {
        prefix: 2,
        frame: 1,
    };
    for (cryptor, length, expected) in [
        (&nobody, 2, Err(prefix)),
        (&alice, 2, Err(prefix)),
        (&nobody, 1, Err(SealError::UnknownEpoch)),
        (&alice, 1, Ok(())),
    ] {
        assert_eq!(cryptor.check_seal(at(0), length, &[0]), expected);
    }
    assert_eq!(alice.counters(), Counters::default());
}

#[test]
fn a_refused_seal_uses_no_seqno() {
    let (alice, _) = pair();
    let frame = vec![0; 70_000];
    for prefix in [65_536, 70_000, 70_001, usize::MAX] {
        let error = alice
            .seal(at(0), MAIN, prefix, &frame, &mut rng())
            .unwrap_err();
        assert_eq!(
            error,
            SealError::PrefixLength {
                prefix,
                frame: 70_000
            }
        );
    }
    assert_eq!(alice.counters(), Counters::default());
    assert!(alice.seal(at(0), MAIN, 65_535, &frame, &mut rng()).is_ok());
    assert_eq!(alice.counters(), [(MAIN, 1)].into_iter().collect());
}

#[test]
fn a_counter_that_is_used_up_refuses_to_seal_and_other_channels_go_on() {
    let (alice, bob) = pair();
    let used: Counters = [(MAIN, u32::MAX - 1)].into_iter().collect();
    alice.resume(&used, 0);
    let last = alice.seal(at(0), MAIN, 0, b"last", &mut rng()).unwrap();
    assert_eq!(
        bob.open(at(0), user(1), &last).unwrap().info.seqno,
        u32::MAX
    );
    let error = alice.seal(at(0), MAIN, 0, b"more", &mut rng()).unwrap_err();
    assert_eq!(error, SealError::CounterUsedUp { channel: MAIN });
    let other = ChannelId::SCREEN;
    assert!(alice.seal(at(0), other, 0, b"more", &mut rng()).is_ok());
}

#[test]
fn a_packet_of_our_own_or_of_a_stranger_is_refused() {
    let (alice, bob) = pair();
    let packet = packets(&alice, 1).remove(0);
    let refused = |sender| bob.open(at(0), sender, &packet).unwrap_err();
    assert_eq!(refused(user(2)), OpenError::OwnPacket);
    assert_eq!(
        refused(user(9)),
        OpenError::UnknownSender { user_id: user(9) }
    );
    assert!(bob.open(at(0), user(1), &packet).is_ok());
}

#[test]
fn a_packet_of_one_member_is_not_taken_for_anothers() {
    let (alice, bob) = (member(1), member(2));
    for one in [&alice, &bob] {
        add(one, 0, epoch(1, &[1, 2, 3]));
    }
    let packet = packets(&alice, 1).remove(0);
    let refused = bob.open(at(0), user(3), &packet).unwrap_err();
    assert!(matches!(refused, OpenError::Signature(invalid) if invalid.key == key(3).public_key()));
    assert!(bob.open(at(0), user(1), &packet).is_ok());
}

#[test]
fn a_packet_of_unknown_epochs_only_is_400() {
    let (alice, _) = pair();
    let bob = member(2);
    add(&bob, 0, epoch(2, &[1, 2]));
    let refused = bob
        .open(at(0), user(1), &packets(&alice, 1)[0])
        .unwrap_err();
    assert_eq!(refused, OpenError::UnknownEpoch { count: 1 });
    assert_eq!(
        refused.reference_code(),
        Some(ReferenceCode::UnknownEpochToDecrypt)
    );
}

#[test]
fn a_packet_for_several_epochs_is_opened_by_whoever_knows_one() {
    let alice = member(1);
    for number in 1..=3 {
        add(&alice, 0, epoch(number, &[1, 2]));
    }
    let packet = alice.seal(at(0), MAIN, 3, b"a frame", &mut rng()).unwrap();
    for known in [&[1][..], &[2], &[3], &[2, 3], &[3, 2], &[4, 2]] {
        let bob = member(2);
        for number in known {
            add(&bob, 0, epoch(*number, &[1, 2]));
        }
        let opened = bob.open(at(0), user(1), &packet).unwrap();
        assert_eq!(*opened.data, b"a frame");
        let first = (1..=3).find(|number| known.contains(number)).unwrap();
        assert_eq!((opened.info.epoch, opened.info.prefix), (hash(first), 3));
    }
}

#[test]
fn only_the_first_known_epoch_is_tried() {
    let alice = member(1);
    add(&alice, 0, epoch(1, &[1, 2]));
    add(&alice, 0, epoch(2, &[1, 2]));
    let packet = packets(&alice, 1).remove(0);
    // Bob knows both hashes, the first with another key.
    let bob = member(2);
    let mut wrong = epoch(1, &[1, 2]);
    wrong.key = epoch(9, &[]).key;
    add(&bob, 0, wrong);
    add(&bob, 0, epoch(2, &[1, 2]));
    let refused = bob.open(at(0), user(1), &packet).unwrap_err();
    assert!(matches!(refused, OpenError::Decryption(_)), "{refused}");
}

#[test]
fn a_head_or_prefix_that_no_packet_has_is_refused_for_its_own_reason() {
    let (alice, bob) = pair();
    let packet = alice.seal(at(0), MAIN, 0, b"x", &mut rng()).unwrap();
    let refused = |at_byte: usize, bytes: &[u8]| {
        let mut damaged = packet.clone();
        damaged[at_byte..][..bytes.len()].copy_from_slice(bytes);
        bob.open(at(0), user(1), &damaged).unwrap_err()
    };
    assert_eq!(refused(0, &[16]), OpenError::EpochCount { count: 16 });
    // Version and reserved bits come first.
    assert_eq!(refused(0, &[16, 1, 1]), OpenError::Version { version: 1 });
    for bits in [1_u16, 0x8000] {
        let head = [[16, 0], bits.to_le_bytes()].concat();
        assert_eq!(refused(0, &head), OpenError::ReservedBits { bits });
    }
    let left = packet.len() - 4;
    let prefix = u32::try_from(left + 1).unwrap();
    let error = refused(left, &prefix.to_le_bytes());
    assert_eq!(error, OpenError::PrefixLength { prefix, left });

    let frame = vec![0; 70_000];
    let mut long = alice.seal(at(0), MAIN, 65_535, &frame, &mut rng()).unwrap();
    let left = long.len() - 4;
    long[left..].copy_from_slice(&65_536_u32.to_le_bytes());
    let error = bob.open(at(0), user(1), &long).unwrap_err();
    let prefix = 65_536;
    assert_eq!(error, OpenError::PrefixLength { prefix, left });
}

/// A packet of user 1 in epoch 1 with this content, whatever that is.
fn authentic(content: &[u8]) -> Vec<u8> {
    let mut rng = rng();
    let secret = OneTimeSecret::random(&mut rng);
    let epoch = epoch(1, &[1, 2]);
    let header_a = [&[1, 0, 0, 0], epoch.hash.as_bytes().as_slice()].concat();
    let extra = [&0x40a6_bee9_u32.to_le_bytes(), header_a.as_slice()].concat();
    let EncryptedData {
        bytes,
        large_msg_id,
    } = encrypt_data(content, &secret, &extra, &mut rng);
    let header_b = encrypt_header(&secret, &bytes, &(&epoch.key).into()).unwrap();
    let signed = [&0x1ce5_6c2d_u32.to_le_bytes(), large_msg_id.as_slice()].concat();
    let signature = key(1).sign(&signed);
    let parts = [
        &header_a,
        &header_b[..],
        &bytes,
        signature.as_bytes(),
        &[0; 4],
    ];
    parts.concat()
}

#[test]
fn an_authentic_packet_on_a_channel_that_there_is_not_is_600_and_a_shorter_one_none() {
    let (_, bob) = pair();
    let content = |channel: i32| [channel.to_le_bytes(), [1, 0, 0, 0]].concat();
    for channel in [1024, -1, i32::MIN] {
        let error = bob.open(at(0), user(1), &authentic(&content(channel)));
        let error = error.unwrap_err();
        assert_eq!(error, OpenError::Channel(InvalidChannel { channel }));
        assert_eq!(error.reference_code(), Some(ReferenceCode::CallChannelId));
    }
    let short = bob.open(at(0), user(1), &authentic(&content(0)[..7]));
    assert_eq!(short.unwrap_err(), OpenError::Content { length: 7 });
    // The channel is judged as soon as its 4 bytes are there.
    for length in 0..8 {
        for channel in [1024, 0] {
            let error = bob.open(at(0), user(1), &authentic(&content(channel)[..length]));
            let expected = match (length, channel) {
                (4.., 1024) => OpenError::Channel(InvalidChannel { channel }),
                _ => OpenError::Content { length },
            };
            assert_eq!(error.unwrap_err(), expected);
        }
    }
    let opened = bob.open(at(0), user(1), &authentic(&content(1023)));
    assert!(opened.unwrap().data.is_empty());
}

#[test]
fn a_packet_cut_short_anywhere_is_an_error_and_is_left_as_it_was() {
    let (alice, bob) = pair();
    let packet = packets(&alice, 1).remove(0);
    for length in 0..packet.len() {
        let mut cut = packet[..length].to_vec();
        assert!(bob.open_in_place(at(0), user(1), &mut cut).is_err());
        assert_eq!(cut, packet[..length]);
    }
    assert!(bob.open(at(0), user(1), &packet).is_ok());
}

#[test]
fn opening_in_place_leaves_the_frame_where_the_packet_was() {
    let (alice, bob) = pair();
    let mut packet = alice
        .seal(at(0), MAIN, 1, &[0xaa; 500], &mut rng())
        .unwrap();
    bob.open_in_place(at(0), user(1), &mut packet).unwrap();
    assert_eq!(packet, [0xaa; 500]);
}

#[test]
fn what_is_printed_of_an_opened_packet_or_frame_holds_none_of_its_content() {
    let (alice, bob) = pair();
    let frame = [0xa5, 0xa6, 0xa7];
    let packet = alice.seal(at(0), MAIN, 1, &frame, &mut rng()).unwrap();
    let opened = bob.open(at(0), user(1), &packet).unwrap();
    let level = AudioLevel::new(40, Speech::Present);
    let audio = EncodedFrame::Opus {
        frame: &frame,
        level,
    };
    let packet = alice.seal_frame(at(0), MAIN, audio, &mut rng()).unwrap();
    let opened_frame = bob.open_frame(at(0), user(1), Codec::Opus, &packet);
    for printed in [
        format!("{opened:?}"),
        format!("{:?}", opened_frame.unwrap()),
    ] {
        assert!(printed.contains("3 bytes"), "{printed}");
        assert!(!printed.contains("165"), "{printed}");
        assert!(!printed.contains("167"), "{printed}");
    }
}

#[test]
fn what_is_printed_of_a_cryptor_or_an_epoch_holds_no_key() {
    let (alice, _) = pair();
    add(&alice, 0, epoch(2, &[1, 2]));
    assert_eq!(
        format!("{alice:?}"),
        "Cryptor { user_id: UserId(1), removal_grace: WithGrace, epochs: Some(2), .. }"
    );
    let printed = format!("{:?}", epoch(1, &[]));
    assert!(printed.contains("key: EpochKey(..)"), "{printed}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_flipped_bit_of_a_packet_for_one_epoch_is_refused_and_changes_nothing(
        prefix in 0..40_usize, frame in prop::collection::vec(any::<u8>(), 40..80), at_bit in any::<prop::sample::Index>(),
    ) {
        let (alice, bob) = pair();
        let packet = alice.seal(at(0), MAIN, prefix, &frame, &mut rng()).unwrap();
        let bit = at_bit.index(packet.len() * 8);
        let mut damaged = packet.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let before = damaged.clone();
        prop_assert!(bob.open_in_place(at(0), user(1), &mut damaged).is_err());
        prop_assert_eq!(damaged, before);
        prop_assert_eq!(&*bob.open(at(0), user(1), &packet).unwrap().data, &frame);
    }

    #[test]
    fn no_bytes_make_opening_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), epochs in 0..20_u8, prefix in 0..50_u32) {
        let (_, bob) = pair();
        prop_assert!(bob.open(at(0), user(1), &bytes).is_err());
        // The same with a plausible frame around it.
        let hashes = vec![*hash(1).as_bytes(); epochs.into()].concat();
        let packet = [&[epochs, 0, 0, 0], hashes.as_slice(), &bytes, &prefix.to_le_bytes()].concat();
        prop_assert!(bob.open(at(0), user(1), &packet).is_err());
    }
}
