//! Rounds of the verification on a few blocks, and what a server can put between their broadcasts.

use arbitrary::Unstructured;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::fault::Fault;
use super::request::Request;
use super::scribe::{Scribe, damaged, hex};

/// The people who can be in a call.
const PEOPLE: [i64; 5] = [1, 2, -1, i64::MAX, i64::MIN];

/// A block of the call, and its people by their places.
struct Block {
    height: i32,
    bytes: Vec<u8>,
    hash: Vec<u8>,
    people: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Commit,
    Reveal,
}

/// The content of a broadcast.
#[derive(Clone)]
struct Said {
    kind: Kind,
    user_id: i64,
    /// The place of the person who signs.
    signer: u8,
    height: i32,
    hash: Vec<u8>,
    nonce: u8,
}

/// One round for each of a few blocks.
pub(super) fn run(u: &mut Unstructured<'_>, scribe: &mut Scribe) -> Result<Vec<Request>, Fault> {
    let blocks = blocks(u, scribe)?;
    let allow_delay = u.choose(&[
        None,
        Some(false),
        Some(false),
        Some(true),
        Some(true),
        Some(true),
    ])?;
    let new = json!({ "broadcast": "round", "allow_delay": allow_delay });
    let mut requests = vec![Request::new("broadcast_new", new)];
    let mut messages = Vec::new();
    for (place, block) in blocks.iter().enumerate() {
        let start = json!({ "chain": "main", "mode": "client", "block": hex(&block.bytes) });
        requests.push(Request::new("chain_new", start));
        let next = json!({ "broadcast": "round", "chain": "main" });
        requests.push(Request::new("broadcast_block", next));
        let later = blocks.get(place.saturating_add(1)).unwrap_or(block);
        let mut due = Vec::new();
        for kind in [Kind::Commit, Kind::Reveal] {
            due.extend(
                block
                    .people
                    .iter()
                    .map(|person| right(kind, *person, block)),
            );
        }
        for said in due {
            if u.ratio(1, 3)? {
                let odd = odd(u, &said, block, later)?;
                messages.push(written(u, scribe, &odd)?);
                requests.push(apply(messages.last()));
            }
            // Some rounds stay incomplete.
            if u.ratio(23, 24)? {
                messages.push(written(u, scribe, &said)?);
                requests.push(apply(messages.last()));
            }
            if u.ratio(1, 8)? {
                let again = u.choose_index(messages.len().max(1))?;
                requests.push(apply(messages.get(again)));
            }
        }
    }
    Ok(requests)
}

fn apply(message: Option<&Vec<u8>>) -> Request {
    let message = message.map_or(String::new(), |message| hex(message));
    Request::new(
        "broadcast_apply",
        json!({ "broadcast": "round", "message": message }),
    )
}

/// Draws the blocks of a call; their heights grow.
fn blocks(u: &mut Unstructured<'_>, scribe: &mut Scribe) -> Result<Vec<Block>, Fault> {
    let mut height: i32 = *u.choose(&[0, 1, 1000, i32::MAX - 7])?;
    let mut blocks = Vec::new();
    for _ in 0..u.int_in_range(1..=3)? {
        // Few most often: a round of all of them is as long as there are people.
        let people: Vec<_> = (0..*u.choose(&[1, 1, 2, 2, 3, 4])?).collect();
        let mut participants = Vec::new();
        for person in &people {
            let request = Request::new("key", json!({ "seed": seed(*person) }));
            participants.push(json!({
                "user_id": user(*person),
                "public_key": hex(&scribe.bytes(&request, "public_key")?),
                "flags": 3,
                "version": 0,
            }));
        }
        let signer = participants
            .first()
            .and_then(|first| first.get("public_key"));
        let zero = hex(&[0; 32]);
        let empty = json!({ "ek": zero, "encrypted_shared_key": "", "dest_user_id": [], "dest_header": [] });
        let group = json!({ "participants": &participants, "external_permissions": 3 });
        let fields = json!({
            "height": height,
            "prev_block_hash": zero,
            "changes": [
                { "type": "set_group_state", "group_state": group },
                { "type": "set_shared_key", "shared_key": empty },
            ],
            "kv_hash": zero,
            "signature_public_key": signer,
        });
        let make = Request::new("block_make", json!({ "fields": fields, "seed": seed(0) }));
        blocks.push(Block {
            height,
            bytes: scribe.bytes(&make, "block")?,
            hash: scribe.bytes(&make, "hash")?,
            people,
        });
        height = height.saturating_add(u.int_in_range(1..=2)?);
    }
    Ok(blocks)
}

/// The bytes of a broadcast, rarely damaged.
fn written(u: &mut Unstructured<'_>, scribe: &mut Scribe, said: &Said) -> Result<Vec<u8>, Fault> {
    let nonce = [said.nonce; 32];
    let (kind, value) = match said.kind {
        Kind::Commit => ("commit", Sha256::digest(nonce).into()),
        Kind::Reveal => ("reveal", nonce),
    };
    let fields = json!({
        "kind": kind,
        "seed": seed(said.signer),
        "user_id": said.user_id,
        "height": said.height,
        "hash": hex(&said.hash),
        "value": hex(&value),
    });
    let message = scribe.bytes(&Request::new("broadcast_make", fields), "message")?;
    match u.ratio(1, 24)? {
        true => Ok(damaged(u, &message)?),
        false => Ok(message),
    }
}

fn user(person: u8) -> i64 {
    PEOPLE.get(usize::from(person)).copied().unwrap_or_default()
}

fn seed(person: u8) -> String {
    hex(&[person.saturating_add(1); 32])
}

/// A broadcast that is due.
fn right(kind: Kind, person: u8, block: &Block) -> Said {
    Said {
        kind,
        user_id: user(person),
        signer: person,
        height: block.height,
        hash: block.hash.clone(),
        nonce: person,
    }
}

/// A broadcast that is not due, or wrong in one respect.
fn odd(u: &mut Unstructured<'_>, said: &Said, block: &Block, later: &Block) -> Result<Said, Fault> {
    let mut odd = said.clone();
    match u.int_in_range(0..=7)? {
        0 => odd.hash.iter_mut().for_each(|byte| *byte ^= 1),
        1 => odd.signer = u.int_in_range(0..=4)?,
        2 => odd.user_id = *u.choose(&PEOPLE)?,
        3 => odd.height = said.height.saturating_add(*u.choose(&[1, -1, 2, 100])?),
        4 => odd.nonce = 0xff,
        5 => {
            odd.kind = match said.kind {
                Kind::Commit => Kind::Reveal,
                Kind::Reveal => Kind::Commit,
            }
        }
        // Out of turn, or for a block that is yet to come.
        6 => odd = right(said.kind, *u.choose(&block.people)?, block),
        _ => {
            odd = right(
                *u.choose(&[Kind::Commit, Kind::Reveal])?,
                *u.choose(&later.people)?,
                later,
            )
        }
    }
    Ok(odd)
}
