use thiserror::Error;

/// The trie could not do what it was asked for, and is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TrieError {
    /// A key that is not 32 bytes long.
    #[error("a key of the trie has 32 bytes, not {size}")]
    KeySize {
        /// The number of bytes.
        size: usize,
    },
    /// Something in a part of the trie of which a proof has only the hash.
    #[error("the proof leaves out the part of the trie that is needed")]
    Pruned,
}
