//! The requests by which admins run a call of a group or channel, and by which others are asked to it.

use confcall_state::tl::{ReadError, Reader, Writer};

use super::codec::{Fields, flag, optional, read_bool, strict_flags, text, write_bool};
use super::{InputGroupCall, InputUser, Method};

const START: u32 = 1;
const TITLE: u32 = 1 << 1;
const VIDEO: u32 = 1 << 2;
const CAN_SELF_UNMUTE: u32 = 1;

/// The request `phone.editGroupCallTitle`, for admins (`spec/group-calls.md`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EditGroupCallTitle {
    /// The call.
    pub call: InputGroupCall,
    /// The title; an empty one is the chat's own.
    pub title: String,
}

/// The request `phone.toggleGroupCallRecord`, for admins (`spec/group-calls.md`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ToggleGroupCallRecord {
    /// True to begin a recording, false to end it.
    pub start: bool,
    /// The call.
    pub call: InputGroupCall,
    /// The title of the recording.
    pub title: Option<String>,
    /// Set to record video too: true if it is higher than wide.
    pub video_portrait: Option<bool>,
}

/// The request `phone.inviteToGroupCall`, which asks members of the chat to its call (`spec/group-calls.md`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InviteToGroupCall {
    /// The call.
    pub call: InputGroupCall,
    /// The users.
    pub users: Vec<InputUser>,
}

/// The request `phone.exportGroupCallInvite`, for the link of a call in a public chat (`spec/group-calls.md`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ExportGroupCallInvite {
    /// True for a link by which one may speak although newcomers are muted; for admins.
    pub can_self_unmute: bool,
    /// The call.
    pub call: InputGroupCall,
}

impl Fields for EditGroupCallTitle {
    const ID: u32 = 0x1ca6_ac0a;
    const METHOD: Method = Method::EditGroupCallTitle;

    fn write_fields(&self, writer: &mut Writer) {
        self.call.write(writer);
        writer.string(self.title.as_bytes());
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        Ok(Self {
            call: InputGroupCall::read(reader)?,
            title: text(reader, "title")?,
        })
    }
}

impl Fields for ToggleGroupCallRecord {
    const ID: u32 = 0xf128_c708;
    const METHOD: Method = Method::ToggleGroupCallRecord;

    fn write_fields(&self, writer: &mut Writer) {
        writer.u32(
            flag(self.start, START)
                | flag(self.title.is_some(), TITLE)
                | flag(self.video_portrait.is_some(), VIDEO),
        );
        self.call.write(writer);
        if let Some(title) = &self.title {
            writer.string(title.as_bytes());
        }
        if let Some(portrait) = self.video_portrait {
            write_bool(writer, portrait);
        }
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let known = START | TITLE | VIDEO;
        let flags = strict_flags(reader, known, "the flags of phone.toggleGroupCallRecord")?;
        Ok(Self {
            start: flags & START != 0,
            call: InputGroupCall::read(reader)?,
            title: optional(reader, flags, TITLE, |r| text(r, "title"))?,
            // One flag says that there is video, and that its shape follows.
            video_portrait: optional(reader, flags, VIDEO, |r| read_bool(r, "video_portrait"))?,
        })
    }
}

impl Fields for InviteToGroupCall {
    const ID: u32 = 0x7b39_3160;
    const METHOD: Method = Method::InviteToGroupCall;

    fn write_fields(&self, writer: &mut Writer) {
        self.call.write(writer);
        writer.boxed_vector(&self.users, |writer, user| user.write(writer));
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        Ok(Self {
            call: InputGroupCall::read(reader)?,
            users: reader.boxed_vector("users", 4, InputUser::read)?,
        })
    }
}

impl Fields for ExportGroupCallInvite {
    const ID: u32 = 0xe6aa_647f;
    const METHOD: Method = Method::ExportGroupCallInvite;

    fn write_fields(&self, writer: &mut Writer) {
        writer.u32(flag(self.can_self_unmute, CAN_SELF_UNMUTE));
        self.call.write(writer);
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let what = "the flags of phone.exportGroupCallInvite";
        let flags = strict_flags(reader, CAN_SELF_UNMUTE, what)?;
        Ok(Self {
            can_self_unmute: flags & CAN_SELF_UNMUTE != 0,
            call: InputGroupCall::read(reader)?,
        })
    }
}
