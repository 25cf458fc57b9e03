//! Who may sign in a call, with keys that are parsed when they are first needed.

use core::fmt;
use std::sync::{Arc, OnceLock};

use crate::keys::{PublicKey, VerifyingKey};
use crate::types::UserId;
use crate::wire::{GroupState, Participant};

/// One participant of a roster.
pub struct Member {
    user_id: UserId,
    public_key: PublicKey,
    verifying_key: OnceLock<VerifyingKey>,
}

impl Member {
    fn new(participant: &Participant) -> Self {
        Self {
            user_id: participant.user_id,
            public_key: participant.public_key,
            verifying_key: OnceLock::new(),
        }
    }

    /// The user.
    pub fn user_id(&self) -> UserId {
        self.user_id
    }

    /// The user's key in this call.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// The key, parsed by the first call and kept for the others.
    pub fn verifying_key(&self) -> &VerifyingKey {
        let parse = || VerifyingKey::new(&self.public_key);
        self.verifying_key.get_or_init(parse)
    }

    fn is(&self, participant: &Participant) -> bool {
        (self.user_id, self.public_key) == (participant.user_id, participant.public_key)
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Member({}, {})", self.user_id, self.public_key)
    }
}

/// The participants of a group state by user, with their parsed keys.
///
/// A clone shares everything. The roster of the next group state shares the members who stay, so a key is
/// parsed once for as long as its owner is in the call: about 250 bytes for a member, and 8 more for each
/// roster that it is in.
#[derive(Clone, Debug)]
pub struct Roster {
    /// In the order of the user ids.
    members: Arc<[Arc<Member>]>,
}

impl Roster {
    /// The roster of a group state.
    pub fn new(group_state: &GroupState) -> Self {
        Self::build(group_state, |one| Arc::new(Member::new(one)))
    }

    /// The roster of a later group state, which keeps the keys of those who stay.
    #[must_use]
    pub fn next(&self, group_state: &GroupState) -> Self {
        Self::build(group_state, |one| {
            let known = self.shared(one.user_id).filter(|member| member.is(one));
            known.map_or_else(|| Arc::new(Member::new(one)), Arc::clone)
        })
    }

    fn build(group_state: &GroupState, member: impl Fn(&Participant) -> Arc<Member>) -> Self {
        let mut members: Vec<_> = group_state.participants.iter().map(member).collect();
        members.sort_by_key(|member| member.user_id);
        Self {
            members: members.into(),
        }
    }

    /// The participant that this user is.
    pub fn member(&self, user_id: UserId) -> Option<&Member> {
        self.entry(user_id).map(|(_, member)| member)
    }

    /// The participants in the order of their user ids.
    pub fn members(&self) -> impl ExactSizeIterator<Item = &Member> {
        self.members.iter().map(|member| &**member)
    }

    fn shared(&self, user_id: UserId) -> Option<&Arc<Member>> {
        let (at, _) = self.entry(user_id)?;
        self.members.get(at)
    }

    /// A user with its place in [`Self::members`].
    pub(crate) fn entry(&self, user_id: UserId) -> Option<(usize, &Member)> {
        let at = self.members.partition_point(|one| one.user_id < user_id);
        let found = self.members.get(at)?;
        (found.user_id == user_id).then_some((at, &**found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Permissions;

    fn group(members: &[(i64, u8)]) -> GroupState {
        let participant = |&(user_id, key): &(i64, u8)| Participant {
            user_id: UserId::new(user_id),
            public_key: PublicKey::from_bytes([key; 32]),
            permissions: Permissions::NONE,
            version: 0,
        };
        GroupState {
            participants: members.iter().map(participant).collect(),
            external_permissions: Permissions::NONE,
        }
    }

    #[test]
    fn a_user_is_found_and_nobody_else() {
        let roster = Roster::new(&group(&[(7, 1), (i64::MIN, 2), (0, 3)]));
        for (user, key) in [(7, 1), (i64::MIN, 2), (0, 3)] {
            let member = roster.member(UserId::new(user)).unwrap();
            assert_eq!(member.public_key(), &PublicKey::from_bytes([key; 32]));
            assert_eq!(member.verifying_key().public_key(), *member.public_key());
        }
        for user in [8, -1, i64::MAX] {
            assert!(roster.member(UserId::new(user)).is_none());
        }
    }

    #[test]
    fn who_stays_with_the_same_key_keeps_what_was_parsed() {
        let before = Roster::new(&group(&[(1, 1), (2, 2), (3, 3)]));
        let after = before.next(&group(&[(3, 3), (2, 9), (4, 4)]));
        let same = |user| {
            let user = UserId::new(user);
            Arc::ptr_eq(before.shared(user).unwrap(), after.shared(user).unwrap())
        };
        assert!(same(3));
        assert!(!same(2));
        let rekeyed = after.member(UserId::new(2)).unwrap().public_key();
        assert_eq!(rekeyed, &PublicKey::from_bytes([9; 32]));
        assert!(after.member(UserId::new(1)).is_none());
        assert_eq!(after.members().len(), 3);
    }
}
