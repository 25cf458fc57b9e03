use confcall_media::{ChannelId, Cryptor, Moment, OpenError, SealError};
use confcall_state::{ReferenceCode, UserId};
use rand_core::CryptoRng;
use thiserror::Error;

use super::{GroupMessage, MessageError};

/// A packet is no message that is shown.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OpenMessageError {
    /// The packet does not open.
    #[error("the packet does not open: {0}")]
    Packet(#[from] OpenError),
    /// The packet holds no message that we show.
    #[error("the packet holds no message: {0}")]
    Message(#[from] MessageError),
}

impl OpenMessageError {
    /// The reference's code, where it has one for this.
    pub fn reference_code(&self) -> Option<ReferenceCode> {
        match self {
            Self::Packet(error) => error.reference_code(),
            Self::Message(_) => None,
        }
    }
}

impl GroupMessage {
    /// Seals the message as the packet that `phone.sendGroupCallEncryptedMessage` carries: on channel 0 and
    /// without a prefix.
    ///
    /// # Errors
    ///
    /// [`SealError`]
    pub fn seal(
        &self,
        now: Moment,
        cryptor: &Cryptor,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Vec<u8>, SealError> {
        let plaintext = self.to_json();
        // No prefix: nothing between the members has to read a message.
        cryptor.seal(now, ChannelId::MAIN, 0, plaintext.as_bytes(), rng)
    }

    /// Opens the packet of `updateGroupCallEncryptedMessage` that `sender` is said to have sent.
    ///
    /// The packet is authentic before anything in it is looked at. Whether the message is new is for a
    /// [`super::Deduplicator`] to say.
    ///
    /// # Errors
    ///
    /// [`OpenMessageError`]
    pub fn open(
        now: Moment,
        cryptor: &Cryptor,
        sender: UserId,
        packet: &[u8],
    ) -> Result<Self, OpenMessageError> {
        // The server says who sent it; the packet opens only under that member's key.
        let opened = cryptor.open(now, sender, packet)?;
        Ok(Self::from_json(&opened.data)?)
    }
}
