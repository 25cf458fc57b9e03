//! The call that a person is in, of whichever kind.

use core::ops::Deref;

use confcall::{Call, CallKind, Conference, GroupCall, Options, Target, Transport};

/// A call of any kind, which has what all have as a [`Call`].
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

    /// The kind of the call, as soon as the server has said it.
    pub(super) fn kind(&self) -> Option<CallKind> {
        match self {
            Self::Conference(_) => Some(CallKind::Conference),
            Self::Group(call) => {
                let view = call.view();
                // One that is announced has a kind as well.
                view.kind.or(view.info.as_ref().map(|info| info.kind))
            }
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
