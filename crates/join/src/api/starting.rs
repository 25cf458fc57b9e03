//! The requests that begin a call of a group or channel, or announce one.

use confcall_state::tl::{ReadError, Reader, Writer};

use super::codec::{Fields, flag, optional, read_bool, strict_flags, text, write_bool};
use super::{InputGroupCall, InputPeer, Method};

const TITLE: u32 = 1;
const SCHEDULE_DATE: u32 = 1 << 1;
const RTMP_STREAM: u32 = 1 << 2;

/// The request `phone.createGroupCall` (`spec/group-calls.md`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CreateGroupCall {
    /// True if one program outside feeds the call by RTMP.
    pub rtmp_stream: bool,
    /// The group or channel.
    pub peer: InputPeer,
    /// A number by which the server recognises the same request sent twice.
    pub random_id: i32,
    /// The title; the chat's own without one.
    pub title: Option<String>,
    /// The time for which the call is announced, in seconds since 1970; at once without one.
    pub schedule_date: Option<i32>,
}

/// The request `phone.startScheduledGroupCall`, for admins (`spec/group-calls.md`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StartScheduledGroupCall {
    /// The call.
    pub call: InputGroupCall,
}

/// The request `phone.toggleGroupCallStartSubscription` (`spec/group-calls.md`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ToggleGroupCallStartSubscription {
    /// The call.
    pub call: InputGroupCall,
    /// True to be told when the call begins.
    pub subscribed: bool,
}

impl Fields for CreateGroupCall {
    const ID: u32 = 0x48cd_c6d8;
    const METHOD: Method = Method::CreateGroupCall;

    fn write_fields(&self, writer: &mut Writer) {
        writer.u32(
            flag(self.title.is_some(), TITLE)
                | flag(self.schedule_date.is_some(), SCHEDULE_DATE)
                | flag(self.rtmp_stream, RTMP_STREAM),
        );
        self.peer.write(writer);
        writer.i32(self.random_id);
        if let Some(title) = &self.title {
            writer.string(title.as_bytes());
        }
        if let Some(date) = self.schedule_date {
            writer.i32(date);
        }
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let known = TITLE | SCHEDULE_DATE | RTMP_STREAM;
        let flags = strict_flags(reader, known, "the flags of phone.createGroupCall")?;
        Ok(Self {
            rtmp_stream: flags & RTMP_STREAM != 0,
            peer: InputPeer::read(reader)?,
            random_id: reader.i32("random_id")?,
            title: optional(reader, flags, TITLE, |r| text(r, "title"))?,
            schedule_date: optional(reader, flags, SCHEDULE_DATE, |r| r.i32("schedule_date"))?,
        })
    }
}

impl Fields for StartScheduledGroupCall {
    const ID: u32 = 0x5680_e342;
    const METHOD: Method = Method::StartScheduledGroupCall;

    fn write_fields(&self, writer: &mut Writer) {
        self.call.write(writer);
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let call = InputGroupCall::read(reader)?;
        Ok(Self { call })
    }
}

impl Fields for ToggleGroupCallStartSubscription {
    const ID: u32 = 0x219c_34e6;
    const METHOD: Method = Method::ToggleGroupCallStartSubscription;

    fn write_fields(&self, writer: &mut Writer) {
        self.call.write(writer);
        write_bool(writer, self.subscribed);
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        Ok(Self {
            call: InputGroupCall::read(reader)?,
            subscribed: read_bool(reader, "subscribed")?,
        })
    }
}
