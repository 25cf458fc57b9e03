//! Texts for people about what the engine reports.

use confcall::join::engine::{Suspicion, Trouble};
use confcall::state::verification::Phase;

/// The reason for a retry.
pub(super) fn trouble(why: &Trouble) -> String {
    match why {
        Trouble::Race => "another block came first".to_owned(),
        Trouble::SourceTaken => "our media source is taken".to_owned(),
        Trouble::NoBlockYet => "the call has no block yet".to_owned(),
        Trouble::Flood => "the server wants us to wait".to_owned(),
        Trouble::Refused { method, error } => format!("{method}: {error}"),
        Trouble::Unanswered { method } => format!("{method} has no answer"),
        Trouble::Rejoining(reason) => format!("coming in again: {reason}"),
        other => format!("{other:?}"),
    }
}

/// A suspicion and its meaning.
pub(super) fn suspicion(what: &Suspicion) -> String {
    match what {
        Suspicion::UnlistedMember(user) => format!(
            "user {user} is in the chain and can decrypt, but the server does not list it; remove it with /kick {user} unless you know why"
        ),
        Suspicion::Fork { height, what } => format!(
            "the server shows another chain than the one that we follow to height {height}: {what}"
        ),
        Suspicion::BadBroadcasts { from, count } => {
            let from = from.map_or_else(String::new, |user| format!(" in the name of user {user}"));
            format!("{count} broadcasts of the verification{from} are bad")
        }
        Suspicion::BroadcastRefused(error) => {
            format!("the server does not take our part of the verification: {error}")
        }
        Suspicion::Endless { read } => format!("a list of the server does not end after {read}"),
        other => format!("{other:?}"),
    }
}

/// The name of a phase of the verification.
pub(super) const fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Commit => "commit",
        Phase::Reveal => "reveal",
        Phase::End => "end",
    }
}
