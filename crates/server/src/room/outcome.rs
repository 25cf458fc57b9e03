use std::sync::Arc;

use confcall_join::api::{GroupCallParticipant, Update, Updates};
use confcall_state::UserId;

use super::member::CallMember;
use super::roster::Roster;

/// The answer to a request that a call has carried out, and what its members are pushed.
#[derive(Debug)]
#[must_use = "the others learn of a change only if it is pushed"]
pub(crate) struct Outcome {
    pub(crate) answer: Updates,
    /// What is the same for several is shared by them.
    pub(crate) pushes: Vec<(UserId, Arc<Update>)>,
}

impl Outcome {
    /// An answer to one user, and some updates for every other member.
    pub(crate) fn new<U>(
        from: UserId,
        answer: Vec<Update>,
        roster: &Roster,
        updates: impl Fn(UserId) -> U,
    ) -> Self
    where
        U: IntoIterator<Item: Into<Arc<Update>>>,
    {
        let viewers = roster.members().map(CallMember::user_id);
        let others = viewers.filter(|viewer| *viewer != from);
        let pushes = others.flat_map(|viewer| {
            let updates = updates(viewer).into_iter();
            updates.map(move |update| (viewer, update.into()))
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
        let answer = vec![update.clone()];
        Self::shared(from, answer, roster, update)
    }

    /// An answer to one user, and the same update for every other member.
    pub(crate) fn shared(
        from: UserId,
        answer: Vec<Update>,
        roster: &Roster,
        update: Update,
    ) -> Self {
        let update = Arc::new(update);
        Self::new(from, answer, roster, |_| [Arc::clone(&update)])
    }

    /// The same, with entries of the roster that are pushed in part only where many get them.
    pub(crate) fn minimal_if(mut self, wanted: bool) -> Self {
        let updates = self.pushes.iter_mut().filter(|_| wanted);
        for (_, update) in updates {
            if let Update::Participants(change) = Arc::make_mut(update) {
                change.participants.iter_mut().for_each(minimize);
            }
        }
        self
    }
}

/// Leaves out of an entry what depends on who looks.
fn minimize(entry: &mut GroupCallParticipant) {
    entry.min = true;
    entry.own = false;
    entry.muted_by_you = false;
    entry.volume = entry.volume.filter(|_| entry.volume_by_admin);
}
