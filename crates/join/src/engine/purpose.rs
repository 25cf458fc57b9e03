//! The purposes of requests, and the patience that each deserves.

use core::time::Duration;

use crate::api::SubChain;
use crate::api::reaction::Reach;

/// The least time to wait if the server names a time; it could name none for ever.
const LEAST_WAIT: Duration = Duration::from_secs(1);
/// The longest single wait for a request that something else waits for.
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// The number of waits for such a request: enough for a busy server, and an end for one that only says "later".
const WAITS: u32 = 5;

/// The purpose of a request, by which its answer finds the part that sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The next step of entering the call.
    Enter,
    /// Leaving it.
    Leave,
    /// Declining an invitation, for which no membership is needed.
    Decline,
    /// The next items of a subchain.
    Poll(SubChain),
    /// A broadcast of ours.
    Broadcast,
    /// A block without some members.
    Removal,
    /// The next page of the roster.
    Roster,
    /// The check that we are still joined.
    Check,
    /// The last poll before a membership is given up.
    LastPoll,
    /// The call, whose settings are not known.
    Call,
    /// Looking a stale reference up again.
    Reference,
    /// The block at our height, to be compared with ours.
    Fork,
    /// A command of the caller.
    Command,
    /// An edit of a participant.
    Edit,
    /// A screen that is shared, or not any more.
    Presentation,
    /// The channels of a stream.
    StreamChannels,
    /// A part of a stream.
    StreamPart,
}

impl Purpose {
    /// True for a request of a command, which is answered with what the server said.
    pub(super) fn is_of_command(self) -> bool {
        matches!(
            self,
            Self::Command | Self::Removal | Self::Edit | Self::Presentation
        )
    }

    /// The least that a refusal of the request must be about to end the membership; `None` if it never does.
    pub(super) fn least_reach(self) -> Option<Reach> {
        match self {
            // A comparison that the server refuses is no evidence of anything, and a stream can be of another data centre.
            Self::Fork | Self::StreamChannels | Self::StreamPart => None,
            // What a participant cannot change keeps nobody from being in the call.
            Self::Command | Self::Edit | Self::Presentation => Some(Reach::Everything),
            _ => Some(Reach::Method),
        }
    }
}

/// The waits that one request may meet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    longest: Duration,
    times: u32,
}

impl Patience {
    /// For what a member asks for again and again: until it is answered.
    const ENDLESS: Self = Self {
        longest: Duration::MAX,
        times: u32::MAX,
    };
    /// For what the caller, or the rest of the engine, waits for.
    const BOUNDED: Self = Self {
        longest: LONGEST_WAIT,
        times: WAITS,
    };

    pub(super) fn of(purpose: Purpose) -> Self {
        match purpose {
            // A broadcast is given up with its height, and without it nobody sees emoji.
            Purpose::Poll(_)
            | Purpose::Roster
            | Purpose::Check
            | Purpose::Call
            | Purpose::StreamChannels
            | Purpose::Broadcast => Self::ENDLESS,
            Purpose::Enter
            | Purpose::Leave
            | Purpose::Decline
            | Purpose::Removal
            | Purpose::LastPoll
            | Purpose::Reference
            | Purpose::Fork
            | Purpose::Command
            | Purpose::Edit
            | Purpose::StreamPart
            | Purpose::Presentation => Self::BOUNDED,
        }
    }

    /// The wait that follows from the time that the server names, for a request that has waited so many times.
    pub(super) fn wait(self, asked: Duration, waits: u32) -> Wait {
        Wait {
            pause: asked.max(LEAST_WAIT),
            is_borne: waits < self.times && asked <= self.longest,
        }
    }
}

/// A wait that the server imposes on a method.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wait {
    /// The time until requests of the method may go on.
    pub(super) pause: Duration,
    /// True if the request that met it is sent again then; else patience is at its end.
    pub(super) is_borne: bool,
}
