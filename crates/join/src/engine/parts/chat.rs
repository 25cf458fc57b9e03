//! The messages of a call without encryption, which the server numbers.

use std::collections::{BTreeSet, VecDeque};

use crate::api::{CallMessage, CallMessageId, CallRef, CallText, SendGroupCallMessage};
use crate::engine::context::Context;
use crate::engine::event::Event;
use crate::engine::posted::Posted;
use crate::limits;
use crate::message::GroupMessage;

/// The messages that were shown, by their numbers, and those that were deleted.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Chat {
    seen: BTreeSet<CallMessageId>,
    order: VecDeque<CallMessageId>,
}

impl Chat {
    /// The request that sends a message.
    pub(in crate::engine) fn request(
        call: CallRef,
        message: &GroupMessage,
    ) -> SendGroupCallMessage {
        SendGroupCallMessage {
            call: call.into(),
            random_id: message.random_id().value(),
            message: CallText {
                text: message.text().to_owned(),
                entities: message.entities().to_vec(),
            },
            // Nothing is paid that the user did not ask for.
            allow_paid_stars: None,
            send_as: None,
        }
    }

    /// Shows a message, once: our own come in the answer and may be pushed as well.
    pub(in crate::engine) fn take(&mut self, ctx: &mut Context, message: CallMessage) {
        if !self.see(message.id) {
            return;
        }
        let CallText { text, entities } = message.text;
        ctx.event(Event::Message {
            from: message.from,
            encrypted: false,
            message: GroupMessage::unencrypted(&text, entities),
            posted: Some(Posted {
                id: message.id,
                date: message.date,
                from_admin: message.from_admin,
                paid_stars: message.paid_stars,
            }),
        });
    }

    /// Shows that messages were deleted, be they ones that come later.
    pub(in crate::engine) fn deleted(
        &mut self,
        ctx: &mut Context,
        mut messages: Vec<CallMessageId>,
    ) {
        messages.truncate(limits::PLAIN_MESSAGES);
        for message in &messages {
            self.see(*message);
        }
        ctx.event(Event::MessagesDeleted { messages });
    }

    /// Remembers a message; gives whether it is new.
    fn see(&mut self, message: CallMessageId) -> bool {
        let is_new = self.seen.insert(message);
        if is_new {
            self.order.push_back(message);
            if self.order.len() > limits::PLAIN_MESSAGES
                && let Some(oldest) = self.order.pop_front()
            {
                self.seen.remove(&oldest);
            }
        }
        is_new
    }
}

#[cfg(test)]
mod tests {
    use confcall_state::UserId;

    use super::*;
    use crate::api::Peer;
    use crate::engine::testing::{CALL, context, outputs};
    use crate::message::{Entity, EntityKind};

    fn message(id: i32, text: &str, entities: Vec<Entity>) -> CallMessage {
        CallMessage {
            call: CALL.into(),
            id: CallMessageId::new(id),
            from: Peer::User(UserId::new(2)),
            date: 1,
            text: CallText {
                text: text.to_owned(),
                entities,
            },
            from_admin: false,
            paid_stars: Some(5),
        }
    }

    #[test]
    fn a_message_is_shown_once_and_the_oldest_are_forgotten() {
        let (mut chat, mut ctx) = (Chat::default(), context());
        let mut shown = |chat: &mut Chat, id| {
            chat.take(&mut ctx, message(id, "hello", Vec::new()));
            outputs(&mut ctx).1.len()
        };
        assert_eq!((shown(&mut chat, 1), shown(&mut chat, 1)), (1, 0));
        for id in 2..2000 {
            shown(&mut chat, id);
        }
        assert_eq!(chat.seen.len(), limits::PLAIN_MESSAGES);
        assert_eq!((shown(&mut chat, 1), shown(&mut chat, 1999)), (1, 0));
    }

    #[test]
    fn a_message_that_was_deleted_before_it_came_is_not_shown() {
        let (mut chat, mut ctx) = (Chat::default(), context());
        chat.deleted(&mut ctx, vec![CallMessageId::new(1)]);
        chat.take(&mut ctx, message(1, "late", Vec::new()));
        let (_, events) = outputs(&mut ctx);
        assert!(matches!(&events[..], [Event::MessagesDeleted { .. }]));
    }

    #[test]
    fn a_text_that_is_too_long_is_cut_and_entities_outside_it_are_left_out() {
        let (mut chat, mut ctx) = (Chat::default(), context());
        let most = limits::PLAIN_MESSAGE_CHARACTERS;
        let entity = |offset| Entity {
            kind: EntityKind::Bold,
            offset,
            length: 1,
        };
        let text = "ä".repeat(most + 1);
        chat.take(&mut ctx, message(1, &text, vec![entity(0), entity(most)]));
        let (_, events) = outputs(&mut ctx);
        let Some(Event::Message {
            message, posted, ..
        }) = events.first()
        else {
            panic!("{events:?}");
        };
        assert_eq!(message.text().chars().count(), most);
        assert_eq!(message.entities(), [entity(0)]);
        assert_eq!(posted.and_then(|posted| posted.paid_stars), Some(5));
    }
}
