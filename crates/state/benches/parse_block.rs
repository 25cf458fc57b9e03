//! Reading a block from the server.
//!
//! Floor: one SHA-256 of the block, and one copy of it.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench"
)]

mod paired;

use std::hint::black_box;

use confcall_state::Block;
use sha2::{Digest as _, Sha256};

fn main() {
    let mut rng = paired::rng();
    for participants in paired::PARTICIPANTS {
        let (_, block) = paired::call(participants, &mut rng);
        let received = block.to_server();
        paired::compare(
            "parse_block",
            participants,
            || Block::from_server(black_box(&received)),
            || (Sha256::digest(black_box(&received)), received.clone()),
        );
    }
}
