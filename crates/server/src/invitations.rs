use std::collections::{BTreeMap, BTreeSet};

use confcall_join::api::{CallId, Invitation, InvitationState, MessageId, Update};
use confcall_state::UserId;

use crate::error::InviteError;

/// The messages that invite to calls, by the number that each has for the invited user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Invitations {
    messages: BTreeMap<MessageId, InviteMessage>,
    last: i32,
}

/// A message that invites a user to a call, in the chat of two users, where it has a number for each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InviteMessage {
    pub(crate) call: CallId,
    pub(crate) from: UserId,
    pub(crate) to: UserId,
    /// The number for the invited user.
    pub(crate) received: MessageId,
    /// The number for the user who invites; `None` if the operator did in its name.
    pub(crate) sent: Option<MessageId>,
    pub(crate) video: bool,
    /// The time of the message, in seconds since 1970.
    pub(crate) date: i32,
    pub(crate) state: InvitationState,
}

/// The wish to invite a user to a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish {
    pub(crate) call: CallId,
    pub(crate) from: UserId,
    pub(crate) to: UserId,
    pub(crate) video: bool,
    pub(crate) date: i32,
    /// True if the message shows in the chat of the user who invites.
    pub(crate) is_sent: bool,
}

impl InviteMessage {
    /// The message as the invited user has it.
    pub(crate) fn for_receiver(&self) -> Update {
        self.update(self.received)
    }

    /// The message as the user who invites has it.
    pub(crate) fn for_sender(&self) -> Option<Update> {
        self.sent.map(|message| self.update(message))
    }

    /// The message as each of both has it.
    pub(crate) fn for_both(&self) -> impl Iterator<Item = (UserId, Update)> {
        self.sides()
            .map(|(user_id, number)| (user_id, self.update(number)))
    }

    /// The deletion of the message for each of both.
    pub(crate) fn deletions(&self) -> impl Iterator<Item = (UserId, Update)> {
        self.sides()
            .map(|(user_id, number)| (user_id, Update::Deleted(vec![number])))
    }

    /// The numbers that it takes.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = MessageId> {
        self.sides().map(|(_, number)| number)
    }

    /// The users who have the message, each with the number that it has there.
    fn sides(&self) -> impl Iterator<Item = (UserId, MessageId)> {
        let sent = self.sent.map(|sent| (self.from, sent));
        core::iter::once((self.to, self.received)).chain(sent)
    }

    fn update(&self, message: MessageId) -> Update {
        Update::Invitation(Invitation {
            message,
            call_id: self.call,
            from: self.from,
            to: self.to,
            video: self.video,
            date: self.date,
            state: self.state,
        })
    }

    fn is_pending(&self) -> bool {
        self.state == InvitationState::Pending
    }
}

impl Invitations {
    /// Messages that were saved, and the number of the last one.
    ///
    /// `None` if they could not have been sent one after the other.
    pub(crate) fn resume(all: impl IntoIterator<Item = InviteMessage>, last: i32) -> Option<Self> {
        let mut messages = BTreeMap::new();
        let mut taken = BTreeSet::new();
        for message in all {
            let is_over = matches!(message.state, InvitationState::Over { .. });
            let is_new =
                |number: MessageId| (1..=last).contains(&number.value()) && taken.insert(number);
            if is_over || !message.numbers().all(is_new) {
                return None;
            }
            messages.insert(message.received, message);
        }
        Some(Self { messages, last })
    }

    pub(crate) fn all(&self) -> impl ExactSizeIterator<Item = &InviteMessage> {
        self.messages.values()
    }

    /// The number of the last message.
    pub(crate) fn last(&self) -> i32 {
        self.last
    }

    /// The call to which a message invites this user.
    pub(crate) fn call(&self, user_id: UserId, message: MessageId) -> Option<CallId> {
        let message = self.messages.get(&message);
        message.filter(|one| one.to == user_id).map(|one| one.call)
    }

    /// Invites a user to a call; inviting again gives the same message as long as that is pending.
    pub(crate) fn invite(
        &mut self,
        wish: Wish,
        limit: usize,
    ) -> Result<InviteMessage, InviteError> {
        let is_same = |one: &&InviteMessage| {
            let is_between = (one.call, one.from, one.to) == (wish.call, wish.from, wish.to);
            is_between && one.is_pending() && one.sent.is_some() == wish.is_sent
        };
        if let Some(message) = self.all().find(is_same) {
            return Ok(*message);
        }
        // A number is never given again: an old message must not lead into another call.
        let count = 1 + i32::from(wish.is_sent);
        let last = self.last.checked_add(count);
        let last = last.filter(|_| self.messages.len() < limit);
        let last = last.ok_or(InviteError::TooMany { limit })?;
        let received = MessageId::new(last);
        let message = InviteMessage {
            call: wish.call,
            from: wish.from,
            to: wish.to,
            received,
            sent: wish.is_sent.then(|| MessageId::new(last - 1)),
            video: wish.video,
            date: wish.date,
            state: InvitationState::Pending,
        };
        self.last = last;
        self.messages.insert(received, message);
        Ok(message)
    }

    /// Takes back a message that its user declines; `None` if it is no such message, or was answered.
    pub(crate) fn decline(&mut self, user_id: UserId, message: MessageId) -> Option<InviteMessage> {
        let found = self.messages.get(&message)?;
        if found.to != user_id || found.state == InvitationState::Active {
            return None;
        }
        let declined = self.messages.remove(&message)?;
        let state = InvitationState::Missed;
        Some(InviteMessage { state, ..declined })
    }

    /// Deletes a message for both sides, by the number that it has for one of them.
    pub(crate) fn delete(&mut self, user_id: UserId, number: MessageId) -> Option<InviteMessage> {
        let is_it = |one: &&InviteMessage| one.sides().any(|side| side == (user_id, number));
        let received = self.all().find(is_it)?.received;
        self.messages.remove(&received)
    }

    /// Marks the messages that invited a user to a call as answered, and gives those that were pending.
    pub(crate) fn answer(&mut self, call: CallId, user_id: UserId) -> Vec<InviteMessage> {
        let is_answered = |one: &InviteMessage| (one.call, one.to) == (call, user_id);
        self.move_on(InvitationState::Active, is_answered)
    }

    /// Marks the pending messages as missed that are as old as a time or older, and gives them.
    ///
    /// They still lead to their call.
    pub(crate) fn miss(&mut self, until: i32) -> Vec<InviteMessage> {
        // A message that was sent before the time was known has no age.
        self.move_on(InvitationState::Missed, |one| {
            (1..=until).contains(&one.date)
        })
    }

    /// Takes back all messages that invite to a call that ended, and gives those that change by that.
    pub(crate) fn end(&mut self, ended: CallId, duration: i32) -> Vec<InviteMessage> {
        let mut changed = Vec::new();
        self.messages.retain(|_, one| {
            let state = match one.state {
                // It was never answered, and cannot be any more.
                InvitationState::Pending => InvitationState::Missed,
                InvitationState::Active => InvitationState::Over { duration },
                same => same,
            };
            if one.call == ended && state != one.state {
                changed.push(InviteMessage { state, ..*one });
            }
            one.call != ended
        });
        changed
    }

    fn move_on(
        &mut self,
        state: InvitationState,
        which: impl Fn(&InviteMessage) -> bool,
    ) -> Vec<InviteMessage> {
        let messages = self.messages.values_mut();
        let moved = messages.filter(|one| one.is_pending() && which(one));
        let moved = moved.map(|one| {
            one.state = state;
            *one
        });
        moved.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: UserId = UserId::new(1);
    const TO: UserId = UserId::new(2);
    const CALL: CallId = CallId::new(7);
    const WISH: Wish = Wish {
        call: CALL,
        from: FROM,
        to: TO,
        video: false,
        date: 100,
        is_sent: true,
    };

    fn invited() -> (Invitations, InviteMessage) {
        let mut invitations = Invitations::default();
        let message = invitations.invite(WISH, 1).unwrap();
        (invitations, message)
    }

    #[test]
    fn a_message_leads_its_user_to_the_call_until_it_is_taken_back() {
        let (mut invitations, message) = invited();
        assert_eq!(invitations.invite(WISH, 1), Ok(message));
        assert_eq!(invitations.call(TO, message.received), Some(CALL));
        assert_eq!(invitations.call(FROM, message.received), None);
        assert!(invitations.decline(TO, message.received).is_some());
        assert_eq!(invitations.call(TO, message.received), None);
        let again = invitations.invite(WISH, 1).unwrap();
        let mut numbers = message.numbers();
        assert!(!numbers.any(|number| again.numbers().any(|other| other == number)));
    }

    #[test]
    fn each_side_has_a_number_of_its_own_for_a_message() {
        let (mut invitations, message) = invited();
        let sent = message.sent.unwrap();
        assert_ne!(sent, message.received);
        assert_eq!(invitations.delete(TO, sent), None);
        assert_eq!(invitations.delete(FROM, sent), Some(message));
        assert_eq!(invitations.delete(TO, message.received), None);
    }

    #[test]
    fn an_ended_call_leaves_its_room_to_other_invitations() {
        let (mut invitations, _) = invited();
        let call = CallId::new(8);
        let refused = Err(InviteError::TooMany { limit: 1 });
        assert_eq!(invitations.invite(Wish { call, ..WISH }, 1), refused);
        invitations.end(CALL, 9);
        assert!(invitations.invite(Wish { call, ..WISH }, 1).is_ok());
    }

    #[test]
    fn a_message_goes_from_pending_to_active_or_missed_and_never_back() {
        let (mut invitations, message) = invited();
        assert_eq!(invitations.miss(99), []);
        let state = InvitationState::Missed;
        let missed = InviteMessage { state, ..message };
        assert_eq!(invitations.miss(100), [missed]);
        assert_eq!(invitations.miss(100), []);
        assert_eq!(invitations.answer(CALL, TO), []);
        // What was missed is not what was over.
        assert_eq!(invitations.end(CALL, 9), []);

        let (mut invitations, message) = invited();
        let state = InvitationState::Active;
        let active = InviteMessage { state, ..message };
        assert_eq!(invitations.answer(CALL, TO), [active]);
        assert_eq!(invitations.miss(i32::MAX), []);
        assert_eq!(invitations.decline(TO, message.received), None);
        let state = InvitationState::Over { duration: 9 };
        assert_eq!(
            invitations.end(CALL, 9),
            [InviteMessage { state, ..message }]
        );
    }

    #[test]
    fn messages_whose_numbers_were_not_given_one_after_the_other_are_none() {
        let (_, message) = invited();
        assert!(Invitations::resume([message], 2).is_some());
        assert_eq!(Invitations::resume([message], 1), None);
        assert_eq!(Invitations::resume([message, message], 2), None);
        let state = InvitationState::Over { duration: 0 };
        assert_eq!(
            Invitations::resume([InviteMessage { state, ..message }], 2),
            None
        );
    }
}
