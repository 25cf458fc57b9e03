//! Chains of blocks, right and subtly wrong, in both modes and from any start.

use arbitrary::Unstructured;
use confcall_model::chain_ops;
use serde_json::{Value, json};

use super::fault::Fault;
use super::request::Request;
use super::scribe::{damaged, hex};

/// The choices that decide about one chain, in bytes; they make about twenty blocks.
const CHOICES: usize = 400;

/// The blocks of one chain of the model, and copies of them that are damaged or stand where they do not belong.
pub(super) fn run(u: &mut Unstructured<'_>) -> Result<Vec<Request>, Fault> {
    let judged = chain_ops(u.bytes(CHOICES)?);
    let judged = judged.map_err(|disagreement| Fault::Model(format!("{disagreement:?}")))?;
    // The model's verdicts are left out: here the engine is compared, which agrees with it.
    let case = judged.to_vector("");
    let start = json!({
        "chain": "main",
        "mode": case.get("mode"),
        "block": case.pointer("/start/block"),
    });
    let mut requests = vec![Request::new("chain_new", start)];
    let steps = case.get("steps").and_then(Value::as_array);
    let blocks = steps
        .into_iter()
        .flatten()
        .filter_map(|step| step.get("block"));
    for block in blocks {
        let bytes = hex::decode(block.as_str().unwrap_or_default()).unwrap_or_default();
        if u.ratio(1, 10)? {
            requests.push(apply(hex(&damaged(u, &bytes)?).into()));
        }
        if u.ratio(1, 20)? {
            requests.push(apply(hex(&as_server(bytes)).into()));
        }
        if u.ratio(1, 6)? {
            let start = json!({ "chain": "start", "mode": "client", "block": block });
            requests.push(Request::new("chain_new", start));
        }
        requests.push(apply(block.clone()));
        if u.ratio(1, 20)? {
            requests.push(apply(block.clone()));
        }
    }
    Ok(requests)
}

fn apply(block: Value) -> Request {
    Request::new("chain_apply", json!({ "chain": "main", "block": block }))
}

/// An item in the form of a server, which a chain refuses.
fn as_server(mut item: Vec<u8>) -> Vec<u8> {
    if let Some(first) = item.first_chunk_mut() {
        *first = u32::from_le_bytes(*first).wrapping_add(1).to_le_bytes();
    }
    item
}
