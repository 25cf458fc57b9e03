use std::collections::VecDeque;

use confcall_join::api::{PeerLabel, Update, Updates};
use confcall_state::UserId;

/// The updates that wait to be pushed, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pushes(VecDeque<Push>);

/// An update on its way to a user, and the names of those whom it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Push {
    pub(crate) to: UserId,
    pub(crate) labels: Vec<PeerLabel>,
    pub(crate) update: Update,
}

impl Pushes {
    /// Adds an update; with `limit` waiting already, the oldest one is lost, with its names.
    pub(crate) fn push(&mut self, push: Push, limit: usize) {
        // The newest shows a client that it has missed some, and polling brings the others.
        while !self.0.is_empty() && self.0.len() >= limit {
            self.0.pop_front();
        }
        if limit > 0 {
            self.0.push_back(push);
        }
    }

    /// Takes out the oldest update, or the names that come before it.
    pub(crate) fn pop(&mut self) -> Option<(UserId, Update)> {
        let first = self.0.front_mut()?;
        if !first.labels.is_empty() {
            let labels = core::mem::take(&mut first.labels);
            return Some((first.to, Update::Labels(labels)));
        }
        let Push { to, update, .. } = self.0.pop_front()?;
        Some((to, update))
    }

    /// Takes out the oldest update together with the names that come before it.
    pub(crate) fn pop_whole(&mut self) -> Option<(UserId, Updates)> {
        let Push { to, labels, update } = self.0.pop_front()?;
        let labels = (!labels.is_empty()).then_some(Update::Labels(labels));
        let updates = labels.into_iter().chain([update]);
        Some((to, Updates(updates.collect())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use confcall_join::api::{CallConnection, DataJson};

    fn push(user: i64, labels: Vec<PeerLabel>) -> Push {
        let params = DataJson::new("{}");
        Push {
            to: UserId::new(user),
            labels,
            update: Update::Connection(CallConnection {
                presentation: false,
                params,
            }),
        }
    }

    #[test]
    fn beyond_the_limit_the_oldest_push_is_lost() {
        let mut pushes = Pushes::default();
        (1..=3).for_each(|user| pushes.push(push(user, Vec::new()), 2));
        let mut users = core::iter::from_fn(|| pushes.pop()).map(|(user, _)| user.value());
        assert_eq!(
            (users.next(), users.next(), users.next()),
            (Some(2), Some(3), None)
        );
        let mut nothing = Pushes::default();
        nothing.push(push(1, Vec::new()), 0);
        assert_eq!(nothing.pop(), None);
    }

    #[test]
    fn names_come_before_the_update_that_they_are_about_and_are_lost_with_it() {
        let label = crate::people::People::default().label(UserId::new(7));
        let named = || push(1, vec![label.clone()]);
        let mut pushes = Pushes::default();
        (0..3).for_each(|_| pushes.push(named(), 2));
        let kinds: Vec<_> = core::iter::from_fn(|| pushes.pop())
            .map(|(_, update)| matches!(update, Update::Labels(_)))
            .collect();
        assert_eq!(kinds, [true, false, true, false]);
        pushes.push(named(), 2);
        let whole = pushes
            .pop_whole()
            .map(|(_, Updates(updates))| updates.len());
        assert_eq!(whole, Some(2));
    }
}
