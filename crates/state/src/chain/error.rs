use thiserror::Error;

use crate::keys::{InvalidSignature, PublicKey};
use crate::reference::ReferenceCode;
use crate::shared_key::UnusableParticipant;
use crate::trie::TrieError;
use crate::types::{BlockHash, Height, KvHash, UserId};

/// The chain refuses a block, or will not build one; it is as it was.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ChainError {
    /// The block does not follow the last one.
    #[error("the block has height {found}, the chain expects {}", expected_height(*.expected))]
    Height {
        /// The only height that can follow, if any can.
        expected: Option<Height>,
        /// The block's height.
        found: Height,
    },
    /// The block stands on another parent.
    #[error("the block stands on {found}, the chain is at {expected}")]
    PreviousHash {
        /// The hash of the last block.
        expected: BlockHash,
        /// The parent that the block names.
        found: BlockHash,
    },
    /// The block names no signer, and there is no first participant who could be it.
    #[error("the block names no signer and the call has no participant")]
    NoSigner,
    /// The signer did not sign this block.
    #[error(transparent)]
    Signature(#[from] InvalidSignature),
    /// The signer may not make a change.
    #[error("the signer may not make change {change}: {missing}")]
    NotPermitted {
        /// The change's place in the block, from 0.
        change: usize,
        /// The permission that it takes.
        missing: MissingPermission,
    },
    /// A group state is not well-formed.
    #[error("the group state is not well-formed: {0}")]
    GroupState(#[from] GroupStateFault),
    /// A shared key is set where one is set already.
    #[error("change {change} sets a shared key on one that is set")]
    SharedKeyAlreadySet {
        /// The change's place in the block, from 0.
        change: usize,
    },
    /// A shared key is not for every participant once.
    #[error("the shared key is not for every participant once: {0}")]
    Recipients(RecipientFault),
    /// The key of a value is all zero, which a client cannot accept.
    #[error("the key of a value is all zero")]
    ZeroValueKey,
    /// A value has a key that is none, or cannot be set under the proof that is known.
    #[error("a value cannot be set: {0}")]
    Value(#[from] TrieError),
    /// A chain cannot start from a negative height.
    #[error("a chain cannot start from height {found}")]
    NegativeHeight {
        /// The block's height.
        found: Height,
    },
    /// The block sets neither a value nor a group state.
    #[error("the block sets neither a value nor a group state")]
    NoChanges,
    /// A proof or block has another trie.
    #[error("the trie's hash is {found}, not {expected}")]
    KvHash {
        /// The hash of the trie after the changes.
        expected: KvHash,
        /// The hash that was given.
        found: KvHash,
    },
    /// The proof of the group state is missing, wrong, or beside a change.
    #[error("the state proof does not prove the group state")]
    GroupStateProof,
    /// The proof of the shared key is missing, wrong, or beside a change.
    #[error("the state proof does not prove the shared key")]
    SharedKeyProof,
    /// Values can be set by a client only with a proof of those it sets.
    #[error("values cannot be set without a proof of the trie")]
    ValuesUnknown,
    /// A staged block was merged into a chain that has moved since.
    #[error("the block was staged on another state of the chain")]
    Stale,
}

fn expected_height(expected: Option<Height>) -> String {
    expected.map_or_else(|| "none".to_owned(), |height| height.to_string())
}

impl ChainError {
    /// The reference's code, where it has one for this.
    pub fn reference_code(&self) -> Option<ReferenceCode> {
        Some(match self {
            Self::NegativeHeight { .. } => ReferenceCode::InvalidBlock,
            Self::NoChanges => ReferenceCode::NoChanges,
            Self::Signature(_) => ReferenceCode::InvalidSignature,
            Self::PreviousHash { .. } => ReferenceCode::HashMismatch,
            Self::Height { .. } => ReferenceCode::HeightMismatch,
            Self::GroupStateProof => ReferenceCode::GroupStateProof,
            Self::SharedKeyProof => ReferenceCode::SharedKeyProof,
            Self::NotPermitted { .. } => ReferenceCode::NoPermissions,
            Self::GroupState(_) => ReferenceCode::InvalidGroupState,
            Self::Recipients(_) => ReferenceCode::InvalidSharedSecret,
            Self::NoSigner
            | Self::SharedKeyAlreadySet { .. }
            | Self::ZeroValueKey
            | Self::Value(_)
            | Self::KvHash { .. }
            | Self::ValuesUnknown
            | Self::Stale => return None,
        })
    }
}

/// No block can be built that gives the call this group.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GroupChangeError {
    /// The chain would refuse the block, or the one that it is to stand on shows no whole, well-formed state.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// No key can be written for a user who would be in the call.
    #[error(transparent)]
    Participant(#[from] UnusableParticipant),
}

impl GroupChangeError {
    /// The reference's code, where it has one for this.
    pub fn reference_code(&self) -> Option<ReferenceCode> {
        match self {
            Self::Chain(error) => error.reference_code(),
            Self::Participant(_) => None,
        }
    }
}

/// The permission that a signer lacks for a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MissingPermission {
    /// Setting a value takes the permission to.
    #[error("it sets a value without the permission to")]
    SetValue,
    /// External permissions can only be taken away.
    #[error("it widens the external permissions")]
    WidenExternal,
    /// Removing a participant takes the permission to remove.
    #[error("it removes a participant without the permission to")]
    RemoveUsers,
    /// Adding a participant takes the permission to add.
    #[error("it adds a participant without the permission to")]
    AddUsers,
    /// Changing permissions takes both the permission to add and to remove.
    #[error("it changes a participant's permissions without those to add and to remove")]
    ChangePermissions,
    /// A signer can give no permission that it does not have.
    #[error("it gives permissions that the signer does not have")]
    GiveMoreThanOwn,
    /// The signer of a group change must be in the new group, and be able to add or remove.
    #[error("the signer is not in the new group with the permission to add or remove")]
    MemberAfterwards,
    /// A shared key is written by a participant who may add or remove.
    #[error("it sets a shared key without being a participant who may add or remove")]
    WriteSharedKey,
}

/// The fault of a group state that is not well-formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GroupStateFault {
    /// External permissions with unknown bits.
    #[error("the external permissions have unknown bits")]
    UnknownExternalPermissions,
    /// A participant's permissions with unknown bits.
    #[error("the permissions of user {0} have unknown bits")]
    UnknownPermissions(UserId),
    /// A user twice.
    #[error("user {0} is in it twice")]
    DuplicateUser(UserId),
    /// A key twice.
    #[error("the key {0} is in it twice")]
    DuplicateKey(PublicKey),
}

/// The fault of a shared key that is not for every participant once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RecipientFault {
    /// The numbers differ.
    #[error("{recipients} recipients and {headers} headers for {participants} participants")]
    Count {
        /// The number of recipients.
        recipients: usize,
        /// The number of headers.
        headers: usize,
        /// The number of participants.
        participants: usize,
    },
    /// The recipients are others than the participants.
    #[error("its recipients are not the participants")]
    NotTheParticipants,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_heights_and_users_as_numbers() {
        let found = Height::new(-7);
        for (expected, named) in [(Some(Height::new(41)), "41"), (None, "none")] {
            assert_eq!(
                ChainError::Height { expected, found }.to_string(),
                format!("the block has height -7, the chain expects {named}")
            );
        }
        let twice = GroupStateFault::DuplicateUser(UserId::new(i64::MIN));
        assert_eq!(
            ChainError::from(twice).to_string(),
            "the group state is not well-formed: user -9223372036854775808 is in it twice"
        );
    }
}
