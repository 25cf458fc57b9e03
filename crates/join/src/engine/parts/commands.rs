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
                // The call is already as the caller wants it.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::DiscardGroupCall;
    use crate::engine::command::CommandId;
    use crate::engine::event::Event;
    use crate::engine::testing::{CALL, context, outputs, refused};

    const METHOD: Method = Method::DiscardGroupCall;

    fn discard(commands: &mut Commands, ctx: &mut Context) -> Option<Ticket> {
        let (id, kind) = (CommandId::new(1), CommandKind::Discard);
        let call = CALL.into();
        commands.send(ctx, Order { id, kind }, DiscardGroupCall { call });
        commands.0.keys().next_back().copied()
    }

    /// The failures of the commands that were answered; `None` for one that is done.
    fn answers(ctx: &mut Context) -> Vec<Option<CommandFailure>> {
        let events = outputs(ctx).1.into_iter();
        let answers = events.filter_map(|event| match event {
            Event::Done { .. } => Some(None),
            Event::Failed { why, .. } => Some(Some(why)),
            _ => None,
        });
        answers.collect()
    }

    #[test]
    fn a_command_is_answered_once_and_done_if_the_call_is_already_so() {
        let (mut commands, mut ctx) = (Commands::default(), context());
        let ticket = discard(&mut commands, &mut ctx).unwrap();
        let already = || refused(400, "GROUPCALL_ALREADY_DISCARDED");
        for _ in 0..2 {
            commands.answered(&mut ctx, METHOD, ticket, already());
        }
        assert_eq!(answers(&mut ctx), [None]);
    }

    #[test]
    fn what_waits_when_the_membership_ends_fails_unless_the_end_is_what_it_asked_for() {
        for (is_over, expected) in [(true, None), (false, Some(CommandFailure::Unanswered))] {
            let (mut commands, mut ctx) = (Commands::default(), context());
            discard(&mut commands, &mut ctx);
            commands.give_up(&mut ctx, is_over);
            assert_eq!(answers(&mut ctx), [expected]);
        }
    }

    #[test]
    fn commands_beyond_the_bound_are_too_many() {
        let (mut commands, mut ctx) = (Commands::default(), context());
        for _ in 0..=limits::COMMANDS {
            discard(&mut commands, &mut ctx);
        }
        assert_eq!(answers(&mut ctx), [Some(CommandFailure::Busy)]);
    }
}
