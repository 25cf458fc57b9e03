//! Every file of the repository's vectors passes whole, and a false expectation does not.

#![allow(
    clippy::unwrap_used,
    reason = "a test says what it expects by unwrapping it"
)]

use std::fs;
use std::path::{Path, PathBuf};

use confcall_conformance::{Fault, FileReport, collect, run_file, run_text};
use serde_json::{Value, json};

/// How many cases each file has; a case that is skipped is noticed here.
const CASES: [(&str, usize); 20] = [
    ("call/broadcasts.json", 40),
    ("call/early_broadcasts.json", 55),
    ("call/edge_broadcasts.json", 9),
    ("call/edge_calls.json", 12),
    ("call/edge_packets.json", 9),
    ("call/packets.json", 12),
    ("call/transcripts.json", 6),
    ("primitives/data_encryption.json", 94),
    ("primitives/emoji.json", 10),
    ("primitives/header_encryption.json", 14),
    ("primitives/shared_secret.json", 61),
    ("primitives/sign.json", 6),
    ("primitives/verification_words.json", 6),
    ("primitives/verify.json", 441),
    ("state/edge_cases.json", 132),
    ("state/random_chains.json", 120),
    ("state/reference_suite_chains.json", 56),
    ("state/start_from_block.json", 200),
    ("state/trie.json", 20),
    ("tl/blocks.json", 149),
];

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors")
}

/// Runs a file after a change of its JSON.
fn run_changed(file: &str, change: impl FnOnce(&mut Value)) -> Result<FileReport, Fault> {
    let text = fs::read_to_string(vectors().join(file)).unwrap();
    let mut value = serde_json::from_str(&text).unwrap();
    change(&mut value);
    run_text(&value.to_string())
}

/// Changes the first digit of the hexadecimal at `place`.
fn flip(value: &mut Value, place: &str) {
    let place = value.pointer_mut(place).unwrap();
    let text = place.as_str().unwrap();
    let digit = if text.starts_with('0') { "1" } else { "0" };
    *place = json!(format!("{digit}{}", &text[1..]));
}

#[test]
fn every_file_passes_with_all_its_cases() {
    for (file, cases) in CASES {
        let report = run_file(&vectors().join(file)).unwrap();
        assert_eq!(
            (report.passed, report.failed),
            (cases, 0),
            "{file}: {:?}",
            report.failures
        );
        assert!(report.failures.is_empty());
    }
}

#[test]
fn every_file_has_a_kind_that_is_run() {
    for path in collect(&vectors()).unwrap() {
        let is_run = CASES.iter().any(|(file, _)| path.ends_with(file));
        assert!(is_run, "{}", path.display());
    }
}

#[test]
fn files_are_collected_in_order_and_only_json() {
    let files = collect(&vectors()).unwrap();
    assert!(files.is_sorted());
    assert!(files.len() >= CASES.len());
    assert!(files.iter().all(|file| file.extension().unwrap() == "json"));
}

#[test]
fn a_flipped_expectation_of_any_kind_fails_exactly_its_case() {
    let places = [
        (
            "call/edge_broadcasts.json",
            "/cases/0/steps/4/ok/emoji_hash",
        ),
        ("call/transcripts.json", "/cases/0/users/0/seed"),
        ("call/transcripts.json", "/cases/0/events/0/hash"),
        (
            "call/transcripts.json",
            "/cases/0/events/1/views/903661118362/shared_key",
        ),
        (
            "call/transcripts.json",
            "/cases/0/events/2/messages/3/views/903661118362/ok/emoji_hash",
        ),
        ("call/transcripts.json", "/cases/0/events/2/emoji_hash"),
        ("call/transcripts.json", "/cases/0/events/3/data"),
        ("call/packets.json", "/cases/0/steps/2/data"),
        ("call/packets.json", "/cases/0/receiver_epochs/0/secret"),
        ("call/edge_packets.json", "/cases/3/steps/1/data"),
        ("primitives/data_encryption.json", "/cases/0/encrypted"),
        ("primitives/data_encryption.json", "/cases/0/large_msg_id"),
        (
            "primitives/header_encryption.json",
            "/cases/0/encrypted_header",
        ),
        ("primitives/shared_secret.json", "/cases/0/ok/secret"),
        ("primitives/sign.json", "/cases/0/signature"),
        ("primitives/sign.json", "/cases/0/public_key"),
        ("state/random_chains.json", "/cases/0/steps/0/ok/hash"),
        ("state/random_chains.json", "/cases/0/steps/0/ok/kv_hash"),
        (
            "state/random_chains.json",
            "/cases/0/steps/0/ok/group_state/participants/0/public_key",
        ),
        ("state/start_from_block.json", "/cases/0/start/ok/hash"),
        ("state/trie.json", "/cases/0/hashes/0"),
        ("state/trie.json", "/cases/0/proof_hash"),
        ("tl/blocks.json", "/cases/0/ok/canonical"),
        ("tl/blocks.json", "/cases/0/ok/hash"),
        (
            "tl/blocks.json",
            "/cases/0/ok/block/changes/1/shared_key/ek",
        ),
    ];
    for (file, place) in places {
        let report = run_changed(file, |value| flip(value, place)).unwrap();
        let (_, cases) = CASES.iter().find(|(name, _)| *name == file).unwrap();
        assert_eq!(
            (report.passed, report.failed),
            (cases - 1, 1),
            "{file} {place}"
        );
    }
}

#[test]
fn a_flipped_word_emoji_or_phase_fails_exactly_its_case() {
    for (file, place, wrong) in [
        ("primitives/emoji.json", "/cases/0/emoji/3", json!("🥦")),
        (
            "primitives/verification_words.json",
            "/cases/0/words/23",
            json!("abandon"),
        ),
        (
            "call/transcripts.json",
            "/cases/0/events/2/words/0",
            json!("abandon"),
        ),
        (
            "call/edge_broadcasts.json",
            "/cases/0/steps/2/ok/phase",
            json!(1),
        ),
        (
            "call/edge_broadcasts.json",
            "/cases/0/steps/1/ok/height",
            json!(1),
        ),
    ] {
        let report = run_changed(file, |value| {
            *value.pointer_mut(place).unwrap() = wrong;
        });
        assert_eq!(report.unwrap().failed, 1, "{file} {place}");
    }
}

#[test]
fn a_failure_names_the_case_the_step_and_both_values() {
    let place = "/cases/0/steps/0/ok/hash";
    let report = run_changed("state/random_chains.json", |value| flip(value, place)).unwrap();
    let [failure] = report.failures.as_slice() else {
        panic!("{:?}", report.failures);
    };
    assert_eq!(
        (failure.case.as_str(), failure.step.as_str()),
        ("full-0", "step 0, hash")
    );
    assert_eq!(failure.expected[1..], failure.got[1..]);
    assert_ne!(failure.expected, failure.got);
}

#[test]
fn an_error_must_have_the_code_and_the_name_of_the_reference() {
    let place = "/cases/0/steps/1/error";
    for error in [
        json!({"code": 208, "name": "INVALID_BLOCK__NO_PERMISSIONS"}),
        json!({"code": 207, "name": "INVALID_BLOCK"}),
    ] {
        let report = run_changed("state/random_chains.json", |value| {
            *value.pointer_mut(place).unwrap() = error;
        });
        assert_eq!(report.unwrap().failed, 1);
    }
    let report = run_changed("state/random_chains.json", |value| {
        *value.pointer_mut(place).unwrap() = json!({"code": 0, "name": ""});
    });
    assert_eq!(report.unwrap().failed, 0);
}

#[test]
fn a_verdict_a_pruned_value_and_an_optional_field_are_compared() {
    let report = run_changed("primitives/verify.json", |value| {
        value["cases"][0]["valid"] = json!(false);
    });
    assert_eq!(report.unwrap().failed, 1);
    let report = run_changed("state/trie.json", |value| {
        value["cases"][0]["get"][0][1] = json!("");
    });
    assert_eq!(report.unwrap().failed, 1);
    let report = run_changed("tl/blocks.json", |value| {
        let block = value.pointer_mut("/cases/0/ok/block").unwrap();
        block
            .as_object_mut()
            .unwrap()
            .remove("signature_public_key");
    });
    let report = report.unwrap();
    assert_eq!(report.failed, 1);
    assert_eq!(report.failures[0].expected, "nothing");
}

#[test]
fn in_a_call_who_is_in_the_members_and_the_channel_are_compared() {
    let events =
        |value: &mut Value, change: fn(&mut Value)| change(&mut value["cases"][0]["events"]);
    let changes: [fn(&mut Value); 5] = [
        // Somebody who is in sees no block.
        |events| {
            drop(
                events[1]["views"]
                    .as_object_mut()
                    .unwrap()
                    .remove("333155496378"),
            )
        },
        // Somebody who is out sees one.
        |events| events[20]["views"]["333155496378"] = json!({"error": {"code": 0, "name": ""}}),
        |events| events[1]["members"] = json!([903_661_118_362_i64, 333_155_496_378_i64]),
        |events| events[3]["channel_id"] = json!(3),
        |events| events[0]["type"] = json!("dance"),
    ];
    let [rest @ .., malformed] = changes;
    for (number, change) in rest.into_iter().enumerate() {
        let report = run_changed("call/transcripts.json", |value| events(value, change));
        assert_eq!(report.unwrap().failed, 1, "{number}");
    }
    let error = run_changed("call/transcripts.json", |value| events(value, malformed));
    let text = error.unwrap_err().to_string();
    assert!(text.starts_with("case \"call-0\": step 0: "), "{text}");
}

#[test]
fn a_block_that_the_chain_takes_is_no_refused_one() {
    let report = run_changed("call/transcripts.json", |value| {
        let event = value.pointer_mut("/cases/0/events/1").unwrap();
        event["type"] = json!("refused");
        for field in ["height", "hash", "members"] {
            event.as_object_mut().unwrap().remove(field);
        }
    });
    let report = report.unwrap();
    assert_eq!(report.failed, 1);
    assert_eq!(
        report.failures[0].step,
        "event 1, the chain refuses the block"
    );
}

#[test]
fn an_expectation_that_would_not_be_checked_is_an_error_that_names_its_case() {
    let error = run_changed("state/edge_cases.json", |value| {
        value["cases"][3]["steps"][0]["ok"]["heigth"] = json!(0);
    });
    let text = error.unwrap_err().to_string();
    assert!(
        text.starts_with("case \"") && text.contains("heigth"),
        "{text}"
    );
}

#[test]
fn a_false_hash_of_the_empty_trie_fails_every_case_of_the_file() {
    let report = run_changed("state/trie.json", |value| flip(value, "/empty_hash")).unwrap();
    assert_eq!((report.passed, report.failed), (0, 20));
}
