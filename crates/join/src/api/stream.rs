//! The requests of those who are shown a call as a stream, and of those who feed one.

use confcall_state::tl::{ReadError, Reader, Writer};
use serde::{Deserialize, Serialize};

use super::codec::{Fields, flag, optional, read_bool, strict_flags, write_bool};
use super::traced;
use super::{InputGroupCall, InputPeer, Method, StreamKey};

const INPUT_GROUP_CALL_STREAM: u32 = 0x0598_a92a;
const VIDEO: u32 = 1;
const LIVE_STORY: u32 = 1;

/// The request `phone.getGroupCallStreamChannels` (`spec/group-calls.md`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GetGroupCallStreamChannels {
    /// The call.
    pub call: InputGroupCall,
}

/// The request `phone.getGroupCallStreamRtmpUrl`, for those who may publish (`spec/group-calls.md`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GetGroupCallStreamRtmpUrl {
    /// True for the live story of the peer.
    pub live_story: bool,
    /// The group or channel, or the peer of the story.
    pub peer: InputPeer,
    /// True to replace the key by a new one.
    pub revoke: bool,
}

/// The request `upload.getFile` for a part of a stream (`spec/group-calls.md`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GetFile {
    /// The call.
    pub call: InputGroupCall,
    /// The time at which the part begins, in milliseconds.
    pub time_ms: i64,
    /// The scale of the channel, which gives the length of the part.
    pub scale: i32,
    /// The picture; `None` for sound alone.
    pub video: Option<StreamVideo>,
    /// The first byte.
    pub offset: i64,
    /// The most bytes.
    pub limit: i32,
}

/// A picture of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StreamVideo {
    /// Its channel.
    pub channel: i32,
    /// 0 for a thumbnail, 1 for a medium picture, 2 for all of it.
    pub quality: i32,
}

/// A channel of a stream, the API's `groupCallStreamChannel`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamChannel {
    /// Its number.
    pub channel: i32,
    /// The scale, which gives the length of its parts.
    pub scale: i32,
    /// The time of the newest part, in milliseconds.
    pub last_timestamp_ms: i64,
}

/// The address at which a program publishes a stream, the API's `phone.groupCallStreamRtmpUrl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RtmpUrl {
    /// The address.
    #[serde(with = "traced::label")]
    pub url: String,
    /// The secret that lets a program publish there.
    #[serde(with = "traced::stream_key")]
    pub key: StreamKey,
}

/// The answer to [`GetFile`], the API's `upload.File`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilePart {
    /// The part; an empty one is silent.
    Bytes(#[serde(with = "traced::part")] Vec<u8>),
    /// It is elsewhere, `upload.fileCdnRedirect`.
    Redirected,
}

impl Fields for GetGroupCallStreamChannels {
    const ID: u32 = 0x1ab2_1940;
    const METHOD: Method = Method::GetGroupCallStreamChannels;

    fn write_fields(&self, writer: &mut Writer) {
        self.call.write(writer);
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let call = InputGroupCall::read(reader)?;
        Ok(Self { call })
    }
}

impl Fields for GetGroupCallStreamRtmpUrl {
    const ID: u32 = 0x5af4_c73a;
    const METHOD: Method = Method::GetGroupCallStreamRtmpUrl;

    fn write_fields(&self, writer: &mut Writer) {
        writer.u32(flag(self.live_story, LIVE_STORY));
        self.peer.write(writer);
        write_bool(writer, self.revoke);
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let what = "the flags of phone.getGroupCallStreamRtmpUrl";
        let flags = strict_flags(reader, LIVE_STORY, what)?;
        Ok(Self {
            live_story: flags & LIVE_STORY != 0,
            peer: InputPeer::read(reader)?,
            revoke: read_bool(reader, "revoke")?,
        })
    }
}

impl Fields for GetFile {
    const ID: u32 = 0xbe53_35be;
    const METHOD: Method = Method::GetFile;

    fn write_fields(&self, writer: &mut Writer) {
        // Neither `precise` nor `cdn_supported`: a part comes whole, from where it is asked for.
        writer.u32(0);
        writer.u32(INPUT_GROUP_CALL_STREAM);
        writer.u32(flag(self.video.is_some(), VIDEO));
        self.call.write(writer);
        writer.i64(self.time_ms);
        writer.i32(self.scale);
        if let Some(video) = self.video {
            writer.i32(video.channel);
            writer.i32(video.quality);
        }
        writer.i64(self.offset);
        writer.i32(self.limit);
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        strict_flags(reader, 0, "the flags of upload.getFile")?;
        reader.constructor(INPUT_GROUP_CALL_STREAM, "inputGroupCallStream")?;
        let flags = strict_flags(reader, VIDEO, "the flags of inputGroupCallStream")?;
        Ok(Self {
            call: InputGroupCall::read(reader)?,
            time_ms: reader.i64("time_ms")?,
            scale: reader.i32("scale")?,
            video: optional(reader, flags, VIDEO, |reader| {
                Ok(StreamVideo {
                    channel: reader.i32("video_channel")?,
                    quality: reader.i32("video_quality")?,
                })
            })?,
            offset: reader.i64("offset")?,
            limit: reader.i32("limit")?,
        })
    }
}
