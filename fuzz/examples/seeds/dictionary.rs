//! The constructor ids of the schemas, as libFuzzer's dictionaries write them.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use confcall_state::wire::ITEM_IDS;

pub(super) fn write(specification: &Path, to: &Path) -> io::Result<()> {
    let mut ids = BTreeMap::new();
    for schema in ["e2e.tl", "api.tl"] {
        let text = fs::read_to_string(specification.join(schema))?;
        ids.extend(text.lines().filter_map(constructor));
    }
    for id in ITEM_IDS {
        // What comes from the server carries the next number.
        ids.insert(format!("served_{id:08x}"), id + 1);
    }
    let entries = ids.into_iter().map(|(name, id)| {
        let [a, b, c, d] = id.to_le_bytes();
        format!("{name}=\"\\x{a:02x}\\x{b:02x}\\x{c:02x}\\x{d:02x}\"\n")
    });
    fs::write(to, entries.collect::<String>())
}

/// The name and the id of a line of a schema, if it is one of a constructor.
fn constructor(line: &str) -> Option<(String, u32)> {
    let (name, rest) = line.split_once('#')?;
    let id = rest.split(' ').next()?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '.';
    let id = u32::from_str_radix(id, 16).ok()?;
    name.chars()
        .all(is_name)
        .then(|| (name.replace('.', "_"), id))
}
