//! The interop peer, line by line, and the vectors through it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::path::Path;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;
use confcall_conformance::peer::{MAX_LINE_LENGTH, serve};
use serde_json::{Value, json};

/// What the peer answers to an input, line by line.
fn lines(input: &[u8]) -> Vec<String> {
    let mut output = Vec::new();
    serve(input, &mut output, ChaCha20Rng::from_seed([9; 32])).unwrap();
    let output = String::from_utf8(output).unwrap();
    output.lines().map(str::to_owned).collect()
}

/// What one peer answers to each request.
fn answers(requests: &[Value]) -> Vec<Value> {
    let input: String = requests.iter().map(|one| format!("{one}\n")).collect();
    let answers = lines(input.as_bytes());
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

/// The request of an operation with the fields of a case.
fn request(op: &str, case: &Value) -> Value {
    let mut request = case.clone();
    request["op"] = op.into();
    request
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
        let [known, unknown] = lines(format!("{known}\n{unknown}").as_bytes())
            .try_into()
            .unwrap();
        assert_eq!(
            known,
            format!(r#"{{"id":{id},"ok":{{"name":"confcall"}}}}"#)
        );
        assert!(unknown.starts_with(&format!(r#"{{"id":{id},"error":{{"code":-1"#)));
    }
    let without = lines(br#"{"op": "ping", "more": 1}"#);
    assert_eq!(without, [r#"{"ok":{"name":"confcall"}}"#]);
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
        let answers = lines(&[bad, b"\n{\"op\": \"ping\"}\n"].concat());
        let [error, ok] = answers.try_into().unwrap();
        let error: Value = serde_json::from_str(&error).unwrap();
        assert_eq!(error["error"]["code"], -1, "{error}");
        assert_eq!(error["error"]["name"], "DRIVER");
        assert_eq!(ok, r#"{"ok":{"name":"confcall"}}"#);
    }
}

#[test]
fn a_line_that_is_too_long_is_answered_and_passed_over() {
    let mut input = vec![b' '; MAX_LINE_LENGTH + 1];
    input.extend(b"\n{\"op\": \"ping\"}");
    let [error, ok] = lines(&input).try_into().unwrap();
    assert!(error.contains("DRIVER"), "{error}");
    assert_eq!(ok, r#"{"ok":{"name":"confcall"}}"#);
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
fn the_vectors_of_primitives_hold_through_the_peer() {
    for case in cases("primitives/shared_secret.json") {
        let got = answer(request("shared_secret", &case));
        assert_outcome(&case, &got, "a shared secret");
    }
    for case in cases("primitives/sign.json") {
        let got = answer(request("sign", &case));
        assert_eq!(got["ok"]["signature"], case["signature"]);
    }
    for case in cases("primitives/verify.json") {
        let got = answer(request("verify", &case));
        let expected = match case["valid"].as_bool().unwrap() {
            true => json!({"ok": {"valid": true}}),
            false => json!({"error": {"code": 0}}),
        };
        assert_outcome(&expected, &got, "a signature");
    }
    for case in cases("primitives/data_encryption.json") {
        if case["op"] == "decrypt" {
            let got = answer(request("decrypt_data", &case));
            assert_outcome(&case, &got, "decrypted data");
        } else {
            let got = answer(request("encrypt_padded", &case));
            let ok = json!({"encrypted": case["encrypted"], "large_msg_id": case["large_msg_id"]});
            assert_outcome(&json!({"ok": ok}), &got, "encrypted data");
        }
    }
    for case in cases("primitives/header_encryption.json") {
        if case["op"] == "decrypt" {
            let got = answer(request("decrypt_header", &case));
            assert_outcome(&case, &got, "a decrypted header");
        } else {
            let got = answer(request("encrypt_header", &case));
            assert_eq!(got["ok"]["encrypted_header"], case["encrypted_header"]);
        }
    }
}

#[test]
fn the_vectors_of_the_trie_hold_through_the_peer() {
    let empty = answer(json!({"op": "empty_kv_hash"}));
    assert_eq!(
        empty["ok"]["hash"],
        vectors("state/trie.json")["empty_hash"]
    );
    for case in cases("state/trie.json") {
        let got = answer(request("kv", &case));
        for field in ["hashes", "proof", "snapshot"] {
            assert_eq!(got["ok"][field], case[field], "{field}");
        }
        let pairs = case["get"].as_array().unwrap();
        let [keys, values] =
            [0, 1].map(|at| -> Vec<_> { pairs.iter().map(|one| &one[at]).collect() });
        let got = answer(json!({"op": "kv_proof_get", "proof": case["proof"], "keys": keys}));
        let expected = json!({"ok": {"hash": case["proof_hash"], "values": values}});
        assert_eq!(got, expected);
        if case.get("proof_sets").is_some() {
            let set =
                json!({"op": "kv_proof_set", "proof": case["proof"], "sets": case["proof_sets"]});
            assert_outcome(&case["proof_set_result"], &answer(set), "a set proof");
        }
    }
}

#[test]
fn the_vectors_of_blocks_hold_through_the_peer() {
    for case in cases("tl/blocks.json") {
        let got = answer(request("block_parse", &case));
        assert_outcome(&case, &got, "a block");
        let Some(parsed) = got.get("ok") else {
            continue;
        };
        let made = answer(json!({"op": "block_make", "fields": parsed["block"]}));
        let expected = json!({"block": parsed["canonical"], "hash": parsed["hash"]});
        assert_eq!(made["ok"], expected);
        let server = answer(json!({"op": "to_server", "block": case["block"]}));
        let block = &server["ok"]["block"];
        let local = answer(json!({"op": "from_server", "block": block}));
        assert_eq!(local["ok"]["block"], case["block"]);
        for (op, block) in [("to_server", block), ("from_server", &case["block"])] {
            let twice = answer(json!({"op": op, "block": block}));
            assert_eq!(twice["error"]["code"], 0, "{op}");
        }
    }
}

#[test]
fn the_vectors_of_chains_hold_through_the_peer() {
    for file in ["random_chains", "start_from_block", "edge_cases"] {
        for case in cases(&format!("state/{file}.json")) {
            let mut new = json!({"op": "chain_new", "chain": "c", "mode": case["mode"]});
            let mut expected = vec![json!({"ok": {}})];
            if let Some(start) = case.get("start") {
                new["block"] = start["block"].clone();
                expected = vec![start.clone()];
            }
            let steps = case["steps"].as_array().unwrap();
            let mut requests = vec![new];
            for step in steps {
                let block = &step["block"];
                requests.push(json!({"op": "chain_apply", "chain": "c", "block": block}));
                expected.push(step.clone());
            }
            for (expected, got) in expected.iter().zip(answers(&requests)) {
                assert_outcome(expected, &got, &format!("{file}, {}", case["name"]));
            }
        }
    }
}
