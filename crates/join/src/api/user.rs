use confcall_state::UserId;
use confcall_state::tl::{ReadError, ReadErrorKind, Reader, Writer};
use serde::{Deserialize, Serialize};

use super::AccessHash;
use super::traced;

const EMPTY: u32 = 0xb988_86cf;
const SELF_USER: u32 = 0xf7c1_b13f;
const USER: u32 = 0xf211_58c6;

/// A user whom a request names, `InputUser`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputUser {
    /// No user at all.
    Empty,
    /// The user who sends the request, `inputUserSelf`.
    SelfUser,
    /// Another user.
    User {
        /// The id of the user.
        #[serde(with = "traced::user")]
        id: UserId,
        /// The access hash for it.
        #[serde(with = "traced::access_hash")]
        access_hash: AccessHash,
    },
}

impl InputUser {
    pub(super) fn write(&self, writer: &mut Writer) {
        match self {
            Self::Empty => writer.u32(EMPTY),
            Self::SelfUser => writer.u32(SELF_USER),
            Self::User { id, access_hash } => {
                writer.u32(USER);
                writer.i64(id.value());
                writer.i64(access_hash.value());
            }
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let what = "InputUser";
        match reader.u32(what)? {
            EMPTY => Ok(Self::Empty),
            SELF_USER => Ok(Self::SelfUser),
            USER => Ok(Self::User {
                id: UserId::new(reader.i64("the id of a user")?),
                access_hash: AccessHash::new(reader.i64("the access hash of a user")?),
            }),
            found => {
                Err(reader.error_before(4, ReadErrorKind::UnexpectedConstructor { what, found }))
            }
        }
    }
}
