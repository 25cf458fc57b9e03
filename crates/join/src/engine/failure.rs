//! A request that failed, as the part that sent it takes it.

use core::time::Duration;

use rand_core::Rng;

use super::backoff::Backoff;
use super::command::CommandFailure;
use super::end::EndReason;
use super::event::Trouble;
use crate::api::reaction::{Reach, Reaction};
use crate::api::{Method, RpcError};

/// A request that was not carried out, or of which it is not known.
#[derive(Clone, Debug)]
pub(super) enum Failure {
    /// The server refused.
    Refused(RpcError),
    /// There is no answer; the request may have been carried out.
    Lost,
}

impl Failure {
    /// The protocol's reaction to the refusal; `None` if there was no answer.
    pub(super) fn reaction(&self, method: Method) -> Option<Reaction> {
        match self {
            Self::Refused(error) => Some(error.reaction(method)),
            Self::Lost => None,
        }
    }

    /// True if the request may have been carried out.
    pub(super) fn is_in_doubt(&self, method: Method) -> bool {
        matches!(self.reaction(method), None | Some(Reaction::CheckTipFirst))
    }

    /// The reach of a refusal for good, and the end of a membership that it reaches.
    pub(super) fn for_good(&self, method: Method) -> Option<(Reach, EndReason)> {
        let Self::Refused(error) = self else {
            return None;
        };
        match error.reaction(method) {
            reaction @ Reaction::GiveUp(kind) => {
                let end = EndReason::refused(method, error.clone(), reaction);
                Some((kind.reach(), end))
            }
            _ => None,
        }
    }

    /// The failure as the caller sees it where the request is tried again.
    pub(super) fn trouble(&self, method: Method) -> Trouble {
        match self {
            Self::Refused(error) => Trouble::Refused {
                method,
                error: error.clone(),
            },
            Self::Lost => Trouble::Unanswered { method },
        }
    }

    /// The trouble and the pause before the request is tried again, or the end after so many tries.
    pub(super) fn retry(
        &self,
        budget: &mut Backoff,
        rng: &mut impl Rng,
        method: Method,
        tries: u32,
    ) -> Result<(Trouble, Duration), EndReason> {
        match budget.next(rng) {
            Some(pause) => Ok((self.trouble(method), pause)),
            None => Err(self.exhausted(method, tries)),
        }
    }

    /// The end after so many tries of which this was the last.
    pub(super) fn exhausted(&self, method: Method, attempts: u32) -> EndReason {
        let last = match self {
            Self::Refused(error) => error.to_string(),
            Self::Lost => "no answer".to_owned(),
        };
        EndReason::Exhausted {
            method,
            attempts,
            last,
        }
    }
}

impl From<Failure> for CommandFailure {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(error) => Self::Refused(error),
            Failure::Lost => Self::Unanswered,
        }
    }
}
