use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::api::reaction::Reaction;
use crate::api::{Method, RpcError, StreamChannel, StreamVideo};
use crate::limits;

/// The number of a question of a stream clock, given out never twice by one clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AskId(pub(super) u64);

/// A question for the server; each has one answer, on the data centre of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamAsk {
    /// The channels of the stream, `phone.getGroupCallStreamChannels`.
    Channels,
    /// A part of the stream, `upload.getFile`.
    Part(PartAsk),
}

/// The location of a part of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartAsk {
    /// The time at which the part begins, in milliseconds.
    pub time_ms: i64,
    /// The scale, which gives the length of the part.
    pub scale: i32,
    /// The picture; `None` for sound alone.
    pub video: Option<StreamVideo>,
}

/// The answer to a question for the channels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelsAnswer {
    /// The channels; none if nobody publishes.
    Channels(Vec<StreamChannel>),
    /// The server wants us to wait.
    Wait(Duration),
    /// We are not in the call, or not any more.
    NotJoined,
    /// No answer, or another error.
    Failed,
}

impl ChannelsAnswer {
    /// The answer that an error of the API is.
    pub fn refused(error: &RpcError) -> Self {
        match error.reaction(Method::GetGroupCallStreamChannels) {
            Reaction::Rejoin => Self::NotJoined,
            Reaction::WaitThenRepeat(wait) => Self::Wait(wait),
            _ => Self::Failed,
        }
    }
}

/// The answer to a question for a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartAnswer {
    /// The part; an empty one is silent.
    Bytes(Vec<u8>),
    /// The part is not there yet, or the server wants us to wait.
    NotYet,
    /// We are not in the call, or not any more.
    NotJoined,
    /// The part is not there any more or never was, is elsewhere, or is not known to be anywhere; a picture is left out.
    Unusable,
}

impl PartAnswer {
    /// The answer that an error of the API is.
    pub fn refused(error: &RpcError) -> Self {
        match error.reaction(Method::GetFile) {
            Reaction::Rejoin => Self::NotJoined,
            Reaction::NotYet => Self::NotYet,
            _ => Self::Unusable,
        }
    }

    /// The answer, refused if a part has more bytes than one can have.
    pub(super) fn bounded(self) -> Self {
        match self {
            Self::Bytes(bytes) if bytes.len() > limits::PART_BYTES => Self::Unusable,
            answer => answer,
        }
    }
}

/// An output of a stream clock, which its owner carries out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "an output that is dropped is lost"]
pub enum StreamOutput {
    /// Ask the server, and hand back the answer, once, whatever it is.
    Ask(AskId, StreamAsk),
    /// A part, in the order of the times.
    Part(StreamPart),
    /// The time was found anew: parts may be missing, and the times of those that follow may be earlier.
    Resynchronised,
    /// Nobody publishes; the clock goes on asking.
    NobodyPublishes,
    /// Join the call again; the clock is over, and nothing that it asked for is of use any more.
    Rejoin,
    /// There is nothing more to do before this moment or the next input; never again if there is no moment.
    Wait(Option<confcall_media::Moment>),
}

/// A part of a stream as the server gave it.
#[derive(Clone, PartialEq, Eq)]
pub struct StreamPart {
    /// The track that it belongs to.
    pub track: Track,
    /// The time at which it begins, in milliseconds.
    pub time_ms: i64,
    /// Its length on the clock, in milliseconds; that of the media within may differ by some.
    pub duration_ms: i64,
    /// The file: a [`Chunk`](crate::stream::Chunk), or Ogg for [`Track::Sound`]. An empty one is silent.
    pub bytes: Vec<u8>,
}

impl core::fmt::Debug for StreamPart {
    /// Shows the number of bytes, and none of them.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("StreamPart")
            .field("track", &self.track)
            .field("time_ms", &self.time_ms)
            .field("duration_ms", &self.duration_ms)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

/// A track of a stream.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Track {
    /// Sound and picture in one, of a publisher by RTMP.
    Unified,
    /// The sound of those who speak in a video chat.
    Sound,
    /// A picture of a video chat.
    Picture(WantedVideo),
}

/// A picture that the client wants.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WantedVideo {
    /// The name by which the media server knows it.
    pub endpoint: String,
    /// Its size.
    pub quality: Quality,
}

/// The size of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// A thumbnail.
    Thumbnail,
    /// A medium picture.
    Medium,
    /// All of it.
    Full,
}

impl Quality {
    /// The number of the API.
    pub const fn number(self) -> i32 {
        match self {
            Self::Thumbnail => 0,
            Self::Medium => 1,
            Self::Full => 2,
        }
    }
}
