//! The dependencies of the crates, as Cargo reads their manifests.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde::Deserialize;

use crate::root;

/// The crates from the bottom to the top; a crate depends on crates of lower lines only.
const LAYERS: &[&[&str]] = &[
    &["confcall-state"],
    // In `tests/model`: the generator of chains that the conformance crate gives to other implementations.
    &["confcall-model"],
    &["confcall-media"],
    &["confcall-join"],
    &["confcall-transport"],
    &["confcall-rtc"],
    &["confcall-server"],
    &[
        "confcall-mtproto-server",
        "confcall-simulator",
        "confcall-conformance",
        "confcall",
    ],
    &["confcall-cli"],
];

/// Crates that need neither a runtime nor the operating system.
const PURE: &[&str] = &["confcall-state", "confcall-media", "confcall-join"];
const IMPURE: &[&str] = &["tokio", "getrandom", "socket2", "mio"];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: String,
    /// The registries to which it may go: none of all if it is unpublished.
    publish: Option<Vec<String>>,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    req: String,
    kind: Option<String>,
    path: Option<String>,
}

impl Package {
    fn is_published(&self) -> bool {
        self.publish.is_none()
    }
}

impl Dependency {
    fn is_for_tests(&self) -> bool {
        self.kind.as_deref() == Some("dev")
    }

    /// True if a registry would have to know it: without a version it is left out of what is published.
    fn is_published(&self) -> bool {
        !self.is_for_tests() || self.req != "*"
    }
}

/// The crates under `crates/`.
fn packages() -> BTreeMap<String, Package> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args([
        "metadata",
        "--no-deps",
        "--offline",
        "--format-version",
        "1",
    ]);
    let output = cargo.current_dir(root()).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Metadata = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata.packages.into_iter();
    let ours = packages.filter(|package| package.manifest_path.contains("/crates/"));
    ours.map(|package| (package.name.clone(), package))
        .collect()
}

fn layer(name: &str) -> usize {
    let layer = LAYERS.iter().position(|names| names.contains(&name));
    layer.unwrap_or_else(|| panic!("{name} has no layer"))
}

#[test]
fn dependencies_between_crates_point_down() {
    let mut upwards = Vec::new();
    for package in packages().values() {
        let ours = package.dependencies.iter().filter(|one| one.path.is_some());
        for dependency in ours.filter(|one| !one.is_for_tests()) {
            if layer(&dependency.name) >= layer(&package.name) {
                upwards.push(format!("{} on {}", package.name, dependency.name));
            }
        }
    }
    assert!(upwards.is_empty(), "{upwards:#?}");
}

#[test]
fn published_crates_depend_on_no_unpublished_one() {
    let packages = packages();
    let mut unpublished = Vec::new();
    for package in packages.values().filter(|package| package.is_published()) {
        for dependency in package.dependencies.iter().filter(|one| one.is_published()) {
            if packages
                .get(&dependency.name)
                .is_some_and(|one| !one.is_published())
            {
                unpublished.push(format!("{} on {}", package.name, dependency.name));
            }
        }
    }
    assert!(unpublished.is_empty(), "{unpublished:#?}");
}

#[test]
fn published_crates_can_be_published_in_some_order() {
    let packages = packages();
    let mut left: BTreeSet<_> = packages
        .values()
        .filter(|package| package.is_published())
        .map(|package| package.name.as_str())
        .collect();
    loop {
        let waits = |name: &&str| {
            let dependencies = packages[*name].dependencies.iter();
            let mut published = dependencies.filter(|one| one.is_published());
            published.any(|one| left.contains(one.name.as_str()))
        };
        let waiting: BTreeSet<_> = left.iter().copied().filter(waits).collect();
        if waiting.len() == left.len() {
            break;
        }
        left = waiting;
    }
    assert!(left.is_empty(), "each waits for another one: {left:?}");
}

#[test]
fn the_pure_crates_depend_on_no_runtime() {
    let packages = packages();
    for name in PURE {
        let dependencies = packages[*name].dependencies.iter();
        let mut of_users = dependencies.filter(|one| !one.is_for_tests());
        let impure = of_users.find(|one| IMPURE.contains(&one.name.as_str()));
        assert!(impure.is_none(), "{name} on {}", impure.unwrap().name);
    }
}
