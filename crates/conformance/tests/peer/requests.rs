//! How lines become requests and answers.

use core::time::Duration;

use confcall_conformance::peer::MAX_LINE_LENGTH;
use serde_json::{Value, json};

use super::{answer, answers, cases};

/// The result of a `ping`.
const PONG: &str = concat!(
    r#"{"name":"confcall","version":""#,
    env!("CARGO_PKG_VERSION"),
    r#""}"#
);

fn asked(input: &[u8]) -> Vec<String> {
    super::lines(input, || Duration::ZERO)
}

#[test]
fn an_id_comes_back_as_it_was_written_and_a_missing_one_does_not() {
    let ids = [
        "7",
        "null",
        r#""a\u0041""#,
        "[1, {}]",
        "12345678901234567890123",
        "1e999",
        "9007199254740993",
    ];
    for id in ids {
        let known = format!(r#"{{"id": {id}, "op": "ping"}}"#);
        let unknown = format!(r#"{{"op": "pong", "id": {id}}}"#);
        let [known, unknown] = asked(format!("{known}\n{unknown}").as_bytes())
            .try_into()
            .unwrap();
        assert_eq!(known, format!(r#"{{"id":{id},"ok":{PONG}}}"#));
        assert!(unknown.starts_with(&format!(r#"{{"id":{id},"error":{{"code":-1"#)));
    }
    let without = asked(br#"{"op": "ping", "more": 1}"#);
    assert_eq!(without, [format!(r#"{{"ok":{PONG}}}"#)]);
}

#[test]
fn an_operation_that_is_none_is_answered_with_those_that_there_are() {
    let long = "x".repeat(1000);
    let [answer] = asked(format!(r#"{{"op": "{long}"}}"#).as_bytes())
        .try_into()
        .unwrap();
    assert!(answer.contains(" ping, options, key, "), "{answer}");
    assert!(!answer.contains(&"x".repeat(33)), "{answer}");
}

#[test]
fn a_request_that_cannot_be_understood_is_an_error_and_the_next_one_is_answered() {
    let deep = format!(r#"{{"op": "ping", "x": {}"#, "[".repeat(1_000_000));
    let bad: [&[u8]; 16] = [
        b"",
        b"  ",
        b"{",
        b"7",
        b"[1, \"ping\"]",
        b"{\"op\": \"ping\"} {}",
        b"{\"op\": \"ping\", \"op\": \"ping\"}",
        b"{\"op\": \"ping\", \"x\": \"\xff\"}",
        b"{}",
        b"{\"op\": null}",
        b"{\"op\": [\"ping\"]}",
        b"{\"op\": \"key\", \"seed\": \"00\"}",
        b"{\"op\": \"key\", \"seed\": 7}",
        b"{\"op\": \"sign\"}",
        b"{\"op\": \"chain_new\", \"chain\": \"c\", \"mode\": \"half\"}",
        deep.as_bytes(),
    ];
    for bad in bad {
        let answers = asked(&[bad, b"\n{\"op\": \"ping\"}\n"].concat());
        let [error, ok] = answers.try_into().unwrap();
        let error: Value = serde_json::from_str(&error).unwrap();
        assert_eq!(error["error"]["code"], -1, "{error}");
        assert_eq!(error["error"]["name"], "DRIVER");
        assert_eq!(ok, format!(r#"{{"ok":{PONG}}}"#));
    }
}

#[test]
fn a_line_that_is_too_long_is_answered_and_passed_over() {
    let mut input = vec![b' '; MAX_LINE_LENGTH + 1];
    input.extend(b"\n{\"op\": \"ping\"}");
    let [error, ok] = asked(&input).try_into().unwrap();
    assert!(error.contains("DRIVER"), "{error}");
    assert_eq!(ok, format!(r#"{{"ok":{PONG}}}"#));
}

#[test]
fn what_is_refused_changes_nothing() {
    let chain = &cases("state/random_chains.json")[0];
    let block = &chain["steps"][0]["block"];
    let new = json!({"op": "chain_new", "chain": "c", "mode": chain["mode"]});
    let apply = json!({"op": "chain_apply", "chain": "c", "block": block});
    let bad_start = json!({"op": "chain_new", "chain": "c", "mode": "client", "block": "00"});
    let answers = answers(&[
        apply.clone(),
        new.clone(),
        bad_start,
        apply.clone(),
        apply.clone(),
        new,
        apply,
    ]);
    assert_eq!(answers[0]["error"]["code"], 0);
    assert_eq!(answers[1]["ok"]["height"], -1);
    assert_eq!(answers[2]["error"]["code"], 0);
    assert_eq!(answers[3]["ok"]["height"], 0);
    assert_eq!(
        answers[4]["error"]["name"],
        "INVALID_BLOCK__HEIGHT_MISMATCH"
    );
    assert_eq!(answers[5]["ok"]["height"], -1);
    assert_eq!(answers[6], answers[3]);
}

#[test]
fn a_drawn_key_signs_and_shares_secrets() {
    let drawn = answer(json!({"op": "key"}))["ok"].clone();
    let again = answer(json!({"op": "key", "seed": drawn["seed"]}));
    assert_eq!(again["ok"], drawn);
    let secret =
        json!({"op": "encrypt_data", "data": "0102", "secret": drawn["seed"], "extra": ""});
    let mut encrypted = answer(secret.clone())["ok"].clone();
    encrypted["op"] = "decrypt_data".into();
    encrypted["secret"] = drawn["seed"].clone();
    encrypted["extra"] = "".into();
    assert_eq!(answer(encrypted)["ok"]["data"], "0102");
}

#[test]
fn answers_have_user_ids_as_strings_after_the_option_and_as_numbers_before() {
    let user_id = i64::MIN + 1;
    let seed = "07".repeat(32);
    let public_key = answer(json!({"op": "key", "seed": seed}))["ok"]["public_key"].clone();
    let participant =
        json!({"user_id": user_id, "public_key": public_key, "flags": 3, "version": 0});
    let group_state = json!({"participants": [participant], "external_permissions": 3});
    let block = answer(json!({"op": "zero_block", "seed": seed, "group_state": group_state}));
    let parse = json!({"op": "block_parse", "block": block["ok"]["block"]});
    let options = |ids: &str| json!({"op": "options", "ids": ids});
    let answers = answers(&[
        parse.clone(),
        options("strings"),
        parse.clone(),
        json!({"op": "options"}),
        parse.clone(),
        options("numbers"),
        parse,
    ]);
    let (number, string) = (json!(user_id), json!(user_id.to_string()));
    for (at, expected) in [(0, &number), (2, &string), (4, &string), (6, &number)] {
        let changes = &answers[at]["ok"]["block"]["changes"];
        let participants = &changes[0]["group_state"]["participants"];
        assert_eq!(&participants[0]["user_id"], expected);
        assert_eq!(participants[0]["version"], json!(0));
        assert_eq!(changes[1]["shared_key"]["dest_user_id"], json!([expected]));
    }
    assert_eq!(answers[1]["ok"], json!({}));
}
