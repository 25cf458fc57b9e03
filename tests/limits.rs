//! The limits that `spec/limits.md` lists are those of the code, all of them and with their values.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::string_slice,
    reason = "tests"
)]

use std::collections::BTreeMap;

const DOCUMENT: &str = include_str!("../spec/limits.md");
const OPTIONS: &str = include_str!("../crates/server/src/options.rs");
const CONNECTIONS: &str = include_str!("../crates/mtproto-server/src/config.rs");

/// The modules of the crates. They are read as text, so that none of their constants can be missed, and because those of
/// the command are its own.
const CRATES: [(&str, &str); 9] = [
    ("state", include_str!("../crates/state/src/limits.rs")),
    ("media", include_str!("../crates/media/src/limits.rs")),
    ("join", include_str!("../crates/join/src/limits.rs")),
    (
        "transport",
        include_str!("../crates/transport/src/limits.rs"),
    ),
    ("rtc", include_str!("../crates/rtc/src/limits.rs")),
    ("confcall", include_str!("../crates/confcall/src/limits.rs")),
    ("server", include_str!("../crates/server/src/limits.rs")),
    (
        "mtproto-server",
        include_str!("../crates/mtproto-server/src/limits.rs"),
    ),
    ("cli", include_str!("../crates/cli/src/limits.rs")),
];

type Values = BTreeMap<String, u64>;

/// A number as code or the document writes it: `10_000`, `960 << 10`, `960 KiB`.
fn number(text: &str) -> Option<u64> {
    let (digits, shift) = match text.split_once(' ') {
        None => (text, 0),
        Some((digits, "KiB")) => (digits, 10),
        Some((digits, "MiB")) => (digits, 20),
        Some((digits, "GiB")) => (digits, 30),
        Some((digits, shift)) => (digits, shift.strip_prefix("<< ")?.parse().ok()?),
    };
    let digits: u64 = digits.replace('_', "").parse().ok()?;
    Some(digits << shift)
}

/// The constants of a module.
fn constants(source: &str) -> Values {
    let constants = source.lines().filter_map(|line| line.split_once("const "));
    let value = |(_, constant): (&str, &str)| {
        let (name, value) = constant.split_once(": ").unwrap();
        let (_, value) = value.strip_suffix(';').unwrap().split_once(" = ").unwrap();
        let value = number(value).unwrap_or_else(|| panic!("{name} is {value}"));
        (name.to_owned(), value)
    };
    constants.map(value).collect()
}

/// The numbers among the defaults of a type with options; times are none.
fn defaults(of: &str, source: &str) -> Values {
    let (_, rest) = source
        .split_once(&format!("impl Default for {of} {{"))
        .unwrap();
    let (body, _) = rest.split_once("\n}").unwrap();
    let fields = body.lines().filter_map(|line| {
        let (name, value) = line.trim().strip_suffix(',')?.split_once(": ")?;
        Some((format!("{of}::{name}"), number(value)?))
    });
    fields.collect()
}

/// The limits that the document lists for a crate.
fn listed(of: &str) -> Values {
    let title = match of {
        "confcall" => "## `confcall`\n".to_owned(),
        of => format!("## `confcall-{of}`\n"),
    };
    let (_, rest) = DOCUMENT.split_once(&title).unwrap();
    let section = rest.split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        let name = cells.next()?.strip_suffix('`')?;
        Some((name.to_owned(), number(cells.next()?)?))
    });
    rows.collect()
}

#[test]
fn every_limit_is_in_the_document_with_its_value() {
    for (name, source) in CRATES {
        let mut values = constants(source);
        if name == "server" {
            values.extend(defaults("Limits", OPTIONS));
        }
        if name == "mtproto-server" {
            values.extend(defaults("ConnectionLimits", CONNECTIONS));
        }
        assert!(values.len() >= 3, "{name}: {values:?}");
        assert_eq!(listed(name), values, "{name}");
    }
}
