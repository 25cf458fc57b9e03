//! The structure of the workspace: no circle of imports between the files of a crate, and dependencies that point down.
//!
//! `cargo test -p confcall-tests --test architecture -- --nocapture` prints each circle with the names that close it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests"
)]

mod circles;
mod dependencies;
mod modules;
mod paths;

use std::fs;
use std::path::{Path, PathBuf};

use modules::Modules;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The modules of each library and program under `crates/`, with the name of the crate's directory.
fn crates() -> Vec<(String, Modules)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let directory = entry.unwrap().path();
        let name = directory
            .file_name()
            .unwrap()
            .to_string_lossy()
            .into_owned();
        for start in ["src/lib.rs", "src/main.rs"] {
            let read = |path: &Path| fs::read_to_string(directory.join(path)).ok();
            if read(Path::new(start)).is_some() {
                all.push((name.clone(), Modules::read(Path::new(start), &read)));
            }
        }
    }
    all.sort_by(|one, other| one.0.cmp(&other.0));
    all
}

#[test]
fn no_files_of_a_crate_import_each_other_in_a_circle() {
    let mut with_circles = Vec::new();
    for (name, modules) in crates() {
        let circles = circles::circles(&modules.imports());
        for circle in &circles {
            println!("crates/{name}: a circle by import{circle}");
        }
        if !circles.is_empty() {
            with_circles.push(name);
        }
    }
    assert!(with_circles.is_empty(), "circles in {with_circles:?}");
}
