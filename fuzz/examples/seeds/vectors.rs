//! What the reference implementation wrote.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::Seeds;

/// Which fields of a vector hold the bytes of which target.
const FIELDS: [(&str, &str); 5] = [
    ("block", "block"),
    ("message", "broadcast"),
    ("packet", "packet_open"),
    ("proof", "trie_proof"),
    ("snapshot", "trie_snapshot"),
];

pub(super) fn add(seeds: &mut Seeds, directory: &Path) -> Result<(), Box<dyn std::error::Error>> {
    for path in confcall_conformance::collect(directory)? {
        add_all(seeds, &serde_json::from_str(&fs::read_to_string(path)?)?);
    }
    Ok(())
}

fn add_all(seeds: &mut Seeds, value: &Value) {
    match value {
        Value::Array(values) => values.iter().for_each(|one| add_all(seeds, one)),
        Value::Object(fields) => {
            for (name, value) in fields {
                let target = FIELDS.iter().find(|(field, _)| field == name);
                let bytes = value.as_str().and_then(|text| hex::decode(text).ok());
                match (target, bytes) {
                    (Some((_, target)), Some(bytes)) => seeds.add(target, bytes),
                    _ => add_all(seeds, value),
                }
            }
        }
        _ => {}
    }
}
