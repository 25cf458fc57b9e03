use super::error::TrieError;
use crate::types::public_bytes;

public_bytes! {
    /// A key of the trie: 256 bits, counted from the most significant end of the first byte.
    TrieKey, 32
}

impl TrieKey {
    /// The size in bits, and so the length of the longest path.
    pub(super) const BITS: u16 = 256;

    /// True if the path of this key goes right at `position`.
    pub(super) fn goes_right(&self, position: u16) -> bool {
        bit(&self.0, position)
    }
}

impl TryFrom<&[u8]> for TrieKey {
    type Error = TrieError;

    fn try_from(bytes: &[u8]) -> Result<Self, TrieError> {
        let size = bytes.len();
        let bytes = bytes.try_into().map_err(|_| TrieError::KeySize { size })?;
        Ok(Self(bytes))
    }
}

/// The bit at `position`, counted from the most significant end of the first byte.
pub(super) fn bit(bytes: &[u8; 32], position: u16) -> bool {
    bytes
        .get(usize::from(position / 8))
        .is_some_and(|byte| byte & (0x80 >> (position % 8)) != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_32_bytes_make_a_key() {
        assert_eq!(
            TrieKey::try_from(&[7; 32][..]),
            Ok(TrieKey::from_bytes([7; 32]))
        );
        for size in [0, 31, 33] {
            assert_eq!(
                TrieKey::try_from(&vec![7; size][..]),
                Err(TrieError::KeySize { size })
            );
        }
    }
}
