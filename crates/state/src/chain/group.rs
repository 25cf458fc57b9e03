//! The rules of a change of the group state.

use core::cmp::Ordering;

use super::error::{ChainError, GroupStateFault, MissingPermission};
use crate::wire::{GroupState, Participant, Permissions};

/// Checks that a group state is well-formed; gives its participants in the order of their user ids.
pub(super) fn check(group_state: &GroupState) -> Result<Vec<&Participant>, ChainError> {
    let participants = &group_state.participants;
    let unknown = |permissions: Permissions| !Permissions::ALL.contains(permissions);
    if unknown(group_state.external_permissions) {
        return Err(GroupStateFault::UnknownExternalPermissions.into());
    }
    if let Some(one) = participants.iter().find(|one| unknown(one.permissions)) {
        return Err(GroupStateFault::UnknownPermissions(one.user_id).into());
    }
    let by_user = by_user(group_state);
    if let Some((one, _)) = adjacent(&by_user).find(|(a, b)| a.user_id == b.user_id) {
        return Err(GroupStateFault::DuplicateUser(one.user_id).into());
    }
    // Keys are compared whole only where their first bytes agree.
    let by_key = sorted(participants, key_prefix, |one, other| {
        one.public_key.cmp(&other.public_key)
    });
    if let Some((one, _)) = adjacent(&by_key).find(|(a, b)| a.public_key == b.public_key) {
        return Err(GroupStateFault::DuplicateKey(one.public_key).into());
    }
    Ok(by_user)
}

/// The participants in the order of their user ids.
fn by_user(group_state: &GroupState) -> Vec<&Participant> {
    let user_id = |one: &Participant| one.user_id;
    sorted(&group_state.participants, user_id, |_, _| Ordering::Equal)
}

/// The participants in the order of a number that stands beside each while they are sorted, ties in `order`.
fn sorted<K: Ord>(
    participants: &[Participant],
    number: impl Fn(&Participant) -> K,
    order: impl Fn(&Participant, &Participant) -> Ordering,
) -> Vec<&Participant> {
    let mut numbered: Vec<_> = participants.iter().map(|one| (number(one), one)).collect();
    numbered.sort_unstable_by(|(a, one), (b, other)| a.cmp(b).then_with(|| order(one, other)));
    numbered.into_iter().map(|(_, one)| one).collect()
}

fn adjacent<'a, T>(sorted: &'a [&'a T]) -> impl Iterator<Item = (&'a T, &'a T)> {
    let next = sorted.iter().skip(1);
    sorted.iter().zip(next).map(|(one, next)| (*one, *next))
}

fn key_prefix(participant: &Participant) -> u64 {
    let prefix = participant.public_key.as_bytes().first_chunk();
    u64::from_be_bytes(*prefix.unwrap_or(&[0; 8]))
}

/// How one group state differs from the one before.
#[derive(Default)]
struct Difference {
    adds: bool,
    removes: bool,
    changes_permissions: bool,
    /// What those who are added or gain something get.
    given: Permissions,
}

/// Checks that somebody with `permissions` may turn one group state into the other.
///
/// `next_by_user` is the next state's participants in the order of their user ids.
pub(super) fn check_permissions(
    current: &GroupState,
    next: &GroupState,
    next_by_user: &[&Participant],
    permissions: Permissions,
) -> Result<(), MissingPermission> {
    let difference = difference(&by_user(current), next_by_user);
    let may_add = permissions.contains(Permissions::ADD_USERS);
    let may_remove = permissions.contains(Permissions::REMOVE_USERS);
    let external = current.external_permissions;
    if !external.contains(next.external_permissions) {
        Err(MissingPermission::WidenExternal)
    } else if difference.removes && !may_remove {
        Err(MissingPermission::RemoveUsers)
    } else if difference.adds && !may_add {
        Err(MissingPermission::AddUsers)
    } else if difference.changes_permissions && !(may_add && may_remove) {
        Err(MissingPermission::ChangePermissions)
    } else if !permissions.contains(difference.given) {
        Err(MissingPermission::GiveMoreThanOwn)
    } else {
        Ok(())
    }
}

/// Walks both lists in the order of user ids; a participant is the same if user and key are.
fn difference(current: &[&Participant], next: &[&Participant]) -> Difference {
    let mut difference = Difference::default();
    let mut current = current.iter().peekable();
    for one in next {
        while current.next_if(|old| old.user_id < one.user_id).is_some() {
            difference.removes = true;
        }
        match current.next_if(|old| old.user_id == one.user_id) {
            Some(old) if old.public_key == one.public_key => {
                difference.changes_permissions |= old.permissions != one.permissions;
                difference.given = difference.given | one.permissions.without(old.permissions);
            }
            replaced => {
                difference.removes |= replaced.is_some();
                difference.adds = true;
                difference.given = difference.given | one.permissions;
            }
        }
    }
    difference.removes |= current.next().is_some();
    difference
}
