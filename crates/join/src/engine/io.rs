//! What goes into the engine and what comes out of it.

use core::fmt;

use confcall_media::Moment;
use confcall_state::UserId;
use serde::{Deserialize, Serialize};

use super::event::{CommandKind, Event};
use crate::api::{InputUser, MessageId, Request, Response, RpcError, Ssrc, Update};
use crate::form;
use crate::message::GroupMessage;

/// What an engine is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// Nothing but that time has passed.
    Tick,
    /// What became of a request.
    Answer {
        /// The request.
        request: RequestId,
        /// What became of it.
        outcome: Outcome,
    },
    /// The server pushed an update.
    Update(Update),
    /// Updates may have been missed: the connection is a new one, or the server's numbers leave some out.
    ///
    /// A member reads both subchains and the roster soon, and not more often because of many gaps in a row.
    Missed,
    /// The caller wants something.
    Command {
        /// What the caller calls it in the event that answers it.
        id: CommandId,
        /// What it wants.
        command: Command,
    },
}

/// What became of a request.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The server answered.
    Done(Response),
    /// The server refused.
    Refused(RpcError),
    /// The connection or the time ended first; the request may have been carried out.
    Lost,
}

/// What a caller can ask of an engine.
///
/// A command of a [kind](Command::kind) is answered once, by an [`Event::Done`] or an [`Event::Failed`] with the id that
/// it came with. The answers come in any order, also those to commands of one kind; the last ones come before
/// [`Event::Ended`], and a command after the end has none. With its membership everything fails that still waits in it,
/// as [`Unanswered`](super::CommandFailure::Unanswered) if the server may have carried it out. The commands without a
/// kind are carried out at once, and have no answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Leave the call, or give up entering it.
    Leave,
    /// Remove users from the call against their will.
    Kick {
        /// The users.
        #[serde(with = "form::users")]
        users: Vec<UserId>,
    },
    /// Invite a user.
    Invite {
        /// The user.
        user: InputUser,
        /// Whether to a call with video.
        video: bool,
    },
    /// Decline an invitation, which need not be to this call.
    Decline {
        /// The message that invites.
        message: MessageId,
    },
    /// Replace the link of the call by a new one; for its creator.
    RevokeLink,
    /// End the call for everybody; for its creator.
    Discard,
    /// Send a message or a reaction to everybody in the call.
    Send(#[serde(with = "form::message")] GroupMessage),
    /// Ask whose these sources are, which the roster does not tell yet.
    Resolve {
        /// The sources.
        sources: Vec<Ssrc>,
    },
    /// Give up the membership for a new one of the same call, with another key and other sources.
    ///
    /// It is done once we are in again. It counts as every other rejoin does, so that it fails if there were too many
    /// lately.
    Rejoin,
    /// The media connection is up or down.
    Media(MediaState),
    /// The microphone or camera was switched, so that a later join announces it.
    Announce {
        /// Whether the microphone is off.
        muted: bool,
        /// Whether the camera is off.
        video_stopped: bool,
    },
}

impl Command {
    /// What kind of command it is, in the event that answers it; the commands without one are not answered.
    pub fn kind(&self) -> Option<CommandKind> {
        Some(match self {
            Self::Kick { .. } => CommandKind::Kick,
            Self::Invite { .. } => CommandKind::Invite,
            Self::Decline { .. } => CommandKind::Decline,
            Self::RevokeLink => CommandKind::RevokeLink,
            Self::Discard => CommandKind::Discard,
            Self::Send(message) => CommandKind::Send(message.random_id()),
            Self::Resolve { .. } => CommandKind::Resolve,
            Self::Rejoin => CommandKind::Rejoin,
            Self::Leave | Self::Media(_) | Self::Announce { .. } => return None,
        })
    }
}

/// A caller's number for a command.
///
/// The engine only hands it back. Whoever waits for several commands gives each a number of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommandId(u64);

impl CommandId {
    /// A number.
    pub const fn new(value: u64) -> Self {
        Self(value)
    }

    /// The number.
    pub const fn value(self) -> u64 {
        self.0
    }
}

/// The state of the media connection, which is the client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaState {
    /// It is connected.
    Connected,
    /// It is not, so that only the server can tell whether we are still joined.
    Disconnected,
}

/// The number of a request, given out never twice by one engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(pub(super) u64);

impl RequestId {
    /// The number.
    pub const fn value(self) -> u64 {
        self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What an engine wants.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use = "an output that is dropped is lost"]
pub enum Output {
    /// Send this, and hand back what became of it, once, whatever it is.
    Request {
        /// Its number.
        request: RequestId,
        /// What to send.
        body: Request,
    },
    /// Tell the client's interface.
    Event(Event),
    /// There is nothing more to do before this moment or the next input; never again if there is no moment.
    Timeout(Option<Moment>),
}
