//! The laws hold with all checks, and each check is needed for one of them.

use std::collections::BTreeSet;

use confcall_attacker::{Check, Checks, Law, MUTATIONS, Scene, Sight, search};

#[test]
fn with_all_checks_every_law_holds_in_every_scene() {
    let mut seen = BTreeSet::new();
    for scene in Scene::ALL {
        let found = search(scene, Checks::all());
        println!("{scene:?} {}", found.states);
        assert_eq!(found.fallen, [], "{scene:?}:\n{}", found.trace);
        seen.extend(found.seen);
    }
    // The laws would hold of a call that nobody can join, too.
    assert_eq!(seen, BTreeSet::from(Sight::ALL));
}

#[test]
fn without_a_check_these_laws_fall() {
    let mut bad = Vec::new();
    for mutation in MUTATIONS {
        let found = search(mutation.scene, Checks::all().without(mutation.check));
        println!(
            "{:?} {:?} {:?} {}",
            mutation.check, mutation.scene, found.fallen, found.states
        );
        if found.fallen != mutation.fallen {
            bad.push(format!("{mutation:?}: {:?}\n{}", found.fallen, found.trace));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[test]
fn every_check_and_every_law_has_its_mutation() {
    let checks = MUTATIONS.map(|mutation| mutation.check);
    assert_eq!(checks, Check::ALL);
    let fallen = MUTATIONS.iter().flat_map(|mutation| mutation.fallen);
    let fallen: BTreeSet<Law> = fallen.copied().collect();
    assert_eq!(fallen, BTreeSet::from(Law::ALL));
}

#[test]
fn without_the_checks_that_the_engine_lacks_these_laws_fall() {
    let fallen = Scene::ALL
        .into_iter()
        .flat_map(|scene| search(scene, Checks::of_engine()).fallen);
    let fallen: BTreeSet<_> = fallen.collect();
    let expected = [Law::Told, Law::Secrecy, Law::Compared, Law::Permitted];
    assert_eq!(fallen, BTreeSet::from(expected));
}
