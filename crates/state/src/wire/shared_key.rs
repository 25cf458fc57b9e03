use super::ByteStrings;
use super::boxed::Boxed;
use crate::keys::PublicKey;
use crate::tl::{ReadError, Reader, Writer};
use crate::types::UserId;

const SHARED_KEY: u32 = 0x8a84_7e7f;
/// The bytes that the usual header of one recipient takes as a string.
const HEADER_SIZE: usize = 36;

/// A key for every participant: encrypted once, and a header for each recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedKey {
    /// The public half of the key pair made for this value alone, `ek` on the wire.
    pub ephemeral_key: PublicKey,
    /// The encrypted key.
    pub encrypted_shared_key: Vec<u8>,
    /// The readers of the headers, `dest_user_id` on the wire.
    pub recipients: Vec<UserId>,
    /// A header for each recipient, in the same order, `dest_header` on the wire.
    pub headers: ByteStrings,
}

impl SharedKey {
    /// The value that stands where no key is set.
    pub fn empty() -> Self {
        Self {
            ephemeral_key: PublicKey::from_bytes([0; 32]),
            encrypted_shared_key: Vec::new(),
            recipients: Vec::new(),
            headers: ByteStrings::default(),
        }
    }

    /// True if no key is set: nothing less than every field empty is empty.
    pub fn is_empty(&self) -> bool {
        // A key that is half empty is refused as one that is not for all participants, not taken as unset (2.1).
        *self.ephemeral_key.as_bytes() == [0; 32]
            && self.encrypted_shared_key.is_empty()
            && self.recipients.is_empty()
            && self.headers.is_empty()
    }
}

impl Boxed for SharedKey {
    fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        reader.constructor(SHARED_KEY, "a shared key")?;
        let ephemeral_key = PublicKey::from_bytes(reader.raw("an ephemeral key")?);
        let encrypted_shared_key = reader.string("an encrypted shared key")?.to_vec();
        let count = reader.count("recipients")?;
        let mut recipients = Vec::with_capacity(reader.capacity(count, 8));
        for _ in 0..count {
            recipients.push(UserId::new(reader.i64("a recipient")?));
        }
        let count = reader.count("headers")?;
        let room = reader.capacity(count, HEADER_SIZE);
        // A header has 32 bytes unless its sender is hostile.
        let mut headers = ByteStrings::with_capacity(room, room * 32);
        for _ in 0..count {
            headers.push(reader.string("a header")?);
        }
        Ok(Self {
            ephemeral_key,
            encrypted_shared_key,
            recipients,
            headers,
        })
    }

    fn write(&self, writer: &mut Writer) {
        writer.u32(SHARED_KEY);
        writer.raw(self.ephemeral_key.as_bytes());
        writer.string(&self.encrypted_shared_key);
        writer.count(self.recipients.len());
        self.recipients
            .iter()
            .for_each(|user_id| writer.i64(user_id.value()));
        writer.count(self.headers.len());
        self.headers.iter().for_each(|header| writer.string(header));
    }
}
