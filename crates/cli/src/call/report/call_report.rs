use core::time::Duration;
use std::borrow::Cow;

use confcall::join::api::{CallSettings, InviteLink, Method, Peer, RtmpUrl};
use confcall::join::engine::{CallInfo, Ended, Event, OwnState, Participant};
use confcall::join::shown;
use confcall::state::verification::words;
use confcall::state::{BlockHash, EmojiHash, Height};
use confcall::{CallKind, UserId};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::super::exit::UnwantedEnd;

/// An event of a call, as the command reports it.
///
/// Programs get the library's events as `spec/events.md` has them, and beside them those of the command itself.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(in super::super) enum CallReport {
    /// The start.
    Entering {
        #[serde(serialize_with = "shown::form")]
        user: UserId,
        target: String,
    },
    /// A request on the way into the call or out of it.
    Request(#[serde(serialize_with = "method")] Method),
    /// The end of such a request.
    Answer {
        method: Method,
        #[serde(flatten)]
        answer: RequestEnd,
        #[serde(rename = "took_ms", serialize_with = "shown::form")]
        took: Duration,
    },
    /// The end of the call.
    Ended {
        #[serde(flatten)]
        ended: Ended,
        /// The reason why the user did not want this end.
        #[serde(rename = "status", serialize_with = "status")]
        unwanted: Option<UnwantedEnd>,
    },
    /// The members of the chain, and the changes.
    Members {
        /// All of them; each can decrypt.
        #[serde(serialize_with = "shown::form")]
        members: Vec<UserId>,
        /// Those of them who have just left, and whom a block removes soon.
        #[serde(serialize_with = "shown::form")]
        leaving: Vec<UserId>,
        #[serde(serialize_with = "shown::form")]
        added: Vec<UserId>,
        #[serde(serialize_with = "shown::form")]
        removed: Vec<UserId>,
        /// Those who stayed, under another key.
        #[serde(serialize_with = "shown::form")]
        rekeyed: Vec<UserId>,
        #[serde(serialize_with = "shown::form")]
        by: Option<UserId>,
    },
    /// Everyone in the call.
    Who {
        people: Vec<Presence>,
        /// The number of those who are counted and not listed.
        unlisted: i32,
    },
    /// A call that is no conference is described, or otherwise than before.
    Call {
        #[serde(skip)]
        before: Option<CallInfo>,
        #[serde(flatten)]
        now: CallInfo,
    },
    /// The call is announced, and we wait until it begins.
    Scheduled(CallInfo),
    /// The state of our own media is another one.
    OwnState {
        #[serde(skip)]
        before: Option<OwnState>,
        #[serde(flatten)]
        now: OwnState,
    },
    /// The settings of the call are known, or others than before.
    Settings {
        #[serde(skip)]
        before: Option<CallSettings>,
        #[serde(flatten)]
        now: CallSettings,
    },
    /// The users as the server lists them.
    Roster {
        #[serde(serialize_with = "shown::form")]
        connected: Vec<UserId>,
        /// The members of the chain who have just left.
        #[serde(serialize_with = "shown::form")]
        leaving: Vec<UserId>,
    },
    /// The emoji to compare; `None` while the newest block is not verified.
    Emoji(#[serde(serialize_with = "emoji")] Option<Emoji>),
    /// The link of the call, if it is known.
    Link(#[serde(serialize_with = "link")] Option<InviteLink>),
    /// Those as whom we may take part.
    OwnPeers { peers: Vec<OwnPeer> },
    /// The address and the secret key by which a program publishes, for one who asked for them.
    StreamKey(#[serde(serialize_with = "stream_key")] RtmpUrl),
    /// A command was carried out.
    Done { command: &'static str },
    /// The server took a message.
    // For programs a message is a command as the others are.
    #[serde(rename = "done")]
    Sent {
        /// The text, where the screen does not have it any more.
        #[serde(rename = "command", serialize_with = "is_message")]
        echo: Option<String>,
    },
    /// A command or message was not carried out.
    Failed {
        command: &'static str,
        /// The name of the reason, for programs.
        why: Cow<'static, str>,
        /// The reason as the library has it.
        message: String,
        /// The reason in the words of the command.
        #[serde(skip)]
        words: String,
    },
    /// A line that cannot be carried out.
    NotUnderstood(#[serde(serialize_with = "message")] String),
    /// A frame that we sealed.
    Sealed {
        #[serde(serialize_with = "digits")]
        packet: Vec<u8>,
    },
    /// A frame that a member sealed.
    Opened {
        #[serde(serialize_with = "shown::form")]
        from: UserId,
        seqno: u32,
        #[serde(flatten, serialize_with = "frame_and_text")]
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
    Help { kind: Option<CallKind> },
    /// An event of the engine that is reported as it is.
    #[serde(untagged)]
    Event(Box<Event>),
}

/// A user or channel in the call, and how it is.
#[derive(Clone, Debug, Serialize)]
pub(in super::super) struct Presence {
    /// `None` for a channel.
    #[serde(serialize_with = "shown::form")]
    pub(in super::super) user: Option<UserId>,
    /// It is a member of the chain, and can decrypt.
    pub(in super::super) is_member: bool,
    /// The server lists it.
    pub(in super::super) is_connected: bool,
    /// It holds the verification of the newest block up.
    pub(in super::super) is_missing: bool,
    /// Its state, as the server lists it.
    pub(in super::super) participant: Option<Participant>,
}

/// One as whom we may take part.
#[derive(Clone, Debug, Serialize)]
pub(in super::super) struct OwnPeer {
    #[serde(serialize_with = "shown::form")]
    pub(in super::super) peer: Peer,
    pub(in super::super) name: String,
}

/// The end of a request.
#[derive(Debug, Serialize)]
#[serde(tag = "outcome", content = "message", rename_all = "snake_case")]
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

/// Fields under the names that they have for programs.
macro_rules! fields {
    ($to:ident, $($name:literal: $value:expr),*) => {{
        let mut object = $to.serialize_map(None)?;
        $(object.serialize_entry($name, $value)?;)*
        object.end()
    }};
}

fn method<S: Serializer>(method: &Method, to: S) -> Result<S::Ok, S::Error> {
    fields!(to, "method": method)
}

fn emoji<S: Serializer>(emoji: &Option<Emoji>, to: S) -> Result<S::Ok, S::Error> {
    let Some(emoji) = emoji else {
        return fields!(to, "emoji": &());
    };
    fields!(
        to,
        "height": &emoji.height.value(),
        "hash": &hex::encode(emoji.hash.as_bytes()),
        "emoji": &emoji.hash.emoji(),
        "words": &emoji.words()
    )
}

fn is_message<S: Serializer>(_: &Option<String>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str("message")
}

fn link<S: Serializer>(link: &Option<InviteLink>, to: S) -> Result<S::Ok, S::Error> {
    fields!(to, "link": &link.as_ref().map(InviteLink::as_str))
}

fn stream_key<S: Serializer>(address: &RtmpUrl, to: S) -> Result<S::Ok, S::Error> {
    fields!(to, "url": &address.url, "key": address.key.as_str())
}

fn message<S: Serializer>(message: &String, to: S) -> Result<S::Ok, S::Error> {
    fields!(to, "message": message)
}

fn frame_and_text<S: Serializer>(frame: &[u8], to: S) -> Result<S::Ok, S::Error> {
    fields!(to, "text": &text(frame), "frame": &hex::encode(frame))
}

fn digits<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&hex::encode(bytes))
}

/// The exit status of the command.
fn status<S: Serializer>(unwanted: &Option<UnwantedEnd>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u8(unwanted.as_ref().map_or(0, UnwantedEnd::code))
}
