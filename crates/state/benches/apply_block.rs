//! Reading a block from the server and applying it to a chain.
//!
//! Floor: one signature verification under a key that is parsed already, which hashes the block with SHA-512,
//! and one SHA-256 of the block.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench"
)]

mod paired;

use std::hint::black_box;

use confcall_state::{Block, Chain, JoinBlock, Joiner, UserId};
use ed25519_dalek::{Signature, Verifier as _, VerifyingKey};
use sha2::{Digest as _, Sha256};

fn main() {
    let mut rng = paired::rng();
    for participants in paired::PARTICIPANTS {
        let (_, tip) = paired::call(participants - 1, &mut rng);
        let chain = Chain::start_from(&tip).expect("a whole state");
        let join = JoinBlock::add_self(&tip, Joiner::new(UserId::new(-7)), &mut rng);
        let join = join.expect("anybody may join");
        let received = join.block().to_server();

        let key = VerifyingKey::from_bytes(join.public_key().as_bytes()).expect("a public key");
        let signature = Signature::from_bytes(join.block().fields().signature.as_bytes());
        let mut signed = join.block().bytes().to_vec();
        signed[4..68].fill(0);
        key.verify(&signed, &signature)
            .expect("the floor verifies what the block is signed over");

        paired::compare(
            "apply_block",
            participants,
            || {
                let block = Block::from_server(black_box(&received)).expect("a block");
                chain.stage(&block).expect("the next block")
            },
            || {
                black_box(key.verify(black_box(&signed), &signature).is_ok());
                Sha256::digest(black_box(&signed))
            },
        );
    }
}
