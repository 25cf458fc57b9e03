//! Reading a block from the server and applying it to a chain.
//!
//! Floor: one signature verification under a key that is parsed already, which hashes the block with SHA-512,
//! and one SHA-256 of the block.

use std::error::Error;
use std::hint::black_box;

use confcall_bench_support::{PARTICIPANTS, call, compare_calls, rng, signed_bytes};
use confcall_state::{Block, Chain, JoinBlock, Joiner, UserId};
use ed25519_dalek::{Signature, Verifier as _, VerifyingKey};
use sha2::{Digest as _, Sha256};

fn main() -> Result<(), Box<dyn Error>> {
    let mut rng = rng();
    for participants in PARTICIPANTS {
        let (_, tip) = call(participants - 1, &mut rng);
        let chain = Chain::start_from(&tip)?;
        let join = JoinBlock::add_self(&tip, Joiner::new(UserId::new(-7)), &mut rng)?;
        let received = join.block().to_server();
        // What is measured succeeds.
        let _ = chain.stage(&Block::from_server(&received)?)?;

        let key = VerifyingKey::from_bytes(join.public_key().as_bytes())?;
        let signature = Signature::from_bytes(join.block().fields().signature.as_bytes());
        let signed = signed_bytes(join.block().bytes());
        // The floor verifies what the block is signed over.
        key.verify(&signed, &signature)?;

        compare_calls(
            "apply_block",
            participants,
            || Block::from_server(black_box(&received)).map(|block| chain.stage(&block)),
            || {
                black_box(key.verify(black_box(&signed), &signature).is_ok());
                Sha256::digest(black_box(&signed))
            },
        );
    }
    Ok(())
}
