//! Building the block with which somebody joins a call.
//!
//! Floor, for each participant of the new group: one point decompression, one variable-base multiplication, two HMAC-SHA512, and
//! another under a key that is the same for all. The rest of a batch, which the floor leaves out, is little for each: a part of
//! one inversion, two blocks of AES.
//!
//! The floor is always that of the default build on one core. With `aws-lc-rs`, which needs no decompression, and with
//! `parallel` the ratio is what these features gain.

use std::hint::black_box;

use confcall_bench_support::{
    PARTICIPANTS, Reference, call, compare_calls, rng, time_reference_join,
};
use confcall_state::{JoinBlock, Joiner, PrivateKey, UserId};
use curve25519_dalek::edwards::CompressedEdwardsY;
use hmac::digest::InvalidLength;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha512;

fn main() -> Result<(), InvalidLength> {
    let mut rng = rng();
    let mut reference = Reference::start();
    for participants in PARTICIPANTS {
        let (_, tip) = call(participants - 1, &mut rng);
        if let Some(peer) = &mut reference {
            time_reference_join(peer, participants, &tip);
        }
        let joiner = Joiner::new(UserId::new(-7));
        let key = CompressedEdwardsY(*PrivateKey::generate(&mut rng).public_key().as_bytes());
        let scalar = [9; 32];
        let derive = |mac: Hmac<Sha512>| mac.chain_update(black_box(scalar)).finalize();
        let keyed = || Hmac::<Sha512>::new_from_slice(black_box(&scalar));
        let shared = keyed()?;
        compare_calls(
            "join_block",
            participants,
            || JoinBlock::add_self(&tip, joiner, &mut rng),
            || {
                for _ in 0..participants {
                    let point = black_box(key).decompress();
                    black_box(point.map(|point| point.mul_clamped(black_box(scalar))));
                    black_box(derive(shared.clone()));
                    let _ = black_box([keyed().map(derive), keyed().map(derive)]);
                }
            },
        );
    }
    Ok(())
}
