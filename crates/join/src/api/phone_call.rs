use confcall_state::tl::{ReadError, ReadErrorKind, Reader, Writer};
use serde::{Deserialize, Serialize};

use super::codec::{Fields, flag, read_slug, strict_flags};
use super::{AccessHash, Method, PhoneCallId, Slug};

const PHONE_CALL: u32 = 0x1e36_fded;
const VIDEO: u32 = 1;

const MISSED: u32 = 0x85e4_2301;
const DISCONNECT: u32 = 0xe095_c1a0;
const HANGUP: u32 = 0x57ad_c690;
const BUSY: u32 = 0xfaf7_e8c9;
const MIGRATE: u32 = 0x9fbb_f1f7;

/// A reference to a call between two users, `InputPhoneCall`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct InputPhoneCall {
    /// The id of the call.
    pub id: PhoneCallId,
    /// The access hash for it.
    #[serde(with = "super::traced::access_hash")]
    pub access_hash: AccessHash,
}

/// The reason why a call between two users is over, `PhoneCallDiscardReason`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DiscardReason {
    /// It was not answered.
    Missed,
    /// The connection was lost.
    Disconnect,
    /// A side hung up.
    Hangup,
    /// A side was in another call.
    Busy,
    /// It goes on as the conference of this link.
    Migrate(Slug),
}

/// The request `phone.discardCall`, which ends a call between two users (`spec/protocol.md`, 12).
///
/// With [`DiscardReason::Migrate`] it moves the call to a conference.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DiscardCall {
    /// True if a side had video.
    pub video: bool,
    /// The call.
    pub peer: InputPhoneCall,
    /// Its duration, in seconds.
    pub duration: i32,
    /// The reason.
    pub reason: DiscardReason,
    /// The number of the media connection, by which the server finds its statistics.
    pub connection_id: i64,
}

impl Fields for DiscardCall {
    const ID: u32 = 0xb2cb_c1c0;
    const METHOD: Method = Method::DiscardCall;

    fn write_fields(&self, writer: &mut Writer) {
        writer.u32(flag(self.video, VIDEO));
        writer.u32(PHONE_CALL);
        writer.i64(self.peer.id.value());
        writer.i64(self.peer.access_hash.value());
        writer.i32(self.duration);
        self.reason.write(writer);
        writer.i64(self.connection_id);
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let flags = strict_flags(reader, VIDEO, "the flags of phone.discardCall")?;
        reader.constructor(PHONE_CALL, "inputPhoneCall")?;
        let peer = InputPhoneCall {
            id: PhoneCallId::new(reader.i64("the id of a call")?),
            access_hash: AccessHash::new(reader.i64("the access hash of a call")?),
        };
        Ok(Self {
            video: flags & VIDEO != 0,
            peer,
            duration: reader.i32("duration")?,
            reason: DiscardReason::read(reader)?,
            connection_id: reader.i64("connection_id")?,
        })
    }
}

impl DiscardReason {
    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Missed => writer.u32(MISSED),
            Self::Disconnect => writer.u32(DISCONNECT),
            Self::Hangup => writer.u32(HANGUP),
            Self::Busy => writer.u32(BUSY),
            Self::Migrate(slug) => {
                writer.u32(MIGRATE);
                writer.string(slug.as_str().as_bytes());
            }
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let what = "PhoneCallDiscardReason";
        Ok(match reader.u32(what)? {
            MISSED => Self::Missed,
            DISCONNECT => Self::Disconnect,
            HANGUP => Self::Hangup,
            BUSY => Self::Busy,
            MIGRATE => Self::Migrate(read_slug(reader)?),
            found => {
                let kind = ReadErrorKind::UnexpectedConstructor { what, found };
                return Err(reader.error_before(4, kind));
            }
        })
    }
}
