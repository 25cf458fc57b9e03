use std::collections::BTreeMap;

use crate::error::InviteError;
use confcall_join::api::{CallId, MessageId};
use confcall_state::UserId;

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

    /// Invites a user to a call; inviting again gives the same message.
    pub(crate) fn invite(
        &mut self,
        call: CallId,
        user_id: UserId,
        limit: usize,
    ) -> Result<MessageId, InviteError> {
        if let Some(message) = self.messages.get(&(user_id, call)) {
            return Ok(*message);
        }
        // A number is never given again: an old message must not lead into another call.
        let number = self.last.checked_add(1);
        let number = number.filter(|_| self.messages.len() < limit);
        let number = number.ok_or(InviteError::TooMany { limit })?;
        let message = MessageId::new(number);
        self.last = number;
        self.calls.insert((user_id, message), call);
        self.messages.insert((user_id, call), message);
        Ok(message)
    }

    /// Takes back all messages that invite to a call.
    pub(crate) fn forget(&mut self, ended: CallId) {
        self.calls.retain(|_, call| *call != ended);
        self.messages.retain(|(_, call), _| *call != ended);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: UserId = UserId::new(1);
    const CALL: CallId = CallId::new(7);

    #[test]
    fn a_message_leads_its_user_to_the_call_until_it_is_taken_back() {
        let mut invitations = Invitations::default();
        let message = invitations.invite(CALL, USER, 1).unwrap();
        assert_eq!(invitations.invite(CALL, USER, 1), Ok(message));
        assert_eq!(invitations.call(USER, message), Some(CALL));
        assert_eq!(invitations.call(UserId::new(2), message), None);
        assert_eq!(invitations.take(USER, message), Some(CALL));
        assert_eq!(invitations.call(USER, message), None);
        assert_ne!(invitations.invite(CALL, USER, 1), Ok(message));
    }

    #[test]
    fn an_ended_call_leaves_its_room_to_other_invitations() {
        let mut invitations = Invitations::default();
        invitations.invite(CALL, USER, 1).unwrap();
        let other = CallId::new(8);
        let refused = Err(InviteError::TooMany { limit: 1 });
        assert_eq!(invitations.invite(other, USER, 1), refused);
        invitations.forget(CALL);
        assert!(invitations.invite(other, USER, 1).is_ok());
    }
}
