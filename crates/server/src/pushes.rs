use std::collections::VecDeque;
use std::sync::Arc;

use confcall_join::api::Updates;
use confcall_state::UserId;

/// The updates that wait to be pushed, each with its user, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pushes(VecDeque<(UserId, Arc<Updates>)>);

impl Pushes {
    /// Adds what is pushed to a user at once; with `limit` waiting already, the oldest is lost.
    pub(crate) fn push(&mut self, to: UserId, updates: Arc<Updates>, limit: usize) {
        // The newest shows a client that it has missed some, and polling brings the others.
        while !self.0.is_empty() && self.0.len() >= limit {
            self.0.pop_front();
        }
        if limit > 0 {
            self.0.push_back((to, updates));
        }
    }

    /// Takes out the oldest.
    pub(crate) fn pop(&mut self) -> Option<(UserId, Arc<Updates>)> {
        self.0.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_limit_the_oldest_push_is_lost() {
        let push = |pushes: &mut Pushes, user, limit| {
            pushes.push(UserId::new(user), Arc::default(), limit);
        };
        let mut pushes = Pushes::default();
        (1..=3).for_each(|user| push(&mut pushes, user, 2));
        let mut users = core::iter::from_fn(|| pushes.pop()).map(|(user, _)| user.value());
        assert_eq!(
            (users.next(), users.next(), users.next()),
            (Some(2), Some(3), None)
        );
        let mut nothing = Pushes::default();
        push(&mut nothing, 1, 0);
        assert_eq!(nothing.pop(), None);
    }
}
