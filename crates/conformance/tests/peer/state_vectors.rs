//! The vectors of keys, wire, trie and chain through the peer.

use serde_json::{Value, json};

use super::{answer, answers, assert_outcome, cases, vectors};

/// The request of an operation with the fields of a case.
fn request(op: &str, case: &Value) -> Value {
    let mut request = case.clone();
    request["op"] = op.into();
    request
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
