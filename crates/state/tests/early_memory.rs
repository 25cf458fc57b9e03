//! The memory that broadcasts for later blocks can take.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use confcall_state::keys::Signature;
use confcall_state::limits;
use confcall_state::verification::{EarlyBroadcasts, Received, RoundCounts};
use confcall_state::wire::{Broadcast, BroadcastContent};
use confcall_state::{BlockHash, Height, UserId};
use sha2::{Digest as _, Sha256};

/// A broadcast that was never said, in no order of any field.
fn forged(number: u64) -> Broadcast {
    let digest: [u8; 32] = Sha256::digest(number.to_le_bytes()).into();
    Broadcast {
        signature: Signature::ZERO,
        user_id: UserId::new(i64::from(digest[0])),
        height: Height::new(i32::from(digest[1] % 64)),
        block_hash: BlockHash::ZERO,
        content: BroadcastContent::Commit { nonce_hash: digest },
    }
}

#[test]
fn broadcasts_for_later_blocks_take_less_than_3_mib_however_many_come() {
    let mut counts = RoundCounts::new(EarlyBroadcasts::Keep);
    let mut kept = 0;
    let memory = allocation_counter::measure(|| {
        for number in 0..2 * limits::EARLY_BROADCASTS as u64 {
            let received = counts.receive(&forged(number));
            kept += u64::from(received == Ok(Received::Kept));
        }
    });
    assert!(kept >= limits::EARLY_BROADCASTS as u64);
    assert!(memory.bytes_max < 3 << 20, "{memory:?}");
}
