//! The ways in which a membership ends.

use super::end::{EndReason, RejoinReason};

/// The way in which a membership ends.
#[derive(Debug)]
pub(super) enum Departure {
    /// Another one takes its place.
    Rejoin(RejoinReason),
    /// The caller leaves.
    Leave,
    /// It was the last.
    End(EndReason),
}

/// A membership that goes on, or the way in which it ends.
pub(super) type Flow = Result<(), Departure>;

impl From<EndReason> for Departure {
    fn from(reason: EndReason) -> Self {
        Self::End(reason)
    }
}

impl From<RejoinReason> for Departure {
    fn from(reason: RejoinReason) -> Self {
        Self::Rejoin(reason)
    }
}
