//! The requests that lead from a name or a peer to its call.

use confcall_state::tl::{ReadError, Reader, Writer};
use serde::{Deserialize, Serialize};

use super::codec::{Fields, strict_flags, text};
use super::traced;
use super::{AccessHash, CallRef, ChannelId, ChatId, InputPeer, Method, Peer, PeerLabel, StoryId};

const INPUT_CHANNEL: u32 = 0xf35a_ec28;

/// The request `contacts.resolveUsername` (`spec/group-calls.md`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ResolveUsername {
    /// The public name, without `@`.
    pub username: String,
}

/// The request `channels.getFullChannel`, for channels and supergroups (`spec/group-calls.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GetFullChannel {
    /// The id of the channel.
    pub id: ChannelId,
    /// The access hash for it.
    pub access_hash: AccessHash,
}

/// The request `messages.getFullChat`, for basic groups (`spec/group-calls.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GetFullChat {
    /// The group.
    pub chat: ChatId,
}

/// The request `stories.getPeerStories`, for the active stories of a peer (`spec/group-calls.md`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GetPeerStories {
    /// The peer.
    pub peer: InputPeer,
}

/// The request `stories.getStoriesByID` (`spec/group-calls.md`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GetStoriesById {
    /// The peer whose stories they are.
    pub peer: InputPeer,
    /// The stories.
    pub ids: Vec<StoryId>,
}

/// The peer that has a public name, the API's `contacts.resolvedPeer`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedPeer {
    /// The peer.
    pub peer: Peer,
    /// Its name, with the access hash by which it is named in requests.
    pub labels: Vec<PeerLabel>,
}

/// A group or channel, as far as it is about calls, the API's `messages.chatFull`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FullChat {
    /// Its call, while there is one that goes on or is announced.
    #[serde(with = "traced::optional_call")]
    pub call: Option<CallRef>,
    /// As whom we join its calls, if that was saved.
    pub default_join_as: Option<Peer>,
    /// The names that came with it.
    pub labels: Vec<PeerLabel>,
}

/// The live stories among stories that were asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveStories {
    /// The stories that are live.
    pub live: Vec<LiveStory>,
    /// The names that came with them.
    pub labels: Vec<PeerLabel>,
}

/// A story that is live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveStory {
    /// The story.
    pub id: StoryId,
    /// Its call.
    #[serde(with = "traced::call")]
    pub call: CallRef,
    /// True if one program outside feeds it by RTMP.
    pub rtmp_stream: bool,
}

impl Fields for ResolveUsername {
    const ID: u32 = 0x725a_fbbc;
    const METHOD: Method = Method::ResolveUsername;

    fn write_fields(&self, writer: &mut Writer) {
        writer.u32(0);
        writer.string(self.username.as_bytes());
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        strict_flags(reader, 0, "the flags of contacts.resolveUsername")?;
        let username = text(reader, "username")?;
        Ok(Self { username })
    }
}

impl Fields for GetFullChannel {
    const ID: u32 = 0x0873_6a09;
    const METHOD: Method = Method::GetFullChannel;

    fn write_fields(&self, writer: &mut Writer) {
        writer.u32(INPUT_CHANNEL);
        writer.i64(self.id.value());
        writer.i64(self.access_hash.value());
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        reader.constructor(INPUT_CHANNEL, "inputChannel")?;
        Ok(Self {
            id: ChannelId::new(reader.i64("the id of a channel")?),
            access_hash: AccessHash::new(reader.i64("the access hash of a channel")?),
        })
    }
}

impl Fields for GetFullChat {
    const ID: u32 = 0xaeb0_0b34;
    const METHOD: Method = Method::GetFullChat;

    fn write_fields(&self, writer: &mut Writer) {
        writer.i64(self.chat.value());
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let chat = ChatId::new(reader.i64("the id of a chat")?);
        Ok(Self { chat })
    }
}

impl Fields for GetPeerStories {
    const ID: u32 = 0x2c4a_da50;
    const METHOD: Method = Method::GetPeerStories;

    fn write_fields(&self, writer: &mut Writer) {
        self.peer.write(writer);
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let peer = InputPeer::read(reader)?;
        Ok(Self { peer })
    }
}

impl Fields for GetStoriesById {
    const ID: u32 = 0x5774_ca74;
    const METHOD: Method = Method::GetStoriesById;

    fn write_fields(&self, writer: &mut Writer) {
        self.peer.write(writer);
        writer.boxed_vector(&self.ids, |writer, id| writer.i32(id.value()));
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let peer = InputPeer::read(reader)?;
        let ids = reader.boxed_vector("stories", 4, |reader| {
            reader.i32("the id of a story").map(StoryId::new)
        })?;
        Ok(Self { peer, ids })
    }
}
