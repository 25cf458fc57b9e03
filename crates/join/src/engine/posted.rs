//! The server's account of a message to a call without encryption.

use serde::{Deserialize, Serialize};

use crate::api::CallMessageId;
use crate::shown;

/// The server's account of a message that is not encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Posted {
    /// The number of the message, by which it is deleted.
    pub id: CallMessageId,
    /// The time at which it was written, in seconds since 1970.
    pub date: i32,
    /// True if an admin wrote it.
    pub from_admin: bool,
    /// The stars that were paid for it.
    #[serde(serialize_with = "shown::form")]
    pub paid_stars: Option<i64>,
}
