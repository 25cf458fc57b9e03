use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{CheckpointError, RestoreError};

/// All that a checkpoint holds, in the plain numbers and bytes that are written.
#[derive(Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) membership: SavedMembership,
    /// The id and the access hash of the call.
    pub(crate) call: (i64, i64),
    /// By what the call was found.
    pub(crate) link: Option<SavedLink>,
    /// The link of the call for others, if the server told.
    pub(crate) invite_link: Option<String>,
    /// The JSON of the payload that the server took.
    pub(crate) payload: String,
    /// The sources of the memberships before this one.
    pub(crate) past_sources: Vec<u32>,
    /// The offset of the next block.
    pub(crate) next_block: i32,
    /// The offset of the next broadcast.
    pub(crate) next_broadcast: i32,
}

/// A reference to a call that does not hold its id.
#[derive(Serialize, Deserialize)]
pub(crate) enum SavedLink {
    Slug(String),
    InviteMessage(i32),
}

/// Seqnos by the number of their channel.
pub(crate) type SavedSeqnos = Vec<(u16, u32)>;

/// The secret part, and what belongs to it.
#[derive(Serialize, Deserialize)]
pub(crate) struct SavedMembership {
    pub(crate) user_id: i64,
    /// The seed of the private key.
    pub(crate) key: Zeroizing<[u8; 32]>,
    /// The newest block in canonical form.
    pub(crate) block: Vec<u8>,
    pub(crate) verification: SavedVerification,
    /// The last that were used.
    pub(crate) counters: SavedSeqnos,
    /// The newest that were floors, by the key of the sender.
    pub(crate) floors: Vec<([u8; 32], SavedSeqnos)>,
}

/// How far the verification of the newest block has come.
#[derive(Serialize, Deserialize)]
pub(crate) struct SavedVerification {
    pub(crate) commits: Vec<(i64, [u8; 32])>,
    pub(crate) reveals: Vec<(i64, [u8; 32])>,
    pub(crate) nonce: Option<Zeroizing<[u8; 32]>>,
    /// Broadcasts for later blocks, in canonical form.
    pub(crate) early: Vec<Vec<u8>>,
}

impl Content {
    /// Writes it into a buffer that is wiped when dropped, and that never moves while it is written.
    pub(crate) fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, CheckpointError> {
        let size = postcard::experimental::serialized_size(self);
        let size = size.map_err(|_| CheckpointError::TooLarge)?;
        let mut bytes = Zeroizing::new(vec![0; size]);
        postcard::to_slice(self, &mut bytes).map_err(|_| CheckpointError::TooLarge)?;
        Ok(bytes)
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, RestoreError> {
        let what = "it cannot be read";
        match postcard::take_from_bytes(bytes) {
            Ok((content, [])) => Ok(content),
            _ => Err(RestoreError::Content { what }),
        }
    }
}
