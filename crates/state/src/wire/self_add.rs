use thiserror::Error;

use super::GroupState;
use crate::keys::PublicKey;
use crate::types::UserId;

/// A group state does more or less to the one before than to add one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SelfAddFault {
    /// The last participant is not the user with the key that is announced.
    #[error("the last participant is not user {user_id} with the announced key")]
    NotLast {
        /// The user.
        user_id: UserId,
    },
    /// Somebody else came, left, moved or changed.
    #[error("the others are not who they were")]
    OthersChanged,
    /// The external permissions changed.
    #[error("the external permissions are not what they were")]
    ExternalPermissionsChanged,
}

impl GroupState {
    /// Checks that this state only adds one user, with one key, to the state before.
    ///
    /// Entries that the user had before are gone, everybody else is as they were and in the same order, and
    /// the user comes last (`spec/protocol.md`, 6).
    ///
    /// # Errors
    ///
    /// [`SelfAddFault`]
    pub fn check_self_add(
        &self,
        before: &Self,
        user_id: UserId,
        key: &PublicKey,
    ) -> Result<(), SelfAddFault> {
        let others = match self.participants.split_last() {
            Some((last, others)) if last.user_id == user_id && last.public_key == *key => others,
            _ => return Err(SelfAddFault::NotLast { user_id }),
        };
        let kept = before.participants.iter().filter(|one| one.user_id != user_id);
        if !kept.eq(others) {
            return Err(SelfAddFault::OthersChanged);
        }
        if self.external_permissions != before.external_permissions {
            return Err(SelfAddFault::ExternalPermissionsChanged);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Participant, Permissions};

    fn one(id: i64, version: i32) -> Participant {
        Participant {
            user_id: UserId::new(id),
            public_key: PublicKey::from_bytes([id as u8; 32]),
            permissions: Permissions::ALL,
            version,
        }
    }

    fn group(participants: &[Participant]) -> GroupState {
        GroupState {
            participants: participants.to_vec(),
            external_permissions: Permissions::ALL,
        }
    }

    #[test]
    fn only_a_state_that_adds_exactly_the_user_passes() {
        let before = group(&[one(1, 0), one(3, 9), one(2, 0)]);
        let (user, key) = (UserId::new(3), PublicKey::from_bytes([3; 32]));
        let check = |after: &GroupState| after.check_self_add(&before, user, &key);
        assert_eq!(check(&group(&[one(1, 0), one(2, 0), one(3, 0)])), Ok(()));
        for others in [&[one(2, 0), one(1, 0)][..], &[one(1, 0)], &[one(1, 0), one(2, 1)]] {
            let after = group(&[others, &[one(3, 0)]].concat());
            assert_eq!(check(&after), Err(SelfAddFault::OthersChanged));
        }
        let stays = group(&[one(1, 0), one(3, 9), one(2, 0)]);
        assert_eq!(check(&stays), Err(SelfAddFault::NotLast { user_id: user }));
        let mut narrowed = group(&[one(1, 0), one(2, 0), one(3, 0)]);
        narrowed.external_permissions = Permissions::NONE;
        assert_eq!(check(&narrowed), Err(SelfAddFault::ExternalPermissionsChanged));
    }
}
