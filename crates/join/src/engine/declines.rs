//! The invitations that are declined, which need not be to this call: no membership is needed for it.

use std::collections::BTreeMap;

use super::command::{CommandFailure, Order};
use super::context::Context;
use super::purpose::Purpose;
use super::requests::{Answer, Ticket};
use crate::api::reaction::Reaction;
use crate::api::{DeclineConferenceCallInvite, MessageId, Response};
use crate::limits;

/// The invitations that are being declined.
#[derive(Clone, Debug, Default)]
pub(super) struct Declines(BTreeMap<Ticket, Order>);

impl Declines {
    /// Declines an invitation.
    pub(super) fn send(&mut self, ctx: &mut Context, order: Order, message: MessageId) {
        if self.0.len() >= limits::COMMANDS {
            return ctx.failed(order, CommandFailure::Busy);
        }
        let ticket = ctx.send(Purpose::Decline, DeclineConferenceCallInvite { message });
        self.0.insert(ticket, order);
    }

    /// Takes the answer.
    pub(super) fn answered(&mut self, ctx: &mut Context, answer: Answer) {
        let Some(order) = self.0.remove(&answer.ticket) else {
            return;
        };
        match answer.result {
            Ok(Response::Updates(_)) => ctx.done(order),
            // An answer to something else says nothing of this.
            Ok(_) => ctx.failed(order, CommandFailure::Unanswered),
            Err(failure) => match failure.reaction(answer.method) {
                Some(Reaction::Ignore) => ctx.done(order),
                _ => ctx.failed(order, failure),
            },
        }
    }

    /// Answers those that still wait, at the end.
    pub(super) fn give_up(&mut self, ctx: &mut Context) {
        for order in core::mem::take(&mut self.0).into_values() {
            ctx.failed(order, CommandFailure::Unanswered);
        }
    }
}
