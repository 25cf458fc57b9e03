//! Building the block with which somebody joins a call.
//!
//! Floor, for each participant of the new group: one point decompression, one variable-base multiplication,
//! three HMAC-SHA512.

use std::hint::black_box;

use confcall_bench_support::{PARTICIPANTS, call, compare_calls, rng};
use confcall_state::{JoinBlock, Joiner, PrivateKey, UserId};
use curve25519_dalek::edwards::CompressedEdwardsY;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha512;

fn main() {
    let mut rng = rng();
    for participants in PARTICIPANTS {
        let (_, tip) = call(participants - 1, &mut rng);
        let joiner = Joiner::new(UserId::new(-7));
        let key = CompressedEdwardsY(*PrivateKey::generate(&mut rng).public_key().as_bytes());
        let scalar = [9; 32];
        compare_calls(
            "join_block",
            participants,
            || JoinBlock::add_self(&tip, joiner, &mut rng),
            || {
                for _ in 0..participants {
                    let point = black_box(key).decompress();
                    black_box(point.map(|point| point.mul_clamped(black_box(scalar))));
                    for _ in 0..3 {
                        let mac = Hmac::<Sha512>::new_from_slice(black_box(&scalar));
                        let mac = mac.map(|mac| mac.chain_update(black_box(scalar)).finalize());
                        let _ = black_box(mac);
                    }
                }
            },
        );
    }
}
