//! Our own peer beside another implementation, which is the same peer with a defect put in.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall_conformance::difference::{
    Comparison, Difference, Family, Fault, Kind, Other, Request, Shrunk, Silence,
};
use confcall_conformance::peer::Peer;
use serde_json::{Value, json};

const SEED: u64 = 16;

fn new_peer() -> Peer {
    Peer::new(ChaCha20Rng::from_seed([1; 32]), || Duration::ZERO)
}

type Memory = HashMap<String, Value>;
type ChangeAnswer = fn(&Value, Value, &mut Memory) -> Result<Value, Silence>;

/// The changes that a defect makes to requests and answers.
#[derive(Clone, Copy)]
struct Defect {
    request: fn(&mut Value),
    answer: ChangeAnswer,
}

const NONE: Defect = Defect {
    request: |_| {},
    answer: |_, answer, _| Ok(answer),
};

/// Our own peer with a defect.
struct Defective {
    defect: Defect,
    peer: Peer,
    memory: Memory,
}

impl Defective {
    fn new(defect: Defect) -> Self {
        Self {
            defect,
            peer: new_peer(),
            memory: Memory::new(),
        }
    }
}

impl Other for Defective {
    fn restart(&mut self) -> Result<(), Silence> {
        *self = Self::new(self.defect);
        Ok(())
    }

    fn ask(&mut self, line: &str) -> Result<String, Silence> {
        let mut request = serde_json::from_str(line).unwrap();
        (self.defect.request)(&mut request);
        let answer = self.peer.answer(&request.to_string()).unwrap();
        let answer = serde_json::from_str(&answer).unwrap();
        let answer = (self.defect.answer)(&request, answer, &mut self.memory)?;
        // A text instead of an object stands for a line that is no JSON.
        let line = answer.as_str().map(str::to_owned);
        Ok(line.unwrap_or_else(|| answer.to_string()))
    }
}

fn beside(defect: Defect) -> Comparison<Defective, fn() -> Peer> {
    Comparison::start(Defective::new(defect), new_peer as fn() -> Peer).unwrap()
}

/// The first difference in some runs of a family.
fn first(defect: Defect, family: Family, runs: u64) -> Option<Difference> {
    let mut comparison = beside(defect);
    (0..runs).find_map(|number| {
        let run = family.run(SEED, number).unwrap();
        comparison.compare(&run).unwrap()
    })
}

/// A defect is found in these runs, and shrinks to at most this many requests, which show it by themselves.
fn found(defect: Defect, family: Family, runs: u64, most: usize) -> Difference {
    let found = first(defect, family, runs).expect("a difference");
    let mut tries = 0;
    let shrunk = beside(defect).shrink(&found, || {
        tries += 1;
        tries <= 600
    });
    let Shrunk::Shown(shrunk) = shrunk.unwrap() else {
        panic!("{found:?} is not shown again");
    };
    assert!(shrunk.exchanges.len() <= most, "{tries} tries: {shrunk:#?}");
    let last = shrunk.exchanges.last().unwrap();
    let (mut ours, mut other) = (new_peer(), Defective::new(defect));
    for exchange in &shrunk.exchanges {
        let line = exchange.request.to_string();
        assert_eq!(ours.answer(&line).unwrap(), exchange.ours);
        assert_eq!(other.ask(&line).ok(), exchange.other);
    }
    assert_ne!(Some(&last.ours), last.other.as_ref());
    shrunk
}

fn code(answer: &Value) -> Option<i64> {
    answer["error"]["code"].as_i64()
}

#[test]
fn two_peers_without_a_defect_do_not_differ() {
    for family in Family::ALL {
        assert!(first(NONE, family, 40).is_none(), "{family}");
    }
}

#[test]
fn a_number_under_a_seed_is_always_the_same_run() {
    let text = |family: Family, seed, number| {
        let run = family.run(seed, number).unwrap();
        run.iter().map(Request::to_string).collect::<Vec<_>>()
    };
    for family in Family::ALL {
        assert_eq!(text(family, 3, 5), text(family, 3, 5));
        assert_ne!(text(family, 3, 5), text(family, 3, 6));
        assert_ne!(text(family, 3, 5), text(family, 4, 5));
    }
}

#[test]
fn the_runs_reach_every_verdict_of_their_family() {
    let expected: [(Family, &[i64]); 3] = [
        (
            Family::Chains,
            &[0, 200, 201, 202, 203, 204, 205, 206, 207, 208, 209],
        ),
        (
            Family::Broadcasts,
            &[0, 202, 500, 501, 502, 503, 504, 505, 506],
        ),
        (Family::Packets, &[0, 400]),
    ];
    for (family, codes) in expected {
        let mut seen = BTreeSet::new();
        let (mut accepted, mut all) = (0, 0);
        for number in 0..100 {
            let mut peer = new_peer();
            for request in family.run(SEED, number).unwrap() {
                let answer = peer.answer(&request.to_string()).unwrap();
                let answer: Value = serde_json::from_str(&answer).unwrap();
                seen.extend(code(&answer));
                accepted += usize::from(answer["ok"].is_object());
                all += 1;
            }
        }
        // Whoever follows the protocol understands every request.
        assert_eq!(seen, codes.iter().copied().collect(), "{family}");
        assert!(accepted * 5 > all, "{family}: {accepted} of {all}");
    }
}

#[test]
fn a_chain_that_accepts_a_wrong_height_is_found() {
    let defect = Defect {
        answer: |request, answer, states| {
            let chain = request["chain"].to_string();
            if answer["ok"].is_object() {
                states.insert(chain, answer.clone());
            } else if code(&answer) == Some(204) {
                return Ok(states.get(&chain).cloned().unwrap_or(answer));
            }
            Ok(answer)
        },
        ..NONE
    };
    let shrunk = found(defect, Family::Chains, 20, 2);
    assert!(matches!(shrunk.kind, Kind::Accepted(ours) if ours.starts_with("code 204")));
}

#[test]
fn a_chain_that_adopts_the_hash_of_the_trie_is_found() {
    let defect = Defect {
        request: |request| {
            if request["mode"] == "full" {
                request["mode"] = "client".into();
            }
        },
        ..NONE
    };
    found(defect, Family::Chains, 40, 3);
}

/// One code in the place of another.
const OTHER_CODE: Defect = Defect {
    answer: |_, mut answer, _| {
        if code(&answer) == Some(203) {
            answer["error"]["code"] = 204.into();
        }
        Ok(answer)
    },
    ..NONE
};

#[test]
fn a_code_in_the_place_of_another_is_found() {
    let shrunk = found(OTHER_CODE, Family::Chains, 20, 2);
    assert!(matches!(shrunk.kind, Kind::Reason(..)));
}

#[test]
fn a_message_of_its_own_is_no_difference() {
    let defect = Defect {
        answer: |_, mut answer, _| {
            if code(&answer).is_some() {
                answer["error"]["message"] = "no".into();
            }
            if code(&answer) == Some(0) {
                answer["error"]["name"] = "NONE".into();
            }
            Ok(answer)
        },
        ..NONE
    };
    for family in Family::ALL {
        assert!(first(defect, family, 10).is_none(), "{family}");
    }
}

#[test]
fn a_field_of_a_state_that_differs_is_named() {
    let defect = Defect {
        answer: |request, mut answer, _| {
            if request["op"] == "chain_apply"
                && answer["ok"]["shared_key"]["dest_user_id"][1].is_i64()
            {
                answer["ok"]["shared_key"]["dest_user_id"][1] = 7.into();
            }
            Ok(answer)
        },
        ..NONE
    };
    let shrunk = found(defect, Family::Chains, 20, 2);
    assert!(
        matches!(&shrunk.kind, Kind::Result(path) if path == "/shared_key/dest_user_id/1"),
        "{}",
        shrunk.kind
    );
}

#[test]
fn a_round_that_refuses_what_comes_early_is_found() {
    let defect = Defect {
        request: |request| {
            if request["op"] == "broadcast_new" {
                request["allow_delay"] = false.into();
            }
        },
        ..NONE
    };
    let shrunk = found(defect, Family::Broadcasts, 20, 4);
    assert!(matches!(shrunk.kind, Kind::Refused(other) if other.starts_with("code 500")));
}

#[test]
fn a_round_that_comes_to_another_hash_is_found() {
    let defect = Defect {
        answer: |_, mut answer, _| {
            if answer["ok"]["emoji_hash"].is_string() {
                answer["ok"]["emoji_hash"] = "00".repeat(64).into();
            }
            Ok(answer)
        },
        ..NONE
    };
    found(defect, Family::Broadcasts, 20, 5);
}

#[test]
fn a_receiver_that_opens_a_packet_twice_is_found() {
    let defect = Defect {
        answer: |request, answer, opened| {
            if request["op"] != "enc_decrypt" {
                return Ok(answer);
            }
            let packet = request["packet"].to_string();
            if answer["ok"].is_object() {
                opened.insert(packet, answer.clone());
                return Ok(answer);
            }
            Ok(opened.get(&packet).cloned().unwrap_or(answer))
        },
        ..NONE
    };
    let shrunk = found(defect, Family::Packets, 20, 4);
    assert!(matches!(shrunk.kind, Kind::Accepted(_)));
    // What the packet does not need is gone, too: other members of the group.
    let add = shrunk.exchanges[1].request.to_string();
    let add: Value = serde_json::from_str(&add).unwrap();
    assert_eq!(
        add["group_state"]["participants"].as_array().unwrap().len(),
        1,
        "{add}"
    );
}

#[test]
fn an_end_and_a_line_that_is_no_answer_are_differences() {
    let ends = Defect {
        answer: |_, answer, _| match code(&answer) {
            Some(400) => Err(Silence::Ended("signal 11".to_owned())),
            _ => Ok(answer),
        },
        ..NONE
    };
    let shrunk = found(ends, Family::Packets, 20, 2);
    assert!(matches!(shrunk.kind, Kind::Silent(Silence::Ended(_))));
    let babbles = Defect {
        answer: |_, answer, _| match code(&answer) {
            Some(400) => Ok("panicked at".into()),
            _ => Ok(answer),
        },
        ..NONE
    };
    let shrunk = found(babbles, Family::Packets, 20, 2);
    assert!(matches!(shrunk.kind, Kind::NoAnswer(_)));
}

#[test]
fn operations_that_are_not_spoken_are_named() {
    let defect = Defect {
        request: |request| {
            if request["op"] == "enc_add" {
                request["op"] = "none".into();
            }
        },
        ..NONE
    };
    let mut comparison = beside(defect);
    let unspoken = Family::ALL.map(|family| comparison.unspoken(family).unwrap());
    assert_eq!(unspoken, [None, None, Some("enc_add")]);
    let mut comparison = beside(NONE);
    let unspoken = Family::ALL.map(|family| comparison.unspoken(family).unwrap());
    assert_eq!(unspoken, [None; 3]);
}

#[test]
fn a_difference_that_is_not_shown_again_is_not_shrunk() {
    let found = first(OTHER_CODE, Family::Chains, 20).unwrap();
    let shrunk = beside(NONE).shrink(&found, || true).unwrap();
    assert!(matches!(shrunk, Shrunk::NotAgain));
    // Without a try, what was found stays.
    let shrunk = beside(OTHER_CODE).shrink(&found, || false).unwrap();
    let Shrunk::Shown(same) = shrunk else {
        panic!("{found:?} is shown again");
    };
    assert_eq!(same.exchanges.len(), found.exchanges.len());
}

#[test]
fn a_program_that_does_not_answer_ping_is_no_peer() {
    let babbles = Defect {
        answer: |_, _, _| Ok("hello".into()),
        ..NONE
    };
    let refused = Comparison::start(Defective::new(babbles), new_peer as fn() -> Peer);
    assert!(matches!(refused.err(), Some(Fault::NotAPeer(line)) if line == "hello"));
    let named = Defect {
        answer: |_, _, _| Ok(json!({"ok": {"name": "other", "version": "2"}})),
        ..NONE
    };
    assert_eq!(beside(named).other_name(), "other 2");
}
