//! The keys of those who may sign in a call, each parsed while it is needed.

use core::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::keys::{PublicKey, VerifyingKey};
use crate::types::UserId;
use crate::wire::{GroupState, Participant};

/// The key of one participant.
pub struct ParticipantKey {
    user_id: UserId,
    public_key: PublicKey,
    /// Four times the size of all the rest, so it is behind a pointer and can be dropped.
    parsed: Mutex<Option<Arc<VerifyingKey>>>,
}

impl ParticipantKey {
    fn new(participant: &Participant) -> Self {
        Self {
            user_id: participant.user_id,
            public_key: participant.public_key,
            parsed: Mutex::default(),
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

    /// The key, parsed by the first call and kept for the others until [`ParticipantKeys::forget_parsed`].
    pub fn verifying_key(&self) -> Arc<VerifyingKey> {
        let known = self.parsed().clone();
        known.unwrap_or_else(|| {
            // Without the lock, for which other packets of the sender would wait.
            let parsed = Arc::new(VerifyingKey::new(&self.public_key));
            Arc::clone(self.parsed().get_or_insert(parsed))
        })
    }

    fn parsed(&self) -> MutexGuard<'_, Option<Arc<VerifyingKey>>> {
        self.parsed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is(&self, participant: &Participant) -> bool {
        (self.user_id, self.public_key) == (participant.user_id, participant.public_key)
    }
}

impl fmt::Debug for ParticipantKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ParticipantKey({}, {})", self.user_id, self.public_key)
    }
}

/// The participants of a group state by user, with their parsed keys.
///
/// A clone shares everything. The keys of the next group state share those of the participants who stay, so a key is
/// parsed once, whoever needs it: 72 bytes for a participant, 216 more while the key is parsed, and 8 for each group
/// state that it is in.
#[derive(Clone, Debug)]
pub struct ParticipantKeys {
    /// In the order of the user ids.
    keys: Arc<[Arc<ParticipantKey>]>,
}

impl ParticipantKeys {
    /// The keys of a group state.
    pub fn new(group_state: &GroupState) -> Self {
        Self::build(group_state, |one| Arc::new(ParticipantKey::new(one)))
    }

    /// The keys of a later group state, which shares those of the participants who stay.
    #[must_use]
    pub fn next(&self, group_state: &GroupState) -> Self {
        Self::build(group_state, |one| {
            let known = self.shared(one.user_id).filter(|key| key.is(one));
            known.map_or_else(|| Arc::new(ParticipantKey::new(one)), Arc::clone)
        })
    }

    fn build(group_state: &GroupState, key: impl Fn(&Participant) -> Arc<ParticipantKey>) -> Self {
        let mut keys: Vec<_> = group_state.participants.iter().map(key).collect();
        // The chain allows each user once, so that the order is total and a search finds the only one.
        keys.sort_by_key(|key| key.user_id);
        Self { keys: keys.into() }
    }

    /// The key of a user.
    pub fn of(&self, user_id: UserId) -> Option<&ParticipantKey> {
        self.place_of(user_id).map(|(_, key)| key)
    }

    /// The keys in the order of the user ids.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &ParticipantKey> {
        self.keys.iter().map(|key| &**key)
    }

    /// Drops what was parsed, here and in all group states that share it; it is parsed again when it is needed.
    ///
    /// That is for a call in which nothing is to be verified for some time.
    pub fn forget_parsed(&self) {
        self.keys.iter().for_each(|key| *key.parsed() = None);
    }

    fn shared(&self, user_id: UserId) -> Option<&Arc<ParticipantKey>> {
        let (at, _) = self.place_of(user_id)?;
        self.keys.get(at)
    }

    /// The key of a user, with its place in [`Self::iter`].
    pub fn place_of(&self, user_id: UserId) -> Option<(usize, &ParticipantKey)> {
        // A binary search: it runs for every packet and broadcast.
        let at = self.keys.partition_point(|one| one.user_id < user_id);
        let found = self.keys.get(at)?;
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
        let participants = ParticipantKeys::new(&group(&[(7, 1), (i64::MIN, 2), (0, 3)]));
        for (user, byte) in [(7, 1), (i64::MIN, 2), (0, 3)] {
            let key = participants.of(UserId::new(user)).unwrap();
            assert_eq!(key.public_key(), &PublicKey::from_bytes([byte; 32]));
            assert_eq!(key.verifying_key().public_key(), *key.public_key());
        }
        for user in [8, -1, i64::MAX] {
            assert!(participants.of(UserId::new(user)).is_none());
        }
    }

    #[test]
    fn who_stays_with_the_same_key_keeps_what_was_parsed() {
        let before = ParticipantKeys::new(&group(&[(1, 1), (2, 2), (3, 3)]));
        let after = before.next(&group(&[(3, 3), (2, 9), (4, 4)]));
        let same = |user| {
            let user = UserId::new(user);
            Arc::ptr_eq(before.shared(user).unwrap(), after.shared(user).unwrap())
        };
        assert!(same(3));
        assert!(!same(2));
        let rekeyed = after.of(UserId::new(2)).unwrap().public_key();
        assert_eq!(rekeyed, &PublicKey::from_bytes([9; 32]));
        assert!(after.of(UserId::new(1)).is_none());
        assert_eq!(after.iter().len(), 3);
    }

    #[test]
    fn a_key_is_parsed_once_until_it_is_forgotten_by_any_group_state_that_has_it() {
        let before = ParticipantKeys::new(&group(&[(1, 1), (2, 2)]));
        let after = before.next(&group(&[(2, 2), (3, 3)]));
        let parsed = |keys: &ParticipantKeys| keys.of(UserId::new(2)).unwrap().verifying_key();
        let first = parsed(&before);
        assert!(Arc::ptr_eq(&first, &parsed(&after)));
        after.forget_parsed();
        assert_eq!(Arc::strong_count(&first), 1);
        assert_eq!(parsed(&before).public_key(), first.public_key());
    }
}
