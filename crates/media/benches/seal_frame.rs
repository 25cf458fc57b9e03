//! Sealing a frame into a buffer.
//!
//! Floor: one signature, one HMAC-SHA256 and one pass of AES-CBC over the padded content, and for each epoch
//! the keying and the two blocks of its header.
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

use confcall_media::ChannelId;
use ed25519_dalek::{Signer as _, SigningKey};
use exchange::{ALICE, EPOCHS, Floor, NOW, SIZES, label, member, rng, seed};

fn main() {
    let mut rng = rng();
    let key = SigningKey::from_bytes(&seed(ALICE));
    for epochs in EPOCHS {
        let alice = member(ALICE, epochs);
        for size in SIZES {
            let frame = vec![7; size];
            let mut packet = Vec::new();
            let mut floor = Floor::new(size);
            timing::compare(
                &label("seal_frame", epochs, size),
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
