//! The specification and the code say the same.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests"
)]

use std::collections::BTreeSet;

use confcall::join::api::reaction::{ErrorName, ROWS};
use confcall::state::ReferenceCode;

const ERRORS: &str = include_str!("../spec/errors.md");
const GROUP_CALLS: &str = include_str!("../spec/group-calls.md");
const GUESSES: &str = include_str!("../crates/confcall/examples/real_account/guesses.rs");

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

/// The cells of the rows that follow the head of a table of rules, by section.
fn sections_of_rules() -> Vec<Vec<Vec<&'static str>>> {
    let sections = GROUP_CALLS.split("\n## ").skip(1);
    let rows = |section: &'static str| {
        let lines = section.lines().skip_while(|line| !line.starts_with("|---"));
        let rows = lines
            .skip(1)
            .map_while(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
        rows.map(|row| row.split(" | ").collect()).collect()
    };
    sections.map(rows).collect()
}

#[test]
fn the_rules_of_each_section_are_counted_by_a_letter_of_its_own() {
    let sections = sections_of_rules();
    assert!(sections.len() > 10, "{} sections", sections.len());
    let mut letters = BTreeSet::new();
    for section in sections {
        let letter = &section[0][0][..1];
        assert!(letters.insert(letter.to_owned()), "{letter} comes twice");
        for (number, rule) in (1..).zip(section) {
            assert_eq!(rule.len(), 3, "{rule:?}");
            assert_eq!(rule[0], format!("{letter}{number}"), "{}", rule[1]);
        }
    }
}

#[test]
fn every_rule_has_a_test() {
    let rules = sections_of_rules().into_iter().flatten();
    let without: Vec<_> = rules
        .filter(|rule| !rule[2].starts_with('`'))
        .map(|rule| rule[0])
        .collect();
    assert!(without.is_empty(), "{without:?}");
}

#[test]
fn a_real_account_is_told_of_every_guess_of_the_specification_and_of_no_other_rule() {
    let listed = GUESSES.lines().filter_map(|line| {
        let rule = line.trim().strip_prefix("rule: \"")?;
        rule.strip_suffix("\",")
    });
    let listed: BTreeSet<_> = listed.collect();
    let rules = sections_of_rules().into_iter().flatten();
    let guesses = rules.filter(|rule| rule[1].contains("*Guess"));
    let guesses: BTreeSet<_> = guesses.map(|rule| rule[0]).collect();
    assert!(guesses.len() > 5, "{guesses:?}");
    assert_eq!(listed, guesses);
}
