//! The end of entering a call, of whatever kind.

use super::end::EndReason;
use crate::api::LeaveGroupCall;
use crate::joining::AnswerFault;

/// The end of entering a call, with what a membership starts from.
#[derive(Debug)]
pub(super) enum Exit<A> {
    /// The server took our join.
    Accepted(A),
    /// It failed; the request leaves a call that we may be in all the same.
    Failed(EndReason, Option<LeaveGroupCall>),
}

impl<A> Exit<A> {
    /// The same exit, with another form of what a membership starts from.
    pub(super) fn map<B>(self, form: impl FnOnce(A) -> B) -> Exit<B> {
        match self {
            Self::Accepted(join) => Exit::Accepted(form(join)),
            Self::Failed(reason, leave) => Exit::Failed(reason, leave),
        }
    }
}

impl<A> From<EndReason> for Exit<A> {
    fn from(reason: EndReason) -> Self {
        Self::Failed(reason, None)
    }
}

impl<A> From<AnswerFault> for Exit<A> {
    fn from(fault: AnswerFault) -> Self {
        EndReason::from(fault).into()
    }
}
