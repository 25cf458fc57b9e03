//! The bodies of the fuzz targets for what this crate reads; each panics where a law of its reader does not hold.
//!
//! They stand behind `cfg(any(fuzzing, confcall_testing))`: crates that depend on this one cannot turn them on, and
//! the tests and lints of this workspace see them.

use crate::chain::Chain;
use crate::tl::ReadError;
use crate::trie::{Trie, TrieKey};
use crate::wire::{Block, Broadcast};

/// A block in either form has one canonical form, to which its hash belongs.
pub fn block(data: &[u8]) {
    for read in [Block::parse(data), Block::from_server(data)] {
        check_offset(&read, data);
        let Ok(block) = read else { continue };
        let again = Block::parse(block.bytes());
        let again = again.as_ref();
        assert_eq!(again.map(Block::fields), Ok(block.fields()));
        assert_eq!(again.map(Block::hash), Ok(block.hash()));
        assert_eq!(again.map(Block::bytes), Ok(block.bytes()));
        let served = Block::from_server(&block.to_server());
        assert_eq!(served.as_ref(), again, "both forms hold the same block");
        follow(&block);
    }
    if let Ok(block) = Block::parse(data) {
        let is_canonical = block.bytes() == data;
        assert_eq!(block.deviations().is_empty(), is_canonical);
    }
}

/// Puts a block on chains of both modes, signed or not.
fn follow(block: &Block) {
    for mut chain in [Chain::full(), Chain::client()] {
        let before = chain.state().clone();
        if chain.apply(block).is_err() {
            assert_eq!(chain.state(), &before, "a refused block changes nothing");
        }
    }
    if let Ok(chain) = Chain::start_from(block) {
        assert_eq!(chain.state().hash(), block.hash());
        assert_eq!(chain.state().height(), block.height());
    }
}

/// A broadcast has one form only, in which it is written back.
pub fn broadcast(data: &[u8]) {
    let read = Broadcast::parse(data);
    check_offset(&read, data);
    if let Ok(broadcast) = read {
        assert_eq!(broadcast.to_bytes(), data);
    }
    let read = Broadcast::from_server(data);
    check_offset(&read, data);
    if let Ok(broadcast) = read {
        assert_eq!(broadcast.to_server(), data);
        assert_eq!(Broadcast::parse(&broadcast.to_bytes()), Ok(broadcast));
    }
}

/// A proof is written back to the same proof, and answers as its own parts do.
pub fn trie_proof(data: &[u8]) {
    let read = Trie::from_network(data);
    check_offset(&read, data);
    let Ok(trie) = read else { return };
    let again = Trie::from_network(&trie.to_network());
    assert_eq!(again.as_ref().map(Trie::hash), Ok(trie.hash()));
    assert_eq!(again.as_ref(), Ok(&trie));
    for key in keys(data) {
        ask(&trie, &key);
    }
}

/// Checks that a part of a trie, and the trie with another value, answer as they must.
fn ask(trie: &Trie, key: &TrieKey) {
    let mut changed = trie.clone();
    match trie.prove(&[*key]) {
        Ok(proof) => {
            assert_eq!(proof.hash(), trie.hash());
            assert_eq!(proof.value(key), trie.value(key));
            let mut proof = proof;
            assert_eq!(proof.set(key, b"new"), changed.set(key, b"new"));
            assert_eq!(proof.hash(), changed.hash());
            assert_eq!(proof.value(key), Ok(&b"new"[..]));
        }
        Err(pruned) => {
            assert_eq!(trie.value(key), Err(pruned));
            assert_eq!(changed.set(key, b"new"), Err(pruned));
            assert_eq!(&changed, trie, "a refused change changes nothing");
        }
    }
}

/// A snapshot is whole, and is written back byte for byte unless its values were padded or counted in another form.
pub fn trie_snapshot(data: &[u8]) {
    let read = Trie::from_snapshot(data);
    check_offset(&read, data);
    let Ok(trie) = read else { return };
    let written = trie.to_snapshot();
    let again = written.as_deref().map(Trie::from_snapshot);
    assert_eq!(again, Ok(Ok(trie.clone())), "a snapshot leaves nothing out");
    assert_eq!(Trie::from_network(&trie.to_network()), Ok(trie.clone()));
    for key in keys(data) {
        ask(&trie, &key);
    }
}

/// Keys to ask for, of which the last two are likely to lead somewhere.
fn keys(data: &[u8]) -> impl Iterator<Item = TrieKey> {
    let ends = [data.last_chunk().copied(), data.first_chunk().copied()];
    let ends = ends.into_iter().flatten();
    let all = [[0; 32], [0xff; 32]].into_iter().chain(ends);
    all.map(TrieKey::from_bytes)
}

fn check_offset<T>(read: &Result<T, ReadError>, data: &[u8]) {
    if let Err(error) = read {
        assert!(error.offset <= data.len(), "{error}");
    }
}
