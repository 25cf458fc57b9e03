use confcall_join::api::{Update, Updates};
use confcall_state::UserId;

use super::member::CallMember;
use super::roster::Roster;

/// The answer to a request that a call has carried out, and what its members are pushed.
#[derive(Debug)]
#[must_use = "the others learn of a change only if it is pushed"]
pub(crate) struct Outcome {
    pub(crate) answer: Updates,
    pub(crate) pushes: Vec<(UserId, Update)>,
}

impl Outcome {
    /// An answer to one user, and some updates for every other member.
    pub(crate) fn new<U: IntoIterator<Item = Update>>(
        from: UserId,
        answer: Vec<Update>,
        roster: &Roster,
        updates: impl Fn(UserId) -> U,
    ) -> Self {
        let viewers = roster.members().map(CallMember::user_id);
        let others = viewers.filter(|viewer| *viewer != from);
        let pushes = others.flat_map(|viewer| {
            let updates = updates(viewer).into_iter();
            updates.map(move |update| (viewer, update))
        });
        Self {
            pushes: pushes.collect(),
            answer: Updates(answer),
        }
    }

    /// An answer that is nothing to the others.
    pub(crate) fn of_answer(answer: Vec<Update>) -> Self {
        Self {
            answer: Updates(answer),
            pushes: Vec::new(),
        }
    }

    /// The same update for the user and for every other member.
    pub(crate) fn same(from: UserId, update: Update, roster: &Roster) -> Self {
        Self::new(from, vec![update.clone()], roster, |_| [update.clone()])
    }
}
