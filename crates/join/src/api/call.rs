use confcall_state::tl::{ReadError, ReadErrorKind, Reader, Writer};
use serde::{Deserialize, Serialize};

use super::codec::read_slug;
use super::traced;
use super::{AccessHash, CallId, MessageId};
use crate::api::Slug;

// The three constructors of `InputGroupCall`.
const BY_ID: u32 = 0xd8aa_840f;
const BY_SLUG: u32 = 0xfe06_823f;
const BY_INVITE_MESSAGE: u32 = 0x8c10_603f;

/// A reference to a group call, the API's `InputGroupCall` (`spec/protocol.md`, 11.1).
///
/// Pushed updates carry [`InputGroupCall::Id`] only, however the call was joined.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputGroupCall {
    /// By its id.
    Id {
        /// The id of the call.
        id: CallId,
        /// The access hash for it.
        #[serde(with = "traced::access_hash")]
        access_hash: AccessHash,
    },
    /// By the slug of its link.
    Slug(#[serde(with = "traced::slug")] Slug),
    /// By the message that invites to it.
    InviteMessage(MessageId),
}

impl InputGroupCall {
    /// The id of the call, where the reference holds it.
    pub fn id(&self) -> Option<CallId> {
        match self {
            Self::Id { id, .. } => Some(*id),
            Self::Slug(_) | Self::InviteMessage(_) => None,
        }
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        match self {
            Self::Id { id, access_hash } => {
                writer.u32(BY_ID);
                writer.i64(id.value());
                writer.i64(access_hash.value());
            }
            Self::Slug(slug) => {
                writer.u32(BY_SLUG);
                writer.string(slug.as_str().as_bytes());
            }
            Self::InviteMessage(message) => {
                writer.u32(BY_INVITE_MESSAGE);
                writer.i32(message.value());
            }
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let what = "InputGroupCall";
        match reader.u32(what)? {
            BY_ID => Ok(Self::Id {
                id: CallId::new(reader.i64("the id of a call")?),
                access_hash: AccessHash::new(reader.i64("the access hash of a call")?),
            }),
            BY_SLUG => read_slug(reader).map(Self::Slug),
            BY_INVITE_MESSAGE => {
                let message = reader.i32("the id of an invitation")?;
                Ok(Self::InviteMessage(MessageId::new(message)))
            }
            found => {
                Err(reader.error_before(4, ReadErrorKind::UnexpectedConstructor { what, found }))
            }
        }
    }
}
