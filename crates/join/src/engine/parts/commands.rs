//! The commands of the caller that wait for an answer of the server.

use std::collections::BTreeMap;

use crate::api::reaction::Reaction;
use crate::api::{Method, Request, Response};
use crate::engine::command::{CommandFailure, CommandKind, Order};
use crate::engine::context::Context;
use crate::engine::failure::Failure;
use crate::engine::purpose::Purpose;
use crate::engine::requests::Ticket;
use crate::limits;

/// The commands that wait for an answer.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Commands(BTreeMap<Ticket, Order>);

impl Commands {
    /// Sends the request of a command, unless too much waits already.
    pub(in crate::engine) fn send(
        &mut self,
        ctx: &mut Context,
        order: Order,
        body: impl Into<Request>,
    ) {
        if self.0.len() < limits::COMMANDS {
            let ticket = ctx.send(Purpose::Command, body);
            self.0.insert(ticket, order);
        } else {
            ctx.failed(order, CommandFailure::Busy);
        }
    }

    /// Takes the answer to a command; gives what the server said, for the member to take in.
    pub(in crate::engine) fn answered(
        &mut self,
        ctx: &mut Context,
        method: Method,
        ticket: Ticket,
        result: Result<Response, Failure>,
    ) -> Option<Response> {
        let order = self.0.remove(&ticket)?;
        match result {
            Ok(response) => {
                ctx.done(order);
                return Some(response);
            }
            Err(failure) => match failure.reaction(method) {
                Some(Reaction::TreatAsSuccess | Reaction::Ignore) => ctx.done(order),
                _ => ctx.failed(order, failure),
            },
        }
        None
    }

    /// Answers the commands that wait in a membership that ends, perhaps because the call is over.
    pub(in crate::engine) fn give_up(&mut self, ctx: &mut Context, is_over: bool) {
        for (ticket, order) in core::mem::take(&mut self.0) {
            if is_over && order.kind == CommandKind::Discard {
                ctx.done(order);
            } else if ctx.holds_back(ticket) {
                ctx.failed(order, CommandFailure::NotJoined);
            } else {
                ctx.failed(order, CommandFailure::Unanswered);
            }
        }
    }
}
