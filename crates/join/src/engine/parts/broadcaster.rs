//! The broadcasts that we owe the others, until the server has sent them back.
//!
//! ```text
//! due ── sent ──▶ in flight ── taken ──▶ taken, not echoed ── echoed ──▶ gone
//!  ▲                  │                        │
//!  └──── pause ◀──────┴── refused, lost ◀──────┘ too long
//! ```
//!
//! Everything goes when the height moves on. Implements `spec/protocol.md`, 5 and 7.

use core::time::Duration;

use confcall_media::Moment;
use confcall_state::verification::RoundCounts;
use confcall_state::wire::{Broadcast, BroadcastContent};
use confcall_state::{Height, UserId};

use crate::api::reaction::Reaction;
use crate::api::{CallRef, Method, Response, SendConferenceCallBroadcast, Updates};
use crate::engine::context::Context;
use crate::engine::event::{Event, Suspicion};
use crate::engine::failure::Failure;
use crate::engine::purpose::Purpose;
use crate::engine::requests::Ticket;
use crate::engine::timers::Timer;
use crate::limits;

const METHOD: Method = Method::SendConferenceCallBroadcast;
/// The number of times that a broadcast is sent again.
const RETRIES: u32 = 5;
/// The first pause, which doubles.
const PAUSE: Duration = Duration::from_millis(250);
/// The time that the server may take to answer a broadcast, and then to send it back.
const ECHO: Duration = Duration::from_secs(4);

/// The broadcasts that were not echoed yet.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Broadcaster(Vec<Owed>);

#[derive(Clone, Debug)]
struct Owed {
    broadcast: Broadcast,
    progress: Progress,
    tries: u32,
}

#[derive(Clone, Copy, Debug)]
enum Progress {
    /// To be sent at this moment.
    Due(Moment),
    /// Without an answer; to be sent again at this moment.
    InFlight(Ticket, Moment),
    /// To be sent again at this moment, unless it is echoed before.
    Taken(Moment),
}

/// The rest of what an answer asks for.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::engine) enum Sequel {
    /// Take in the updates that came with it.
    TakeIn(Updates),
    /// Read the blocks: there is a newer one.
    ReadBlocks,
    /// Read the broadcasts.
    ReadBroadcasts,
    /// Read the broadcasts again from the first: the server has one of ours where we have not looked.
    ReadBroadcastsAgain,
    /// Nothing.
    Nothing,
}

impl Broadcaster {
    /// Adds what the verification says, to be sent at once, but for what the server has sent back already: to whom we said
    /// it before a restart.
    pub(in crate::engine) fn add(
        &mut self,
        now: Moment,
        us: UserId,
        counts: &RoundCounts,
        said: Vec<Broadcast>,
    ) {
        let is_counted = |broadcast: &Broadcast| match broadcast.content {
            BroadcastContent::Commit { .. } => counts.commit_of(us).is_some(),
            BroadcastContent::Reveal { .. } => counts.revealed().any(|user| user == us),
        };
        let new = said.into_iter().filter(|broadcast| !is_counted(broadcast));
        self.0.extend(new.map(|broadcast| Owed {
            broadcast,
            progress: Progress::Due(now),
            tries: 0,
        }));
    }

    /// Drops what is about another height.
    pub(in crate::engine) fn keep_height(&mut self, ctx: &mut Context, height: Height) {
        self.keep(ctx, |ours| ours.height == height);
    }

    /// Notes that the server has sent one of our broadcasts back.
    pub(in crate::engine) fn echoed(&mut self, ctx: &mut Context, broadcast: &Broadcast) {
        let is_commit = |one: &Broadcast| matches!(one.content, BroadcastContent::Commit { .. });
        self.keep(ctx, |ours| {
            ours.height != broadcast.height || is_commit(ours) != is_commit(broadcast)
        });
    }

    /// Drops the broadcasts that need not be sent any more, those that are held back included.
    fn keep(&mut self, ctx: &mut Context, stays: impl Fn(&Broadcast) -> bool) {
        self.0.retain(|one| {
            let stays = stays(&one.broadcast);
            if let Progress::InFlight(ticket, _) = one.progress
                && !stays
            {
                ctx.abandon(ticket);
            }
            stays
        });
    }

    /// True if the server could have sent something back that it has not: what is held back it does not owe us.
    pub(in crate::engine) fn is_owed(&self, ctx: &Context) -> bool {
        self.0.iter().any(|one| match one.progress {
            Progress::InFlight(ticket, _) => !ctx.holds_back(ticket),
            Progress::Due(_) | Progress::Taken(_) => true,
        })
    }

    /// Sends every broadcast that is due.
    pub(in crate::engine) fn send_due(&mut self, ctx: &mut Context, call: CallRef) {
        // A server that makes blocks can have us want to send any number.
        let has_room = |ctx: &Context| ctx.under_way() < limits::REQUESTS;
        for one in &mut self.0 {
            if one.due().is_some_and(|due| due <= ctx.now) && has_room(ctx) {
                if let Progress::InFlight(ticket, again) = &mut one.progress {
                    if ctx.holds_back(*ticket) {
                        // It has not been sent yet.
                        *again = ctx.now + ECHO;
                        continue;
                    }
                    // It may have got there: its answer is heard, and a refusal of the next one is no news.
                    ctx.abandon(*ticket);
                }
                let body = SendConferenceCallBroadcast {
                    call: call.into(),
                    broadcast: one.broadcast.to_bytes(),
                };
                one.tries += 1;
                let ticket = ctx.send(Purpose::Broadcast, body);
                one.progress = Progress::InFlight(ticket, ctx.now + ECHO);
            }
        }
        match self.0.iter().filter_map(Owed::due).min() {
            Some(due) if has_room(ctx) => ctx.timers.set(Timer::Broadcast, due),
            // The next answer makes room, and brings us here again.
            _ => ctx.timers.cancel(Timer::Broadcast),
        }
    }

    /// Takes the answer to a broadcast of ours.
    pub(in crate::engine) fn answered(
        &mut self,
        ctx: &mut Context,
        ticket: Ticket,
        result: Result<Response, Failure>,
    ) -> Sequel {
        let failure = match result {
            Ok(response) => {
                self.set(ticket, Progress::Taken(ctx.now + ECHO));
                return match response.into_updates() {
                    Ok(updates) => Sequel::TakeIn(updates),
                    Err(_) => Sequel::Nothing,
                };
            }
            Err(failure) => failure,
        };
        let reaction = failure.reaction(METHOD);
        match failure {
            // The member finds out whether it is one, and ends or joins again.
            Failure::Refused(_) if reaction == Some(Reaction::Rejoin) => Sequel::Nothing,
            Failure::Refused(_) if reaction == Some(Reaction::CatchUpAndDrop) => {
                self.remove(ticket);
                Sequel::ReadBlocks
            }
            Failure::Refused(error)
                if matches!(reaction, Some(Reaction::DropAndReport | Reaction::Report)) =>
            {
                match self.remove(ticket) {
                    Some(1) => {
                        let refused = Suspicion::BroadcastRefused(error);
                        ctx.event(Event::Suspicious(refused));
                        Sequel::ReadBroadcasts
                    }
                    // An earlier try had got there.
                    Some(_) => Sequel::ReadBroadcastsAgain,
                    None => Sequel::ReadBroadcasts,
                }
            }
            failure => {
                self.retry(ctx, ticket, &failure);
                Sequel::Nothing
            }
        }
    }

    fn retry(&mut self, ctx: &mut Context, ticket: Ticket, failure: &Failure) {
        let Some(one) = self.find(ticket) else {
            return;
        };
        if one.tries > RETRIES {
            one.progress = Progress::Due(ctx.now);
            return;
        }
        let doubled = 1_u32.checked_shl(one.tries - 1).unwrap_or(u32::MAX);
        let pause = PAUSE.saturating_mul(doubled);
        one.progress = Progress::Due(ctx.now + pause);
        let attempt = one.tries.saturating_add(1);
        ctx.retrying(failure.trouble(METHOD), pause, attempt);
    }

    /// Drops a broadcast that will never be taken; gives the number of tries if it was still waited for.
    fn remove(&mut self, ticket: Ticket) -> Option<u32> {
        let tries = self.find(ticket).map(|one| one.tries);
        self.0.retain(|one| !one.is_in_flight(ticket));
        tries
    }

    fn set(&mut self, ticket: Ticket, progress: Progress) {
        if let Some(one) = self.find(ticket) {
            one.progress = progress;
        }
    }

    fn find(&mut self, ticket: Ticket) -> Option<&mut Owed> {
        self.0.iter_mut().find(|one| one.is_in_flight(ticket))
    }
}

impl Owed {
    fn is_in_flight(&self, ticket: Ticket) -> bool {
        matches!(self.progress, Progress::InFlight(id, _) if id == ticket)
    }

    /// The moment at which it is to be sent, unless it was tried often enough.
    fn due(&self) -> Option<Moment> {
        let (Progress::Due(at) | Progress::InFlight(_, at) | Progress::Taken(at)) = self.progress;
        (self.tries <= RETRIES).then_some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::RpcError;
    use crate::engine::io::{Outcome, RequestId};
    use crate::engine::testing::{CALL, USER, advance, context, outputs, refused, verification};

    /// A broadcaster that owes the commit to the first block of our call.
    fn broadcaster(ctx: &Context) -> Broadcaster {
        let mut verification = verification(1);
        let said = verification.take_outbound();
        let mut broadcaster = Broadcaster::default();
        broadcaster.add(ctx.now, USER, verification.counts(), said);
        broadcaster
    }

    /// Sends what is due; gives the ticket of the only broadcast, if it went out.
    fn send(broadcaster: &mut Broadcaster, ctx: &mut Context) -> Option<Ticket> {
        broadcaster.send_due(ctx, CALL);
        match (outputs(ctx).0.len(), broadcaster.0.first()?.progress) {
            (1, Progress::InFlight(ticket, _)) => Some(ticket),
            _ => None,
        }
    }

    #[test]
    fn a_broadcast_is_owed_until_it_comes_back() {
        let mut ctx = context();
        let mut broadcaster = broadcaster(&ctx);
        let ticket = send(&mut broadcaster, &mut ctx).unwrap();
        let taken = Ok(Updates::default().into());
        let sequel = broadcaster.answered(&mut ctx, ticket, taken);
        assert_eq!(sequel, Sequel::TakeIn(Updates::default()));
        assert!(broadcaster.is_owed(&ctx));
        // The server took it and has not sent it back: it is sent again.
        advance(&mut ctx, ECHO);
        assert!(send(&mut broadcaster, &mut ctx).is_some());
        let ours = broadcaster.0[0].broadcast;
        broadcaster.echoed(&mut ctx, &ours);
        assert!(!broadcaster.is_owed(&ctx));
    }

    #[test]
    fn a_broadcast_without_an_answer_is_sent_again_and_its_late_answer_is_heard() {
        let mut ctx = context();
        let mut broadcaster = broadcaster(&ctx);
        let lost = send(&mut broadcaster, &mut ctx).unwrap();
        advance(&mut ctx, ECHO - Duration::from_millis(1));
        broadcaster.send_due(&mut ctx, CALL);
        assert_eq!(outputs(&mut ctx).0.len(), 0);
        assert_eq!(ctx.timers.next(), Some(ctx.now + Duration::from_millis(1)));
        advance(&mut ctx, Duration::from_millis(1));
        let second = send(&mut broadcaster, &mut ctx).unwrap();
        assert_ne!(second, lost);
        // The first had got there, and only its answer was late.
        let taken = Ok(Updates::default().into());
        let sequel = broadcaster.answered(&mut ctx, lost, taken);
        assert_eq!(sequel, Sequel::TakeIn(Updates::default()));
        let refusal = refused(400, "BLOCK_INVALID");
        let sequel = broadcaster.answered(&mut ctx, second, refusal);
        assert_eq!(sequel, Sequel::ReadBroadcastsAgain);
        assert!(outputs(&mut ctx).1.is_empty());
    }

    #[test]
    fn a_refused_broadcast_is_reported_if_no_earlier_try_can_have_got_there() {
        for (losses, sequel) in [
            (0, Sequel::ReadBroadcasts),
            (1, Sequel::ReadBroadcastsAgain),
        ] {
            let mut ctx = context();
            let mut broadcaster = broadcaster(&ctx);
            let mut ticket = send(&mut broadcaster, &mut ctx).unwrap();
            for _ in 0..losses {
                broadcaster.answered(&mut ctx, ticket, Err(Failure::Lost));
                assert!(send(&mut broadcaster, &mut ctx).is_none());
                advance(&mut ctx, PAUSE);
                ticket = send(&mut broadcaster, &mut ctx).unwrap();
            }
            let refusal = refused(400, "BLOCK_INVALID");
            let answered = broadcaster.answered(&mut ctx, ticket, refusal);
            assert_eq!(answered, sequel);
            assert_eq!(outputs(&mut ctx).1.len(), 1 - losses);
            assert!(broadcaster.0.is_empty());
        }
    }

    #[test]
    fn another_block_drops_what_is_under_way() {
        let mut ctx = context();
        let mut broadcaster = broadcaster(&ctx);
        let ticket = send(&mut broadcaster, &mut ctx).unwrap();
        broadcaster.keep_height(&mut ctx, Height::new(1));
        assert!(!broadcaster.is_owed(&ctx));
        let late = broadcaster.answered(&mut ctx, ticket, Err(Failure::Lost));
        assert_eq!(late, Sequel::Nothing);
        assert!(outputs(&mut ctx).1.is_empty());
    }

    #[test]
    fn a_broadcast_that_was_echoed_is_not_sent_when_its_wait_is_over() {
        let mut ctx = context();
        let mut broadcaster = broadcaster(&ctx);
        let ticket = send(&mut broadcaster, &mut ctx).unwrap();
        // A wait of any length is one that a broadcast bears.
        let wait = Outcome::Refused(RpcError::new(420, "FLOOD_WAIT_3600"));
        assert!(ctx.answered(RequestId(0), wait).is_none());
        assert!(ctx.holds_back(ticket) && !broadcaster.is_owed(&ctx));
        let ours = broadcaster.0[0].broadcast;
        broadcaster.echoed(&mut ctx, &ours);
        advance(&mut ctx, Duration::from_secs(3600));
        ctx.send_held_back();
        assert!(outputs(&mut ctx).0.is_empty());
    }
}
