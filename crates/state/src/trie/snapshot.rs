//! The snapshot form: the root's offset, then the nodes in the order left, right, self.
//!
//! The order leaves nothing open, so a snapshot is read from its first byte to its last, and the offsets in
//! it are compared with the places where the nodes were found. None of them is ever followed.

use std::sync::Arc;

use super::bits::Bits;
use super::error::TrieError;
use super::key::TrieKey;
use super::node::{INNER, Kind, LEAF, NODE, Node, write_leaf};
use crate::tl::{ReadError, ReadErrorKind, Reader, Writer};

/// The snapshot of the empty trie: its only node, of type 0, stands behind the offset.
const EMPTY: [u8; 12] = [8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

pub(super) fn write(root: Option<&Node>) -> Result<Vec<u8>, TrieError> {
    let Some(root) = root else {
        return Ok(EMPTY.to_vec());
    };
    let mut output = vec![0; 8];
    let offset = write_node(root, &mut output)?;
    if let Some(root_offset) = output.first_chunk_mut() {
        *root_offset = offset.to_le_bytes();
    }
    Ok(output)
}

/// Appends a subtree and returns the offset of its root.
fn write_node(node: &Node, output: &mut Vec<u8>) -> Result<u64, TrieError> {
    let mut writer = Writer::new();
    match &node.kind {
        Kind::Leaf { suffix, value } => write_leaf(suffix, value, &mut writer),
        Kind::Inner {
            prefix,
            left,
            right,
        } => {
            writer.u32(INNER);
            prefix.write(&mut writer);
            for child in [left, right] {
                writer.raw(&write_node(child, output)?.to_le_bytes());
                writer.raw(child.hash.as_bytes());
            }
        }
        Kind::Pruned => return Err(TrieError::Pruned),
    }
    let offset = output.len() as u64;
    output.extend(writer.into_bytes());
    Ok(offset)
}

/// A subtree that was read and waits for its parent.
struct Subtree {
    offset: u64,
    /// The bit at which its paths start.
    depth: u16,
    node: Arc<Node>,
}

pub(super) fn read(input: &[u8]) -> Result<Option<Arc<Node>>, ReadError> {
    if input == EMPTY {
        return Ok(None);
    }
    let mut reader = Reader::new(input);
    let root_offset = reader.raw("the root's offset").map(u64::from_le_bytes)?;
    let mut waiting = Vec::new();
    while reader.left() > 0 {
        let subtree = read_node(&mut reader, &mut waiting)?;
        waiting.push(subtree);
    }
    // Exactly one subtree may be left, and it must be the one that the first field points to.
    match (waiting.pop(), waiting.pop()) {
        (Some(root), None) if root.offset == root_offset && root.depth == 0 => Ok(Some(root.node)),
        _ => Err(ReadError {
            offset: 0,
            kind: ReadErrorKind::InvalidValue {
                what: "the root of a snapshot",
            },
        }),
    }
}

fn read_node(reader: &mut Reader<'_>, waiting: &mut Vec<Subtree>) -> Result<Subtree, ReadError> {
    let offset = reader.position() as u64;
    let (depth, node) = match reader.u32(NODE)? {
        LEAF => {
            let suffix = Bits::read(reader, |length| TrieKey::BITS.checked_sub(length))?;
            let value = reader.string("a value")?;
            (suffix.start(), Node::leaf(suffix, value.into()))
        }
        INNER => {
            let (Some(right), Some(left)) = (waiting.pop(), waiting.pop()) else {
                return Err(invalid(reader, 4, "an inner node before its children"));
            };
            let prefix = Bits::read(reader, |length| {
                let end = left.depth.checked_sub(1)?;
                (left.depth == right.depth)
                    .then_some(end)?
                    .checked_sub(length)
            })?;
            check_child(reader, &left)?;
            check_child(reader, &right)?;
            (prefix.start(), Node::inner(prefix, left.node, right.node))
        }
        found => {
            let what = NODE;
            return Err(
                reader.error_before(4, ReadErrorKind::UnexpectedConstructor { what, found })
            );
        }
    };
    Ok(Subtree {
        offset,
        depth,
        node,
    })
}

/// Reads what an inner node says about a child and compares it with the child that stands there.
fn check_child(reader: &mut Reader<'_>, child: &Subtree) -> Result<(), ReadError> {
    let what = "the offset of a child";
    if u64::from_le_bytes(reader.raw(what)?) != child.offset {
        return Err(invalid(reader, 8, what));
    }
    let what = "the hash of a child";
    if reader.raw(what)? != *child.node.hash.as_bytes() {
        return Err(invalid(reader, 32, what));
    }
    Ok(())
}

fn invalid(reader: &Reader<'_>, size: usize, what: &'static str) -> ReadError {
    reader.error_before(size, ReadErrorKind::InvalidValue { what })
}

#[cfg(test)]
mod tests {
    use super::super::Trie;
    use super::*;

    fn trie() -> Trie {
        let mut trie = Trie::new();
        for first in [0x00, 0x40, 0x80] {
            let key = TrieKey::from_bytes([first; 32]);
            trie.set(&key, b"value").unwrap();
        }
        trie
    }

    /// An inner node with an empty prefix at the start of a byte.
    fn inner_at_root(left: u64, right: u64) -> Vec<u8> {
        let mut node = vec![2, 0, 0, 0, 0, 0, 0, 0];
        for child in [left, right] {
            node.extend(child.to_le_bytes());
            node.extend([0; 32]);
        }
        node
    }

    fn refused(input: &[u8]) -> ReadErrorKind {
        read(input).unwrap_err().kind
    }

    #[test]
    fn a_node_that_is_its_own_child_is_refused() {
        let mut input = 8_u64.to_le_bytes().to_vec();
        input.extend(inner_at_root(8, 8));
        let what = "an inner node before its children";
        assert_eq!(refused(&input), ReadErrorKind::InvalidValue { what });
    }

    #[test]
    fn a_node_that_is_twice_a_child_is_refused() {
        let mut input = vec![0; 8];
        let mut child = write_node(trie().root.as_deref().unwrap(), &mut input).unwrap();
        for _ in 0..100 {
            let parent = input.len() as u64;
            input.extend(inner_at_root(child, child));
            child = parent;
        }
        input[..8].copy_from_slice(&child.to_le_bytes());
        let what = "an inner node before its children";
        assert_eq!(refused(&input), ReadErrorKind::InvalidValue { what });
    }

    #[test]
    fn a_path_longer_than_a_key_is_refused() {
        let root = trie().root.unwrap();
        let mut input = vec![0; 8];
        let children = [
            write_node(&root, &mut input).unwrap(),
            write_node(&root, &mut input).unwrap(),
        ];
        let offset = input.len();
        input[..8].copy_from_slice(&(offset as u64).to_le_bytes());
        input.extend([2, 0, 0, 0, 0, 0, 0, 0]);
        for child in children {
            input.extend(child.to_le_bytes());
            input.extend(root.hash.as_bytes());
        }
        let error = read(&input).unwrap_err();
        assert_eq!(error.offset, offset + 4);
        let what = "the bits of a trie node";
        assert_eq!(error.kind, ReadErrorKind::InvalidValue { what });
    }

    #[test]
    fn every_changed_offset_and_hash_is_refused() {
        let snapshot = trie().to_snapshot().unwrap();
        // The root is the last node: type, header of the prefix, then the children.
        let fields = snapshot.len() - 80..snapshot.len();
        for changed in (0..8).chain(fields) {
            let mut snapshot = snapshot.clone();
            snapshot[changed] ^= 1;
            assert!(read(&snapshot).is_err(), "byte {changed}");
        }
    }

    #[test]
    fn children_in_another_order_are_refused() {
        let snapshot = trie().to_snapshot().unwrap();
        let (nodes, root) = snapshot.split_at(snapshot.len() - 88);
        let right_child = u64::from_le_bytes(root[48..56].try_into().unwrap()) as usize;
        let mut swapped = nodes[..8].to_vec();
        swapped.extend(&nodes[right_child..]);
        swapped.extend(&nodes[8..right_child]);
        swapped.extend(root);
        assert!(read(&swapped).is_err());
    }

    #[test]
    fn trailing_and_missing_nodes_are_refused() {
        let snapshot = trie().to_snapshot().unwrap();
        for end in 0..snapshot.len() {
            assert!(read(&snapshot[..end]).is_err());
        }
        for trailing in [&[0; 4][..], &snapshot[8..]] {
            assert!(read(&[&snapshot, trailing].concat()).is_err());
        }
    }

    #[test]
    fn a_proof_has_no_snapshot() {
        let key = TrieKey::from_bytes([0; 32]);
        let proof = trie().prove(&[key]).unwrap();
        assert_eq!(proof.to_snapshot(), Err(TrieError::Pruned));
    }
}
