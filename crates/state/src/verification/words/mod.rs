use std::sync::LazyLock;

use crate::primitives::hmac_sha512;
use crate::types::BlockHash;

const WORDS: usize = 24;
const BITS: usize = 11;

/// The English list of BIP-39, as the crate `bip39` has it, in the public domain (CC0).
static ENGLISH: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("english.txt").lines().collect());

/// The 24 words that name a block, from the English BIP-39 list.
///
/// They wait for no commit: two people who read the same words have the same block (`spec/protocol.md`, 5).
pub fn words(block_hash: &BlockHash) -> [&'static str; WORDS] {
    let bytes = hmac_sha512(b"MnemonicVerificationWords", block_hash.as_bytes());
    // 264 of the 512 bits are used.
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
    ENGLISH[number]
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;

    #[test]
    fn the_list_is_the_english_one_of_bip_39() {
        assert_eq!(ENGLISH.len(), 2048);
        let digest: [u8; 32] = Sha256::digest(include_str!("english.txt")).into();
        assert_eq!(
            BlockHash::from_bytes(digest).to_string(),
            "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda"
        );
    }

    #[test]
    fn the_bits_of_a_word_are_taken_from_the_least_significant_on() {
        let bytes = hmac_sha512(b"MnemonicVerificationWords", BlockHash::ZERO.as_bytes());
        let first = usize::from(bytes[0]) | usize::from(bytes[1] & 7) << 8;
        let second = usize::from(bytes[1] >> 3) | usize::from(bytes[2] & 0x3f) << 5;
        let words = words(&BlockHash::ZERO);
        assert_eq!(words[..2], [word(first), word(second)]);
    }
}
