use confcall_state::keys::PublicKey;
use confcall_state::tl::{ReadError, Reader, Writer};

use super::codec::{Fields, flag, optional, read_data_json, strict_flags, write_data_json};
use super::{DataJson, Method};

const MUTED: u32 = 1;
const VIDEO_STOPPED: u32 = 1 << 2;
// One bit for the three fields after it, so that they stand or fall together.
const JOIN: u32 = 1 << 3;
const KNOWN: u32 = MUTED | VIDEO_STOPPED | JOIN;

/// The request `phone.createConferenceCall` with every field that the wire can carry (`spec/protocol.md`, 11.1).
///
/// One flag says that the creator joins at once and announces key, block and payload together. A value that
/// has only some of them is written without any, and [`crate::policy::check_creation`]
/// refuses it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CreateConferenceCall {
    /// True to join with the microphone off.
    pub muted: bool,
    /// True to join with the camera off.
    pub video_stopped: bool,
    /// A number by which the server recognises the same request sent twice.
    pub random_id: i32,
    /// The key that the creator announces.
    pub public_key: Option<PublicKey>,
    /// Block 0 in canonical form.
    pub block: Option<Vec<u8>>,
    /// The join payload.
    pub params: Option<DataJson>,
}

impl Fields for CreateConferenceCall {
    const ID: u32 = 0x7d04_44bb;
    const METHOD: Method = Method::CreateConferenceCall;

    fn write_fields(&self, writer: &mut Writer) {
        let join = match (&self.public_key, &self.block, &self.params) {
            (Some(public_key), Some(block), Some(params)) => Some((public_key, block, params)),
            _ => None,
        };
        writer.u32(
            flag(self.muted, MUTED)
                | flag(self.video_stopped, VIDEO_STOPPED)
                | flag(join.is_some(), JOIN),
        );
        // Not behind a flag: it makes the request the same one when it is sent again.
        writer.i32(self.random_id);
        if let Some((public_key, block, params)) = join {
            writer.raw(public_key.as_bytes());
            writer.string(block);
            write_data_json(writer, params);
        }
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let flags = strict_flags(reader, KNOWN, "the flags of phone.createConferenceCall")?;
        Ok(Self {
            muted: flags & MUTED != 0,
            video_stopped: flags & VIDEO_STOPPED != 0,
            random_id: reader.i32("random_id")?,
            public_key: optional(reader, flags, JOIN, |r| {
                r.raw("public_key").map(PublicKey::from_bytes)
            })?,
            block: optional(reader, flags, JOIN, |r| {
                r.string("block").map(<[u8]>::to_vec)
            })?,
            params: optional(reader, flags, JOIN, read_data_json)?,
        })
    }
}
