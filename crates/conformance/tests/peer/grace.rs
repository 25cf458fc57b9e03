//! Epochs end by the clock of the peer.

use core::cell::Cell;
use core::time::Duration;

use serde_json::{Value, json};

use super::{answers, answers_by};

const ALICE: [i64; 2] = [1, 11];
const BOB: [i64; 2] = [2, 22];

fn seed(number: i64) -> String {
    format!("{number:064}")
}

/// The requests that make a cryptor of a member which knows one epoch.
fn cryptor([user_id, key]: [i64; 2], participants: &[Value]) -> [Value; 2] {
    let group_state = json!({"participants": participants, "external_permissions": 0});
    [
        json!({"op": "enc_new", "enc": "e", "user_id": user_id, "seed": seed(key)}),
        json!({"op": "enc_add", "enc": "e", "epoch": 1, "hash": seed(5), "secret": seed(6),
            "group_state": group_state}),
    ]
}

fn participants() -> Vec<Value> {
    let member = |[user_id, key]: [i64; 2]| {
        let key = &answers(&[json!({"op": "key", "seed": seed(key)})])[0];
        let public_key = &key["ok"]["public_key"];
        json!({"user_id": user_id, "public_key": public_key, "flags": 3, "version": 0})
    };
    [ALICE, BOB].map(member).to_vec()
}

#[test]
fn an_epoch_that_is_forgotten_ends_after_the_grace_time() {
    let participants = participants();
    let encrypt =
        json!({"op": "enc_encrypt", "enc": "e", "channel_id": 0, "data": "0102", "prefix": 1});
    let mut sender = cryptor(ALICE, &participants).to_vec();
    sender.extend(vec![encrypt.clone(); 3]);
    let packets: Vec<_> = answers(&sender)[2..]
        .iter()
        .map(|answer| {
            let packet = &answer["ok"]["packet"];
            json!({"op": "enc_decrypt", "enc": "e", "user_id": 1, "channel_id": 0, "packet": packet})
        })
        .collect();

    let mut receiver = cryptor(BOB, &participants).to_vec();
    receiver.push(packets[0].clone());
    receiver.push(json!({"op": "enc_forget", "enc": "e", "epoch": 1, "hash": seed(5)}));
    receiver.push(packets[1].clone());
    // Each request that needs the time takes a second.
    receiver.extend(vec![packets[1].clone(); 8]);
    receiver.push(packets[2].clone());
    receiver.push(encrypt);
    let seconds = Cell::new(0);
    let clock = move || {
        seconds.set(seconds.get() + 1);
        Duration::from_secs(seconds.get())
    };
    let answers = answers_by(clock, &receiver);
    assert_eq!(answers[2]["ok"]["data"], "0102");
    assert_eq!(answers[3]["ok"], json!({}));
    assert_eq!(answers[4]["ok"]["data"], "0102");
    assert_eq!(answers[5]["error"]["code"], 0, "a replay");
    assert_eq!(answers[13]["error"]["name"], "DECRYPT__UNKNOWN_EPOCH");
    assert_eq!(answers[14]["error"]["name"], "ENCRYPT__UNKNOWN_EPOCH");
}
