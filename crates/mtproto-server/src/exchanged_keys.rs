use std::collections::HashMap;
use std::time::Duration;

use confcall_state::UserId;

use crate::limits;
use crate::mtproto::auth_key::{AuthKey, AuthKeyId};
use crate::mtproto::key_exchange::Agreed;

/// The keys that clients agreed on with the server, as long as it runs.
///
/// A permanent key becomes a user's by a login; a temporary one stands for the permanent one to which it is bound. Any
/// process that reaches the server can agree on keys, so those that are of no use go first when there are too many.
#[derive(Debug, Default)]
pub(crate) struct ExchangedKeys {
    keys: HashMap<AuthKeyId, Exchanged>,
    /// The number of keys that there ever were.
    last: u64,
}

#[derive(Debug)]
struct Exchanged {
    key: AuthKey,
    /// The place in the order in which the keys came.
    number: u64,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Permanent(Option<UserId>),
    Temporary {
        /// The end, as a time since the epoch.
        until: Duration,
        bound: Option<AuthKeyId>,
    },
}

/// For whom a key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    /// A client that has not logged in.
    Guest,
    User(UserId),
    /// A client that shows a temporary key, which is bound to no other yet.
    Unbound,
    /// Whoever has this permanent key, which may be one that was issued.
    Bound(AuthKeyId),
}

impl ExchangedKeys {
    /// Adds a key; one that nobody has logged in with gives way if there are too many, or else the oldest, and with a permanent
    /// one those that are bound to it.
    pub(crate) fn add(&mut self, agreed: Agreed, now: Duration) {
        self.keys.retain(|_, key| !key.has_expired(now));
        if self.keys.len() >= limits::EXCHANGED_KEYS {
            let keys = self.keys.iter();
            let first = keys.min_by_key(|(_, key)| (self.is_used(key), key.number));
            if let Some(first) = first.map(|(id, _)| *id) {
                self.keys.remove(&first);
                self.keys.retain(|_, key| key.bound() != Some(first));
            }
        }
        self.last = self.last.wrapping_add(1);
        let kind = match agreed.lifetime {
            None => Kind::Permanent(None),
            Some(lifetime) => Kind::Temporary {
                until: now.saturating_add(lifetime),
                bound: None,
            },
        };
        let (key, number) = (agreed.key, self.last);
        self.keys.insert(key.id(), Exchanged { key, number, kind });
    }

    /// A key, and for whom it stands; `None` if there is none such, or none any more.
    pub(crate) fn find(&self, id: AuthKeyId, now: Duration) -> Option<(&AuthKey, Holder)> {
        let found = self.keys.get(&id)?;
        let holder = match found.kind {
            _ if found.has_expired(now) => return None,
            Kind::Permanent(None) => Holder::Guest,
            Kind::Permanent(Some(user)) => Holder::User(user),
            Kind::Temporary { bound: None, .. } => Holder::Unbound,
            Kind::Temporary {
                bound: Some(permanent),
                ..
            } => Holder::Bound(permanent),
        };
        Some((&found.key, holder))
    }

    /// Lets a temporary key stand for a permanent one, until a time since the epoch at most; the oldest of too many for one permanent
    /// key gives way.
    pub(crate) fn bind(&mut self, temporary: AuthKeyId, permanent: AuthKeyId, end: Duration) {
        let key = self.keys.get_mut(&temporary);
        if let Some(Kind::Temporary { until, bound }) = key.map(|key| &mut key.kind) {
            *until = end.min(*until);
            *bound = Some(permanent);
        }
        let others = self.keys.iter().filter(|(id, _)| **id != temporary);
        let siblings = others.filter(|(_, key)| key.bound() == Some(permanent));
        if siblings.clone().count() >= limits::TEMPORARY_KEYS {
            let oldest = siblings.min_by_key(|(_, key)| key.number);
            let oldest = oldest.map(|(id, _)| *id);
            oldest.map(|id| self.keys.remove(&id));
        }
    }

    /// The end of a temporary key, as a time since the epoch; `None` for one that has none.
    pub(crate) fn end(&self, id: AuthKeyId) -> Option<Duration> {
        match self.keys.get(&id)?.kind {
            Kind::Temporary { until, .. } => Some(until),
            Kind::Permanent(_) => None,
        }
    }

    /// True if a client lost its login without the key; one that is bound to no key of these is bound to an issued one.
    fn is_used(&self, key: &Exchanged) -> bool {
        match key.kind {
            Kind::Permanent(user) => user.is_some(),
            Kind::Temporary { bound: None, .. } => false,
            Kind::Temporary {
                bound: Some(permanent),
                ..
            } => {
                let permanent = self.keys.get(&permanent).map(|key| &key.kind);
                !matches!(permanent, Some(Kind::Permanent(None)))
            }
        }
    }

    /// Gives a permanent key to a user, or takes it from one; says whether there is such a key.
    pub(crate) fn give(&mut self, permanent: AuthKeyId, to: Option<UserId>) -> bool {
        let key = self.keys.get_mut(&permanent);
        match key.map(|key| &mut key.kind) {
            Some(Kind::Permanent(user)) => {
                *user = to;
                true
            }
            _ => false,
        }
    }
}

impl Exchanged {
    fn has_expired(&self, now: Duration) -> bool {
        matches!(self.kind, Kind::Temporary { until, .. } if until <= now)
    }

    /// The permanent key for which it stands.
    fn bound(&self) -> Option<AuthKeyId> {
        match self.kind {
            Kind::Temporary { bound, .. } => bound,
            Kind::Permanent(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mtproto::auth_key::LENGTH;

    const NOW: Duration = Duration::from_secs(1_800_000_000);
    const ALICE: UserId = UserId::new(1);

    fn add(keys: &mut ExchangedKeys, number: u32, lifetime: Option<u64>) -> AuthKeyId {
        let mut bytes = [0; LENGTH];
        bytes[..4].copy_from_slice(&number.to_le_bytes());
        let key = AuthKey::from_bytes(bytes);
        let id = key.id();
        let lifetime = lifetime.map(Duration::from_secs);
        keys.add(Agreed { key, lifetime }, NOW);
        id
    }

    fn holder(keys: &ExchangedKeys, id: AuthKeyId, after: u64) -> Option<Holder> {
        let found = keys.find(id, NOW + Duration::from_secs(after));
        found.map(|(_, holder)| holder)
    }

    #[test]
    fn a_permanent_key_is_a_guests_until_a_login_and_after_the_logout() {
        let mut keys = ExchangedKeys::default();
        let key = add(&mut keys, 1, None);
        assert_eq!(holder(&keys, key, 0), Some(Holder::Guest));
        assert!(keys.give(key, Some(ALICE)));
        assert_eq!(holder(&keys, key, 1 << 40), Some(Holder::User(ALICE)));
        assert!(keys.give(key, None));
        assert_eq!(holder(&keys, key, 0), Some(Holder::Guest));
        assert!(!keys.give(AuthKeyId([7; 8]), Some(ALICE)));
    }

    #[test]
    fn a_temporary_key_ends_with_its_time_and_with_that_of_its_binding() {
        let mut keys = ExchangedKeys::default();
        let [short, long] = [10, 20].map(|number| add(&mut keys, number, Some(100)));
        assert_eq!(holder(&keys, short, 99), Some(Holder::Unbound));
        assert_eq!(holder(&keys, short, 100), None);
        let permanent = add(&mut keys, 1, None);
        keys.bind(short, permanent, NOW + Duration::from_secs(50));
        keys.bind(long, permanent, NOW + Duration::from_secs(500));
        let bound = Some(Holder::Bound(permanent));
        assert_eq!(
            [holder(&keys, short, 49), holder(&keys, short, 50)],
            [bound, None]
        );
        assert_eq!(
            [holder(&keys, long, 99), holder(&keys, long, 100)],
            [bound, None]
        );
        assert!(!keys.give(long, Some(ALICE)));
    }

    #[test]
    fn keys_that_nobody_logged_in_with_give_way_first_and_the_oldest_of_them() {
        let mut keys = ExchangedKeys::default();
        let users = add(&mut keys, 0, None);
        keys.give(users, Some(ALICE));
        let most = limits::EXCHANGED_KEYS as u32;
        let others: Vec<_> = (1..=most)
            .map(|number| add(&mut keys, number, None))
            .collect();
        assert_eq!(keys.keys.len(), limits::EXCHANGED_KEYS);
        assert_eq!(holder(&keys, others[0], 0), None);
        for key in [users, others[1], others[most as usize - 1]] {
            assert!(holder(&keys, key, 0).is_some());
        }
    }

    #[test]
    fn keys_that_a_guest_bound_give_way_before_those_of_users() {
        let mut keys = ExchangedKeys::default();
        let users = add(&mut keys, 1, None);
        keys.give(users, Some(ALICE));
        let guests = add(&mut keys, 2, None);
        for number in 3..10_000 {
            let temporary = add(&mut keys, number, Some(1 << 30));
            keys.bind(temporary, guests, NOW + Duration::from_secs(1 << 30));
        }
        assert!(keys.keys.len() <= 2 + limits::TEMPORARY_KEYS);
        for number in 10_000..20_000 {
            add(&mut keys, number, None);
        }
        assert_eq!(holder(&keys, users, 0), Some(Holder::User(ALICE)));
    }

    #[test]
    fn with_a_permanent_key_those_that_are_bound_to_it_give_way() {
        let mut keys = ExchangedKeys::default();
        let guests = add(&mut keys, 1, None);
        let temporary = add(&mut keys, 2, Some(100));
        keys.bind(temporary, guests, NOW + Duration::from_secs(100));
        for number in 10..20_000 {
            add(&mut keys, number, None);
        }
        assert_eq!(holder(&keys, guests, 0), None);
        assert_eq!(holder(&keys, temporary, 0), None);
    }
}
