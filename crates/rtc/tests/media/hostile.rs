use std::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use confcall_join::joining::{Fingerprint, FingerprintHash, Setup};
use confcall_media::Moment;
use confcall_rtc::session::{
    ConferenceOffer, ConnectionFailure, ConnectionState, Event, Output, SendError, Sharing,
};

use crate::calls::{SECOND, conference};
use crate::members::Members;
use crate::world::{LOUD, SERVER, World, sound};

/// Takes everything that a session gives out, and counts the datagrams.
fn drain(world: &mut World, index: usize) -> usize {
    let before = world.members[index].datagrams.len();
    world.poll_member(index);
    world.members[index].datagrams.len() - before
}

#[test]
fn a_server_with_another_certificate_is_refused_and_nothing_was_sent_to_it() {
    let mut world = World::new(30);
    let members = Members::new(30, 1);
    let mut rng = ChaCha20Rng::seed_from_u64(1030);
    let offer = ConferenceOffer::new(Sharing::Sound, &mut rng).unwrap();
    let cryptor = members.cryptor(1);
    world.add_with(
        offer.payload(),
        |mut answer| {
            let other = Fingerprint::new(FingerprintHash::Sha256, vec![7; 32], Setup::Active);
            answer.transport.fingerprints = vec![other.unwrap()];
            answer
        },
        |answer, connecting| offer.accept(answer, connecting, cryptor),
    );
    world.members[0].session.set_muted(false);
    let failed = ConnectionState::Failed(ConnectionFailure::Handshake);
    for _ in 0..5000 {
        let now = world.moment();
        let sent = world.members[0].session.send_sound(now, &sound(0, 0), LOUD);
        assert_eq!(sent, Err(SendError::NotConnected));
        world.run(Duration::from_millis(1));
        if world.members[0].session.state() == failed {
            break;
        }
    }
    assert_eq!(world.members[0].session.state(), failed);
    assert!(world.members[0].events.contains(&Event::Connection(failed)));
    assert!(
        !world.members[0]
            .events
            .contains(&Event::Connection(ConnectionState::Connected))
    );
}

#[test]
fn a_server_that_is_not_there_fails_after_20_s() {
    let mut world = World::new(31);
    let members = Members::new(31, 1);
    let mut rng = ChaCha20Rng::seed_from_u64(1031);
    let offer = ConferenceOffer::new(Sharing::Sound, &mut rng).unwrap();
    let cryptor = members.cryptor(1);
    world.add(offer.payload(), |answer, connecting| {
        offer.accept(answer, connecting, cryptor)
    });
    world.members[0].is_served = false;
    world.run(21 * SECOND);
    let failed = ConnectionState::Failed(ConnectionFailure::NotReached);
    assert_eq!(world.members[0].session.state(), failed);
}

#[test]
fn datagrams_of_strangers_change_nothing_and_are_not_answered() {
    let (mut world, _members) = conference(32, 2);
    let now = world.moment();
    drain(&mut world, 0);
    let datagrams = world.members[0].datagrams.clone();
    for bytes in &datagrams {
        for from in [
            "91.108.9.1:32001",
            "91.108.9.2:32000",
            "127.0.0.1:32000",
            "[::1]:32000",
        ] {
            world.members[0]
                .session
                .handle_datagram(now, from.parse().unwrap(), bytes);
        }
    }
    assert_eq!(drain(&mut world, 0), 0);
    let strangers = u64::try_from(4 * datagrams.len()).unwrap();
    assert_eq!(world.members[0].session.dropped().strangers, strangers);
}

#[test]
fn garbage_at_line_rate_is_dropped_and_the_call_goes_on() {
    let (mut world, _members) = conference(33, 2);
    let mut rng = ChaCha20Rng::seed_from_u64(33);
    let source = world.members[0].payload.ssrc().value().to_be_bytes();
    let mut noise = vec![0; 1500];
    for number in 0..50 {
        let now = world.moment();
        world.members[0]
            .session
            .send_sound(now, &sound(0, number), LOUD)
            .unwrap();
        world.poll_member(0);
        for kind in 0..400_u32 {
            rng.fill_bytes(&mut noise);
            let length = 1 + usize::try_from(rng.next_u32() % 1499).unwrap();
            let first: &[u8] = match kind % 6 {
                0 => &[],
                1 => &[0, 1],
                2 => &[22, 254, 253],
                3 => &[128, 200],
                // Packets of a source that is not known, and of one that is.
                4 => &[144, 111],
                _ => &[144, 111, 0, 1, 0, 0, 0, 0],
            };
            let mut bytes = noise.clone();
            bytes[..first.len()].copy_from_slice(first);
            if kind % 6 == 5 {
                bytes[8..12].copy_from_slice(&source);
            }
            world.members[1].session.handle_datagram(
                now,
                SERVER.parse().unwrap(),
                &bytes[..length],
            );
        }
        world.run(Duration::from_millis(20));
    }
    world.run(SECOND);
    let heard = world.members[1].frames.len();
    assert_eq!(heard, 50);
    assert_eq!(world.members[1].session.state(), ConnectionState::Connected);
    let unknown = world.members[1]
        .events
        .iter()
        .filter(|event| matches!(event, Event::UnknownSource(_)));
    assert_eq!(unknown.count(), 64);
}

#[test]
fn a_message_beyond_its_bound_is_refused_and_the_call_goes_on() {
    let (mut world, _members) = conference(34, 2);
    let text = format!(
        r#"{{"colibriClass":"DebugMessage","message":"{}"}}"#,
        "x".repeat(20_000)
    );
    world.say(1, &text);
    world.say(1, "[");
    world.run(2 * SECOND);
    assert_eq!(world.members[1].session.dropped().messages, 2);
    world.talk(&[0], 10);
    world.run(SECOND);
    assert_eq!(world.members[1].frames.len(), 10);
}

#[test]
fn a_replayed_packet_is_heard_once() {
    let (mut world, _members) = conference(35, 2);
    world.talk(&[0], 10);
    world.run(SECOND);
    // The server sends the sealed payloads again, as packets that are new to SRTP.
    let packets: Vec<_> = world.members[0]
        .packets
        .iter()
        .map(|(_, packet)| packet.payload.clone())
        .collect();
    let (source, instant) = (world.members[0].payload.ssrc().value(), world.instant());
    let last = *world.members[0].packets.last().unwrap().1.seq_no;
    for (index, payload) in packets.into_iter().enumerate() {
        let number = (last + 1 + u64::try_from(index).unwrap()).into();
        let mut api = world.members[1].server.direct_api();
        let stream = api.stream_tx(&source.into()).unwrap();
        stream.write_rtp(str0m::rtp::RtpWrite::new(
            111.into(),
            number,
            0,
            instant,
            payload,
        ));
    }
    world.members[1].server_wake = Duration::ZERO;
    world.run(SECOND);
    assert_eq!(world.members[1].frames.len(), 10);
    assert_eq!(world.members[1].session.dropped().replayed, 10);
}

#[test]
fn a_clock_that_stands_still_or_goes_back_makes_no_circle() {
    let (mut world, _members) = conference(36, 2);
    let now = world.moment();
    let session = &mut world.members[0].session;
    for step in 0..1000 {
        session.handle_timeout(now);
        session.handle_timeout(Moment::default());
        let mut outputs = 0;
        loop {
            outputs += 1;
            assert!(outputs < 100, "step {step}");
            if let Output::Timeout(wake) = session.poll() {
                assert!(wake.unwrap() > now);
                break;
            }
        }
    }
    session.handle_timeout(Moment::new(Duration::MAX));
    assert_eq!(
        session.state(),
        ConnectionState::Failed(ConnectionFailure::Silence)
    );
}

#[test]
fn what_nobody_takes_is_bounded() {
    let (mut world, _members) = conference(37, 2);
    let session = &mut world.members[0].session;
    let mut now = world.now;
    for number in 0..3000_u32 {
        now += Duration::from_millis(1);
        let packet = sound(0, u8::try_from(number % 256).unwrap());
        session.send_sound(Moment::new(now), &packet, LOUD).unwrap();
    }
    assert!(session.dropped().overflowed > 1900);
    assert!(drain(&mut world, 0) <= 1024);
}
