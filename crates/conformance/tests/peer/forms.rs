//! Items that are refused for their form, and the order of checks, through the peer.

use serde_json::{Value, json};

use super::{answer, answers};

const SEED: &str = "8789f7bc8cdebce54673983f6508212c374c45d74088beaf7dddab416bc0f72a";

/// The group of user 7 alone.
fn group_state() -> Value {
    let key = answer(json!({"op": "key", "seed": SEED}));
    let public_key = &key["ok"]["public_key"];
    let participant = json!({"user_id": 7, "public_key": public_key, "flags": 3, "version": 0});
    json!({"participants": [participant], "external_permissions": 3})
}

#[test]
fn a_call_goes_on_after_an_item_that_is_refused_for_its_form() {
    let block = |request| answer(request)["ok"]["block"].clone();
    let local = block(json!({"op": "zero_block", "seed": SEED, "group_state": group_state()}));
    let server = block(json!({"op": "to_server", "block": local}));
    for item in [local, json!("aabbcc"), json!("")] {
        let answers = answers(&[
            json!({"op": "call_create", "call": "k", "user_id": 7, "seed": SEED, "last_block": server}),
            json!({"op": "call_apply", "call": "k", "block": item}),
            json!({"op": "call_inbound", "call": "k", "message": item}),
            json!({"op": "call_verification", "call": "k"}),
            // Read, and none that follows.
            json!({"op": "call_apply", "call": "k", "block": server}),
            json!({"op": "call_apply", "call": "k", "block": item}),
        ]);
        let codes = answers.iter().map(|one| one["error"]["code"].as_i64());
        let codes: Vec<_> = codes.collect();
        assert_eq!(
            codes,
            [None, Some(0), Some(0), None, Some(601), Some(601)],
            "{item}"
        );
    }
}

#[test]
fn a_frame_is_refused_for_its_prefix_then_for_the_epochs_then_for_its_channel() {
    let encrypt = |prefix: u8| json!({"op": "enc_encrypt", "enc": "r", "channel_id": 5000, "data": "00", "prefix": prefix});
    let secret = "00".repeat(32);
    let answers = answers(&[
        json!({"op": "enc_new", "enc": "r", "user_id": 7, "seed": SEED}),
        encrypt(2),
        encrypt(1),
        json!({
            "op": "enc_add", "enc": "r", "epoch": 1, "hash": secret, "secret": secret,
            "group_state": group_state(),
        }),
        encrypt(2),
        encrypt(1),
    ]);
    let codes: Vec<_> = answers
        .iter()
        .map(|one| one["error"]["code"].as_i64())
        .collect();
    assert_eq!(codes, [None, Some(0), Some(401), None, Some(0), Some(600)]);
}
