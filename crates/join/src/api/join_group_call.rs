use core::fmt;

use confcall_state::keys::PublicKey;
use confcall_state::tl::{ReadError, Reader, Writer};

use super::codec::{Fields, flag, optional, read_data_json, strict_flags, text, write_data_json};
use super::{DataJson, InputGroupCall, InputPeer, Method};

const MUTED: u32 = 1;
const INVITE_HASH: u32 = 1 << 1;
const VIDEO_STOPPED: u32 = 1 << 2;
// One bit for both: a key without the block that announces it means nothing.
const KEY_AND_BLOCK: u32 = 1 << 3;
const KNOWN: u32 = MUTED | INVITE_HASH | VIDEO_STOPPED | KEY_AND_BLOCK;

/// The request `phone.joinGroupCall` with every field that the wire can carry (`spec/protocol.md`, 11.1).
///
/// It says nothing about what a kind of call allows: that is [`crate::policy::check`], and
/// [`crate::policy::ConferenceJoin`] and its siblings build only what is allowed.
///
/// One flag announces key and block together. A value that has only one of them is written without either,
/// and the policy refuses it for every kind of call.
/// The hash gives the right to speak, so `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct JoinGroupCall {
    /// True to join with the microphone off.
    pub muted: bool,
    /// True to join with the camera off.
    pub video_stopped: bool,
    /// The call.
    pub call: InputGroupCall,
    /// As whom to join.
    pub join_as: InputPeer,
    /// The hash of a video chat's invitation link.
    pub invite_hash: Option<String>,
    /// The key that the joining user announces.
    pub public_key: Option<PublicKey>,
    /// The block that adds the joining user, in canonical form.
    pub block: Option<Vec<u8>>,
    /// The join payload.
    pub params: DataJson,
}

impl fmt::Debug for JoinGroupCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinGroupCall")
            .field("muted", &self.muted)
            .field("video_stopped", &self.video_stopped)
            .field("call", &self.call)
            .field("join_as", &self.join_as)
            .field("has_invite_hash", &self.invite_hash.is_some())
            .field("public_key", &self.public_key)
            .field("block", &self.block)
            .field("params", &self.params)
            .finish()
    }
}

impl Fields for JoinGroupCall {
    const ID: u32 = 0x8fb5_3057;
    const METHOD: Method = Method::JoinGroupCall;

    fn write_fields(&self, writer: &mut Writer) {
        let key_and_block = self.public_key.as_ref().zip(self.block.as_ref());
        writer.u32(
            flag(self.muted, MUTED)
                | flag(self.invite_hash.is_some(), INVITE_HASH)
                | flag(self.video_stopped, VIDEO_STOPPED)
                | flag(key_and_block.is_some(), KEY_AND_BLOCK),
        );
        self.call.write(writer);
        self.join_as.write(writer);
        if let Some(hash) = &self.invite_hash {
            writer.string(hash.as_bytes());
        }
        if let Some((public_key, block)) = key_and_block {
            writer.raw(public_key.as_bytes());
            writer.string(block);
        }
        // Behind no flag: a join without a payload does not exist, not even for a viewer.
        write_data_json(writer, &self.params);
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let flags = strict_flags(reader, KNOWN, "the flags of phone.joinGroupCall")?;
        Ok(Self {
            muted: flags & MUTED != 0,
            video_stopped: flags & VIDEO_STOPPED != 0,
            call: InputGroupCall::read(reader)?,
            join_as: InputPeer::read(reader)?,
            invite_hash: optional(reader, flags, INVITE_HASH, |r| text(r, "invite_hash"))?,
            public_key: optional(reader, flags, KEY_AND_BLOCK, |r| {
                r.raw("public_key").map(PublicKey::from_bytes)
            })?,
            block: optional(reader, flags, KEY_AND_BLOCK, |r| {
                r.string("block").map(<[u8]>::to_vec)
            })?,
            params: read_data_json(reader)?,
        })
    }
}
