use confcall_state::tl::{ReadError, Reader, Writer};

use super::codec::{Fields, flag, strict_flags};
use super::{InputGroupCall, InputUser, MessageId, Method};

const VIDEO: u32 = 1;

/// The request `phone.inviteConferenceCallParticipant` (`spec/protocol.md`, 11.1 and 12).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InviteConferenceCallParticipant {
    /// True if the invitation is shown as one to a video call.
    pub video: bool,
    /// The call.
    pub call: InputGroupCall,
    /// The user who is invited.
    pub user: InputUser,
}

impl Fields for InviteConferenceCallParticipant {
    const ID: u32 = 0xbcf2_2685;
    const METHOD: Method = Method::InviteConferenceCallParticipant;

    fn write_fields(&self, writer: &mut Writer) {
        writer.u32(flag(self.video, VIDEO));
        self.call.write(writer);
        self.user.write(writer);
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let what = "the flags of phone.inviteConferenceCallParticipant";
        let flags = strict_flags(reader, VIDEO, what)?;
        Ok(Self {
            video: flags & VIDEO != 0,
            call: InputGroupCall::read(reader)?,
            user: InputUser::read(reader)?,
        })
    }
}

/// The request `phone.declineConferenceCallInvite` (`spec/protocol.md`, 11.1 and 12).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeclineConferenceCallInvite {
    /// The message that invites.
    pub message: MessageId,
}

impl Fields for DeclineConferenceCallInvite {
    const ID: u32 = 0x3c47_9971;
    const METHOD: Method = Method::DeclineConferenceCallInvite;

    fn write_fields(&self, writer: &mut Writer) {
        writer.i32(self.message.value());
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let message = MessageId::new(reader.i32("the id of an invitation")?);
        Ok(Self { message })
    }
}
