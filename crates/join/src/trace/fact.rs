use confcall_state::encryption::{DecryptionError, HeaderError};
use confcall_state::keys::NoSharedSecret;
use confcall_state::wire::Broadcast;
use confcall_state::{EpochKeyError, PublicKey, UserId};
use serde::{Deserialize, Serialize};

use crate::api::traced::{self, Hex};
use crate::engine::fact::Fact;
use crate::message::{self, MessageError};

/// A fact as a trace shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FactForm {
    Join(Hex),
    /// `None` if the key opened.
    Opened(Option<Unopened>),
    Said(Vec<Hex>),
    Removal(Made),
    Sealed(Made),
    Read(Option<(i64, usize)>),
    /// Of a packet that opened, and holds no message that can be shown.
    NotShown(MessageError),
}

/// Something that was made, or why it was not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Made {
    Bytes(Hex),
    Failed(String),
}

/// The reason why a key did not open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Unopened {
    NotParticipant(Hex),
    WrongUserId {
        #[serde(with = "traced::user")]
        expected: UserId,
        #[serde(with = "traced::user")]
        found: UserId,
    },
    NotRecipient(#[serde(with = "traced::user")] UserId),
    EphemeralKey(Hex),
    HeaderLength(usize),
    DataLength(usize),
    DecryptionLength(usize),
    MessageId,
    Pad {
        pad: usize,
        length: usize,
    },
    Length(usize),
    /// In words, where this version of the format has no form for it.
    Other(String),
}

impl From<Fact> for FactForm {
    fn from(fact: Fact) -> Self {
        match fact {
            Fact::Join(block) => Self::Join(Hex(block)),
            Fact::Opened(opened) => Self::Opened(opened.err().map(Unopened::from)),
            // A reveal shows a nonce, which is no secret once it is said.
            Fact::Said(said) => Self::Said(said.iter().map(|one| Hex(one.to_bytes())).collect()),
            Fact::Removal(block) => Self::Removal(block.into()),
            Fact::Sealed(packet) => Self::Sealed(packet.into()),
            Fact::Read(Some(Err(error))) => Self::NotShown(error),
            Fact::Read(Some(Ok((id, length)))) => Self::Read(Some((id.value(), length))),
            Fact::Read(None) => Self::Read(None),
        }
    }
}

impl TryFrom<FactForm> for Fact {
    type Error = String;

    fn try_from(form: FactForm) -> Result<Self, String> {
        Ok(match form {
            FactForm::Join(block) => Self::Join(block.0),
            FactForm::Opened(None) => Self::Opened(Ok(())),
            FactForm::Opened(Some(error)) => Self::Opened(Err(error.try_into()?)),
            FactForm::Said(said) => {
                let said = said.iter().map(|one| Broadcast::parse(&one.0));
                let said: Result<_, _> = said.collect();
                Self::Said(said.map_err(|error| error.to_string())?)
            }
            FactForm::Removal(made) => Self::Removal(made.into()),
            FactForm::Sealed(made) => Self::Sealed(made.into()),
            FactForm::Read(None) => Self::Read(None),
            FactForm::Read(Some(read)) => Self::Read(Some(Ok(message::traced::read(read)?))),
            FactForm::NotShown(error) => Self::Read(Some(Err(error))),
        })
    }
}

impl From<Result<Vec<u8>, String>> for Made {
    fn from(made: Result<Vec<u8>, String>) -> Self {
        match made {
            Ok(bytes) => Self::Bytes(Hex(bytes)),
            Err(why) => Self::Failed(why),
        }
    }
}

impl From<Made> for Result<Vec<u8>, String> {
    fn from(made: Made) -> Self {
        match made {
            Made::Bytes(bytes) => Ok(bytes.0),
            Made::Failed(why) => Err(why),
        }
    }
}

impl From<EpochKeyError> for Unopened {
    fn from(error: EpochKeyError) -> Self {
        let hex = |key: PublicKey| Hex(key.as_bytes().to_vec());
        match error {
            EpochKeyError::NotParticipant { key } => Self::NotParticipant(hex(key)),
            EpochKeyError::WrongUserId { expected, found } => Self::WrongUserId { expected, found },
            EpochKeyError::NotRecipient { user_id } => Self::NotRecipient(user_id),
            EpochKeyError::EphemeralKey(NoSharedSecret { key }) => Self::EphemeralKey(hex(key)),
            EpochKeyError::Header(HeaderError::HeaderLength { length }) => {
                Self::HeaderLength(length)
            }
            EpochKeyError::Header(HeaderError::DataLength { length }) => Self::DataLength(length),
            EpochKeyError::Decryption(DecryptionError::Length { length }) => {
                Self::DecryptionLength(length)
            }
            EpochKeyError::Decryption(DecryptionError::MessageId) => Self::MessageId,
            EpochKeyError::Decryption(DecryptionError::Pad { pad, length }) => {
                Self::Pad { pad, length }
            }
            EpochKeyError::Length { length } => Self::Length(length),
            // An error that a newer version of the chain's crate adds is shown, and cannot be replayed.
            other => Self::Other(other.to_string()),
        }
    }
}

impl TryFrom<Unopened> for EpochKeyError {
    type Error = String;

    fn try_from(form: Unopened) -> Result<Self, String> {
        let key = |hex: Hex| {
            let bytes = hex.0.as_slice().try_into();
            let bytes = bytes.map_err(|_| "a public key has 32 bytes".to_owned());
            bytes.map(PublicKey::from_bytes)
        };
        Ok(match form {
            Unopened::NotParticipant(hex) => Self::NotParticipant { key: key(hex)? },
            Unopened::WrongUserId { expected, found } => Self::WrongUserId { expected, found },
            Unopened::NotRecipient(user_id) => Self::NotRecipient { user_id },
            Unopened::EphemeralKey(hex) => NoSharedSecret { key: key(hex)? }.into(),
            Unopened::HeaderLength(length) => HeaderError::HeaderLength { length }.into(),
            Unopened::DataLength(length) => HeaderError::DataLength { length }.into(),
            Unopened::DecryptionLength(length) => DecryptionError::Length { length }.into(),
            Unopened::MessageId => DecryptionError::MessageId.into(),
            Unopened::Pad { pad, length } => DecryptionError::Pad { pad, length }.into(),
            Unopened::Length(length) => Self::Length { length },
            Unopened::Other(what) => return Err(what),
        })
    }
}
