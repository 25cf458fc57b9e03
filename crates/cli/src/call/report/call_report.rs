use core::time::Duration;

use confcall::UserId;
use confcall::join::api::{InviteLink, Method};
use confcall::join::engine::{Ended, Event};
use confcall::state::verification::words;
use confcall::state::{BlockHash, EmojiHash, Height};

use super::super::exit::UnwantedEnd;

/// An event of a call, as the command reports it.
#[derive(Debug)]
pub(in super::super) enum CallReport {
    /// The start.
    Entering { user: UserId, target: String },
    /// A request on the way into the call or out of it.
    Request(Method),
    /// The end of such a request.
    Answer {
        method: Method,
        answer: RequestEnd,
        took: Duration,
    },
    /// An event of the engine that is reported as it is.
    Event(Box<Event>),
    /// The end of the call.
    Ended {
        ended: Ended,
        /// The reason why the user did not want this end.
        unwanted: Option<UnwantedEnd>,
    },
    /// The members of the chain, and the changes.
    Members {
        /// All of them; each can decrypt.
        members: Vec<UserId>,
        /// Those of them who have just left, and whom a block removes soon.
        leaving: Vec<UserId>,
        added: Vec<UserId>,
        removed: Vec<UserId>,
        /// Those who stayed, under another key.
        rekeyed: Vec<UserId>,
        by: Option<UserId>,
    },
    /// The users as the server lists them.
    Roster {
        connected: Vec<UserId>,
        /// The members of the chain who have just left.
        leaving: Vec<UserId>,
    },
    /// The emoji to compare; `None` while the newest block is not verified.
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
    /// A frame that a member sealed.
    Opened {
        from: UserId,
        seqno: u32,
        frame: Vec<u8>,
    },
    /// Events came faster than they could be shown.
    Lagged { missed: u64 },
    /// The server is not heard any more.
    ConnectionLost,
    /// The server is heard again.
    ConnectionBack,
    /// The start of leaving, as the user wants.
    Leaving,
    /// The commands of a user.
    Help,
}

/// The end of a request.
#[derive(Debug)]
pub(in super::super) enum RequestEnd {
    Done,
    Refused(String),
    Lost(String),
}

/// The emoji that all members compare.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Emoji {
    pub(in super::super) height: Height,
    pub(in super::super) hash: EmojiHash,
    /// The block of this height.
    pub(in super::super) block: Option<BlockHash>,
}

impl Emoji {
    /// The 24 words of the block.
    pub(super) fn words(&self) -> Option<[&'static str; 24]> {
        self.block.as_ref().map(words)
    }
}

/// A frame as text, for one that `/seal` made.
pub(super) fn text(frame: &[u8]) -> String {
    String::from_utf8_lossy(frame).into_owned()
}
