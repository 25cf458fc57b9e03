use serde::{Deserialize, Serialize};

use confcall_state::trie::{Trie, TrieError, TrieKey};

use crate::case::Fields;
use crate::check::Check;
use crate::error::CaseFault;
use crate::hex_bytes::{Array, Bytes};
use crate::outcome::Outcome;
use crate::shapes::CodedError;

type Pair<V> = (Bytes, V);

#[derive(PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hash {
    hash: Array<32>,
}

/// The questions that the proof alone must answer.
struct ProofQuestions {
    bytes: Bytes,
    hash: Array<32>,
    get: Vec<Pair<Option<Bytes>>>,
    sets: Option<(Vec<Pair<Bytes>>, Outcome<Hash>)>,
}

pub(super) fn run(case: &mut Fields, check: &mut Check) -> Result<(), CaseFault> {
    let empty_hash: Array<32> = case.take("empty_hash")?;
    let sets: Vec<Pair<Bytes>> = case.take("sets")?;
    let hashes: Vec<Array<32>> = case.take("hashes")?;
    let prove: Vec<Bytes> = case.take("prove")?;
    let snapshot: Bytes = case.take("snapshot")?;
    let questions = proof_questions(case)?;
    if sets.len() != hashes.len() {
        return Err(CaseFault::Lengths {
            first: "sets",
            second: "hashes",
        });
    }

    check.same("empty_hash", &empty_hash, &hash(&Trie::new()));
    let mut trie = Trie::new();
    for (number, (set_one, expected)) in sets.iter().zip(&hashes).enumerate() {
        let done = check.succeeds(&format!("sets[{number}]"), set(&mut trie, set_one));
        if done.is_some() {
            check.same(&format!("hashes[{number}]"), expected, &hash(&trie));
        }
    }
    check_proof(&trie, &prove, &questions.bytes, check);
    check_snapshot(&trie, &snapshot, check);
    ask_proof(&questions, check);
    Ok(())
}

fn proof_questions(case: &mut Fields) -> Result<ProofQuestions, CaseFault> {
    let sets = case.take_optional("proof_sets")?;
    let result = case.optional_object("proof_set_result")?;
    Ok(ProofQuestions {
        bytes: case.take("proof")?,
        hash: case.take("proof_hash")?,
        get: case.take("get")?,
        sets: match (sets, result) {
            (Some(sets), Some(mut result)) => {
                let outcome = result.outcome()?;
                result.finish()?;
                Some((sets, outcome))
            }
            (None, None) => None,
            _ => {
                return Err(CaseFault::Lengths {
                    first: "proof_sets",
                    second: "proof_set_result",
                });
            }
        },
    })
}

/// The whole trie makes the reference's proof.
fn check_proof(trie: &Trie, prove: &[Bytes], expected: &Bytes, check: &mut Check) {
    let keys: Result<Vec<TrieKey>, _> = prove.iter().map(key).collect();
    let proof = keys.and_then(|keys| trie.prove(&keys));
    if let Some(proof) = check.succeeds("prove", proof) {
        check.same("proof", expected, &Bytes(proof.to_network()));
    }
}

/// The snapshot is the reference's, and reading it gives the same trie.
fn check_snapshot(trie: &Trie, expected: &Bytes, check: &mut Check) {
    if let Some(got) = check.succeeds("snapshot", trie.to_snapshot()) {
        check.same("snapshot", expected, &Bytes(got));
    }
    // Beyond the vector: what the reference wrote must be read, too.
    let read = Trie::from_snapshot(&expected.0);
    if let Some(read) = check.succeeds("reading the snapshot", read) {
        check.holds("the snapshot is read as the same trie", read == *trie);
    }
}

/// The proof, read from its bytes alone, has the hash, knows the values and can be set.
fn ask_proof(questions: &ProofQuestions, check: &mut Check) {
    let proof = Trie::from_network(&questions.bytes.0);
    let Some(proof) = check.succeeds("reading the proof", proof) else {
        return;
    };
    check.same("proof_hash", &questions.hash, &hash(&proof));
    check.same(
        "the proof written again",
        &questions.bytes,
        &Bytes(proof.to_network()),
    );
    for (number, (asked, expected)) in questions.get.iter().enumerate() {
        let got = match key(asked).and_then(|key| proof.value(&key)) {
            Ok(value) => Ok(Some(Bytes(value.to_vec()))),
            Err(TrieError::Pruned) => Ok(None),
            Err(error) => Err(error),
        };
        let what = format!("get[{number}]");
        if let Some(got) = check.succeeds(&what, got) {
            check.same(&what, expected, &got);
        }
    }
    if let Some((sets, expected)) = &questions.sets {
        let mut proof = proof;
        let done: Result<Vec<()>, _> = sets.iter().map(|one| set(&mut proof, one)).collect();
        let got = done
            .map(|_| Hash { hash: hash(&proof) })
            .map_err(|error| CodedError::new(None, &error));
        check.enter_step("proof_set_result");
        check.outcome(expected, &got);
    }
}

fn key(Bytes(bytes): &Bytes) -> Result<TrieKey, TrieError> {
    TrieKey::try_from(bytes.as_slice())
}

fn set(trie: &mut Trie, (asked, Bytes(value)): &Pair<Bytes>) -> Result<(), TrieError> {
    trie.set(&key(asked)?, value)
}

fn hash(trie: &Trie) -> Array<32> {
    Array(*trie.hash().as_bytes())
}
