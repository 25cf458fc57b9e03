//! `confcall vectors` as it is run.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use predicates::prelude::*;
use serde_json::Value;

fn confcall() -> Command {
    Command::new(assert_cmd::cargo::cargo_bin!("confcall"))
}

fn vectors(inner: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/vectors")
        .join(inner)
}

/// A directory of this test's own, empty.
fn empty_dir(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("vectors")
        .join(name);
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    dir
}

/// The vectors of signing with a false first signature.
fn false_signature() -> String {
    let text = fs::read_to_string(vectors("primitives/sign.json")).unwrap();
    let mut value: Value = serde_json::from_str(&text).unwrap();
    value["cases"][0]["signature"] = "00".repeat(64).into();
    value.to_string()
}

#[test]
fn the_vectors_of_the_state_pass_file_by_file() {
    let expected = "\
edge_cases.json: 132 passed, 0 failed
random_chains.json: 120 passed, 0 failed
reference_suite_chains.json: 56 passed, 0 failed
start_from_block.json: 200 passed, 0 failed
trie.json: 20 passed, 0 failed
528 passed, 0 failed
";
    confcall()
        .arg("vectors")
        .arg(vectors("state"))
        .assert()
        .success()
        .stdout(expected);
}

#[test]
fn several_directories_are_run_one_after_the_other() {
    let mut command = confcall();
    command
        .arg("vectors")
        .arg(vectors("tl"))
        .arg(vectors("primitives/sign.json"));
    command.assert().success().stdout(
        "blocks.json: 149 passed, 0 failed\nsign.json: 6 passed, 0 failed\n155 passed, 0 failed\n",
    );
}

#[test]
fn a_failure_is_a_line_with_file_case_step_and_both_values() {
    let dir = empty_dir("failure");
    fs::create_dir(dir.join("inner")).unwrap();
    fs::write(dir.join("inner/sign.json"), false_signature()).unwrap();
    let failure = format!(
        "inner/sign.json: failed: case \"random-0\", signature: expected {}, got 6c543156",
        "00".repeat(64)
    );
    confcall().arg("vectors").arg(dir).assert().code(1).stdout(
        predicate::str::starts_with("inner/sign.json: 5 passed, 1 failed\n")
            .and(predicate::str::contains(failure))
            .and(predicate::str::ends_with("\n5 passed, 1 failed\n")),
    );
}

#[test]
fn a_file_of_an_unknown_kind_and_one_without_vectors_are_failures() {
    let dir = empty_dir("unknown");
    let unknown = r#"{"format": "e2e-call-vectors/1", "kind": "dance", "cases": []}"#;
    fs::write(dir.join("a.json"), unknown).unwrap();
    fs::write(dir.join("b.json"), "{}").unwrap();
    fs::write(dir.join("c.txt"), "not looked at").unwrap();
    confcall().arg("vectors").arg(&dir).assert().code(1).stdout(
        "a.json: error: unknown kind \"dance\"\n\
         b.json: error: not a vector file: the field \"format\" is missing\n\
         0 passed, 2 failed\n",
    );
}

#[test]
fn a_directory_that_is_empty_or_missing_is_a_failure() {
    let dir = empty_dir("empty");
    let says = |text| predicate::str::contains(text);
    let empty = confcall().arg("vectors").arg(&dir).assert().code(1);
    empty.stdout(says("there is no *.json file in it\n0 passed, 1 failed\n"));
    let missing = confcall()
        .arg("vectors")
        .arg(dir.join("no"))
        .assert()
        .code(1);
    missing.stdout(says("error").and(says("0 passed, 1 failed\n")));
}

#[test]
fn json_is_one_object_a_line_with_the_total_last() {
    let dir = empty_dir("json");
    fs::write(dir.join("a.json"), false_signature()).unwrap();
    fs::write(dir.join("b.json"), "[").unwrap();
    let output = confcall()
        .args(["vectors", "--json"])
        .arg(&dir)
        .assert()
        .code(1);
    let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0]["file"], "a.json");
    assert_eq!(lines[0]["failures"][0]["case"], "random-0");
    assert_eq!(lines[0]["failures"][0]["step"], "signature");
    assert!(lines[1]["error"].as_str().unwrap().starts_with("not JSON"));
    assert_eq!(lines[2], serde_json::json!({"passed": 5, "failed": 2}));
}

#[test]
fn a_pipe_gets_no_colours() {
    let output = confcall()
        .arg("vectors")
        .arg(vectors("primitives/sign.json"))
        .output()
        .unwrap();
    assert!(!output.stdout.contains(&0x1b));
}
