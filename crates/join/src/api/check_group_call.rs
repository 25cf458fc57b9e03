use confcall_state::tl::{ReadError, Reader, Writer};

use super::codec::{Fields, read_source, write_source};
use super::{InputGroupCall, Method};
use crate::api::Ssrc;

/// The request `phone.checkGroupCall` (`spec/protocol.md`, 10 and 11.1).
///
/// The answer is those of the sources that are still joined.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CheckGroupCall {
    /// The call.
    pub call: InputGroupCall,
    /// The own sources.
    pub sources: Vec<Ssrc>,
}

impl Fields for CheckGroupCall {
    const ID: u32 = 0xb59c_f977;
    const METHOD: Method = Method::CheckGroupCall;

    fn write_fields(&self, writer: &mut Writer) {
        self.call.write(writer);
        writer.boxed_vector(&self.sources, |writer, one| write_source(writer, *one));
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        Ok(Self {
            call: InputGroupCall::read(reader)?,
            sources: reader.boxed_vector("sources", 4, read_source)?,
        })
    }
}
