//! The exhaustive search.

use stateright::{Checker as _, Model as _};

use crate::check::Checks;
use crate::law::{Law, Sight};
use crate::scene::Scene;

/// The result of a search.
#[derive(Clone, Debug)]
pub struct Found {
    /// The number of different states.
    pub states: usize,
    /// The laws that fall.
    pub fallen: Vec<Law>,
    /// The things that happened.
    pub seen: Vec<Sight>,
    /// The moves that lead to the fall of the first of these laws.
    pub trace: String,
}

/// Visits all states of a scene, unless all laws fall before.
pub fn search(scene: Scene, checks: Checks) -> Found {
    let checker = scene.model(checks).checker().threads(1);
    let checker = checker.spawn_bfs().join();
    let discoveries = checker.discoveries();
    let is_found = |name: &str| discoveries.contains_key(name);
    let fallen: Vec<_> = Law::ALL
        .into_iter()
        .filter(|law| is_found(law.name()))
        .collect();
    let path = fallen.first().and_then(|law| discoveries.get(law.name()));
    let moves = path.map(|path| path.clone().into_actions());
    let moves = moves.into_iter().flatten().map(|step| format!("{step:?}"));
    Found {
        states: checker.unique_state_count(),
        seen: Sight::ALL
            .into_iter()
            .filter(|one| is_found(one.name()))
            .collect(),
        fallen,
        trace: moves.collect::<Vec<_>>().join("\n"),
    }
}
