//! The changes of a block in the group and the key.

use std::collections::BTreeMap;

use confcall::state::wire;
use confcall_conformance::Array;
use confcall_conformance::shapes::Participant;
use serde::Serialize;

/// A value before and after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Replaced<T> {
    pub(super) from: T,
    pub(super) to: T,
}

impl<T: PartialEq> Replaced<T> {
    fn between(from: T, to: T) -> Option<Self> {
        (from != to).then_some(Self { from, to })
    }
}

/// A user who stays, with the changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Changed {
    pub(super) user_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) public_key: Option<Replaced<Array<32>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) flags: Option<Replaced<u32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<Replaced<i32>>,
}

/// The differences of one group from the one before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct GroupDifference {
    pub(super) added: Vec<Participant>,
    pub(super) removed: Vec<Participant>,
    pub(super) changed: Vec<Changed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) external_permissions: Option<Replaced<i32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) protocol_version: Option<Replaced<u8>>,
}

impl GroupDifference {
    pub(super) fn between(before: &wire::GroupState, after: &wire::GroupState) -> Self {
        let (old, new) = (by_user(before), by_user(after));
        let missing_in = |other: &BTreeMap<i64, Participant>, group: &wire::GroupState| {
            let participants = group.participants.iter().map(Participant::from);
            participants
                .filter(|one| !other.contains_key(&one.user_id))
                .collect()
        };
        let changed = after.participants.iter().filter_map(|one| {
            let (from, to) = (old.get(&one.user_id.value())?, Participant::from(one));
            let changed = Changed {
                user_id: to.user_id,
                public_key: Replaced::between(from.public_key, to.public_key),
                flags: Replaced::between(from.flags, to.flags),
                version: Replaced::between(from.version, to.version),
            };
            (*from != to).then_some(changed)
        });
        Self {
            added: missing_in(&old, after),
            removed: missing_in(&new, before),
            changed: changed.collect(),
            external_permissions: Replaced::between(
                before.external_permissions.bits().cast_signed(),
                after.external_permissions.bits().cast_signed(),
            ),
            protocol_version: Replaced::between(
                before.protocol_version(),
                after.protocol_version(),
            ),
        }
    }

    /// True if nothing is different.
    pub(super) fn is_empty(&self) -> bool {
        self.added.is_empty()
            && self.removed.is_empty()
            && self.changed.is_empty()
            && self.external_permissions.is_none()
    }
}

/// The participants by user; the first where a user is in the group twice.
fn by_user(group: &wire::GroupState) -> BTreeMap<i64, Participant> {
    let participants = group.participants.iter().rev();
    participants
        .map(|one| (one.user_id.value(), Participant::from(one)))
        .collect()
}

#[cfg(test)]
mod tests {
    use confcall::state::wire::{GroupState, Participant as WireParticipant, Permissions};
    use confcall::state::{PublicKey, UserId};

    use super::*;

    fn group(participants: &[(i64, u8, u32, i32)], external: u32) -> GroupState {
        let participants = participants.iter();
        let participants = participants.map(|&(user, key, flags, version)| WireParticipant {
            user_id: UserId::new(user),
            public_key: PublicKey::from_bytes([key; 32]),
            permissions: Permissions::from_bits(flags),
            version,
        });
        GroupState {
            participants: participants.collect(),
            external_permissions: Permissions::from_bits(external),
        }
    }

    #[test]
    fn the_same_group_has_no_difference() {
        let one = group(&[(1, 1, 3, 0)], 3);
        assert!(GroupDifference::between(&one, &one).is_empty());
    }

    #[test]
    fn everything_that_can_change_is_found() {
        let before = group(&[(1, 1, 3, 1), (2, 2, 3, 1), (3, 3, 3, 1), (4, 4, 3, 1)], 3);
        let after = group(&[(1, 9, 3, 1), (2, 2, 1, 1), (3, 3, 3, 0), (5, 5, 3, 1)], 1);
        let difference = GroupDifference::between(&before, &after);
        let users = |list: &[Participant]| list.iter().map(|one| one.user_id).collect::<Vec<_>>();
        assert_eq!(users(&difference.added), [5]);
        assert_eq!(users(&difference.removed), [4]);
        let [key, flags, version] = difference.changed.as_slice() else {
            panic!("{difference:?}");
        };
        assert_eq!(key.public_key.map(|step| step.to), Some(Array([9; 32])));
        assert_eq!(flags.flags, Some(Replaced { from: 3, to: 1 }));
        assert_eq!(version.version, Some(Replaced { from: 1, to: 0 }));
        assert_eq!(
            difference.external_permissions,
            Some(Replaced { from: 3, to: 1 })
        );
        assert_eq!(
            difference.protocol_version,
            Some(Replaced { from: 1, to: 0 })
        );
    }
}
