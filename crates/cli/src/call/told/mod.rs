//! What `join` and `create` tell, for people (`people.rs`) and for programs (`json.rs`).

mod json;
mod people;

use core::time::Duration;

use confcall::UserId;
use confcall::join::api::{InviteLink, Method};
use confcall::join::engine::{Ended, Event};
use confcall::state::verification::words;
use confcall::state::{BlockHash, EmojiHash, Height};
use serde_json::Value;

use super::exit::EndedBadly;
use crate::screen::{Line, Tell};

/// Something that happens in a life in a call.
#[derive(Debug)]
pub(super) enum Told {
    /// We begin to enter.
    Entering { user: UserId, target: String },
    /// A request goes out, before we are in.
    Request(Method),
    /// A request has its end, before we are in.
    Answer {
        method: Method,
        answer: Answer,
        took: Duration,
    },
    /// The engine says something that stands for itself.
    Event(Box<Event>),
    /// The life in the call is over.
    Ended {
        ended: Ended,
        /// What is bad about it.
        badly: Option<EndedBadly>,
    },
    /// Who is in the call, and what has changed.
    Members {
        /// Who is in the chain and can decrypt.
        members: Vec<UserId>,
        added: Vec<UserId>,
        removed: Vec<UserId>,
        by: Option<UserId>,
    },
    /// Who is connected, as the server says.
    Roster(Vec<UserId>),
    /// What everybody compares; `None` while the newest block is not verified.
    Emoji(Option<Emoji>),
    /// The link of the call, if it is known.
    Link(Option<InviteLink>),
    /// A command or message was carried out.
    Done { command: &'static str },
    /// A command or message was not carried out.
    Failed {
        command: &'static str,
        why: &'static str,
        message: String,
    },
    /// A line that cannot be carried out.
    NotUnderstood(String),
    /// A frame that we sealed.
    Sealed { packet: Vec<u8> },
    /// A frame that somebody sealed.
    Opened {
        from: UserId,
        seqno: u32,
        frame: Vec<u8>,
    },
    /// Things came faster than they could be shown.
    Dropped { messages: u64, suspicions: u64 },
    /// We leave, as the user wants.
    Leaving,
    /// What can be typed.
    Help,
}

/// What became of a request.
#[derive(Debug)]
pub(super) enum Answer {
    Done,
    Refused(String),
    Lost(String),
}

/// What everybody compares.
#[derive(Clone, Copy, Debug)]
pub(super) struct Emoji {
    pub(super) height: Height,
    pub(super) hash: EmojiHash,
    /// The block of this height.
    pub(super) block: Option<BlockHash>,
}

impl Emoji {
    /// The 24 words of the block.
    fn words(&self) -> Option<[&'static str; 24]> {
        self.block.as_ref().map(words)
    }
}

impl Tell for Told {
    fn lines(&self) -> Vec<Line> {
        people::lines(self)
    }

    fn json(&self) -> Value {
        json::form(self)
    }
}

/// A frame as text, as far as it is one.
fn text(frame: &[u8]) -> String {
    String::from_utf8_lossy(frame).into_owned()
}
