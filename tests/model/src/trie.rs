//! The hash of the key-value trie, computed from its entries (`spec/protocol.md`, 2.4).

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

/// The entries of the trie.
pub(crate) type Entries = BTreeMap<[u8; 32], Vec<u8>>;

/// The root hash.
pub(crate) fn hash(entries: &Entries) -> [u8; 32] {
    // From the entries alone each time: nothing is remembered that could be stale.
    let entries: Vec<_> = entries
        .iter()
        .map(|(key, value)| (bits_of(key), value.as_slice()))
        .collect();
    node(&entries, 0)
}

/// The hash of the subtree of these entries, whose paths are the same up to `depth`.
fn node(entries: &[(Vec<bool>, &[u8])], depth: usize) -> [u8; 32] {
    let bytes = match entries {
        [] => 0_u32.to_le_bytes().to_vec(),
        [(key, value)] => [
            1_u32.to_le_bytes().to_vec(),
            run(&key[depth..], depth),
            string(value),
        ]
        .concat(),
        [(first, _), ..] => {
            let differs = |at: &usize| entries.iter().any(|(key, _)| key[*at] != first[*at]);
            // Two keys differ somewhere, so the fallback is never used.
            let fork = (depth..256).find(differs).unwrap_or(256);
            let (left, right): (Vec<_>, Vec<_>) =
                entries.iter().cloned().partition(|(key, _)| !key[fork]);
            [
                2_u32.to_le_bytes().to_vec(),
                run(&first[depth..fork], depth),
                node(&left, fork + 1).to_vec(),
                node(&right, fork + 1).to_vec(),
            ]
            .concat()
        }
    };
    Sha256::digest(bytes).into()
}

fn bits_of(key: &[u8; 32]) -> Vec<bool> {
    let bit = |at: usize| key[at / 8] & (0x80 >> (at % 8)) != 0;
    (0..256).map(bit).collect()
}

/// A run of bits that starts at `position` of the key.
fn run(bits: &[bool], position: usize) -> Vec<u8> {
    let begin = position % 8;
    let end = begin + bits.len();
    let mut bytes = vec![0; end.div_ceil(8).next_multiple_of(4)];
    for (at, bit) in bits.iter().enumerate() {
        let place = begin + at;
        bytes[place / 8] |= u8::from(*bit) << (7 - place % 8);
    }
    let header = (begin << 16 | end) as u32;
    [header.to_le_bytes().to_vec(), bytes].concat()
}

fn string(value: &[u8]) -> Vec<u8> {
    let length = value.len() as u32;
    let mut bytes = match length {
        0..254 => vec![length as u8],
        _ => (length << 8 | 254).to_le_bytes().to_vec(),
    };
    bytes.extend_from_slice(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}
