use std::collections::BTreeMap;

use confcall_join::engine::{Command, CommandId, Event, Input};
use confcall_state::UserId;
use confcall_state::wire::GroupState;

/// The law that a kick is done when its users are removed.
#[derive(Clone, Debug)]
pub(super) struct Kicks {
    user: UserId,
    /// The users of each kick without an answer whom no block has removed since.
    waiting: BTreeMap<CommandId, Vec<UserId>>,
    /// Those of the kicks that this input answered with done.
    done: Vec<UserId>,
}

impl Kicks {
    pub(super) fn new(user: UserId) -> Self {
        Self {
            user,
            waiting: BTreeMap::new(),
            done: Vec::new(),
        }
    }

    pub(super) fn begin(&mut self, input: &Input) {
        self.done.clear();
        if let Input::Command { id, command } = input
            && let Command::Kick { users } = command
        {
            self.waiting.insert(*id, users.clone());
        }
    }

    pub(super) fn see(&mut self, event: &Event) {
        match event {
            // One who comes back after it was removed all the same.
            Event::MembersChanged { removed, .. } => {
                let waiting = self.waiting.values_mut();
                waiting.for_each(|users| users.retain(|user| !removed.contains(user)));
            }
            Event::Done { id, .. } => {
                let users = self.waiting.remove(id);
                self.done.extend(users.into_iter().flatten());
            }
            Event::Failed { id, .. } => drop(self.waiting.remove(id)),
            _ => {}
        }
    }

    pub(super) fn settle(&self, group: &GroupState) {
        let user = self.user;
        for kicked in &self.done {
            let is_in = group.by_user(*kicked).is_some();
            assert!(
                !is_in,
                "user {user}: the kick of {kicked} is done, who is in"
            );
        }
    }
}
