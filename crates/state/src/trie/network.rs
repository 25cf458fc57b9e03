//! The network form: the nodes in the order self, left, right, and a pruned one by its hash.

use std::sync::Arc;

use super::bits::Bits;
use super::key::TrieKey;
use super::node::{INNER, Kind, LEAF, NODE, Node, write_leaf};
use crate::tl::{ReadError, ReadErrorKind, Reader, Writer};
use crate::types::KvHash;

const PRUNED: u32 = 3;

/// The network form of the empty trie.
const EMPTY: [u8; 4] = [0; 4];

pub(super) fn write(root: Option<&Node>) -> Vec<u8> {
    let mut writer = Writer::new();
    match root {
        Some(root) => write_node(root, &mut writer),
        None => writer.raw(&EMPTY),
    }
    writer.into_bytes()
}

fn write_node(node: &Node, writer: &mut Writer) {
    match &node.kind {
        Kind::Leaf { suffix, value } => write_leaf(suffix, value, writer),
        Kind::Inner {
            prefix,
            left,
            right,
        } => {
            writer.u32(INNER);
            prefix.write(writer);
            write_node(left, writer);
            write_node(right, writer);
        }
        Kind::Pruned => {
            writer.u32(PRUNED);
            writer.raw(node.hash.as_bytes());
        }
    }
}

pub(super) fn read(input: &[u8]) -> Result<Option<Arc<Node>>, ReadError> {
    if input == EMPTY {
        return Ok(None);
    }
    let mut reader = Reader::new(input);
    let root = read_node(&mut reader, 0)?;
    reader.finish("a trie")?;
    Ok(Some(root))
}

/// Reads the subtree whose paths start at `depth`.
///
/// Each inner node takes a bit of the path, so this calls itself at most 256 times.
fn read_node(reader: &mut Reader<'_>, depth: u16) -> Result<Arc<Node>, ReadError> {
    // Suffixes and prefixes must fit into a key; this also ends the recursion.
    let left_in_path = TrieKey::BITS.saturating_sub(depth);
    match reader.u32(NODE)? {
        LEAF => {
            let suffix = Bits::read(reader, |length| (length == left_in_path).then_some(depth))?;
            let value = reader.string("a value")?;
            Ok(Node::leaf(suffix, value.into()))
        }
        INNER => {
            let prefix = Bits::read(reader, |length| (length < left_in_path).then_some(depth))?;
            let left = read_node(reader, prefix.end() + 1)?;
            let right = read_node(reader, prefix.end() + 1)?;
            Ok(Node::inner(prefix, left, right))
        }
        PRUNED => {
            let hash = reader.raw("the hash of a pruned node")?;
            Ok(Node::pruned(KvHash::from_bytes(hash)))
        }
        found => {
            let what = NODE;
            Err(reader.error_before(4, ReadErrorKind::UnexpectedConstructor { what, found }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(input: &[u8]) -> ReadError {
        read(input).unwrap_err()
    }

    #[test]
    fn a_path_longer_than_a_key_is_refused() {
        // Each inner node takes one bit, at the alignment that it would have.
        let mut input = Vec::new();
        for depth in 0..100_000_u32 {
            let begin = depth % 8;
            input.extend([2, 0, 0, 0]);
            input.extend((begin << 16 | begin).to_le_bytes());
            input.extend(&[0; 4][..if begin == 0 { 0 } else { 4 }]);
        }
        // 256 nodes, of which every eighth has no byte of bits.
        let offset = 256 * 12 - 32 * 4;
        let error = refused(&input);
        assert_eq!(error.offset, offset + 4);
        assert!(matches!(error.kind, ReadErrorKind::InvalidValue { .. }));
    }

    #[test]
    fn an_empty_node_is_refused_below_the_root() {
        let mut input = vec![2, 0, 0, 0, 0, 0, 0, 0];
        input.extend([0; 4]);
        assert_eq!(
            refused(&input),
            ReadError {
                offset: 8,
                kind: ReadErrorKind::UnexpectedConstructor {
                    what: NODE,
                    found: 0
                }
            }
        );
    }

    #[test]
    fn a_leaf_that_does_not_end_with_the_key_is_refused() {
        assert_eq!(
            refused(&[1, 0, 0, 0, 8, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0]).offset,
            4
        );
    }

    #[test]
    fn trailing_bytes_are_refused() {
        let mut input = vec![3, 0, 0, 0];
        input.extend([7; 33]);
        let count = 1;
        let what = "a trie";
        assert_eq!(
            refused(&input),
            ReadError {
                offset: 36,
                kind: ReadErrorKind::TrailingBytes { what, count }
            }
        );
    }
}
