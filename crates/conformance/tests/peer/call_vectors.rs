//! The vectors of verification, packets and whole calls through the peer.

use serde_json::{Value, json};

use super::{answers, assert_outcome, cases};

/// Requests, and what a vector says of the answer to each; one of which it says nothing must succeed.
#[derive(Default)]
struct Script {
    requests: Vec<Value>,
    expected: Vec<Value>,
}

impl Script {
    fn ask(&mut self, request: Value) {
        self.expect(request, json!({"ok": {}}));
    }

    fn expect(&mut self, request: Value, expected: Value) {
        self.requests.push(request);
        self.expected.push(expected);
    }

    fn run(&self, what: &str) {
        let answers = answers(&self.requests);
        let steps = self.requests.iter().zip(&self.expected);
        for (number, ((request, expected), got)) in steps.zip(&answers).enumerate() {
            let op = &request["op"];
            assert_outcome(expected, got, &format!("{what}, request {number}, {op}"));
        }
    }
}

/// The items of a list in a vector.
fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

/// The outcome of a step that gives `data`.
fn data_outcome(step: &Value) -> Value {
    match step.get("data") {
        Some(data) => json!({"ok": {"data": data}}),
        None => json!({"error": step["error"]}),
    }
}

#[test]
fn the_vectors_of_words_and_emoji_hold_through_the_peer() {
    let mut script = Script::default();
    for case in cases("primitives/verification_words.json") {
        let request = json!({"op": "words", "hash": case["hash"]});
        script.expect(request, json!({"ok": {"words": case["words"]}}));
    }
    for case in cases("primitives/emoji.json") {
        let request = json!({"op": "emoji", "emoji_hash": case["emoji_hash"]});
        script.expect(request, json!({"ok": {"emoji": case["emoji"]}}));
    }
    script.run("words and emoji");
}

#[test]
fn the_vectors_of_broadcasts_hold_through_the_peer() {
    for file in ["broadcasts", "edge_broadcasts"] {
        for case in cases(&format!("call/{file}.json")) {
            let mut script = Script::default();
            let delay = &case["allow_delay"];
            script.ask(json!({"op": "chain_new", "chain": "c", "mode": "client"}));
            script.ask(json!({"op": "broadcast_new", "broadcast": "b", "allow_delay": delay}));
            for step in list(&case["steps"]) {
                if step["type"] == "block" {
                    let block = &step["block"];
                    script.ask(json!({"op": "chain_apply", "chain": "c", "block": block}));
                    script.ask(json!({"op": "broadcast_block", "broadcast": "b", "chain": "c"}));
                } else {
                    let message = &step["message"];
                    let apply =
                        json!({"op": "broadcast_apply", "broadcast": "b", "message": message});
                    script.expect(apply, step.clone());
                }
            }
            script.run(&format!("{file}, {}", case["name"]));
        }
    }
}

#[test]
fn the_vectors_of_packets_hold_through_the_peer() {
    for file in ["packets", "edge_packets"] {
        for case in cases(&format!("call/{file}.json")) {
            let mut script = Script::default();
            let mut new = case["receiver"].clone();
            new["op"] = "enc_new".into();
            new["enc"] = "e".into();
            script.ask(new);
            for epoch in list(&case["receiver_epochs"]) {
                let mut add =
                    json!({"op": "enc_add", "enc": "e", "group_state": case["group_state"]});
                let fields = epoch.as_object().unwrap().clone();
                add.as_object_mut().unwrap().extend(fields);
                script.ask(add);
            }
            for step in list(&case["steps"]) {
                let mut decrypt = step.clone();
                decrypt["op"] = "enc_decrypt".into();
                decrypt["enc"] = "e".into();
                script.expect(decrypt, data_outcome(step));
            }
            script.run(&format!("{file}, {}", case["name"]));
        }
    }
}

#[test]
fn the_vectors_of_whole_calls_hold_through_the_peer() {
    for file in ["transcripts", "edge_calls"] {
        for case in cases(&format!("call/{file}.json")) {
            let mut script = Script::default();
            let users = list(&case["users"]);
            for event in list(&case["events"]) {
                match event["type"].as_str().unwrap() {
                    "block" | "refused" => follow(&mut script, event, users),
                    "verification" => verify(&mut script, event),
                    _ => {
                        let decrypt = json!({
                            "op": "call_decrypt",
                            "call": event["to"].to_string(),
                            "user_id": event["from"],
                            "channel_id": event["channel_id"],
                            "packet": event["packet"],
                        });
                        script.expect(decrypt, data_outcome(event));
                    }
                }
            }
            script.run(&format!("{file}, {}", case["name"]));
        }
    }
}

/// Each member follows a block; whoever it puts out gets the same answer to everything from then on.
fn follow(script: &mut Script, event: &Value, users: &[Value]) {
    for (call, view) in event["views"].as_object().unwrap() {
        let user_id: i64 = call.parse().unwrap();
        let mut all = users.iter();
        let user = all.find(|user| user["user_id"] == user_id).unwrap();
        let block = &event["block"];
        let is_new = view.get("create").is_some();
        let request = if is_new {
            json!({"op": "call_create", "call": call, "user_id": user["user_id"],
                "seed": user["seed"], "last_block": block})
        } else {
            json!({"op": "call_apply", "call": call, "block": block})
        };
        let outcome = match view.get("shared_key") {
            Some(key) => json!({"ok": {"height": event["height"], "shared_key": key}}),
            None => json!({"error": view["error"]}),
        };
        script.expect(request, outcome.clone());
        if outcome.get("error").is_some() {
            let ended = match is_new {
                true => json!({"error": {"code": 0}}),
                false => outcome,
            };
            for op in ["call_verification", "call_outbound"] {
                script.expect(json!({"op": op, "call": call}), ended.clone());
            }
        }
    }
}

fn verify(script: &mut Script, event: &Value) {
    let mut members = Vec::new();
    for message in list(&event["messages"]) {
        for (call, outcome) in message["views"].as_object().unwrap() {
            let message = &message["message"];
            let inbound = json!({"op": "call_inbound", "call": call, "message": message});
            script.expect(inbound, outcome.clone());
            members.push(call);
        }
    }
    for call in members {
        let mut outcome = json!({"ok": {"words": event["words"]}});
        if let Some(hash) = event.get("emoji_hash") {
            outcome["ok"]["emoji_hash"] = hash.clone();
        }
        script.expect(json!({"op": "call_verification", "call": call}), outcome);
    }
}
