use bip39::Language;

use crate::encryption::kdf;
use crate::types::BlockHash;

const WORDS: usize = 24;
const BITS: usize = 11;

/// The 24 words that name a block, from the English BIP-39 list.
///
/// They need nobody's commit: two people who read the same words have the same block (`spec/protocol.md`, 5).
pub fn words(block_hash: &BlockHash) -> [&'static str; WORDS] {
    let bytes = kdf(b"MnemonicVerificationWords", block_hash.as_bytes()).joined();
    let mut bits = bytes
        .iter()
        .flat_map(|byte| (0..8).map(move |at| byte >> at & 1));
    core::array::from_fn(|_| {
        let bits = bits.by_ref().take(BITS).enumerate();
        word(bits.fold(0, |number, (at, bit)| number | usize::from(bit) << at))
    })
}

#[expect(clippy::indexing_slicing, reason = "11 bits are below 2048")]
fn word(number: usize) -> &'static str {
    Language::English.word_list()[number]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bits_of_a_word_are_taken_from_the_least_significant_on() {
        let bytes = kdf(b"MnemonicVerificationWords", BlockHash::ZERO.as_bytes()).joined();
        let first = usize::from(bytes[0]) | usize::from(bytes[1] & 7) << 8;
        let second = usize::from(bytes[1] >> 3) | usize::from(bytes[2] & 0x3f) << 5;
        let words = words(&BlockHash::ZERO);
        assert_eq!(words[..2], [word(first), word(second)]);
    }
}
