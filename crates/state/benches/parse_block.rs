//! Reading a block from the server.
//!
//! Floor: one SHA-256 of the block, and one copy of it.

use std::hint::black_box;

use confcall_bench_support::{PARTICIPANTS, call, compare_calls, rng};
use confcall_state::Block;
use sha2::{Digest as _, Sha256};

fn main() {
    let mut rng = rng();
    for participants in PARTICIPANTS {
        let (_, block) = call(participants, &mut rng);
        let received = block.to_server();
        compare_calls(
            "parse_block",
            participants,
            || Block::from_server(black_box(&received)),
            || (Sha256::digest(black_box(&received)), received.clone()),
        );
    }
}
