//! The signer of an item, and the check of the signature.

use confcall::state::keys::InvalidSignature;
use confcall::state::{PublicKey, wire::GroupState};
use confcall_conformance::Array;
use serde::Serialize;

/// The verdict on a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SignatureVerdict {
    Valid,
    Invalid,
    /// The key is not known.
    Unknown,
}

impl SignatureVerdict {
    pub(super) fn of(verification: Result<(), InvalidSignature>) -> Self {
        match verification {
            Ok(()) => Self::Valid,
            Err(_) => Self::Invalid,
        }
    }
}

/// The key that should have signed, and its user.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Signer {
    pub(super) public_key: Array<32>,
    /// False if the block does not name the key, which is then that of the first participant before.
    pub(super) named: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user_id: Option<i64>,
}

impl Signer {
    /// The signer that a block names, else the first participant before it; known by these groups.
    pub(super) fn find(
        named: Option<PublicKey>,
        before: Option<&GroupState>,
        after: Option<&GroupState>,
    ) -> Option<(PublicKey, Self)> {
        let first = || before.and_then(|group| group.participants.first());
        let key = named.or_else(|| first().map(|one| one.public_key))?;
        let mut groups = [before, after].into_iter().flatten();
        let participant = groups.find_map(|group| group.by_key(&key));
        let signer = Self {
            public_key: Array(*key.as_bytes()),
            named: named.is_some(),
            user_id: participant.map(|one| one.user_id.value()),
        };
        Some((key, signer))
    }
}
