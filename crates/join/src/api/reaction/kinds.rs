use core::fmt;
use core::time::Duration;

use serde::Serialize;

/// The reaction of a client to an error (`spec/protocol.md`, 11.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reaction {
    /// Our join block is not on the newest block: read the tip again and send a new block with a new key and
    /// the same payload, after a jittered pause and a bounded number of times.
    RebuildOnNewTip,
    /// Our removal block is not on the newest block: catch up, build it again, try again with back-off.
    CatchUpAndRebuild,
    /// Our broadcast is for an older block: drop it and catch up.
    CatchUpAndDrop,
    /// The block or broadcast was refused for itself: drop it and report it; the next pass builds it again.
    DropAndReport,
    /// A source of ours is taken: draw new ones, send a new payload with a new block, a bounded number of times.
    NewSsrc,
    /// Do not try again.
    GiveUp(GiveUpReason),
    /// We are not in the call any more: join again with a new identity. A broadcast that failed so is
    /// sent again if its height still stands.
    Rejoin,
    /// There is no such call, or it ended: resolve the link once more if the reference came from one,
    /// else stop.
    RefreshReferenceOnce,
    /// Try again after a growing pause, a bounded number of times.
    RetryWithBackoff,
    /// The state that the request asks for is there already.
    TreatAsSuccess,
    /// Go on.
    Ignore,
    /// The part of a stream is not there yet: ask for it again soon, whatever time the server names.
    NotYet,
    /// Send the same request again after this time.
    WaitThenRepeat(Duration),
    /// The request may have been carried out: before a block is sent again, see whether it became the tip.
    /// Also what follows a timeout and a lost connection.
    CheckTipFirst,
    /// Show the error to the caller, who decides, and go on. Also for an error that the table does not know.
    Report,
}

/// The reason why a request is not tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum GiveUpReason {
    /// The call is over or not for this user.
    OverOrNotForUs,
    /// The request itself was wrong.
    OurMistake,
    /// The user is not allowed to do this.
    NotAllowed,
    /// The call has as many participants as it can have.
    Full,
    /// The call cannot be joined as this peer.
    NotAsThisPeer,
    /// The session is not logged in, or not any more.
    LoggedOut,
    /// The session is not logged in before it has given the password of the account.
    PasswordNeeded,
    /// The account belongs to another data centre than the one that was asked.
    OtherDataCentre,
    /// The connection was not prepared for requests.
    Unprepared,
    /// The thing that the request had to wait for failed.
    WaitFailed,
    /// The account is frozen.
    Frozen,
    /// The account is that of a bot.
    Bot,
}

/// The reach of a refusal beyond the request that met it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reach {
    /// That request alone: a membership goes on.
    Request,
    /// Every request of its method: a membership ends whose own requests meet it, and a command fails alone.
    Method,
    /// Every request of the session or over the connection: a membership ends, also where a command meets it.
    Everything,
}

impl GiveUpReason {
    /// The reach of a refusal for this reason.
    pub const fn reach(self) -> Reach {
        match self {
            Self::OverOrNotForUs
            | Self::OurMistake
            | Self::NotAllowed
            | Self::Full
            | Self::NotAsThisPeer
            // A session that waits for its password was never in a call: it is not that of the member.
            | Self::PasswordNeeded => Reach::Request,
            // A frozen account and a bot may do some things; what one request waited for is not all that there is.
            Self::Frozen | Self::Bot | Self::WaitFailed => Reach::Method,
            Self::LoggedOut | Self::OtherDataCentre | Self::Unprepared => Reach::Everything,
        }
    }
}

impl fmt::Display for GiveUpReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OverOrNotForUs => "the call is over or not for this user",
            Self::OurMistake => "the request itself was wrong",
            Self::NotAllowed => "the user is not allowed to do this",
            Self::Full => "the call is full",
            Self::NotAsThisPeer => "the call cannot be joined as this peer",
            Self::LoggedOut => "the session is not logged in",
            Self::PasswordNeeded => "the session needs the password of the account",
            Self::OtherDataCentre => "the account belongs to another data centre",
            Self::Unprepared => "the connection was not prepared for requests",
            Self::WaitFailed => "what the request had to wait for failed",
            Self::Frozen => "the account is frozen",
            Self::Bot => "the account is that of a bot",
        })
    }
}
