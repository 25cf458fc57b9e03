//! Two processes of `confcall peer` in one call.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// A process that answers requests.
struct Peer {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Peer {
    fn start() -> Self {
        let mut process = Command::new(assert_cmd::cargo::cargo_bin!("confcall"))
            .arg("peer")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            input: process.stdin.take().unwrap(),
            output: BufReader::new(process.stdout.take().unwrap()),
            process,
        }
    }

    /// Sends one line and waits for its answer.
    fn line(&mut self, line: &[u8]) -> Value {
        self.input.write_all(line).unwrap();
        self.input.write_all(b"\n").unwrap();
        let mut answer = String::new();
        self.output.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap()
    }

    fn ask(&mut self, op: &str, mut request: Value) -> Value {
        request["op"] = op.into();
        self.line(request.to_string().as_bytes())
    }

    fn ok(&mut self, op: &str, request: Value) -> Value {
        let answer = self.ask(op, request);
        assert!(answer["ok"].is_object(), "{op}: {answer}");
        answer["ok"].clone()
    }

    /// Asks for what must be refused with this code.
    fn refused(&mut self, op: &str, request: Value, code: i32) {
        let answer = self.ask(op, request);
        assert_eq!(answer["error"]["code"], code, "{op}: {answer}");
    }

    /// Ends the input, which ends the process and nothing else does.
    fn finish(mut self) {
        drop(self.input);
        assert!(self.process.wait().unwrap().success());
    }
}

/// One member of the call, in a process of its own.
struct Member {
    peer: Peer,
    user_id: i64,
    seed: Value,
    public_key: Value,
}

impl Member {
    fn start(user_id: i64) -> Self {
        let mut member = Self {
            peer: Peer::start(),
            user_id,
            seed: Value::Null,
            public_key: Value::Null,
        };
        member.draw_key();
        member
    }

    fn draw_key(&mut self) {
        let key = self.peer.ok("key", json!({}));
        self.seed = key["seed"].clone();
        self.public_key = key["public_key"].clone();
    }

    fn participant(&self) -> Value {
        json!({"user_id": self.user_id, "public_key": self.public_key, "flags": 3, "version": 1})
    }

    fn create_call(&mut self, last_block: &Value) -> Value {
        let request = json!({"call": "c", "user_id": self.user_id, "seed": self.seed, "last_block": last_block});
        self.peer.ok("call_create", request)
    }

    /// The block by which this member enters, in server form.
    fn self_add(&mut self, previous: &Value) -> Value {
        let request = json!({"seed": self.seed, "previous_block": previous, "user_id": self.user_id, "flags": 3});
        let block = self.peer.ok("self_add", request);
        self.server_form(&block["block"])
    }

    fn apply(&mut self, block: &Value) -> Value {
        let request = json!({"call": "c", "block": block});
        self.peer.ok("call_apply", request)
    }

    /// The block that gives the call this group, in server form.
    fn change_state(&mut self, group_state: &Value) -> Value {
        let request = json!({"call": "c", "group_state": group_state});
        let block = self.peer.ok("call_change_state", request);
        self.server_form(&block["block"])
    }

    fn server_form(&mut self, item: &Value) -> Value {
        self.peer.ok("to_server", json!({"block": item}))["block"].clone()
    }

    /// What this member has to say, in server form.
    fn outbound(&mut self) -> Vec<Value> {
        let outbound = self.peer.ok("call_outbound", json!({"call": "c"}));
        let messages = outbound["messages"].as_array().unwrap();
        messages.iter().map(|one| self.server_form(one)).collect()
    }

    fn verification(&mut self) -> Value {
        self.peer.ok("call_verification", json!({"call": "c"}))
    }

    fn packet(&mut self, data: &str) -> Value {
        let request = json!({"call": "c", "channel_id": 0, "data": data, "prefix": 1});
        self.peer.ok("call_encrypt", request)["packet"].clone()
    }
}

/// What a member sends to another: the request that opens it.
fn incoming(sender: &Member, packet: &Value) -> Value {
    json!({"call": "c", "user_id": sender.user_id, "channel_id": 0, "packet": packet})
}

/// Sends a packet one way; a second time and as the receiver's own it is refused.
fn send(sender: &mut Member, receiver: &mut Member, data: &str) {
    let packet = sender.packet(data);
    let request = incoming(sender, &packet);
    let own = incoming(receiver, &packet);
    receiver.peer.refused("call_decrypt", own, 0);
    let opened = receiver.peer.ok("call_decrypt", request.clone());
    assert_eq!(opened["data"], data);
    receiver.peer.refused("call_decrypt", request, 0);
}

fn send_both_ways(one: &mut Member, other: &mut Member) {
    send(one, other, "01aabbcc");
    send(other, one, "02ddeeff");
}

/// Echoes what both say to both until nobody says anything, and compares what they come to.
fn verify(members: [&mut Member; 2]) -> Value {
    let [one, other] = members;
    loop {
        let said = [one.outbound(), other.outbound()].concat();
        if said.is_empty() {
            break;
        }
        for message in said {
            let inbound = json!({"call": "c", "message": message});
            for member in [&mut *one, &mut *other] {
                member.peer.ok("call_inbound", inbound.clone());
                let again = member.peer.ask("call_inbound", inbound.clone());
                let code = again["error"]["code"].as_i64().unwrap();
                assert!((501..=504).contains(&code), "{again}");
            }
        }
    }
    let seen = one.verification();
    assert_eq!(seen, other.verification());
    assert_eq!(seen["words"].as_array().unwrap().len(), 24);
    let hash = json!({"emoji_hash": seen["emoji_hash"]});
    let emoji = one.peer.ok("emoji", hash.clone());
    assert_eq!(emoji, other.peer.ok("emoji", hash));
    seen
}

/// Disturbs a peer with what cannot be understood or is wrong.
fn disturb(member: &mut Member) {
    for line in [
        &b"{"[..],
        b"\xff\xfe",
        b"[]",
        b"{\"op\": \"call_apply\", \"call\": \"c\"}",
    ] {
        assert_eq!(member.peer.line(line)["error"]["name"], "DRIVER");
    }
    let apply = json!({"call": "another", "block": "00"});
    member.peer.refused("call_apply", apply, 0);
    let inbound = json!({"call": "c", "message": "00"});
    member.peer.refused("call_inbound", inbound, 0);
    let mut far = json!({"call": "c", "channel_id": 1024, "data": "", "prefix": 0});
    member.peer.refused("call_encrypt", far.clone(), 600);
    far["channel_id"] = 0.into();
    far["prefix"] = 1.into();
    member.peer.refused("call_encrypt", far, 0);
    let packet = json!({"call": "c", "user_id": 7, "channel_id": 0, "packet": "0000"});
    member.peer.refused("call_decrypt", packet, 0);
    let nobody = json!({"participants": [], "external_permissions": 0});
    let change = json!({"call": "c", "group_state": nobody});
    member.peer.refused("call_change_state", change, 207);
}

/// Every operation on a call that failed says so, until it is dropped.
fn assert_failed(member: &mut Member, block: &Value) {
    let group = json!({"participants": [member.participant()], "external_permissions": 0});
    let requests = [
        ("call_apply", json!({"block": block})),
        ("call_change_state", json!({"group_state": group})),
        (
            "call_encrypt",
            json!({"channel_id": 0, "data": "", "prefix": 0}),
        ),
        (
            "call_decrypt",
            json!({"user_id": 7, "channel_id": 0, "packet": ""}),
        ),
        ("call_outbound", json!({})),
        ("call_inbound", json!({"message": "00"})),
        ("call_verification", json!({})),
    ];
    for (op, mut request) in requests {
        request["call"] = "c".into();
        member.peer.refused(op, request, 601);
    }
    member.peer.ok("call_drop", json!({"call": "c"}));
    let gone = json!({"call": "c"});
    member.peer.refused("call_verification", gone.clone(), 0);
    member.peer.refused("call_drop", gone, 0);
}

/// A call of two: the host creates it, the guest joins, and is removed for good.
fn whole_call(host: &mut Member, guest: &mut Member) {
    let group = json!({"participants": [host.participant()], "external_permissions": 3});
    let zero = json!({"seed": host.seed, "group_state": group});
    let zero = host.peer.ok("zero_block", zero);
    let zero = host.server_form(&zero["block"]);
    assert_eq!(host.create_call(&zero)["height"], 0);

    let join = guest.self_add(&zero);
    let stranger = json!({"call": "c", "user_id": 7, "seed": guest.seed, "last_block": join});
    guest.peer.refused("call_create", stranger, 301);
    let joined = host.apply(&join);
    assert_eq!(joined, guest.create_call(&join));
    let participants = &joined["group_state"]["participants"];
    assert_eq!(
        *participants,
        json!([host.participant(), guest.participant()])
    );

    let first = verify([&mut *host, &mut *guest]);
    disturb(host);
    disturb(guest);
    assert_eq!(host.verification(), first);
    send_both_ways(host, guest);

    let mut closed = joined["group_state"].clone();
    closed["external_permissions"] = 0.into();
    let change = guest.change_state(&closed);
    let changed = host.apply(&change);
    assert_eq!(changed, guest.apply(&change));
    assert_eq!(changed["group_state"], closed);
    assert_ne!(changed["shared_key"], joined["shared_key"]);
    let second = verify([&mut *guest, &mut *host]);
    assert_ne!(second["emoji_hash"], first["emoji_hash"]);
    send_both_ways(guest, host);

    let mut open = json!({"participants": [host.participant()], "external_permissions": 0});
    let removal = host.change_state(&open);
    let alone = host.apply(&removal);
    assert_eq!(alone["group_state"], open);
    guest
        .peer
        .refused("call_apply", json!({"call": "c", "block": removal}), 601);
    assert_failed(guest, &removal);

    // Who is outside may add nobody any more, and external permissions never widen.
    open["external_permissions"] = 3.into();
    let widened = json!({"call": "c", "group_state": open});
    host.peer.refused("call_change_state", widened, 207);
    guest.draw_key();
    let again = json!({"seed": guest.seed, "previous_block": removal, "user_id": guest.user_id, "flags": 3});
    guest.peer.refused("self_add", again, 207);
}

#[test]
fn two_peers_hold_a_whole_call_whoever_of_them_creates_it() {
    let (mut alice, mut bob) = (Member::start(i64::MAX), Member::start(i64::MIN));
    whole_call(&mut alice, &mut bob);
    whole_call(&mut bob, &mut alice);
    alice.peer.finish();
    bob.peer.finish();
}

#[test]
fn a_bad_block_fails_the_call_for_good_and_no_other() {
    let mut member = Member::start(5);
    let group = json!({"participants": [member.participant()], "external_permissions": 3});
    let zero = json!({"seed": member.seed, "group_state": group});
    let local = member.peer.ok("zero_block", zero)["block"].clone();
    let zero = member.server_form(&local);
    // A block that was applied before, and one with a byte too many.
    let longer = json!(format!("{}00", zero.as_str().unwrap()));
    for bad in [&zero, &longer] {
        let created = member.create_call(&zero);
        let other = json!({"call": "d", "user_id": 5, "seed": member.seed, "last_block": zero});
        assert_eq!(member.peer.ok("call_create", other), created);
        let apply = json!({"call": "c", "block": bad});
        member.peer.refused("call_apply", apply, 601);
        assert_failed(&mut member, &zero);
        member.peer.ok("call_verification", json!({"call": "d"}));
    }
    // A local block, and no block at all, are as if they had not come.
    member.create_call(&zero);
    for other in [&local, &json!("00")] {
        let apply = json!({"call": "c", "block": other});
        member.peer.refused("call_apply", apply, 0);
        member.peer.ok("call_verification", json!({"call": "c"}));
    }
    member.peer.finish();
}
