use confcall_state::tl::{ReadError, Reader, Writer};

use super::codec::Fields;
use super::{InputGroupCall, Method};

/// The request `phone.sendGroupCallEncryptedMessage` (`spec/protocol.md`, 9 and 11.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SendGroupCallEncryptedMessage {
    /// The call.
    pub call: InputGroupCall,
    /// A packet on channel 0 without a prefix.
    pub encrypted_message: Vec<u8>,
}

impl Fields for SendGroupCallEncryptedMessage {
    const ID: u32 = 0xe5af_a56d;
    const METHOD: Method = Method::SendGroupCallEncryptedMessage;

    fn write_fields(&self, writer: &mut Writer) {
        self.call.write(writer);
        writer.string(&self.encrypted_message);
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        Ok(Self {
            call: InputGroupCall::read(reader)?,
            encrypted_message: reader.string("encrypted_message")?.to_vec(),
        })
    }
}
