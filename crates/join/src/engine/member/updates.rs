//! Taking in what the server says, pushed or in an answer.

use super::super::context::Context;
use super::super::end::EndReason;
use super::super::event::Event;
use super::super::timers::Timer;
use super::{Flow, Member};
use crate::api::{CallConnection, GroupCall, InputGroupCall, Update, Updates};
use crate::joining::Answer;

impl Member {
    /// Takes in an update, pushed or in an answer; one about another call changes nothing.
    pub(super) fn take_update(&mut self, ctx: &mut Context, update: Update) -> Flow {
        match update {
            Update::ChainBlocks(items) if self.is_ours(&items.call) => {
                self.offer(ctx, items);
                Ok(())
            }
            Update::Connection(connection) => {
                self.take_connection(ctx, &connection);
                Ok(())
            }
            Update::Participants(change) if self.is_ours(&change.call) => {
                self.take_roster(ctx, &change)
            }
            Update::GroupCall(call) if self.is_ours(&call.reference()) => self.take_call(ctx, call),
            Update::EncryptedMessage(message) if self.is_ours(&message.call) => {
                self.take_message(ctx, &message);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    pub(super) fn take_updates(&mut self, ctx: &mut Context, updates: Updates) -> Flow {
        let mut updates = updates.0.into_iter();
        updates.try_for_each(|update| self.take_update(ctx, update))
    }

    /// Tells how to connect the media, once: an adapter may hand out as an update what the answer to the join held.
    fn take_connection(&mut self, ctx: &mut Context, connection: &CallConnection) {
        let answer = Answer::from_json(connection.params.as_str());
        let Ok(parameters) = answer.and_then(Answer::into_conference) else {
            return;
        };
        let parameters = Box::new(parameters);
        if !connection.presentation {
            ctx.timers.cancel(Timer::Connection);
            let known = self.connection.replace(parameters.clone());
            if known.as_ref() == Some(&parameters) {
                return;
            }
        }
        ctx.event(Event::Connection {
            presentation: connection.presentation,
            parameters,
        });
    }

    pub(super) fn take_call(&mut self, ctx: &mut Context, call: GroupCall) -> Flow {
        match call {
            GroupCall::Discarded { .. } => Err(EndReason::Discarded.into()),
            GroupCall::Active { invite_link, .. } => {
                if let Some(link) =
                    invite_link.filter(|link| self.invite_link.as_ref() != Some(link))
                {
                    self.invite_link = Some(link.clone());
                    ctx.event(Event::Link(link));
                }
                Ok(())
            }
        }
    }

    /// Whether a reference names our call; what the server says of other calls is not for us.
    pub(super) fn is_ours(&self, call: &InputGroupCall) -> bool {
        call.id().is_some() && call.id() == self.call.id()
    }
}
