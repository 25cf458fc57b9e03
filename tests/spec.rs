//! The specification and the code say the same.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;

use confcall::join::api::reaction::{ErrorName, ROWS};
use confcall::state::ReferenceCode;

const ERRORS: &str = include_str!("../spec/errors.md");

/// The first cells of the rows whose first cell is in backticks.
fn names() -> BTreeSet<&'static str> {
    let first = |line: &'static str| line.strip_prefix("| `")?.split('`').next();
    ERRORS.lines().filter_map(first).collect()
}

#[test]
fn every_error_of_the_specification_is_in_the_table_and_the_other_way_round() {
    let ours: BTreeSet<String> = ROWS
        .iter()
        .filter_map(|row| match row.name {
            ErrorName::Exact(name) => Some(name.to_owned()),
            ErrorName::Prefix(name) | ErrorName::Seconds(name) => Some(format!("{name}…")),
            _ => None,
        })
        .collect();
    let theirs: BTreeSet<String> = names().into_iter().map(str::to_owned).collect();
    assert_eq!(ours, theirs);
}

#[test]
fn every_code_of_the_reference_stands_beside_its_name() {
    for code in ReferenceCode::ALL {
        let line = ERRORS
            .lines()
            .find(|line| line.contains(&format!("`{}`", code.name())));
        assert!(line.unwrap().contains(&code.code().to_string()), "{code}");
    }
}
