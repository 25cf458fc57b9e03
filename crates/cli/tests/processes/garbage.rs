//! Whoever sends garbage to a server disturbs nobody.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};

use crate::members::{Call, Member, agree, at, exchange_frames, write};
use crate::running::place::Place;

/// How long a server may bear somebody whom it does not know.
const BORNE: Duration = Duration::from_secs(20);

/// How much somebody sends at most: more than any packet that a server takes.
const FLOOD: usize = 4 << 20;

#[test]
fn a_call_goes_on_undisturbed_while_others_send_garbage() {
    let (call, mut members) = Call::begin(Place::new("garbage"), &[], &[2, 3]);
    let before = agree(&mut members, 2);
    let troubles = members.iter().map(trouble).collect::<Vec<_>>();
    let address = call.server.address.clone();
    let senders: Vec<_> = garbage()
        .into_iter()
        .map(|garbage| (address.clone(), garbage))
        .map(|(address, garbage)| thread::spawn(move || send(&address, &garbage)))
        .collect();
    for round in 0..5 {
        let writer = round % members.len();
        write(&mut members, writer, &format!("Round {round}"));
        assert!(exchange_frames(&mut members));
    }
    for sender in senders {
        sender.join().unwrap();
    }

    members.push(call.follow(4));
    let after = agree(&mut members, at(&before) + 1);
    assert_eq!(at(&after), at(&before) + 1);
    let after = members.iter().take(3).map(trouble);
    assert_eq!(troubles, after.collect::<Vec<_>>());
}

/// How often a member had trouble.
fn trouble(member: &Member) -> usize {
    let events = ["rejoined", "suspicious", "retrying"];
    let counts = events.map(|event| member.process.all(event).count());
    counts.iter().sum()
}

/// What is sent, each on a connection of its own.
fn garbage() -> Vec<Vec<u8>> {
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    let mut random = |length: usize| {
        let mut bytes = vec![0; length];
        rng.fill_bytes(&mut bytes);
        bytes
    };
    let mut all = vec![
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        // Half a full packet, and one whose length is that of everything.
        b"\x40\x00\x00\x00\x00".to_vec(),
        [&b"\xff\xff\xff\x7f"[..], &random(FLOOD)].concat(),
        // Abridged and intermediate packets of keys that nobody has.
        [&b"\xef\x10"[..], &random(64)].concat(),
        [&b"\xee\xee\xee\xee\x80\x00\x00\x00"[..], &random(128)].concat(),
        [&b"\xee\xee\xee\xee\xff\xff\xff\xff"[..], &random(FLOOD)].concat(),
        vec![0; FLOOD],
        Vec::new(),
    ];
    all.extend((0..30).map(|power| random(1 << (power % 15))));
    all.push(random(FLOOD));
    all
}

/// Sends garbage, and waits until the server closes the connection.
fn send(address: &str, garbage: &[u8]) {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_write_timeout(Some(BORNE)).unwrap();
    socket.set_read_timeout(Some(BORNE)).unwrap();
    // It may be closed before everything is sent.
    let _ = socket.write_all(garbage);
    match socket.read_to_end(&mut Vec::new()) {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
}
