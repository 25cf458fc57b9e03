//! The interop peer inside this process: its lines, and the vectors through it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod call_vectors;
mod forms;
mod grace;
mod requests;
mod state_vectors;

use core::time::Duration;
use std::fs;
use std::path::Path;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;
use confcall_conformance::peer::serve;
use serde_json::Value;

/// What a peer answers to an input, line by line.
fn lines(input: &[u8], clock: impl Fn() -> Duration + 'static) -> Vec<String> {
    let mut output = Vec::new();
    let rng = ChaCha20Rng::from_seed([9; 32]);
    serve(input, &mut output, rng, clock).unwrap();
    let output = String::from_utf8(output).unwrap();
    output.lines().map(str::to_owned).collect()
}

/// What one peer answers to each request, all of them at one moment.
fn answers(requests: &[Value]) -> Vec<Value> {
    answers_by(|| Duration::ZERO, requests)
}

/// What one peer answers to each request by this clock.
fn answers_by(clock: impl Fn() -> Duration + 'static, requests: &[Value]) -> Vec<Value> {
    let input: String = requests.iter().map(|one| format!("{one}\n")).collect();
    let answers = lines(input.as_bytes(), clock);
    assert_eq!(answers.len(), requests.len());
    answers
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn answer(request: Value) -> Value {
    answers(&[request]).remove(0)
}

fn vectors(file: &str) -> Value {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors");
    serde_json::from_str(&fs::read_to_string(directory.join(file)).unwrap()).unwrap()
}

fn cases(file: &str) -> Vec<Value> {
    vectors(file)["cases"].as_array().unwrap().clone()
}

/// Checks an answer against the outcome that stands in a vector, in the fields that the vector has.
fn assert_outcome(expected: &Value, answer: &Value, what: &str) {
    if let Some(ok) = expected.get("ok") {
        for (field, value) in ok.as_object().unwrap() {
            let got = match field.as_str() {
                "shared_key_users" => &answer["ok"]["shared_key"]["dest_user_id"],
                field => &answer["ok"][field],
            };
            assert_eq!(got, value, "{field} of {what}: {answer}");
        }
    } else {
        let expected = &expected["error"];
        let code = expected["code"].as_i64().unwrap_or_default();
        let error = &answer["error"];
        assert!(error.is_object(), "{what} is an error: {answer}");
        if code >= 100 {
            assert_eq!(error["code"], expected["code"], "{what}");
            assert_eq!(error["name"], expected["name"], "{what}");
        } else {
            assert_ne!(error["code"], -1, "{what}: {error}");
        }
    }
}
