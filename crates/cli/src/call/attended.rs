//! The call that a person is in, of whichever kind.

use core::ops::Deref;

use confcall::{Call, Conference, GroupCall, Options, Target, Transport};

/// A call of either kind, which has what both have as a [`Call`].
#[derive(Clone)]
pub(super) enum Attended {
    Conference(Conference),
    Group(GroupCall),
}

impl Attended {
    /// Begins to enter the call of these options.
    pub(super) fn start<T: Transport + 'static>(transport: T, options: Options) -> Self {
        match &options.config.target {
            Target::Group(_) => Self::Group(GroupCall::start(transport, options)),
            _ => Self::Conference(Conference::start(transport, options)),
        }
    }
}

impl Deref for Attended {
    type Target = Call;

    fn deref(&self) -> &Call {
        match self {
            Self::Conference(call) => call,
            Self::Group(call) => call,
        }
    }
}
