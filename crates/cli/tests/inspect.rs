//! `confcall inspect` as it is run.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

fn confcall() -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("confcall"));
    command.arg("inspect");
    command
}

fn cases(file: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/vectors")
        .join(file);
    let mut file: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    write_ids_as_strings(&mut file);
    file["cases"].take()
}

/// The vectors have ids as numbers, and the command prints strings.
fn write_ids_as_strings(value: &mut Value) {
    let Some(fields) = value.as_object_mut() else {
        let all = value.as_array_mut().into_iter().flatten();
        return all.for_each(write_ids_as_strings);
    };
    for (name, value) in fields {
        match (name.as_str(), &mut *value) {
            ("user_id", id) => *id = id.to_string().into(),
            ("dest_user_id", Value::Array(ids)) => {
                ids.iter_mut().for_each(|id| *id = id.to_string().into());
            }
            _ => write_ids_as_strings(value),
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The block of a case of `tl/blocks.json`, with what the reference read in it.
fn block(name: &str) -> (String, Value) {
    let cases = cases("tl/blocks.json");
    let mut cases = cases.as_array().unwrap().iter();
    let case = cases.find(|case| case["name"] == name).unwrap();
    (text(&case["block"]), case["ok"].clone())
}

/// Two blocks that follow one another, in server form, and the state after the second.
fn two_blocks() -> (String, String, Value) {
    let calls = cases("call/transcripts.json");
    let events = calls[0]["events"].as_array().unwrap();
    let mut blocks = events.iter().filter(|event| event["type"] == "block");
    let (first, second) = (blocks.next().unwrap(), blocks.next().unwrap());
    (
        text(&first["block"]),
        text(&second["block"]),
        second.clone(),
    )
}

/// A file of this test's own.
fn file(name: &str, content: &[u8]) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("inspect");
    fs::create_dir_all(&dir).unwrap();
    let path = dir.join(name);
    fs::write(&path, content).unwrap();
    path
}

fn json(command: &mut Command) -> Value {
    let output = command.arg("--json").output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn every_way_of_writing_the_bytes_gives_the_same_report() {
    let (hex, ok) = block("canonical-0");
    let raw = hex::decode(&hex).unwrap();
    let expected = json(confcall().arg(&hex));
    assert_eq!(expected["hash"], ok["hash"]);
    assert_eq!(expected["block"], ok["block"]);
    assert_eq!(expected["form"], "local");
    let broken = hex
        .as_bytes()
        .chunks(64)
        .map(|line| String::from_utf8_lossy(line).into_owned());
    let lines = broken.collect::<Vec<_>>().join("\r\n  ");
    assert_eq!(json(confcall().arg(file("raw", &raw))), expected);
    assert_eq!(
        json(confcall().arg(file("hex", lines.to_uppercase().as_bytes()))),
        expected
    );
    assert_eq!(
        json(confcall().write_stdin(STANDARD.encode(&raw) + "\n")),
        expected
    );
    assert_eq!(
        json(
            confcall()
                .arg("-")
                .write_stdin(URL_SAFE_NO_PAD.encode(&raw))
        ),
        expected
    );
    assert_eq!(json(confcall().write_stdin(raw)), expected);
}

#[test]
fn every_block_of_the_vectors_is_explained_or_refused_as_the_reference_does() {
    for case in cases("tl/blocks.json").as_array().unwrap() {
        let mut command = confcall();
        let report = json(command.write_stdin(text(&case["block"])));
        match case.get("ok") {
            Some(ok) => {
                assert_eq!(report["hash"], ok["hash"]);
                assert_eq!(report["block"], ok["block"]);
                assert_eq!(report["canonical"], ok["canonical"] == case["block"]);
                let deviations = report["deviations"].as_array().unwrap();
                assert_eq!(deviations.is_empty(), ok["canonical"] == case["block"]);
            }
            // The reference was asked to read them all in local form.
            None if report["form"] == "server" => {}
            None => assert!(report["error"]["offset"].is_u64(), "{report}"),
        }
    }
}

#[test]
fn a_person_reads_who_signed_and_who_is_in_the_group() {
    let (first, second, event) = two_blocks();
    let previous = file("first.hex", first.as_bytes());
    let output = confcall()
        .arg(&second)
        .arg("--previous")
        .arg(previous)
        .assert()
        .success();
    let tree = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    let has = |part: &str| assert!(tree.contains(part), "{part}\n{tree}");
    has("server form");
    has(event["hash"].as_str().unwrap());
    has("signed by");
    has("valid");
    has("canonical");
    has("accepted");
    has("user id");
    has("changes");
    has("the empty trie");
    assert!(!tree.contains('\u{1b}'));
}

#[test]
fn the_previous_block_decides_whether_a_block_is_accepted() {
    let (first, second, event) = two_blocks();
    let accepted = json(confcall().args([&second, "--previous", &first]));
    assert_eq!(accepted["form"], "server");
    assert_eq!(accepted["signature"], "valid");
    assert_eq!(
        accepted["previous"]["outcome"]["ok"]["height"],
        event["height"]
    );
    assert_eq!(accepted["previous"]["outcome"]["ok"]["hash"], event["hash"]);
    let difference = &accepted["previous"]["difference"];
    assert!(difference["added"].is_array() && difference["removed"].is_array());

    let refused = json(confcall().args([&first, "--previous", &second]));
    let error = &refused["previous"]["outcome"]["error"];
    assert_eq!(error["code"], 204);
    assert_eq!(error["name"], "INVALID_BLOCK__HEIGHT_MISMATCH");
    let output = confcall()
        .args([&first, "--previous", &second])
        .assert()
        .success();
    output.stdout(contains("refused").and(contains("204 INVALID_BLOCK__HEIGHT_MISMATCH")));
}

#[test]
fn a_false_signature_is_said_to_be_invalid() {
    let (mut hex, _) = block("canonical-0");
    let flipped = if hex[8..].starts_with('0') { "1" } else { "0" };
    hex.replace_range(8..9, flipped);
    let output = confcall().arg(&hex).assert().success();
    output.stdout(contains("invalid: not one of this key"));
}

#[test]
fn deviations_from_the_canonical_form_are_told_with_their_places() {
    let cases = cases("tl/blocks.json");
    let mut cases = cases.as_array().unwrap().iter();
    let is_odd = |case: &&Value| {
        case.get("ok")
            .is_some_and(|ok| ok["canonical"] != case["block"])
    };
    let case = cases.find(is_odd).unwrap();
    let hex = text(&case["block"]);
    let report = json(confcall().arg(&hex));
    let offset = &report["deviations"][0]["offset"];
    assert_eq!(report["canonical_bytes"], case["ok"]["canonical"]);
    let output = confcall().arg(&hex).assert().success();
    output.stdout(contains("not canonical").and(contains(format!("byte {offset}"))));
}

#[test]
fn a_broadcast_is_checked_against_the_block_that_it_verifies() {
    let calls = cases("call/transcripts.json");
    let events = calls[0]["events"].as_array().unwrap();
    let at = events
        .iter()
        .position(|event| event["type"] == "verification")
        .unwrap();
    let before = events[..at]
        .iter()
        .rev()
        .find(|event| event["type"] == "block")
        .unwrap();
    let block = text(&before["block"]);
    let message = text(&events[at]["messages"][0]["message"]);
    let report = json(confcall().args([&message, "--previous", &block]));
    assert_eq!(report["kind"], "broadcast");
    assert_eq!(report["type"], "commit");
    assert_eq!(report["form"], "server");
    assert_eq!(report["signature"], "valid");
    assert_eq!(report["previous"]["same_hash"], true);
    assert_eq!(report["block_hash"], before["hash"]);
    let alone = confcall().arg(&message).assert().success();
    alone.stdout(contains("broadcast: commit").and(contains("give its block with --previous")));
}

#[test]
fn malformed_input_is_refused_with_its_place_and_what_to_do() {
    let (hex, _) = block("canonical-0");
    let refuses = |input: &str, parts: &[&str]| {
        let output = confcall().write_stdin(input.to_owned()).assert().code(1);
        let error = String::from_utf8(output.get_output().stderr.clone()).unwrap();
        for part in parts {
            assert!(error.contains(part), "{part}: {error}");
        }
    };
    let size = hex.len() / 2;
    refuses(
        &hex[..100],
        &["malformed block in local form, at byte", "looks cut off"],
    );
    let trailing = format!("at byte {size}: 1 bytes follow");
    refuses(&format!("{hex}00"), &[&trailing, "give one item alone"]);
    refuses(&hex[..99], &["99 hexadecimal digits"]);
    refuses(
        "00000000",
        &["neither a block nor a broadcast, at byte 0", "next:"],
    );
    refuses(
        &format!("{}x", &hex[..40]),
        &["at byte 40 of the text: 'x'"],
    );
    refuses("what?", &["at byte 4 of the text: '?'"]);
    refuses("", &["there is nothing in it"]);
    let missing = confcall().arg("no such file.bin").assert().code(1);
    missing.stderr(contains("there is no such file"));
    let both = confcall().args(["-", "--previous", "-"]).assert().code(1);
    both.stderr(contains("not both"));
}

#[test]
fn programs_get_an_error_as_json_too() {
    let (hex, _) = block("canonical-0");
    let mut command = confcall();
    let output = command.args(["--json", &hex[..80]]).assert().code(1);
    let report: Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    assert_eq!(report["error"]["code"], 0);
    assert!(report["error"]["offset"].is_u64());
}
