use std::collections::VecDeque;

use confcall_join::api::Update;
use confcall_state::UserId;

/// The updates that wait to be pushed, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pushes(VecDeque<(UserId, Update)>);

impl Pushes {
    /// Adds an update; with `limit` waiting already, the oldest one is lost.
    pub(crate) fn push(&mut self, to: UserId, update: Update, limit: usize) {
        // The newest shows a client that it has missed some, and polling brings the others.
        while !self.0.is_empty() && self.0.len() >= limit {
            self.0.pop_front();
        }
        if limit > 0 {
            self.0.push_back((to, update));
        }
    }

    pub(crate) fn pop(&mut self) -> Option<(UserId, Update)> {
        self.0.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use confcall_join::api::{CallConnection, DataJson};

    #[test]
    fn beyond_the_limit_the_oldest_push_is_lost() {
        let params = DataJson::new("{}");
        let update = Update::Connection(CallConnection {
            presentation: false,
            params,
        });
        let mut pushes = Pushes::default();
        (1..=3).for_each(|user| pushes.push(UserId::new(user), update.clone(), 2));
        let mut users = core::iter::from_fn(|| pushes.pop()).map(|(user, _)| user.value());
        assert_eq!(
            (users.next(), users.next(), users.next()),
            (Some(2), Some(3), None)
        );
        let mut nothing = Pushes::default();
        nothing.push(UserId::new(1), update, 0);
        assert_eq!(nothing.pop(), None);
    }
}
