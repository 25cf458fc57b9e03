//! The key-value trie and its proofs (`spec/protocol.md`, 2.4).

use confcall_state::KvHash;
use confcall_state::trie::{Trie, TrieError, TrieKey};
use serde::{Deserialize, Serialize};

use super::objects::Peer;
use super::refusal::Refusal;
use super::request::{Nothing, operations};
use crate::hex_bytes::{Array, Bytes};

operations!(empty_kv_hash kv kv_proof_get kv_proof_set);

#[derive(Serialize)]
struct Hash {
    hash: Array<32>,
}

fn hash(hash: KvHash) -> Array<32> {
    Array(*hash.as_bytes())
}

fn empty_kv_hash(_: &mut Peer, _: Nothing) -> Result<Hash, Refusal> {
    let hash = hash(Trie::new().hash());
    Ok(Hash { hash })
}

#[derive(Deserialize)]
struct KvRequest {
    sets: Vec<(Bytes, Bytes)>,
    prove: Option<Vec<Bytes>>,
}

#[derive(Serialize)]
struct Kv {
    /// After each set.
    hashes: Vec<Array<32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<Bytes>,
    snapshot: Bytes,
}

fn kv(_: &mut Peer, request: KvRequest) -> Result<Kv, Refusal> {
    let mut trie = Trie::new();
    let hashes = set(&mut trie, &request.sets)?;
    let proof = request.prove.map(|keys| prove(&trie, &keys)).transpose()?;
    Ok(Kv {
        hashes,
        proof,
        snapshot: Bytes(trie.to_snapshot()?),
    })
}

#[derive(Deserialize)]
struct GetRequest {
    proof: Bytes,
    keys: Vec<Bytes>,
}

#[derive(Serialize)]
struct Values {
    hash: Array<32>,
    /// None where the proof leaves the value out.
    values: Vec<Option<Bytes>>,
}

fn kv_proof_get(_: &mut Peer, request: GetRequest) -> Result<Values, Refusal> {
    let proof = Trie::from_network(&request.proof.0)?;
    let keys = keys(&request.keys)?;
    let values: Result<_, _> = keys.iter().map(|key| proven(&proof, key)).collect();
    Ok(Values {
        hash: hash(proof.hash()),
        values: values?,
    })
}

#[derive(Deserialize)]
struct SetRequest {
    proof: Bytes,
    sets: Vec<(Bytes, Bytes)>,
}

fn kv_proof_set(_: &mut Peer, request: SetRequest) -> Result<Hash, Refusal> {
    let mut proof = Trie::from_network(&request.proof.0)?;
    set(&mut proof, &request.sets)?;
    let hash = hash(proof.hash());
    Ok(Hash { hash })
}

/// The proof of some keys, as it is sent.
pub(super) fn prove(trie: &Trie, asked: &[Bytes]) -> Result<Bytes, Refusal> {
    let proof = trie.prove(&keys(asked)?)?;
    Ok(Bytes(proof.to_network()))
}

/// Sets values one after the other; gives the hash after each.
fn set(trie: &mut Trie, sets: &[(Bytes, Bytes)]) -> Result<Vec<Array<32>>, TrieError> {
    let sets = sets.iter().map(|(key, value)| {
        trie.set(&TrieKey::try_from(key.0.as_slice())?, &value.0)?;
        Ok(hash(trie.hash()))
    });
    sets.collect()
}

fn keys(asked: &[Bytes]) -> Result<Vec<TrieKey>, TrieError> {
    let keys = asked.iter().map(|key| TrieKey::try_from(key.0.as_slice()));
    keys.collect()
}

fn proven(proof: &Trie, key: &TrieKey) -> Result<Option<Bytes>, TrieError> {
    match proof.value(key) {
        Ok(value) => Ok(Some(Bytes(value.to_vec()))),
        // A value that the proof leaves out is an answer, not a failure.
        Err(TrieError::Pruned) => Ok(None),
        Err(error) => Err(error),
    }
}
