use std::collections::BTreeMap;

use confcall_join::api::CallId;
use confcall_state::{PublicKey, UserId};

/// The requests that created calls, to recognise one that is sent again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Creations(BTreeMap<(UserId, i32), Creation>);

/// The call that a request made, and the key under which its creator joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Creation {
    pub(crate) call: CallId,
    pub(crate) joined_with: Option<PublicKey>,
}

impl Creations {
    /// Creations that were saved; `None` if two of them made one call.
    pub(crate) fn restore(
        saved: impl IntoIterator<Item = (UserId, i32, Creation)>,
    ) -> Option<Self> {
        let mut restored = Self::default();
        for (creator, random_id, creation) in saved {
            if restored.0.values().any(|other| other.call == creation.call) {
                return None;
            }
            restored.note(creator, random_id, creation);
        }
        Some(restored)
    }

    pub(crate) fn all(&self) -> impl ExactSizeIterator<Item = (UserId, i32, Creation)> {
        let all = self.0.iter();
        all.map(|((creator, random_id), creation)| (*creator, *random_id, *creation))
    }

    pub(crate) fn find(&self, creator: UserId, random_id: i32) -> Option<Creation> {
        self.0.get(&(creator, random_id)).copied()
    }

    pub(crate) fn note(&mut self, creator: UserId, random_id: i32, creation: Creation) {
        self.0.insert((creator, random_id), creation);
    }

    /// Forgets the request that made a call.
    pub(crate) fn forget(&mut self, ended: CallId) {
        self.0.retain(|_, creation| creation.call != ended);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn creation(call: i64) -> Creation {
        Creation {
            call: CallId::new(call),
            joined_with: None,
        }
    }

    #[test]
    fn a_creation_is_known_until_its_call_ends() {
        let user = UserId::new(1);
        let mut creations = Creations::default();
        creations.note(user, 7, creation(1));
        assert_eq!(creations.find(user, 7), Some(creation(1)));
        assert_eq!(creations.find(UserId::new(2), 7), None);
        creations.forget(CallId::new(2));
        assert_eq!(creations.find(user, 7), Some(creation(1)));
        creations.forget(CallId::new(1));
        assert_eq!(creations.find(user, 7), None);
    }

    #[test]
    fn no_two_saved_creations_made_one_call() {
        let user = UserId::new(1);
        let twice = [(user, 1, creation(1)), (user, 2, creation(1))];
        assert_eq!(Creations::restore(twice), None);
        let once = [(user, 1, creation(1)), (user, 2, creation(2))];
        assert!(Creations::restore(once).is_some());
    }
}
