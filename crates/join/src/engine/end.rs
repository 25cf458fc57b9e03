//! The ends of an engine and of a membership, and the advice to the caller.

use core::fmt;

use confcall_state::{GroupChangeError, Height, UserId};
use serde::Serialize;
use thiserror::Error;

use crate::api::reaction::{GiveUpReason, Reaction};
use crate::api::{Method, Peer, RpcError};
use crate::joining::{AnswerFault, PresendError};
use crate::membership::{Break, LastKnown, MembershipEnd, StartError};
use crate::policy::{CallKind, PolicyViolation};
use crate::shown;

/// The code of refusals for want of a right, where an invitation may help.
const FORBIDDEN: i32 = 403;

/// The end of an engine.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize)]
#[error("{reason}")]
#[non_exhaustive]
pub struct Ended {
    /// The reason.
    #[serde(serialize_with = "shown::with_message")]
    pub reason: EndReason,
    /// The advice to the caller.
    pub advice: Advice,
    /// The last state that was seen of the call, for [`Config::last_known`](super::Config::last_known) when the user enters it
    /// again.
    pub last_known: Option<LastKnown>,
}

/// The advice to a caller after the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Advice {
    /// Nothing: it is what was wanted.
    Nothing,
    /// Join again with a new engine, if the user wants to.
    JoinAgain,
    /// Join again later with a new engine.
    JoinLater,
    /// Ask a member for a new link or invitation.
    AskForInvitation,
    /// Set the clock of the device, and join again.
    SetClock,
    /// Log in again: the server does not know the session, or does not accept it any more.
    LogIn,
    /// Connect to the server again, and join again.
    Reconnect,
    /// Use another account, which is no bot's and not frozen.
    UseOtherAccount,
    /// Open the call in a client of its kind.
    UseOtherClient,
    /// Warn the user: the server or a member does what an honest one would not.
    Warn,
    /// Report a defect of the client, with the trace.
    Report,
}

/// The reason why an engine ended.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum EndReason {
    /// The caller left.
    #[error("left the call")]
    Left,
    /// The same account joined from another place.
    #[error("joined from another place")]
    JoinedElsewhere,
    /// A member put another key in place of ours, and takes part under our name if the key is its own.
    #[error("user {by} put another key in our place")]
    KeyReplaced {
        /// The signer of the block.
        #[serde(serialize_with = "shown::form")]
        by: UserId,
    },
    /// A member removed us, and not because the server had lost us.
    #[error("removed from the call{}", by_whom(.by))]
    Removed {
        /// The signer of the block, if it was a member, and the server showed the block.
        #[serde(serialize_with = "shown::form")]
        by: Option<UserId>,
    },
    /// The call is over.
    #[error("the call is over")]
    Discarded,
    /// The call has no block, and the caller did not ask to write the first one.
    #[error("the call has no block yet")]
    Empty,
    /// The call has as many participants as it may have.
    #[error("the call is full")]
    Full,
    /// The call is of another kind than the target says.
    #[error("the call is {0}")]
    OtherKind(#[serde(skip)] OtherKind),
    /// There is no call now where it was looked for.
    #[error("there is no call now")]
    NoCallNow,
    /// The group of the call became a supergroup, which goes on with the call.
    #[error("the group became {to}, and the call goes on there")]
    ChatMigrated {
        /// The supergroup.
        #[serde(serialize_with = "shown::form")]
        to: Peer,
    },
    /// The call was converted while we were in it: one program outside feeds it from now on, or not any more.
    #[error("the call was converted to {to}")]
    Converted {
        /// The kind of the call from now on.
        to: CallKind,
    },
    /// The server showed the call as encrypted where it was not, or the other way round.
    #[error("the call was shown as {from}, and is shown as another kind now")]
    KindChanged {
        /// The kind as which the call was entered.
        from: CallKind,
    },
    /// There is no such call.
    #[error("there is no such call: {0}")]
    NotFound(#[serde(serialize_with = "shown::field::error")] RpcError),
    /// The server refused for good.
    #[error("{method} was refused: {error}")]
    Refused {
        /// The method.
        method: Method,
        /// The server's error.
        error: RpcError,
        /// The kind of the refusal, where the protocol names one.
        #[serde(rename = "refusal")]
        kind: Option<GiveUpReason>,
    },
    /// Other blocks came first for as long as we try.
    #[error("other blocks came first, {attempts} times")]
    Raced {
        /// The number of times that a block was sent.
        attempts: u32,
    },
    /// The server refused our block although the chain did not move.
    #[error("the server refuses our block although the chain does not move: {error}")]
    BlockRefused {
        /// The server's error.
        error: RpcError,
    },
    /// A request has no answer, or a passing refusal did not pass.
    #[error("{method} failed {attempts} times: {last}")]
    Exhausted {
        /// The method.
        method: Method,
        /// The number of tries.
        attempts: u32,
        /// The outcome of the last try, in words.
        last: String,
    },
    /// The server wants us to wait for longer than we do.
    #[error("the server wants {seconds} s to pass first")]
    FloodWait {
        /// The time that it wants to pass.
        seconds: u64,
    },
    /// The server's answer cannot be used.
    #[error("the server's answer cannot be used: {0}")]
    Unusable(
        #[from]
        #[serde(skip)]
        AnswerFault,
    ),
    /// The server took our block, and what it echoes holds no membership for us.
    #[error("the server's answer holds no membership: {0}")]
    NoMembership(
        #[from]
        #[serde(skip)]
        StartError,
    ),
    /// The server shows another call than the one that we were in, or that we joined.
    #[error("the server shows another call: {0}")]
    Swapped(
        #[from]
        #[serde(skip)]
        Break,
    ),
    /// No block can be built on the tip.
    #[error("no block can be built: {0}")]
    Block(
        #[from]
        #[serde(skip)]
        GroupChangeError,
    ),
    /// The block that was built must not be sent.
    #[error("the block was not sent: {0}")]
    Presend(
        #[from]
        #[serde(skip)]
        PresendError,
    ),
    /// A request would break the policy.
    #[error("the request was not sent: {0}")]
    Policy(
        #[from]
        #[serde(skip)]
        PolicyViolation,
    ),
    /// The membership was lost again, after we had joined again.
    #[error("the membership was lost again: {0}")]
    Broken(#[serde(serialize_with = "shown::field::reason")] RejoinReason),
    /// A media connection needed another payload, and the client supplied none in time.
    #[error("the client supplied no payload for the media in time")]
    NoPayload,
    /// The caller stopped without leaving, to go on from a checkpoint.
    #[error("stopped, to go on later")]
    Suspended,
    /// The clock of the device is ahead of the server's, which takes no request then; a driver says so, and no engine.
    #[error("the clock of this device is {seconds} s ahead of the server's")]
    ClockAhead {
        /// By how many seconds.
        seconds: u64,
    },
    /// The driver stopped before the end of the engine, as when a runtime is shut down; no engine says so itself.
    ///
    /// The server may still count us as joined.
    #[error("stopped before the end")]
    Stopped,
}

/// The kinds of group call, as far as the server's answer tells them apart before a join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OtherKind {
    /// A conference, encrypted end to end.
    Conference,
    /// A call that one program outside feeds by RTMP.
    RtmpStream,
    /// The video chat of a group, the livestream of a channel, or a live story.
    ChatOrStory,
}

impl fmt::Display for OtherKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Conference => "a conference",
            Self::RtmpStream => "a livestream by RTMP, and no conference",
            Self::ChatOrStory => "a video chat, a livestream or a live story, and no conference",
        })
    }
}

/// The advice after a refusal of a kind that the protocol names.
fn advice_on(kind: GiveUpReason) -> Advice {
    match kind {
        GiveUpReason::OurMistake => Advice::Report,
        GiveUpReason::Full => Advice::JoinLater,
        GiveUpReason::LoggedOut | GiveUpReason::PasswordNeeded => Advice::LogIn,
        GiveUpReason::OtherDataCentre | GiveUpReason::Unprepared | GiveUpReason::WaitFailed => {
            Advice::Reconnect
        }
        GiveUpReason::Frozen | GiveUpReason::Bot => Advice::UseOtherAccount,
        GiveUpReason::OverOrNotForUs | GiveUpReason::NotAllowed | GiveUpReason::NotAsThisPeer => {
            Advice::AskForInvitation
        }
    }
}

fn by_whom(by: &Option<UserId>) -> String {
    by.map_or_else(String::new, |user| format!(" by user {user}"))
}

impl EndReason {
    /// The advice to the caller.
    pub fn advice(&self) -> Advice {
        match self {
            Self::Left | Self::JoinedElsewhere | Self::Discarded | Self::Suspended => {
                Advice::Nothing
            }
            // It may have been a mistake, which only people can settle.
            Self::Removed { .. } | Self::ChatMigrated { .. } | Self::Converted { .. } => {
                Advice::JoinAgain
            }
            Self::NotFound(_) => Advice::AskForInvitation,
            Self::Empty | Self::Full | Self::FloodWait { .. } | Self::NoCallNow => {
                Advice::JoinLater
            }
            Self::Refused {
                method,
                error,
                kind,
            } => match kind {
                Some(kind) => advice_on(*kind),
                // Outside the call, as when we try to enter it.
                None if error.reaction(*method) == Reaction::Rejoin => Advice::AskForInvitation,
                None if error.code == FORBIDDEN => Advice::AskForInvitation,
                // Of an error that we do not know nothing better can be said.
                None => Advice::Report,
            },
            Self::OtherKind(_) => Advice::UseOtherClient,
            Self::ClockAhead { .. } => Advice::SetClock,
            Self::Raced { .. } | Self::Exhausted { .. } | Self::NoPayload | Self::Stopped => {
                Advice::JoinAgain
            }
            Self::BlockRefused { .. } | Self::Presend(_) | Self::Policy(_) => Advice::Report,
            Self::KeyReplaced { .. }
            | Self::KindChanged { .. }
            | Self::Unusable(_)
            | Self::NoMembership(_)
            | Self::Swapped(_)
            | Self::Block(_) => Advice::Warn,
            Self::Broken(reason) if reason.is_fork() => Advice::Warn,
            Self::Broken(_) => Advice::JoinAgain,
        }
    }
}

impl EndReason {
    /// The end by a refusal that nothing can be done about.
    pub(super) fn refused(method: Method, error: RpcError, reaction: Reaction) -> Self {
        let kind = match reaction {
            Reaction::GiveUp(GiveUpReason::Full) => return Self::Full,
            Reaction::WaitThenRepeat(wait) => {
                let seconds = wait.as_secs();
                return Self::FloodWait { seconds };
            }
            Reaction::GiveUp(kind) => Some(kind),
            _ => None,
        };
        Self::Refused {
            method,
            error,
            kind,
        }
    }

    /// True where the server may still count us as joined.
    pub(super) fn leaves_a_trace(&self) -> bool {
        !matches!(
            self,
            Self::Left
                | Self::JoinedElsewhere
                | Self::Removed { .. }
                | Self::Discarded
                | Self::Suspended
                | Self::NotFound(_)
                // A session that is not logged in cannot leave either.
                | Self::Refused {
                    kind: Some(GiveUpReason::LoggedOut),
                    ..
                }
        )
    }
}

impl Ended {
    /// The end for this reason, with the advice that belongs to it.
    pub fn new(reason: EndReason, last_known: Option<LastKnown>) -> Self {
        Self {
            advice: reason.advice(),
            reason,
            last_known,
        }
    }
}

impl From<EndReason> for Ended {
    /// The end of one who has seen nothing of the call.
    fn from(reason: EndReason) -> Self {
        Self::new(reason, None)
    }
}

/// The reason why a membership is given up for a new one.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum RejoinReason {
    /// A block cannot be followed.
    #[error(transparent)]
    Membership(
        #[from]
        #[serde(skip)]
        MembershipEnd,
    ),
    /// The server's chain ends before the place that we had reached.
    #[error("the server's chain ends at offset {offset}, before our {ours}")]
    Rewound {
        /// The offset of its end.
        offset: i32,
        /// The offset that we had reached.
        ours: i32,
    },
    /// The server leaves blocks out.
    #[error("the server has no block at offset {ours}, the first is at {offset}")]
    Skipped {
        /// The first that it has.
        offset: i32,
        /// The one that is due.
        ours: i32,
    },
    /// The server has another block at our height.
    #[error("the server has another block at height {height}")]
    OtherBlock {
        /// Our height.
        #[serde(serialize_with = "shown::form")]
        height: Height,
    },
    /// The server does not know us as a member.
    #[error("the server does not know us as a member: {0}")]
    Forbidden(#[serde(serialize_with = "shown::field::error")] RpcError),
    /// A member removed us while we were out of touch, as a member who leaves is removed.
    #[error("removed{} while we were out of touch", by_whom(.by))]
    Removed {
        /// The signer of the block, if the server showed it.
        #[serde(serialize_with = "shown::form")]
        by: Option<UserId>,
    },
    /// Our source is not among those that are joined.
    #[error("our source is not joined any more")]
    NotJoined,
    /// Nothing that we wait for comes although the server answers.
    #[error("nothing that we wait for comes, although the server answers")]
    Silence,
    /// A restart has lost our nonce for the newest block, so that the others would wait for ever.
    #[error("a restart has lost our nonce for the newest block")]
    NonceLost,
    /// The caller wants another key and other sources.
    #[error("the caller asked for a new membership")]
    Requested,
    /// The caller wants to be in the call as another peer.
    #[error("the caller asked to be in the call as another peer")]
    OtherPeer,
    /// We may speak from now on, for which the media must come by a connection.
    #[error("we may speak from now on")]
    MaySpeak,
    /// The media of the call comes in another way from now on.
    #[error("the media of the call comes in another way from now on")]
    OtherMedia,
    /// The parts of the stream are lost to us.
    #[error("the stream was lost")]
    StreamLost,
    /// The reference to the call leads nowhere any more.
    #[error("the reference to the call is stale: {0}")]
    Stale(#[serde(serialize_with = "shown::field::error")] RpcError),
    /// The answer to our join was lost, and the parameters of the media connection with it.
    #[error("the connection parameters were lost")]
    NoConnection,
}

impl RejoinReason {
    /// True where the server shows another chain than the one that we follow.
    pub fn is_fork(&self) -> bool {
        matches!(
            self,
            Self::Membership(_)
                | Self::Rewound { .. }
                | Self::Skipped { .. }
                | Self::OtherBlock { .. }
        )
    }
}

impl From<RejoinReason> for EndReason {
    /// The end of a membership in whose place there is no other.
    fn from(reason: RejoinReason) -> Self {
        match reason {
            RejoinReason::Removed { by } => Self::Removed { by },
            reason => Self::Broken(reason),
        }
    }
}
