//! Opening a packet in place.
//!
//! Floor: one signature verification under a parsed key, one HMAC-SHA256 and one pass of AES-CBC over the
//! padded content, the keying and the two blocks of one header, and the copy that keeps the packet for the
//! next time, which both sides make.

use std::hint::black_box;
use std::slice::Iter;

use confcall_bench_support::{
    ALICE, BOB, EPOCHS, Floor, NOW, Reference, SIZES, compare_frames, member, rng, seed,
    time_reference_open,
};
use confcall_media::{ChannelId, Cryptor, OpenError, PacketInfo, SealError};
use ed25519_dalek::{Signer as _, SigningKey, Verifier as _};

/// How many packets a receiver opens before another one, who has seen none of them, takes over.
const PACKETS: usize = 256;

fn main() -> Result<(), SealError> {
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
    let mut reference = Reference::start();
    for epochs in EPOCHS {
        let alice = member(ALICE, epochs);
        for size in SIZES {
            let frame = vec![7; size];
            let seal = |_| alice.seal(NOW, ChannelId::MAIN, 0, &frame, &mut rng);
            let packets: Vec<_> = (0..PACKETS).map(seal).collect::<Result<_, _>>()?;
            if let Some(peer) = &mut reference {
                time_reference_open(peer, (epochs, size), &packets);
            }
            let mut receiver = Receiver::new(epochs, &packets);
            let (mut floor, mut copied) = (Floor::new(size), packets.iter().cycle());
            let mut signed = signed.iter().cycle();
            let mut floor_buffer = Vec::new();
            compare_frames(
                "open_frame",
                (epochs, size),
                || receiver.open_next(),
                || {
                    if let Some(packet) = copied.next() {
                        floor_buffer.clone_from(packet);
                    }
                    black_box(floor.read_header());
                    floor.decrypt();
                    black_box(floor.message_id());
                    let one = signed.next();
                    one.map(|(message, signature)| key.verify(black_box(message), signature))
                },
            );
        }
    }
    Ok(())
}

/// A member who opens packets in turn.
struct Receiver<'a> {
    epochs: u8,
    bob: Cryptor,
    packets: &'a [Vec<u8>],
    left: Iter<'a, Vec<u8>>,
    buffer: Vec<u8>,
}

impl<'a> Receiver<'a> {
    fn new(epochs: u8, packets: &'a [Vec<u8>]) -> Self {
        Self {
            epochs,
            bob: member(BOB, epochs),
            packets,
            left: packets.iter(),
            buffer: Vec::new(),
        }
    }

    fn open_next(&mut self) -> Result<PacketInfo, OpenError> {
        let packet = match self.left.next() {
            Some(packet) => packet,
            None => {
                *self = Self::new(self.epochs, self.packets);
                return self.open_next();
            }
        };
        self.buffer.clone_from(packet);
        self.bob.open_in_place(NOW, ALICE, &mut self.buffer)
    }
}
