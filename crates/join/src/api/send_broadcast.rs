use confcall_state::tl::{ReadError, Reader, Writer};

use super::codec::Fields;
use super::{InputGroupCall, Method};

/// The request `phone.sendConferenceCallBroadcast` (`spec/protocol.md`, 5 and 11.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SendConferenceCallBroadcast {
    /// The call.
    pub call: InputGroupCall,
    /// A commit or a reveal in canonical form; the API calls this field `block`.
    pub broadcast: Vec<u8>,
}

impl Fields for SendConferenceCallBroadcast {
    const ID: u32 = 0xc670_1900;
    const METHOD: Method = Method::SendConferenceCallBroadcast;

    fn write_fields(&self, writer: &mut Writer) {
        self.call.write(writer);
        writer.string(&self.broadcast);
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        Ok(Self {
            call: InputGroupCall::read(reader)?,
            broadcast: reader.string("a broadcast")?.to_vec(),
        })
    }
}
