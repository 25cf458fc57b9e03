use std::sync::Arc;

use confcall_join::api::{Response, Update};
use confcall_state::UserId;

use crate::options::Limits;
use crate::room::Outcome;

/// The user who asks, the time in seconds since 1970, and the bounds of the server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) from: UserId,
    pub(crate) now: i32,
    pub(crate) limits: Limits,
}

/// The answer to a request that was carried out, and what others are pushed.
#[derive(Debug)]
#[must_use = "the others learn of a change only if it is pushed"]
pub(crate) struct Served {
    pub(crate) answer: Response,
    pub(crate) pushes: Vec<(UserId, Arc<Update>)>,
}

impl From<Outcome> for Served {
    fn from(outcome: Outcome) -> Self {
        Self {
            answer: outcome.answer.into(),
            pushes: outcome.pushes,
        }
    }
}

impl Served {
    /// An answer that is nothing to others.
    pub(super) fn quietly(answer: impl Into<Response>) -> Self {
        Self {
            answer: answer.into(),
            pushes: Vec::new(),
        }
    }
}
