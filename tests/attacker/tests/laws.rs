//! The laws hold with all checks, each check is needed for one of them, and `spec/security.md` says so.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;

use confcall_attacker::{Budget, Check, Checks, Law, MUTATIONS, Scene, Sight, search};

const DOCUMENT: &str = include_str!("../../../spec/security.md");

/// The cells of the rows whose first cell is this name.
fn rows(name: impl ToString) -> Vec<Vec<&'static str>> {
    let first = format!("| `{}` | ", name.to_string());
    let rows = DOCUMENT.lines().filter(|line| line.starts_with(&first));
    let cells = |row: &'static str| {
        let row = row.strip_suffix(" |").unwrap();
        row.split(" | ").skip(1).collect()
    };
    rows.map(cells).collect()
}

#[test]
fn with_all_checks_every_law_holds_in_every_scene() {
    let mut seen = BTreeSet::new();
    for scene in Scene::ALL {
        let found = search(scene, Checks::all());
        assert_eq!(found.fallen, [], "{scene:?}:\n{}", found.trace);
        seen.extend(found.seen);
        let Budget {
            forged,
            entries,
            removals,
            losses,
            checkpoints,
            rounds,
        } = scene.budget();
        let bounds = [forged, entries, removals, losses, checkpoints, rounds];
        let states = found.states.try_into().unwrap();
        let numbers: Vec<u32> = bounds.map(u32::from).into_iter().chain([states]).collect();
        let rows = rows(format!("{scene:?}"));
        let listed = rows.first().unwrap().iter().skip(1);
        let listed: Vec<u32> = listed
            .map(|cell| cell.replace(',', "").parse().unwrap())
            .collect();
        assert_eq!(listed, numbers, "{scene:?}");
    }
    // The laws would hold of a call that nobody can join, too.
    assert_eq!(seen, BTreeSet::from(Sight::ALL));
}

#[test]
fn without_a_check_these_laws_fall() {
    for mutation in MUTATIONS {
        let found = search(mutation.scene, Checks::all().without(mutation.check));
        assert_eq!(
            found.fallen, mutation.fallen,
            "{mutation:?}:\n{}",
            found.trace
        );
    }
}

#[test]
fn without_the_checks_that_the_engine_lacks_these_laws_fall() {
    let found = search(Scene::Return, Checks::of_engine());
    assert_eq!(found.fallen, [Law::Told], "{}", found.trace);
}

#[test]
fn every_check_and_every_law_has_its_mutation() {
    assert_eq!(MUTATIONS.map(|mutation| mutation.check), Check::ALL);
    let fallen = MUTATIONS.iter().flat_map(|mutation| mutation.fallen);
    let fallen: BTreeSet<Law> = fallen.copied().collect();
    assert_eq!(fallen, BTreeSet::from(Law::ALL));
}

#[test]
fn the_document_lists_every_law_and_every_mutation() {
    for law in Law::ALL {
        assert_eq!(rows(law).len(), 1, "{law}");
    }
    for mutation in MUTATIONS {
        let laws = mutation.fallen.iter().map(|law| format!("`{law}`"));
        let laws = laws.collect::<Vec<_>>().join(", ");
        let listed = rows(mutation.check);
        let is_missing = Check::MISSING.contains(&mutation.check);
        let [row] = &listed[..] else {
            unreachable!("{mutation:?} has {} rows", listed.len());
        };
        assert_eq!(
            row[1..],
            [format!("`{:?}`", mutation.scene), laws],
            "{mutation:?}"
        );
        assert_eq!(
            row[0].contains("**The engine does not make it**"),
            is_missing,
            "{mutation:?}"
        );
    }
    let listed = DOCUMENT
        .lines()
        .skip_while(|line| !line.starts_with("| check |"));
    let listed = listed.skip(2).take_while(|line| line.starts_with("| "));
    assert_eq!(listed.count(), MUTATIONS.len());
}
