use confcall_state::tl::{ReadError, Reader, Writer};

use super::codec::Fields;
use super::{InputGroupCall, Method};
use crate::api::Ssrc;

/// The request `phone.leaveGroupCall` (`spec/protocol.md`, 8 and 11.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LeaveGroupCall {
    /// The call.
    pub call: InputGroupCall,
    /// The source of the own sound, as in the payload that joined; `None`, a zero, for whichever it is.
    pub source: Option<Ssrc>,
}

impl Fields for LeaveGroupCall {
    const ID: u32 = 0x5003_77f9;
    const METHOD: Method = Method::LeaveGroupCall;

    fn write_fields(&self, writer: &mut Writer) {
        self.call.write(writer);
        writer.i32(self.source.map_or(0, Ssrc::signed));
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        Ok(Self {
            call: InputGroupCall::read(reader)?,
            source: Ssrc::from_signed(reader.i32("source")?),
        })
    }
}

/// The request `phone.discardGroupCall`, which ends a call for all (`spec/protocol.md`, 11.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DiscardGroupCall {
    /// The call.
    pub call: InputGroupCall,
}

impl Fields for DiscardGroupCall {
    const ID: u32 = 0x7a77_7135;
    const METHOD: Method = Method::DiscardGroupCall;

    fn write_fields(&self, writer: &mut Writer) {
        self.call.write(writer);
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let call = InputGroupCall::read(reader)?;
        Ok(Self { call })
    }
}
