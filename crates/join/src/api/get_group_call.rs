use confcall_state::tl::{ReadError, Reader, Writer};

use super::codec::Fields;
use super::{InputGroupCall, Method};

/// The request `phone.getGroupCall`, which also resolves a link (`spec/protocol.md`, 11.1 and 12).
///
/// The answer is a [`GroupCallInfo`](super::GroupCallInfo).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GetGroupCall {
    /// The call.
    pub call: InputGroupCall,
    /// The most participants that are wanted of the first page.
    pub limit: i32,
}

impl Fields for GetGroupCall {
    const ID: u32 = 0x0418_45db;
    const METHOD: Method = Method::GetGroupCall;

    fn write_fields(&self, writer: &mut Writer) {
        self.call.write(writer);
        writer.i32(self.limit);
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        Ok(Self {
            call: InputGroupCall::read(reader)?,
            limit: reader.i32("limit")?,
        })
    }
}
