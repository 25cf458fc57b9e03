use std::collections::VecDeque;

use confcall_join::api::{CallMessage, CallMessageId};
use confcall_state::UserId;

use crate::limits;

/// The messages to a call that can still be deleted, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Messages {
    last: i32,
    kept: VecDeque<KeptMessage>,
}

/// A message, and what its writer alone knows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeptMessage {
    pub(super) writer: UserId,
    pub(super) random_id: i64,
    pub(super) message: CallMessage,
}

impl Messages {
    /// No messages, behind one with this number.
    pub(crate) fn after(last: i32) -> Self {
        let kept = VecDeque::new();
        Self { last, kept }
    }

    /// The number of the last message.
    pub(crate) fn last(&self) -> i32 {
        self.last
    }

    /// The number of the next message.
    pub(super) fn next(&self) -> CallMessageId {
        CallMessageId::new(self.last.saturating_add(1))
    }

    /// The message that a writer sent under a number before.
    pub(super) fn find(&self, writer: UserId, random_id: i64) -> Option<&CallMessage> {
        let is_it = |one: &&KeptMessage| (one.writer, one.random_id) == (writer, random_id);
        self.kept.iter().find(is_it).map(|one| &one.message)
    }

    /// Keeps a message that has the next number; the oldest is forgotten for one too many.
    pub(super) fn keep(&mut self, message: KeptMessage) {
        self.last = message.message.id.value();
        self.kept.push_back(message);
        let surplus = self.kept.len().saturating_sub(limits::CALL_MESSAGES);
        self.kept.drain(..surplus);
    }

    pub(super) fn any(&self, which: impl Fn(&KeptMessage) -> bool) -> bool {
        self.kept.iter().any(which)
    }

    /// Deletes messages, and gives those that there were.
    pub(super) fn delete(&mut self, which: impl Fn(&KeptMessage) -> bool) -> Vec<CallMessageId> {
        let deleted = self.kept.iter().filter(|one| which(one));
        let deleted = deleted.map(|one| one.message.id).collect();
        self.kept.retain(|one| !which(one));
        deleted
    }
}
