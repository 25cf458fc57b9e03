//! The key-value trie, whose root hash stands in every state proof as `kv_hash`.
//!
//! It is a binary Merkle trie over 256-bit keys, in which a run of bits that all keys below share is one
//! node. A key's path goes left for a 0 and right for a 1, from the most significant bit of its first byte.
//!
//! ```text
//!            inner "01"            leaf    suffix, value
//!           0 /     \ 1            inner   prefix, left, right; the bit between is the side
//!    leaf "1101.."  inner ""       pruned  the hash of keys that a proof leaves out
//!                  0 /   \ 1
//!        leaf "0110.."   pruned
//! ```
//!
//! Implements `spec/protocol.md`, 2.4.

mod bits;
mod error;
mod key;
#[cfg(feature = "full")]
mod network;
mod node;
#[cfg(feature = "full")]
mod snapshot;

use std::sync::Arc;

#[cfg(feature = "full")]
use crate::tl::ReadError;
use crate::types::KvHash;
use bits::Bits;
pub use error::TrieError;
pub use key::TrieKey;
use node::Node;

/// The key-value trie, or a proof: the same trie without the parts that are not needed for some keys.
///
/// Cloning costs nothing, and a clone that is changed shares with the original all nodes that are the same.
/// Two are equal if they hold the same entries and leave out the same parts; a proof is not equal to the
/// trie that it was made from, though their hashes are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trie {
    root: Option<Arc<Node>>,
}

impl Trie {
    /// The trie without any entry.
    pub const fn new() -> Self {
        Self { root: None }
    }

    /// The root hash.
    pub fn hash(&self) -> KvHash {
        self.root.as_ref().map_or(KvHash::EMPTY, |root| root.hash)
    }

    /// The value of `key`, empty if it has none.
    ///
    /// # Errors
    ///
    /// [`TrieError::Pruned`]
    pub fn value(&self, key: &TrieKey) -> Result<&[u8], TrieError> {
        self.root.as_ref().map_or(Ok(&[]), |root| root.value(key))
    }

    /// Sets `key` to `value`; an empty value is stored like any other.
    ///
    /// # Errors
    ///
    /// [`TrieError::Pruned`]
    pub fn set(&mut self, key: &TrieKey, value: &[u8]) -> Result<(), TrieError> {
        let value = value.into();
        self.root = Some(match &self.root {
            Some(root) => root.with(key, value)?,
            None => Node::leaf(Bits::suffix(key, 0), value),
        });
        Ok(())
    }

    /// The same trie without the parts that are not needed to read or set `keys`.
    ///
    /// # Errors
    ///
    /// [`TrieError::Pruned`] if this is a proof without one of them.
    pub fn prove(&self, keys: &[TrieKey]) -> Result<Self, TrieError> {
        let root = self.root.as_ref();
        let root = root.map(|root| root.proof(keys.iter().collect()));
        Ok(Self {
            root: root.transpose()?,
        })
    }
}

/// The forms in which a trie is sent and stored.
#[cfg(feature = "full")]
impl Trie {
    /// The form in which a proof is sent.
    pub fn to_network(&self) -> Vec<u8> {
        network::write(self.root.as_deref())
    }

    /// Reads a trie or proof that was sent; what it proves depends on its [`hash`](Self::hash).
    ///
    /// Values are read as leniently as any TL string, and bits of paths that do not count are passed over.
    ///
    /// # Errors
    ///
    /// [`ReadError`]
    pub fn from_network(input: &[u8]) -> Result<Self, ReadError> {
        network::read(input).map(|root| Self { root })
    }

    /// The form in which a whole trie is stored, with hashes and offsets of its nodes.
    ///
    /// # Errors
    ///
    /// [`TrieError::Pruned`] if this is a proof that leaves something out.
    pub fn to_snapshot(&self) -> Result<Vec<u8>, TrieError> {
        snapshot::write(self.root.as_deref())
    }

    /// Reads a trie that was stored, and checks all hashes and offsets in it.
    ///
    /// # Errors
    ///
    /// [`ReadError`]
    pub fn from_snapshot(input: &[u8]) -> Result<Self, ReadError> {
        snapshot::read(input).map(|root| Self { root })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;
    use proptest::sample::Index;
    use sha2::{Digest, Sha256};

    use super::*;

    type Entries = BTreeMap<TrieKey, Vec<u8>>;

    /// Keys that leave one another's paths at any bit.
    fn key() -> impl Strategy<Value = TrieKey> {
        let flips = vec(any::<u8>(), 0..3);
        (any::<bool>(), flips).prop_map(|(ones, flips)| {
            let mut bytes = if ones { [0xff; 32] } else { [0; 32] };
            for flip in flips {
                bytes[usize::from(flip / 8)] ^= 0x80 >> (flip % 8);
            }
            TrieKey::from_bytes(bytes)
        })
    }

    fn value() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![vec(any::<u8>(), 0..6), vec(any::<u8>(), 250..260)]
    }

    fn entries() -> impl Strategy<Value = Entries> {
        btree_map(key(), value(), 0..12)
    }

    fn trie<'a>(entries: impl IntoIterator<Item = (&'a TrieKey, &'a Vec<u8>)>) -> Trie {
        let mut trie = Trie::new();
        for (key, value) in entries {
            trie.set(key, value).unwrap();
        }
        trie
    }

    #[test]
    fn the_empty_trie_has_the_hash_of_its_network_form() {
        let empty = Trie::new();
        let hash = Sha256::digest(empty.to_network()).into();
        assert_eq!(empty.hash(), KvHash::from_bytes(hash));
        assert_eq!(Trie::from_network(&empty.to_network()), Ok(empty.clone()));
        assert_eq!(
            Trie::from_snapshot(&empty.to_snapshot().unwrap()),
            Ok(empty.clone())
        );
        let key = TrieKey::from_bytes([0; 32]);
        assert_eq!(empty.prove(&[key]), Ok(empty.clone()));
        assert_eq!(empty.value(&key), Ok(&[][..]));
    }

    #[test]
    fn an_empty_value_is_an_entry() {
        let mut trie = Trie::new();
        trie.set(&TrieKey::from_bytes([0; 32]), &[]).unwrap();
        assert_ne!(trie.hash(), KvHash::EMPTY);
    }

    #[test]
    fn keys_that_differ_in_the_last_bit_have_leaves_without_a_suffix() {
        let mut last = [0; 32];
        last[31] = 1;
        let keys = [TrieKey::from_bytes([0; 32]), TrieKey::from_bytes(last)];
        let mut trie = Trie::new();
        trie.set(&keys[1], b"right").unwrap();
        trie.set(&keys[0], b"left").unwrap();
        assert_eq!(trie.value(&keys[0]), Ok(&b"left"[..]));
        assert_eq!(trie.value(&keys[1]), Ok(&b"right"[..]));
        assert_eq!(Trie::from_network(&trie.to_network()), Ok(trie));
    }

    #[test]
    fn a_path_may_fork_at_every_bit() {
        let zero = TrieKey::from_bytes([0; 32]);
        let mut entries = Entries::from([(zero, b"zero".to_vec())]);
        for position in 0..=255_u8 {
            let mut bytes = [0; 32];
            bytes[usize::from(position / 8)] = 0x80 >> (position % 8);
            entries.insert(TrieKey::from_bytes(bytes), vec![position]);
        }
        let trie = trie(&entries);
        let proof = trie.prove(&[zero]).unwrap();
        assert_eq!(proof.value(&zero), Ok(&b"zero"[..]));
        assert_eq!(Trie::from_network(&proof.to_network()), Ok(proof));
        let snapshot = trie.to_snapshot().unwrap();
        assert_eq!(Trie::from_snapshot(&snapshot), Ok(trie));
    }

    proptest! {
        #[test]
        fn the_last_value_set_is_read_and_an_absent_one_is_empty(
            sets in vec((key(), value()), 0..16),
            absent in key(),
        ) {
            let trie = trie(sets.iter().map(|(key, value)| (key, value)));
            let entries: Entries = sets.into_iter().collect();
            for (key, value) in &entries {
                prop_assert_eq!(trie.value(key), Ok(&value[..]));
            }
            let expected = entries.get(&absent).map_or(&[][..], Vec::as_slice);
            prop_assert_eq!(trie.value(&absent), Ok(expected));
        }

        #[test]
        fn any_order_of_sets_makes_the_same_trie(
            (entries, shuffled) in entries().prop_flat_map(|entries| {
                let shuffled = entries.clone().into_iter().collect::<Vec<_>>();
                (Just(entries), Just(shuffled).prop_shuffle())
            }),
        ) {
            let shuffled = trie(shuffled.iter().map(|(key, value)| (key, value)));
            prop_assert_eq!(trie(&entries), shuffled);
        }

        #[test]
        fn a_change_of_a_clone_leaves_the_original(entries in entries(), key in key()) {
            let original = trie(&entries);
            let mut clone = original.clone();
            clone.set(&key, b"a value that no entry has").unwrap();
            prop_assert_ne!(clone.hash(), original.hash());
            prop_assert_eq!(original, trie(&entries));
        }

        #[test]
        fn what_is_written_is_read_back(entries in entries(), asked in vec(key(), 0..3)) {
            let trie = trie(&entries);
            let proof = trie.prove(&asked).unwrap();
            prop_assert_eq!(proof.hash(), trie.hash());
            prop_assert_eq!(Trie::from_network(&proof.to_network()), Ok(proof));
            prop_assert_eq!(Trie::from_network(&trie.to_network()), Ok(trie.clone()));
            prop_assert_eq!(Trie::from_snapshot(&trie.to_snapshot().unwrap()), Ok(trie));
        }

        #[test]
        fn a_proof_answers_what_was_asked_and_refuses_what_it_leaves_out(
            entries in entries(),
            asked in vec(key(), 0..4),
        ) {
            let trie = trie(&entries);
            let proof = trie.prove(&asked).unwrap();
            for key in &asked {
                prop_assert_eq!(proof.value(key), trie.value(key));
            }
            for key in entries.keys() {
                match proof.value(key) {
                    Ok(value) => prop_assert_eq!(Ok(value), trie.value(key)),
                    Err(error) => {
                        prop_assert_eq!(error, TrieError::Pruned);
                        prop_assert_eq!(proof.prove(&[*key]), Err(TrieError::Pruned));
                        let mut changed = proof.clone();
                        prop_assert_eq!(changed.set(key, &[]), Err(TrieError::Pruned));
                        prop_assert_eq!(&changed, &proof);
                    }
                }
            }
        }

        #[test]
        fn a_proof_keeps_no_entry_but_those_on_the_asked_paths(entries in entries(), asked in key()) {
            let proof = trie(&entries).prove(&[asked]).unwrap();
            let kept = entries.keys().filter(|key| proof.value(key).is_ok());
            prop_assert!(kept.count() <= 1);
        }

        #[test]
        fn setting_through_a_proof_makes_the_hash_of_the_whole_trie(
            entries in entries(),
            sets in vec((key(), value()), 1..4),
        ) {
            let mut trie = trie(&entries);
            let asked: Vec<TrieKey> = sets.iter().map(|(key, _)| *key).collect();
            let mut proof = trie.prove(&asked).unwrap();
            for (key, value) in &sets {
                trie.set(key, value).unwrap();
                proof.set(key, value).unwrap();
                prop_assert_eq!(proof.hash(), trie.hash());
            }
        }

        #[test]
        fn arbitrary_bytes_are_an_error_or_a_trie_that_is_written_back(input: Vec<u8>) {
            if let Ok(trie) = Trie::from_network(&input) {
                prop_assert_eq!(Trie::from_network(&trie.to_network()), Ok(trie));
            }
            if let Ok(trie) = Trie::from_snapshot(&input) {
                prop_assert_eq!(Trie::from_snapshot(&trie.to_snapshot().unwrap()), Ok(trie));
            }
        }

        #[test]
        fn a_damaged_form_is_never_another_trie_with_the_same_hash(
            entries in entries(),
            asked in vec(key(), 0..3),
            at: Index,
            flip in 1..=255_u8,
        ) {
            let damaged = |mut bytes: Vec<u8>| {
                let at = at.index(bytes.len());
                bytes[at] ^= flip;
                bytes
            };
            let trie = trie(&entries);
            let proof = trie.prove(&asked).unwrap();
            if let Ok(read) = Trie::from_network(&damaged(proof.to_network())) {
                prop_assert!(read == proof || read.hash() != proof.hash());
                prop_assert_eq!(Trie::from_network(&read.to_network()), Ok(read));
            }
            if let Ok(read) = Trie::from_snapshot(&damaged(trie.to_snapshot().unwrap())) {
                prop_assert!(read == trie || read.hash() != trie.hash());
                prop_assert_eq!(Trie::from_snapshot(&read.to_snapshot().unwrap()), Ok(read));
            }
        }
    }
}
