use confcall_join::joining::IceCredentials;
use str0m::ice::{StunMessage, TransId};

use super::*;

/// A check as a client makes one, with a name and a password.
fn check(name: &str, password: &str) -> Vec<u8> {
    let provider = confcall_rtc::crypto::provider();
    let hmac = provider.sha1_hmac_provider;
    let message = StunMessage::binding_request(name, TransId::new(), true, 7, 1, false);
    let mut bytes = vec![0; 200];
    let sha1 = |key: &[u8], parts: &[&[u8]]| hmac.sha1_hmac(key, parts);
    let size = message.to_bytes(Some(password.as_bytes()), &mut bytes, sha1);
    bytes.truncate(size.unwrap());
    bytes
}

/// A stage in whose call Alice is, with the credentials of both ends.
fn with_alice() -> (Stage, IceCredentials, IceCredentials) {
    let mut stage = Stage::empty();
    let mut client = stage.new_client(ALICE, &[]);
    let attempt = stage.scene.attempt(ALICE);
    let mut request = stage.scene.request(&attempt);
    let payload = client.payload();
    request.params = payload.to_params();
    let answer = stage.send(ALICE, request);
    let server = connection(&answer);
    (
        stage,
        server.transport.credentials,
        payload.credentials().clone(),
    )
}

#[test]
fn checks_with_wrong_credentials_get_no_answer() {
    let (mut stage, server, own) = with_alice();
    let from = SocketAddr::from(([127, 0, 0, 1], 9));
    let right = format!("{}:{}", server.ufrag(), own.ufrag());
    let wrong = [
        (format!("{}:{}", server.ufrag(), "other"), server.pwd()),
        (format!("{}:{}", "nobody00", own.ufrag()), server.pwd()),
        (right.clone(), own.pwd()),
        (right.clone(), "anotherpasswordof32characters000"),
    ];
    for (name, password) in &wrong {
        stage
            .sfu
            .handle_datagram(from, &check(name, password), stage.now);
        assert_eq!(stage.sfu.poll_datagram(), None);
    }
    assert_eq!(stage.sfu.counters().unauthenticated, 4);
    stage
        .sfu
        .handle_datagram(from, &check(&right, server.pwd()), stage.now);
    let answer = stage.sfu.poll_datagram().unwrap();
    assert_eq!(answer.destination, from);
}

#[test]
fn checks_are_not_answered_before_the_delay_is_over() {
    let mut stage = Stage::with_options(SfuOptions {
        stun_delay: Duration::from_millis(300),
        ..SfuOptions::new(SERVER, [7; 32])
    });
    stage.join(ALICE, &[]);
    stage.run(290);
    assert_eq!(stage.sfu.counters().sent, 0);
    assert!(!stage.client(ALICE).is_connected);
    stage.run(3000);
    assert!(stage.client(ALICE).is_connected);
}

#[test]
fn one_client_has_so_many_addresses_checked_and_no_more() {
    let (mut stage, server, own) = with_alice();
    let name = format!("{}:{}", server.ufrag(), own.ufrag());
    for port in 1..=100 {
        let from = SocketAddr::from(([127, 0, 0, 1], port));
        stage
            .sfu
            .handle_datagram(from, &check(&name, server.pwd()), stage.now);
    }
    stage.run(1000);
    stage.astray.sort();
    stage.astray.dedup();
    assert_eq!(stage.astray.len(), crate::limits::MEDIA_ADDRESSES);
}

#[test]
fn garbage_at_line_rate_disturbs_nobody() {
    let mut stage = Stage::of_three();
    let bob = stage.client(BOB).address;
    let alice = stage.client(ALICE).sound;
    let stranger = SocketAddr::from(([127, 0, 0, 1], 9));
    let mut spoken = Vec::new();
    for round in 0..50 {
        for first in [0, 1, 22, 23, 40, 64, 127, 128, 144, 191, 255] {
            let size = stage.scene.rng.next_u32() % 1400;
            let mut garbage = vec![0; size as usize];
            stage.scene.rng.fill_bytes(&mut garbage);
            if let Some(byte) = garbage.first_mut() {
                *byte = first;
            }
            if let Some(byte) = garbage.get_mut(1)
                && first == 128
            {
                *byte = 111;
            }
            for from in [stranger, bob] {
                stage.sfu.handle_datagram(from, &garbage, stage.now);
            }
            // And RTP with the source of his own sound, which is not authentic.
            if garbage.len() > 12 {
                garbage[0] = 0x80;
                garbage[1] = 111;
                let source = stage.clients[1].sound.to_be_bytes();
                garbage[8..12].copy_from_slice(&source);
                stage.sfu.handle_datagram(bob, &garbage, stage.now);
            }
        }
        if round % 5 == 0 {
            spoken.extend(stage.speak(ALICE, 1));
        }
    }
    let counters = stage.sfu.counters();
    assert!(counters.strangers > 0 && counters.unauthenticated + counters.unreadable > 0);
    assert!(counters.undeclared > 0);
    assert_eq!(counters.connected, 3);
    for user in [BOB, CAROL] {
        assert_eq!(stage.client(user).payloads(alice), spoken);
    }
    let bobs = stage.client(BOB).sound;
    assert!(stage.client(ALICE).payloads(bobs).is_empty());
    let spoken = stage.speak(BOB, 3);
    assert_eq!(stage.client(ALICE).payloads(bobs), spoken);
}

#[test]
fn datagrams_that_were_changed_or_come_twice_disturb_nobody() {
    let mut stage = Stage::of_three();
    stage.is_mangled = true;
    let source = stage.client(ALICE).sound;
    let spoken = stage.speak(ALICE, 200);
    stage.client(BOB).want(&[("1", 720)]);
    stage.run(5000);
    assert_eq!(stage.client(BOB).payloads(source), spoken);
    assert_eq!(stage.client(CAROL).payloads(source), spoken);
    let counters = stage.sfu.counters();
    assert_eq!((counters.connected, counters.bad_messages), (3, 0));
    assert!(stage.clients.iter().all(|client| !client.is_closed));
}

#[test]
fn a_flood_from_one_connection_is_cut_and_the_others_are_served() {
    let mut stage = Stage::of_three();
    let (bob, now) = (stage.client(BOB).address, stage.now);
    let junk = [0x80_u8, 200, 0, 6, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    for _ in 0..10_000 {
        stage.sfu.handle_datagram(bob, &junk, now);
    }
    let refused = u64::from(10_000 - crate::limits::MEDIA_DATAGRAMS);
    assert!(stage.sfu.counters().too_many >= refused);
    let spoken = stage.speak(ALICE, 3);
    let source = stage.client(ALICE).sound;
    assert_eq!(stage.client(CAROL).payloads(source), spoken);
}

#[test]
fn a_packet_that_is_too_long_or_of_another_codec_is_not_passed_on() {
    let mut stage = Stage::of_three();
    let (now, source) = (stage.now, stage.client(ALICE).sound);
    let longest = vec![7; crate::limits::MEDIA_PAYLOAD];
    stage.client(ALICE).say(&longest, now);
    stage.client(ALICE).say(&[&longest[..], &[7]].concat(), now);
    stage.run(20);
    let picture = str0m::rtp::RtpWrite::new(100.into(), 65_502.into(), 7, stage.now, &b"x"[..]);
    stage.client(ALICE).write(source, picture);
    stage.run(20);
    assert_eq!(stage.client(BOB).payloads(source), [longest]);
    let counters = stage.sfu.counters();
    assert_eq!((counters.too_long, counters.undeclared), (1, 1));
}

#[test]
fn a_client_with_another_certificate_than_it_announced_is_not_connected() {
    let mut stage = Stage::empty();
    stage.join(ALICE, &[]);
    let mut client = stage.new_client(BOB, &[]);
    let attempt = stage.scene.attempt(BOB);
    let mut request = stage.scene.request(&attempt);
    let payload = client.payload();
    let fingerprints = vec![Fingerprint::sha256([9; 32])];
    let forged = JoinPayload::new(
        payload.ssrc(),
        payload.credentials().clone(),
        fingerprints,
        vec![],
    );
    request.params = forged.unwrap().to_params();
    let answer = stage.send(BOB, request);
    client.connect(&connection(&answer), stage.now);
    stage.clients.push(client);
    stage.run(2000);
    let counters = stage.sfu.counters();
    assert_eq!((counters.connections, counters.connected), (1, 1));
    stage.expect_sounds();
    stage.speak(ALICE, 3);
    assert!(stage.client(BOB).heard.is_empty());
}

#[test]
fn messages_that_are_none_or_too_long_are_counted_and_change_nothing() {
    let mut stage = Stage::of_three();
    let bob = stage.client(BOB);
    bob.write_message("{");
    bob.write_message(r#"{"colibriClass":"EndpointStats"}"#);
    let long = format!(
        r#"{{"colibriClass":"ReceiverVideoConstraints"{}}}"#,
        " ".repeat(30_000)
    );
    bob.write_message(&long);
    stage.run(500);
    assert_eq!(stage.sfu.counters().bad_messages, 3);
    assert_eq!(stage.sfu.counters().connected, 3);
}
