mod table;

use core::fmt;

use crate::primitives::hmac_sha512;
use crate::types::{BlockHash, byte_string};
use table::EMOJI;

byte_string! {
    /// The hash that all members of a call come to together; who sees the same emoji is in the same call.
    EmojiHash, 64
}

impl EmojiHash {
    /// The hash of the nonces that all members have revealed for a block.
    pub(super) fn of(mut nonces: Vec<[u8; 32]>, block_hash: &BlockHash) -> Self {
        // Bytewise, so that everyone joins them in one order whatever came first (5).
        nonces.sort_unstable();
        Self(hmac_sha512(nonces.as_flattened(), block_hash.as_bytes()))
    }

    /// The four emoji to compare, the first 8 bytes being those of the first.
    ///
    /// Implements `spec/protocol.md`, 5.
    pub fn emoji(&self) -> [&'static str; 4] {
        let (numbers, _) = self.0.as_chunks();
        let mut numbers = numbers.iter().copied().map(u64::from_be_bytes);
        core::array::from_fn(|_| numbers.next().map_or("", emoji))
    }
}

impl fmt::Display for EmojiHash {
    /// The four emoji, with spaces between.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.emoji().join(" "))
    }
}

#[expect(
    clippy::indexing_slicing,
    reason = "a remainder is below the length of the table"
)]
fn emoji(number: u64) -> &'static str {
    let at = (number & (u64::MAX >> 1)) % EMOJI.len() as u64;
    EMOJI[at as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_333_different_emoji() {
        let mut all = EMOJI.to_vec();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 333);
    }

    #[test]
    fn the_highest_bit_of_a_number_does_not_count() {
        let mut bytes = [0; 64];
        bytes[15] = 1;
        bytes[16] = 0x80;
        bytes[55] = 77;
        let emoji = EmojiHash::from_bytes(bytes).emoji();
        assert_eq!(emoji, [EMOJI[0], EMOJI[1], EMOJI[0], EMOJI[0]]);
        let shown = EmojiHash::from_bytes(bytes).to_string();
        assert_eq!(shown, emoji.join(" "));
    }

    #[test]
    fn the_nonces_are_the_key_and_their_order_does_not_count() {
        let hash = BlockHash::from_bytes([3; 32]);
        let one = EmojiHash::of(vec![[1; 32], [2; 32]], &hash);
        assert_eq!(one, EmojiHash::of(vec![[2; 32], [1; 32]], &hash));
        let key = [[1; 32], [2; 32]].concat();
        assert_eq!(one.as_bytes(), &hmac_sha512(&key, hash.as_bytes()));
    }
}
