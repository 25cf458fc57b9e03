//! The model and the engine on generated inputs of stated seeds.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};
use confcall_conformance::{FORMAT, run_text};
use confcall_model::{Seen, chain_ops, verification_ops};
use serde_json::{Value, json};

/// Runs a comparison on `count` inputs.
fn each_input(count: u64, mut compare: impl FnMut(&[u8])) {
    for seed in 0..count {
        let mut data = [0; 1024];
        ChaCha20Rng::seed_from_u64(seed).fill_bytes(&mut data);
        compare(&data);
    }
}

#[test]
fn the_model_and_the_engine_judge_every_generated_block_alike() {
    let mut seen = Seen::default();
    each_input(150, |data| seen.add(&chain_ops(data).unwrap()));
    let accepted = seen.verdicts.get("accepted");
    assert!(
        accepted.is_some_and(|times| times * 8 > seen.blocks),
        "{seen:?}"
    );
    // Every rule of the chain is broken by some block, also by one that obeys those before it.
    for code in [
        "201", "202", "203", "204", "205", "206", "207", "208", "209", "no code",
    ] {
        let broken = seen.verdicts.keys().any(|one| one.starts_with(code));
        assert!(broken, "no block breaks {code}: {seen:?}");
    }
}

#[test]
fn the_model_and_the_engine_count_every_broadcast_alike() {
    let (mut steps, mut completed) = (0, 0);
    each_input(300, |data| {
        let rounds = verification_ops(data).unwrap();
        steps += rounds.steps;
        completed += rounds.completed;
    });
    assert!(
        steps > 10_000 && completed > 200,
        "{completed} rounds in {steps} steps"
    );
}

#[test]
fn judged_chains_are_vectors_that_the_engine_passes_and_another_verdict_fails() {
    let mut cases = Vec::new();
    each_input(40, |data| {
        let name = format!("case {}", cases.len());
        cases.push(chain_ops(data).unwrap().to_vector(&name));
    });
    let file = json!({ "format": FORMAT, "kind": "chain", "cases": cases });
    let report = run_text(&file.to_string()).unwrap();
    assert_eq!((report.passed, report.failed), (40, 0), "{report:?}");

    let accepted = |step: &&mut Value| step["ok"].is_object();
    let steps = cases[0]["steps"].as_array_mut().unwrap();
    let step = steps.iter_mut().find(accepted).unwrap();
    step["ok"]["height"] = json!(1000);
    let file = json!({ "format": FORMAT, "kind": "chain", "cases": cases });
    assert_eq!(run_text(&file.to_string()).unwrap().failed, 1);
}
