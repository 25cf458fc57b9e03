use confcall_state::tl::{ReadError, Reader, Writer};

use super::codec::{Fields, read_data_json, write_data_json};
use super::{DataJson, InputGroupCall, Method};

/// The request `phone.joinGroupCallPresentation`, which begins to share a screen (`spec/protocol.md`, 11.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct JoinGroupCallPresentation {
    /// The call.
    pub call: InputGroupCall,
    /// The join payload of the screen's own media connection.
    pub params: DataJson,
}

impl Fields for JoinGroupCallPresentation {
    const ID: u32 = 0xcbea_6bc4;
    const METHOD: Method = Method::JoinGroupCallPresentation;

    fn write_fields(&self, writer: &mut Writer) {
        self.call.write(writer);
        write_data_json(writer, &self.params);
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        Ok(Self {
            call: InputGroupCall::read(reader)?,
            params: read_data_json(reader)?,
        })
    }
}

/// The request `phone.leaveGroupCallPresentation`, which ends the sharing of a screen (`spec/protocol.md`, 11.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LeaveGroupCallPresentation {
    /// The call.
    pub call: InputGroupCall,
}

impl Fields for LeaveGroupCallPresentation {
    const ID: u32 = 0x1c50_d144;
    const METHOD: Method = Method::LeaveGroupCallPresentation;

    fn write_fields(&self, writer: &mut Writer) {
        self.call.write(writer);
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let call = InputGroupCall::read(reader)?;
        Ok(Self { call })
    }
}
