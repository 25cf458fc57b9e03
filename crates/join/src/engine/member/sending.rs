//! Sending what the verification says, until the server has sent it back.

use confcall_state::wire::{Broadcast, BroadcastContent};

use super::super::context::Context;
use super::super::event::{Event, Suspicion, Trouble};
use super::super::io::{Outcome, RequestId};
use super::super::outbox::Retry;
use super::super::timers::Timer;
use super::{Flow, Member, Pending};
use crate::api::reaction::Reaction;
use crate::api::{Method, SendConferenceCallBroadcast, SubChain};

impl Member {
    /// Sends every broadcast that is due.
    pub(super) fn send_broadcasts(&mut self, ctx: &mut Context) {
        let mut said = ctx.secrets.take_outbound(&mut self.membership);
        said.retain(|broadcast| !self.is_counted(broadcast));
        self.outbox.add(ctx.now, said);
        let method = Method::SendConferenceCallBroadcast;
        if let Some(until) = ctx.waits.until(ctx.now, method) {
            return ctx.timers.set(Timer::Outbox, until);
        }
        while self.may_ask()
            && self.outbox.send_due(ctx.now, |broadcast| {
                let request = ctx.send(SendConferenceCallBroadcast {
                    call: self.call.clone(),
                    broadcast: broadcast.to_bytes(),
                });
                self.pending.insert(request, Pending::Broadcast);
                request
            })
        {}
        match self.outbox.next_due() {
            Some(due) if self.may_ask() => ctx.timers.set(Timer::Outbox, due),
            // The next answer makes room, and brings us here again.
            _ => ctx.timers.cancel(Timer::Outbox),
        }
    }

    /// Whether the server has sent it back already, to whom we said it before a restart.
    fn is_counted(&self, broadcast: &Broadcast) -> bool {
        let (counts, us) = (self.membership.verification(), self.user_id());
        match broadcast.content {
            BroadcastContent::Commit { .. } => counts.commit_of(us).is_some(),
            BroadcastContent::Reveal { .. } => counts.revealed().any(|user| user == us),
        }
    }

    pub(super) fn broadcast_answered(
        &mut self,
        ctx: &mut Context,
        request: RequestId,
        outcome: Outcome,
    ) -> Flow {
        let method = Method::SendConferenceCallBroadcast;
        let failed = match outcome {
            Outcome::Done(response) => {
                self.outbox.taken(ctx.now, request);
                return match response.into_updates() {
                    Ok(updates) => self.take_updates(ctx, updates),
                    Err(_) => Ok(()),
                };
            }
            failed => failed,
        };
        let reaction = self.reaction(ctx, method, &failed)?;
        let wait = match (&failed, reaction) {
            (_, Reaction::CatchUpAndDrop) => {
                self.outbox.drop_sent(request);
                self.poll_soon(ctx, SubChain::Blocks);
                return Ok(());
            }
            (Outcome::Refused(error), Reaction::DropAndReport | Reaction::Unknown) => {
                match self.outbox.drop_sent(request) {
                    Some(1) => {
                        let refused = Suspicion::BroadcastRefused(error.clone());
                        ctx.event(Event::Suspicious(refused));
                    }
                    // The server had it already, and where it is we have not looked.
                    Some(_) => self.read_broadcasts_anew(),
                    None => {}
                }
                self.poll_soon(ctx, SubChain::Broadcasts);
                return Ok(());
            }
            (_, Reaction::WaitThenRepeat(wait)) => Some(wait),
            _ => None,
        };
        if let Retry::After(pause) = self.outbox.failed(ctx.now, request, wait) {
            ctx.retrying(Trouble::failed(method, failed), pause, 2);
        }
        Ok(())
    }
}
