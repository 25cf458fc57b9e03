use confcall_state::UserId;
use confcall_state::tl::{ReadError, ReadErrorKind, Reader, Writer};

use super::codec::Fields;
use super::{InputGroupCall, Method};

const ONLY_LEFT: u32 = 1;
const KICK: u32 = 1 << 1;

/// The users that a removal may remove; a request has exactly one of the two (`spec/protocol.md`, 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Removal {
    /// Only those who left, `only_left`.
    OnlyLeft,
    /// Anybody, `kick`.
    Kick,
}

/// The request `phone.deleteConferenceCallParticipants` (`spec/protocol.md`, 8 and 11.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeleteConferenceCallParticipants {
    /// The users that the request may remove.
    pub removal: Removal,
    /// The call.
    pub call: InputGroupCall,
    /// The users to remove.
    pub ids: Vec<UserId>,
    /// The block without them, in canonical form.
    pub block: Vec<u8>,
}

impl Fields for DeleteConferenceCallParticipants {
    const ID: u32 = 0x8ca6_0525;
    const METHOD: Method = Method::DeleteConferenceCallParticipants;

    fn write_fields(&self, writer: &mut Writer) {
        writer.u32(match self.removal {
            Removal::OnlyLeft => ONLY_LEFT,
            Removal::Kick => KICK,
        });
        self.call.write(writer);
        writer.boxed_vector(&self.ids, |writer, id| writer.i64(id.value()));
        writer.string(&self.block);
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        Ok(Self {
            removal: read_removal(reader)?,
            call: InputGroupCall::read(reader)?,
            ids: reader.boxed_vector("ids", 8, |r| r.i64("a user id").map(UserId::new))?,
            block: reader.string("block")?.to_vec(),
        })
    }
}

fn read_removal(reader: &mut Reader<'_>) -> Result<Removal, ReadError> {
    let what = "the flags of phone.deleteConferenceCallParticipants";
    match reader.flags(what)? {
        ONLY_LEFT => Ok(Removal::OnlyLeft),
        KICK => Ok(Removal::Kick),
        // Both or none: the server would have to guess whom it may remove.
        _ => Err(reader.error_before(4, ReadErrorKind::InvalidValue { what })),
    }
}
