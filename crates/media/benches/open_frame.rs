//! Opening a packet in place.
//!
//! Floor: one signature verification under a parsed key, one HMAC-SHA256 and one pass of AES-CBC over the
//! padded content, the keying and the two blocks of one header, and the copy that keeps the packet for the
//! next time, which both sides make.
#![allow(
    missing_docs,
    dead_code,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench"
)]

mod exchange;
#[path = "../../state/benches/paired/timing.rs"]
mod timing;

use std::hint::black_box;

use confcall_media::{ChannelId, Cryptor};
use ed25519_dalek::{Signer as _, SigningKey, Verifier as _};
use exchange::{ALICE, BOB, EPOCHS, Floor, NOW, SIZES, label, member, rng, seed};

/// How many packets a receiver opens before another one, who has seen none of them, takes over.
const PACKETS: usize = 256;

fn main() {
    let mut rng = rng();
    let key = SigningKey::from_bytes(&seed(ALICE));
    // As many as there are packets: a single one would be checked along a path that the processor has learnt.
    let signed: Vec<_> = (0..PACKETS)
        .map(|number| {
            let message = [number as u8; 36];
            (message, key.sign(&message))
        })
        .collect();
    let key = key.verifying_key();
    for epochs in EPOCHS {
        let alice = member(ALICE, epochs);
        for size in SIZES {
            let frame = vec![7; size];
            let seal = |_| {
                alice
                    .seal(NOW, ChannelId::MAIN, 0, &frame, &mut rng)
                    .expect("an epoch")
            };
            let packets: Vec<_> = (0..PACKETS).map(seal).collect();
            let mut receiver = Receiver::new(epochs);
            let mut buffer = Vec::new();
            let (mut floor, mut copied) = (Floor::new(size), packets.iter().cycle());
            let mut signed = signed.iter().cycle();
            let mut floor_buffer = Vec::new();
            timing::compare(
                &label("open_frame", epochs, size),
                || receiver.open_next(&packets, &mut buffer),
                || {
                    floor_buffer.clone_from(copied.next().expect("a cycle"));
                    black_box(floor.read_header());
                    floor.decrypt();
                    black_box(floor.message_id());
                    let (message, signature) = signed.next().expect("a cycle");
                    key.verify(black_box(message), signature)
                },
            );
        }
    }
}

/// A member who opens packets in turn.
struct Receiver {
    epochs: u8,
    bob: Cryptor,
    next: usize,
}

impl Receiver {
    fn new(epochs: u8) -> Self {
        Self {
            epochs,
            bob: member(BOB, epochs),
            next: 0,
        }
    }

    fn open_next(&mut self, packets: &[Vec<u8>], buffer: &mut Vec<u8>) {
        if self.next == packets.len() {
            *self = Self::new(self.epochs);
        }
        buffer.clone_from(&packets[self.next]);
        self.next += 1;
        self.bob
            .open_in_place(NOW, ALICE, buffer)
            .expect("a new packet");
    }
}
