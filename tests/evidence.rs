//! Everything that the documents name as evidence is there: tests, fuzz targets and files.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const DOCUMENTS: [&str; 9] = [
    "spec/group-calls.md",
    "spec/limits.md",
    "spec/media.md",
    "spec/security.md",
    "spec/threat-model.md",
    "SECURITY.md",
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All Rust files below a directory.
fn sources(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The names of the functions that an attribute makes tests.
fn tests_in(source: &str) -> impl Iterator<Item = &str> {
    let parts = source.split("#[").skip(1);
    let of_tests = parts.filter(|part| part.starts_with("test") || part.starts_with("tokio::test"));
    of_tests.filter_map(|part| part.split_once("fn ")?.1.split('(').next())
}

/// Every test of the workspace, and every fuzz target.
fn evidence() -> BTreeSet<String> {
    let root = root();
    let files = ["crates", "tests"].map(|directory| sources(&root.join(directory)));
    let mut all = BTreeSet::new();
    for file in files.into_iter().flatten() {
        let source = fs::read_to_string(file).unwrap();
        all.extend(tests_in(&source).map(str::to_owned));
    }
    let targets = fs::read_to_string(root.join("fuzz/Cargo.toml")).unwrap();
    let (_, targets) = targets.split_once("[[bin]]").unwrap();
    let names = targets.lines();
    let names = names.filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
    all.extend(names.map(str::to_owned));
    all
}

/// The texts in backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The last cells of the rows of all tables that end with this column.
fn last_cells<'a>(document: &'a str, column: &str) -> Vec<&'a str> {
    let mut cells = Vec::new();
    let mut is_in_table = false;
    for line in document.lines() {
        let last = line
            .strip_suffix(" |")
            .and_then(|row| row.rsplit("| ").next());
        match last {
            None => is_in_table = line.starts_with("|---") && is_in_table,
            Some(last) if last == column => is_in_table = true,
            Some(last) if is_in_table => cells.push(last),
            Some(_) => {}
        }
    }
    cells
}

#[test]
fn every_test_that_a_document_names_is_there() {
    let evidence = evidence();
    assert!(evidence.len() > 500, "{} tests", evidence.len());
    let mut missing = Vec::new();
    for document in DOCUMENTS {
        let text = fs::read_to_string(root().join(document)).unwrap();
        let cells = last_cells(&text, "tested by");
        for cell in &cells {
            assert!(!cell.trim().is_empty(), "{document}: an empty cell");
        }
        let names = cells.into_iter().flat_map(quoted);
        // A path is looked for below.
        let names = names.filter(|name| !name.contains('/') && !evidence.contains(*name));
        missing.extend(names.map(|name| format!("{document}: {name}")));
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_file_that_a_document_names_is_there() {
    let mut missing = Vec::new();
    for document in DOCUMENTS {
        let text = fs::read_to_string(root().join(document)).unwrap();
        let paths = quoted(&text).filter(|name| name.contains('/') && !name.contains(' '));
        let paths = paths.filter(|path| !root().join(path).exists());
        missing.extend(paths.map(|path| format!("{document}: {path}")));
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
