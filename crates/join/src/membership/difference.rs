use std::collections::BTreeMap;

use confcall_state::wire::GroupState;
use confcall_state::{PublicKey, UserId};

/// The difference between two states of a group, as users, in the order of the states.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Difference {
    pub(crate) added: Vec<UserId>,
    pub(crate) removed: Vec<UserId>,
    /// The users who are in both, under another key.
    pub(crate) rekeyed: Vec<UserId>,
}

impl Difference {
    pub(crate) fn between(before: &GroupState, after: &GroupState) -> Self {
        let (old, new) = (keys(before), keys(after));
        let users = |group: &GroupState, pick: &dyn Fn(UserId) -> bool| {
            let users = group.participants.iter().map(|one| one.user_id);
            users.filter(|user| pick(*user)).collect()
        };
        Self {
            added: users(after, &|user| !old.contains_key(&user)),
            removed: users(before, &|user| !new.contains_key(&user)),
            rekeyed: users(after, &|user| {
                old.get(&user)
                    .is_some_and(|key| new.get(&user) != Some(key))
            }),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.rekeyed.is_empty()
    }
}

fn keys(group: &GroupState) -> BTreeMap<UserId, PublicKey> {
    let pairs = group.participants.iter();
    pairs.map(|one| (one.user_id, one.public_key)).collect()
}
