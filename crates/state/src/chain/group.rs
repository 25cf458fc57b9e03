//! The rules of a change of the group state.

use core::cmp::Ordering;

use super::error::{GroupStateFault, MissingPermission};
use crate::wire::{GroupState, Participant, Permissions};

/// Up to this many participants are compared with every other, more are sorted.
const FEW: usize = 8;

/// The number of first participants that are the same in both states, by user and key.
pub(super) fn in_place(current: &GroupState, next: &GroupState) -> usize {
    let both = current.participants.iter().zip(&next.participants);
    both.take_while(|(old, one)| is_same(old, one)).count()
}

/// Checks that a group state is well-formed, whose first `known` participants are so among themselves.
pub(super) fn check(group_state: &GroupState, known: usize) -> Result<(), GroupStateFault> {
    let participants = &group_state.participants;
    let unknown = |permissions: Permissions| !Permissions::ALL.contains(permissions);
    if unknown(group_state.external_permissions) {
        return Err(GroupStateFault::UnknownExternalPermissions);
    }
    if let Some(one) = participants.iter().find(|one| unknown(one.permissions)) {
        return Err(GroupStateFault::UnknownPermissions(one.user_id));
    }
    // A block adds one or two to those who were unique before, and those are not compared with each other again.
    let few = participants.len() - known.min(participants.len()) <= FEW;
    if few {
        (known..participants.len()).try_for_each(|index| check_unique(participants, index))
    } else {
        check_all_unique(participants)
    }
}

/// Checks that the participant at `index` is none of those before it.
fn check_unique(participants: &[Participant], index: usize) -> Result<(), GroupStateFault> {
    let (Some(one), Some(before)) = (participants.get(index), participants.get(..index)) else {
        return Ok(());
    };
    if before.iter().any(|other| other.user_id == one.user_id) {
        Err(GroupStateFault::DuplicateUser(one.user_id))
    } else if before
        .iter()
        .any(|other| other.public_key == one.public_key)
    {
        Err(GroupStateFault::DuplicateKey(one.public_key))
    } else {
        Ok(())
    }
}

/// Checks that no participant is another.
fn check_all_unique(participants: &[Participant]) -> Result<(), GroupStateFault> {
    let by_user = by_user(participants);
    if let Some((one, _)) = adjacent(&by_user).find(|(a, b)| a.user_id == b.user_id) {
        return Err(GroupStateFault::DuplicateUser(one.user_id));
    }
    // Keys are compared whole only where their first bytes agree.
    let by_key = sorted(participants, key_prefix, |one, other| {
        one.public_key.cmp(&other.public_key)
    });
    match adjacent(&by_key).find(|(a, b)| a.public_key == b.public_key) {
        Some((one, _)) => Err(GroupStateFault::DuplicateKey(one.public_key)),
        None => Ok(()),
    }
}

/// The participants in the order of their user ids.
fn by_user(participants: &[Participant]) -> Vec<&Participant> {
    sorted(participants, |one| one.user_id, |_, _| Ordering::Equal)
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

/// The difference between two group states.
#[derive(Default)]
struct Difference {
    adds: bool,
    removes: bool,
    changes_permissions: bool,
    /// The permissions that the added get, and that the kept gain.
    given: Permissions,
}

/// Checks that a signer with `permissions` may turn one group state into the other; the first `in_place`
/// participants are the same in both.
pub(super) fn check_permissions(
    current: &GroupState,
    next: &GroupState,
    in_place: usize,
    permissions: Permissions,
) -> Result<(), MissingPermission> {
    let difference = Difference::between(&current.participants, &next.participants, in_place);
    let may_add = permissions.contains(Permissions::ADD_USERS);
    let may_remove = permissions.contains(Permissions::REMOVE_USERS);
    let external = current.external_permissions;
    // In the order of 2.2, 5 b to f; all are 207, and the first is named.
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

impl Difference {
    /// The difference between well-formed lists of participants, of which the first `in_place` are the same.
    ///
    /// Most blocks leave most participants where they are, and those need no sorting.
    fn between(current: &[Participant], next: &[Participant], in_place: usize) -> Self {
        let mut difference = Self::default();
        let (stay, current) = current.split_at_checked(in_place).unwrap_or_default();
        for (old, one) in stay.iter().zip(next) {
            difference.keep(old, one);
        }
        let mut current = by_user(current).into_iter().peekable();
        for one in by_user(next.get(in_place..).unwrap_or_default()) {
            while current.next_if(|old| old.user_id < one.user_id).is_some() {
                difference.removes = true;
            }
            match current.next_if(|old| old.user_id == one.user_id) {
                Some(old) if is_same(old, one) => difference.keep(old, one),
                replaced => {
                    // The same user under another key is a removal and an addition: a participant is the pair of both (2.1).
                    difference.removes |= replaced.is_some();
                    difference.adds = true;
                    difference.given = difference.given | one.permissions;
                }
            }
        }
        difference.removes |= current.next().is_some();
        difference
    }

    fn keep(&mut self, old: &Participant, one: &Participant) {
        self.changes_permissions |= old.permissions != one.permissions;
        self.given = self.given | one.permissions.without(old.permissions);
    }
}

fn is_same(old: &Participant, one: &Participant) -> bool {
    old.user_id == one.user_id && old.public_key == one.public_key
}
