use std::collections::BTreeMap;

use confcall_join::api::{CallId, MessageId};
use confcall_state::UserId;
use thiserror::Error;

use crate::server::Server;

/// Nobody was invited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InviteError {
    /// There is no such call.
    #[error("there is no call {0}")]
    UnknownCall(CallId),
    /// There are as many invitations as the server keeps.
    #[error("there are {limit} invitations already")]
    TooMany {
        /// How many the server keeps.
        limit: usize,
    },
}

/// The messages that invite to calls, by user and number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Invitations {
    calls: BTreeMap<(UserId, MessageId), CallId>,
    messages: BTreeMap<(UserId, CallId), MessageId>,
    last: i32,
}

impl Invitations {
    /// Invitations that were made before, each by its user and message, and the number of the last message.
    ///
    /// `None` if they could not have been made one after the other.
    pub(crate) fn resume(
        all: impl IntoIterator<Item = (UserId, MessageId, CallId)>,
        last: i32,
    ) -> Option<Self> {
        let mut resumed = Self {
            last,
            ..Self::default()
        };
        let numbers = 1..=last;
        for (user_id, message, call) in all {
            let is_new = numbers.contains(&message.value())
                && resumed.calls.insert((user_id, message), call).is_none()
                && resumed.messages.insert((user_id, call), message).is_none();
            if !is_new {
                return None;
            }
        }
        Some(resumed)
    }

    /// Every message with its user and its call.
    pub(crate) fn all(&self) -> impl ExactSizeIterator<Item = (UserId, MessageId, CallId)> {
        let all = self.calls.iter();
        all.map(|((user_id, message), call)| (*user_id, *message, *call))
    }

    /// The number of the last message.
    pub(crate) fn last(&self) -> i32 {
        self.last
    }

    /// The call to which a message invites this user.
    pub(crate) fn call(&self, user_id: UserId, message: MessageId) -> Option<CallId> {
        self.calls.get(&(user_id, message)).copied()
    }

    /// Takes back a message to this user, and gives the call that it invited to.
    pub(crate) fn take(&mut self, user_id: UserId, message: MessageId) -> Option<CallId> {
        let call = self.calls.remove(&(user_id, message))?;
        self.messages.remove(&(user_id, call));
        Some(call)
    }

    /// Takes back all messages that invite to a call.
    pub(crate) fn forget(&mut self, ended: CallId) {
        self.calls.retain(|_, call| *call != ended);
        self.messages.retain(|(_, call), _| *call != ended);
    }
}

impl Server {
    /// Invites a user to a call by a message; inviting again gives the same message.
    ///
    /// Only this user finds the call by it.
    ///
    /// # Errors
    ///
    /// [`InviteError`]
    pub fn invite(&mut self, call: CallId, user_id: UserId) -> Result<MessageId, InviteError> {
        if self.call(call).is_none() {
            return Err(InviteError::UnknownCall(call));
        }
        let limit = self.options.limits.invitations;
        let invitations = &mut self.invitations;
        if let Some(message) = invitations.messages.get(&(user_id, call)) {
            return Ok(*message);
        }
        let number = invitations.last.checked_add(1);
        let number = number.filter(|_| invitations.messages.len() < limit);
        let number = number.ok_or(InviteError::TooMany { limit })?;
        let message = MessageId::new(number);
        invitations.last = number;
        invitations.calls.insert((user_id, message), call);
        invitations.messages.insert((user_id, call), message);
        Ok(message)
    }
}
