//! Sealing a frame into a buffer.
//!
//! Floor: one signature, one HMAC-SHA256 and one pass of AES-CBC over the padded content, and for each epoch
//! the keying and the two blocks of its header.

use std::hint::black_box;

use confcall_bench_support::{
    ALICE, EPOCHS, Floor, NOW, Reference, SIZES, compare_frames, member, rng, seed,
    time_reference_seal,
};
use confcall_media::ChannelId;
use ed25519_dalek::{Signer as _, SigningKey};

fn main() {
    let mut rng = rng();
    let key = SigningKey::from_bytes(&seed(ALICE));
    let mut reference = Reference::start();
    for epochs in EPOCHS {
        let alice = member(ALICE, epochs);
        for size in SIZES {
            if let Some(peer) = &mut reference {
                time_reference_seal(peer, (epochs, size));
            }
            let frame = vec![7; size];
            let mut packet = Vec::new();
            let mut floor = Floor::new(size);
            compare_frames(
                "seal_frame",
                (epochs, size),
                || {
                    let frame = black_box(&frame);
                    alice.seal_into(NOW, ChannelId::MAIN, 0, frame, &mut rng, &mut packet)
                },
                || {
                    black_box(floor.message_id());
                    floor.encrypt();
                    for _ in 0..epochs {
                        black_box(floor.write_header());
                    }
                    key.sign(black_box(&[0; 36]))
                },
            );
        }
    }
}
