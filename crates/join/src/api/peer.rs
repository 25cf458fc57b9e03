use core::fmt;

use confcall_state::UserId;
use confcall_state::tl::{ReadError, ReadErrorKind, Reader, Writer};
use serde::{Deserialize, Serialize, Serializer};

use super::codec::decode;
use super::traced;
use super::{AccessHash, ChannelId, ChatId, MessageId};
use crate::shown::{self, Form};

const EMPTY: u32 = 0x7f3b_18ea;
const SELF_USER: u32 = 0x7da0_7ec9;
const CHAT: u32 = 0x35a9_5cb9;
const USER: u32 = 0xdde8_a54c;
const CHANNEL: u32 = 0x27bc_bbfc;
const USER_FROM_MESSAGE: u32 = 0xa87b_0a1c;
const CHANNEL_FROM_MESSAGE: u32 = 0xbd2a_0840;

/// A user, group or channel that the API shows, `Peer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Peer {
    /// A user.
    User(#[serde(with = "traced::user")] UserId),
    /// A basic group.
    Chat(ChatId),
    /// A channel or supergroup.
    Channel(ChannelId),
}

impl From<UserId> for Peer {
    fn from(user: UserId) -> Self {
        Self::User(user)
    }
}

impl Form for Peer {
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(tag = "kind", content = "id", rename_all = "snake_case")]
        enum Shown {
            User(#[serde(serialize_with = "shown::form")] UserId),
            Chat(#[serde(serialize_with = "shown::form")] ChatId),
            Channel(#[serde(serialize_with = "shown::form")] ChannelId),
        }

        let peer = match *self {
            Self::User(id) => Shown::User(id),
            Self::Chat(id) => Shown::Chat(id),
            Self::Channel(id) => Shown::Channel(id),
        };
        peer.serialize(to)
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user {id}"),
            Self::Chat(id) => write!(f, "chat {id}"),
            Self::Channel(id) => write!(f, "channel {id}"),
        }
    }
}

/// A user, group or channel that a request names, `InputPeer`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum InputPeer {
    /// The user who sends the request, `inputPeerSelf`.
    SelfUser,
    /// No peer at all.
    Empty,
    /// A user.
    User {
        /// The id of the user.
        id: UserId,
        /// The access hash for it.
        access_hash: AccessHash,
    },
    /// A basic group.
    Chat(ChatId),
    /// A channel or supergroup.
    Channel {
        /// The id of the channel.
        id: ChannelId,
        /// The access hash for it.
        access_hash: AccessHash,
    },
    /// A user who is only known from a message.
    UserFromMessage {
        /// The chat in which the message stands; never itself from a message.
        chat: Box<InputPeer>,
        /// The message.
        message: MessageId,
        /// The id of the user.
        id: UserId,
    },
    /// A channel that is only known from a message.
    ChannelFromMessage {
        /// The chat in which the message stands; never itself from a message.
        chat: Box<InputPeer>,
        /// The message.
        message: MessageId,
        /// The id of the channel.
        id: ChannelId,
    },
}

impl Peer {
    /// The user, or `None` for a chat or a channel.
    pub fn user(self) -> Option<UserId> {
        match self {
            Self::User(id) => Some(id),
            Self::Chat(_) | Self::Channel(_) => None,
        }
    }
}

impl InputPeer {
    /// The bytes of the peer.
    pub(super) fn to_tl(&self) -> Vec<u8> {
        Writer::encode(|writer| self.write(writer))
    }

    /// Reads a peer that takes the whole input.
    pub(super) fn from_tl(bytes: &[u8]) -> Result<Self, ReadError> {
        decode(bytes, WHAT, Self::read)
    }

    /// The peer as the account `own` names it; `None` for no peer at all.
    pub fn peer(&self, own: UserId) -> Option<Peer> {
        Some(match self {
            Self::Empty => return None,
            Self::SelfUser => Peer::User(own),
            Self::User { id, .. } | Self::UserFromMessage { id, .. } => Peer::User(*id),
            Self::Chat(id) => Peer::Chat(*id),
            Self::Channel { id, .. } | Self::ChannelFromMessage { id, .. } => Peer::Channel(*id),
        })
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        match self {
            Self::SelfUser => writer.u32(SELF_USER),
            Self::Empty => writer.u32(EMPTY),
            Self::User { id, access_hash } => {
                write_known(writer, USER, id.value(), *access_hash);
            }
            Self::Chat(id) => {
                writer.u32(CHAT);
                writer.i64(id.value());
            }
            Self::Channel { id, access_hash } => {
                write_known(writer, CHANNEL, id.value(), *access_hash);
            }
            Self::UserFromMessage { chat, message, id } => {
                write_from_message(writer, USER_FROM_MESSAGE, chat, *message, id.value());
            }
            Self::ChannelFromMessage { chat, message, id } => {
                write_from_message(writer, CHANNEL_FROM_MESSAGE, chat, *message, id.value());
            }
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        match reader.u32(WHAT)? {
            USER_FROM_MESSAGE => {
                let (chat, message, id) = read_from_message(reader)?;
                let id = UserId::new(id);
                Ok(Self::UserFromMessage { chat, message, id })
            }
            CHANNEL_FROM_MESSAGE => {
                let (chat, message, id) = read_from_message(reader)?;
                let id = ChannelId::new(id);
                Ok(Self::ChannelFromMessage { chat, message, id })
            }
            // The others can stand inside a peer from a message.
            constructor => Self::read_known(constructor, reader),
        }
    }

    /// Reads the rest of a peer that is not from a message.
    fn read_known(constructor: u32, reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        match constructor {
            SELF_USER => Ok(Self::SelfUser),
            EMPTY => Ok(Self::Empty),
            USER => Ok(Self::User {
                id: UserId::new(reader.i64("the id of a user")?),
                access_hash: AccessHash::new(reader.i64("the access hash of a user")?),
            }),
            CHAT => Ok(Self::Chat(ChatId::new(reader.i64("the id of a chat")?))),
            CHANNEL => Ok(Self::Channel {
                id: ChannelId::new(reader.i64("the id of a channel")?),
                access_hash: AccessHash::new(reader.i64("the access hash of a channel")?),
            }),
            found => {
                let kind = ReadErrorKind::UnexpectedConstructor { what: WHAT, found };
                Err(reader.error_before(4, kind))
            }
        }
    }
}

const WHAT: &str = "InputPeer";

fn write_known(writer: &mut Writer, constructor: u32, id: i64, access_hash: AccessHash) {
    writer.u32(constructor);
    writer.i64(id);
    writer.i64(access_hash.value());
}

fn write_from_message(
    writer: &mut Writer,
    constructor: u32,
    chat: &InputPeer,
    message: MessageId,
    id: i64,
) {
    writer.u32(constructor);
    chat.write(writer);
    writer.i32(message.value());
    writer.i64(id);
}

/// Reads the chat, the message and the id of a peer that is from a message.
///
/// The chat is not from a message in its turn, so no input makes the reader recurse.
fn read_from_message(
    reader: &mut Reader<'_>,
) -> Result<(Box<InputPeer>, MessageId, i64), ReadError> {
    let constructor = reader.u32("the chat of a message")?;
    let chat = InputPeer::read_known(constructor, reader)?;
    let message = MessageId::new(reader.i32("the id of a message")?);
    let id = reader.i64("the id of a peer")?;
    Ok((Box::new(chat), message, id))
}
