use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::bits::Bits;
use super::error::TrieError;
use super::key::TrieKey;
use crate::tl::Writer;
use crate::types::KvHash;

pub(super) const LEAF: u32 = 1;
pub(super) const INNER: u32 = 2;

/// The name of a node in errors.
#[cfg(feature = "full")]
pub(super) const NODE: &str = "a trie node";

/// A subtree that is not empty, with its hash.
///
/// Nodes never change: a new trie shares with the old one all that is off the path that was set.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) hash: KvHash,
    pub(super) kind: Kind,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The only key below here, and its value.
    Leaf { suffix: Bits, value: Arc<[u8]> },
    /// The keys below here share `prefix`; the bit after it is the side to which they go.
    Inner {
        prefix: Bits,
        left: Arc<Node>,
        right: Arc<Node>,
    },
    /// Keys that a proof leaves out.
    Pruned,
}

impl Node {
    pub(super) fn leaf(suffix: Bits, value: Arc<[u8]>) -> Arc<Self> {
        let mut writer = Writer::new();
        write_leaf(&suffix, &value, &mut writer);
        Arc::new(Self {
            hash: sha256(writer),
            kind: Kind::Leaf { suffix, value },
        })
    }

    pub(super) fn inner(prefix: Bits, left: Arc<Self>, right: Arc<Self>) -> Arc<Self> {
        let mut writer = Writer::new();
        writer.u32(INNER);
        prefix.write(&mut writer);
        writer.raw(left.hash.as_bytes());
        writer.raw(right.hash.as_bytes());
        Arc::new(Self {
            hash: sha256(writer),
            kind: Kind::Inner {
                prefix,
                left,
                right,
            },
        })
    }

    // The hash is believed here: a proof is accepted only if its root has the hash that the chain knows.
    pub(super) fn pruned(hash: KvHash) -> Arc<Self> {
        let kind = Kind::Pruned;
        Arc::new(Self { hash, kind })
    }

    /// The value of `key`, which has come as far as this node.
    pub(super) fn value(&self, key: &TrieKey) -> Result<&[u8], TrieError> {
        match &self.kind {
            Kind::Pruned => Err(TrieError::Pruned),
            Kind::Leaf { suffix, value } if suffix.fork(key).is_none() => Ok(value),
            Kind::Inner {
                prefix,
                left,
                right,
            } if prefix.fork(key).is_none() => {
                if key.goes_right(prefix.end()) {
                    right.value(key)
                } else {
                    left.value(key)
                }
            }
            Kind::Leaf { .. } | Kind::Inner { .. } => Ok(&[]),
        }
    }

    /// This subtree with `key`, which has come as far as this node, set to `value`.
    pub(super) fn with(&self, key: &TrieKey, value: Arc<[u8]>) -> Result<Arc<Self>, TrieError> {
        match &self.kind {
            Kind::Pruned => Err(TrieError::Pruned),
            Kind::Leaf { suffix, value: old } => Ok(match suffix.fork(key) {
                None => Self::leaf(*suffix, value),
                Some(at) => {
                    let old = Self::leaf(suffix.after(at), old.clone());
                    Self::forked(suffix.before(at), old, key, value)
                }
            }),
            Kind::Inner {
                prefix,
                left,
                right,
            } => Ok(match prefix.fork(key) {
                None if key.goes_right(prefix.end()) => {
                    Self::inner(*prefix, left.clone(), right.with(key, value)?)
                }
                None => Self::inner(*prefix, left.with(key, value)?, right.clone()),
                Some(at) => {
                    let old = Self::inner(prefix.after(at), left.clone(), right.clone());
                    Self::forked(prefix.before(at), old, key, value)
                }
            }),
        }
    }

    /// The node at which the path of a new key leaves that of the `old` ones.
    fn forked(prefix: Bits, old: Arc<Self>, key: &TrieKey, value: Arc<[u8]>) -> Arc<Self> {
        let new = Self::leaf(Bits::suffix(key, prefix.end() + 1), value);
        if key.goes_right(prefix.end()) {
            Self::inner(prefix, old, new)
        } else {
            Self::inner(prefix, new, old)
        }
    }

    /// This subtree without all that is not needed for `keys`, which have come as far as this node.
    pub(super) fn proof(self: &Arc<Self>, mut keys: Vec<&TrieKey>) -> Result<Arc<Self>, TrieError> {
        if keys.is_empty() {
            return Ok(Self::pruned(self.hash));
        }
        match &self.kind {
            Kind::Pruned => Err(TrieError::Pruned),
            // It stays even if it is another key's: it shows that the asked one has no value (2.4).
            Kind::Leaf { .. } => Ok(self.clone()),
            Kind::Inner {
                prefix,
                left,
                right,
            } => {
                keys.retain(|key| prefix.fork(key).is_none());
                let (to_right, to_left) = keys.iter().partition(|key| key.goes_right(prefix.end()));
                let kind = Kind::Inner {
                    prefix: *prefix,
                    left: left.proof(to_left)?,
                    right: right.proof(to_right)?,
                };
                let hash = self.hash;
                Ok(Arc::new(Self { hash, kind }))
            }
        }
    }
}

/// Writes a leaf, which has the same form wherever it is written or hashed.
pub(super) fn write_leaf(suffix: &Bits, value: &[u8], writer: &mut Writer) {
    writer.u32(LEAF);
    suffix.write(writer);
    writer.string(value);
}

fn sha256(writer: Writer) -> KvHash {
    KvHash::from_bytes(Sha256::digest(writer.into_bytes()).into())
}
