//! The way into the engine and the way out of it.

use core::fmt;

use confcall_media::Moment;
use serde::{Deserialize, Serialize};

use super::command::{Command, CommandId};
use super::event::Event;
use crate::api::{Request, Response, RpcError, Update};
use crate::policy::CallKind;

/// An input to an engine.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// Nothing but that time has passed.
    Tick,
    /// The outcome of a request.
    Answer {
        /// The request.
        request: RequestId,
        /// The outcome.
        outcome: Outcome,
    },
    /// An update that the server pushed.
    Update(Update),
    /// A sign that updates may have been missed: the connection is a new one, or the server's numbers leave some out.
    ///
    /// A member reads both subchains and the roster soon, and not more often because of many gaps in a row.
    Missed,
    /// A command of the caller.
    Command {
        /// The caller's number for it, which the event that answers it carries.
        id: CommandId,
        /// The wish.
        command: Command,
    },
}

/// The outcome of a request.
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

impl From<u64> for RequestId {
    /// The number that an engine gave, as a driver in another language hands it back.
    fn from(value: u64) -> Self {
        Self(value)
    }
}

impl From<RequestId> for u64 {
    fn from(id: RequestId) -> Self {
        id.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An output of an engine, which its driver carries out.
#[derive(Clone, Debug)]
#[must_use = "an output that is dropped is lost"]
pub enum Output {
    /// Send this, and hand back the outcome, once, whatever it is.
    Request {
        /// Its number.
        request: RequestId,
        /// The kind of the call, by whose policy the request is checked before it leaves.
        kind: CallKind,
        /// The data centre to send it to, if it is not that of the account.
        data_centre: Option<i32>,
        /// The request itself.
        body: Request,
    },
    /// Show this to the client's interface.
    Event(Event),
    /// There is nothing more to do before this moment or the next input; never again if there is no moment.
    Timeout(Option<Moment>),
}
