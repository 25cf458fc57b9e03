//! What goes into the engine and what comes out of it.

use core::fmt;

use confcall_media::Moment;
use confcall_state::UserId;
use serde::{Deserialize, Serialize};

use super::event::{CommandKind, Event};
use crate::api::{InputUser, MessageId, Request, Response, RpcError, Update};
use crate::form;
use crate::message::GroupMessage;
use crate::ssrc::Ssrc;

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
    /// The caller wants something.
    Command(Command),
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
    /// What kind of command it is, in events about it; the commands without one have no such events.
    pub(super) fn kind(&self) -> Option<CommandKind> {
        Some(match self {
            Self::Kick { .. } => CommandKind::Kick,
            Self::Invite { .. } => CommandKind::Invite,
            Self::Decline { .. } => CommandKind::Decline,
            Self::RevokeLink => CommandKind::RevokeLink,
            Self::Discard => CommandKind::Discard,
            Self::Send(message) => CommandKind::Send(message.random_id()),
            Self::Resolve { .. } => CommandKind::Resolve,
            Self::Leave | Self::Media(_) | Self::Announce { .. } => return None,
        })
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

/// The number of a request, given out in order and never twice by one engine.
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
