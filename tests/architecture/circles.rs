//! Circles in what files import of each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use crate::modules::Imports;

/// Files that all reach each other, and the imports among them.
pub(crate) struct Circle(Imports);

impl fmt::Display for Circle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((from, to), names) in &self.0 {
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            write!(
                f,
                "\n    {} → {}: {}",
                from.display(),
                to.display(),
                names.join(", ")
            )?;
        }
        Ok(())
    }
}

/// All circles, each as large as it goes.
pub(crate) fn circles(imports: &Imports) -> Vec<Circle> {
    let mut next: BTreeMap<&Path, BTreeSet<&Path>> = BTreeMap::new();
    for (from, to) in imports.keys() {
        next.entry(from).or_default().insert(to);
    }
    let reached: BTreeMap<_, _> = next
        .keys()
        .map(|file| (*file, reach(&next, file)))
        .collect();
    let reaches = |from: &Path, to: &Path| reached.get(from).is_some_and(|all| all.contains(to));
    let mut circles: BTreeMap<Vec<&Path>, Imports> = BTreeMap::new();
    for ((from, to), names) in imports {
        if reaches(to, from) {
            // All files of one circle have the same such list.
            let members = next.keys().copied();
            let members = members.filter(|file| reaches(from, file) && reaches(file, from));
            let circle = circles.entry(members.collect()).or_default();
            circle.insert((from.clone(), to.clone()), names.clone());
        }
    }
    circles.into_values().map(Circle).collect()
}

/// The files to which a file's imports lead, directly or through others.
fn reach<'a>(next: &BTreeMap<&'a Path, BTreeSet<&'a Path>>, from: &Path) -> BTreeSet<&'a Path> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(file) = open.pop() {
        for file in next.get(file).into_iter().flatten() {
            if reached.insert(*file) {
                open.push(file);
            }
        }
    }
    reached
}

#[test]
fn files_that_reach_each_other_are_one_circle() {
    let import = |from: &str, to: &str| {
        let names = BTreeSet::from([format!("crate::{to}::X")]);
        ((PathBuf::from(from), PathBuf::from(to)), names)
    };
    let edges = [
        ("a", "b"),
        ("b", "c"),
        ("c", "a"),
        ("c", "d"),
        ("d", "e"),
        ("f", "d"),
    ];
    let imports: Imports = edges.iter().map(|(from, to)| import(from, to)).collect();
    let [circle] = &circles(&imports)[..] else {
        panic!("one circle");
    };
    let expected = "\n    a → b: crate::b::X\n    b → c: crate::c::X\n    c → a: crate::a::X";
    assert_eq!(circle.to_string(), expected);
}
