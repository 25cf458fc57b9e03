//! What an engine tells a client's interface.

use core::time::Duration;
use std::sync::Arc;

use confcall_media::Cryptor;
use confcall_state::verification::{EmojiHash, Phase};
use confcall_state::{BlockHash, Height, UserId};
use thiserror::Error;

use super::end::Ended;
use super::io::{CommandId, Outcome};
use crate::api::{InputGroupCall, InviteLink, Method, RpcError};
use crate::joining::{ConnectionParameters, JoinPayload};
use crate::message::{GroupMessage, RandomId};

/// Something that a client's interface can show.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// We are in the call.
    Joined(Joined),
    /// We are in the call again, with another key and another source.
    Rejoined(Joined),
    /// We go on in the call after a restart, and know what happened meanwhile.
    ///
    /// Key, source and payload are those of before; how the media connects is for the client to keep.
    Resumed(Joined),
    /// A checkpoint should be taken: the one before would lose more than a second or so, or is old.
    ///
    /// Whoever takes none passes over it.
    CheckpointDue,
    /// How to connect the media has changed, or became known after the join.
    Connection {
        /// Whether this is about the screen that is shared and not about the main connection.
        presentation: bool,
        /// The parameters.
        parameters: Box<ConnectionParameters>,
    },
    /// The link of the call has changed.
    Link(InviteLink),
    /// A block came.
    EpochStarted {
        /// The block's height.
        height: Height,
        /// The block's hash, which names the epoch.
        hash: BlockHash,
    },
    /// The members of the chain changed.
    MembersChanged {
        /// Who came.
        added: Vec<UserId>,
        /// Who is gone.
        removed: Vec<UserId>,
        /// Who signed the block, if it was a member before it or is one after.
        by: Option<UserId>,
    },
    /// The roster changed, and with it perhaps whose each source is.
    RosterChanged,
    /// How far the verification of the newest block has come.
    Verification {
        /// The block's height.
        height: Height,
        /// The phase.
        phase: Phase,
        /// Who holds the phase up.
        missing: Vec<UserId>,
        /// For how long the block has been verified.
        since: Duration,
    },
    /// All have shown their nonces; compare the emoji.
    Emoji {
        /// The block's height.
        height: Height,
        /// The hash that the emoji are made of.
        hash: EmojiHash,
    },
    /// A message or a reaction.
    Message {
        /// Who sent it.
        from: UserId,
        /// What it says.
        message: GroupMessage,
    },
    /// Something that an honest server and honest members would not do.
    Suspicious(Suspicion),
    /// Something failed and is tried again.
    Retrying {
        /// Why.
        why: Trouble,
        /// When, from now.
        pause: Duration,
        /// The number of the attempt that follows, from 2.
        attempt: u32,
    },
    /// A command was carried out.
    Done {
        /// What the caller called it.
        id: CommandId,
        /// The command.
        command: CommandKind,
    },
    /// A command failed.
    Failed {
        /// What the caller called it.
        id: CommandId,
        /// The command.
        command: CommandKind,
        /// Why.
        why: CommandFailure,
    },
    /// The end; there is no event after it.
    Ended(Ended),
}

/// A membership that has begun.
#[derive(Clone, Debug)]
pub struct Joined {
    /// The call by its id.
    pub call: InputGroupCall,
    /// How to connect the media; `None` if the answer to our join was lost, and then it comes as an event, and after
    /// a restart.
    pub connection: Option<Box<ConnectionParameters>>,
    /// The payload that the server took, with the source of our sound.
    pub payload: JoinPayload,
    /// The link of the call, if the server told.
    pub invite_link: Option<InviteLink>,
    /// What seals and opens frames, for media threads; each membership has its own.
    pub cryptor: Arc<Cryptor>,
    /// How many times a block was sent; none after a restart.
    pub attempts: u32,
}

/// A thing that is wrong with the server or a member.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Suspicion {
    /// A member of the chain, who can decrypt, is not in the complete roster.
    UnlistedMember(UserId),
    /// The server shows another chain than the one that we follow.
    Fork {
        /// The height that we had reached.
        height: Height,
        /// What is wrong, in words.
        what: String,
    },
    /// Bad broadcasts keep coming.
    BadBroadcasts {
        /// In whose name, if they could be read; a signature need not have held.
        from: Option<UserId>,
        /// How many there were in this membership.
        count: u32,
    },
    /// The server does not take a broadcast of ours.
    BroadcastRefused(RpcError),
    /// A list does not end.
    Endless {
        /// How many participants or items were read.
        read: usize,
    },
}

/// Why something is tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trouble {
    /// Another block came first.
    Race,
    /// Our media source is taken.
    SourceTaken,
    /// The call has no block yet.
    NoBlockYet,
    /// The server wants some time to pass.
    Flood,
    /// The server refused a request for the time being.
    Refused {
        /// The method.
        method: Method,
        /// The server's error.
        error: RpcError,
    },
    /// A request has no answer.
    Unanswered {
        /// The method.
        method: Method,
    },
    /// The membership is lost, and we join again.
    Rejoining(super::end::RejoinReason),
}

impl Trouble {
    /// What a request that failed is told as.
    pub(super) fn failed(method: Method, outcome: Outcome) -> Self {
        match outcome {
            Outcome::Refused(error) => Self::Refused { method, error },
            _ => Self::Unanswered { method },
        }
    }
}

/// A command without what it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommandKind {
    /// Removing users.
    Kick,
    /// Inviting a user.
    Invite,
    /// Declining an invitation.
    Decline,
    /// Replacing the link.
    RevokeLink,
    /// Ending the call.
    Discard,
    /// Sending a message.
    Send(RandomId),
    /// Asking whose sources are.
    Resolve,
    /// Joining anew.
    Rejoin,
}

/// Why a command failed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CommandFailure {
    /// We are not in the call, yet or any more, or have not caught up after a restart.
    #[error("not in the call; wait until it is joined")]
    NotJoined,
    /// The server refused.
    #[error("the server refused: {0}")]
    Refused(RpcError),
    /// There is no answer; it may have been carried out.
    #[error("the server did not answer; it may have been carried out")]
    Unanswered,
    /// No block can be built for it.
    #[error("no block can be built: {0}")]
    Block(String),
    /// The message cannot be sealed.
    #[error("the message cannot be sealed: {0}")]
    Message(String),
    /// Too much waits already.
    #[error("too much waits already; try again later")]
    Busy,
    /// The membership was given up for a new one too often lately.
    #[error("joined anew too often lately; try again later")]
    TooOften,
}
