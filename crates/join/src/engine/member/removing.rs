//! Removing those who left, and those who are to leave.
//!
//! ```text
//! in the chain, not in the roster ── 3 to 6 s ──▶ the whole roster is loaded
//!                                                      │ still not in it
//!                                                      ▼
//! kick ───────────────────────────────▶ removal ── grace ──▶ block ──▶ request
//!                                           ▲                             │
//!                                           └── catch up, back off ◀── race, lost answer
//! ```
//!
//! A roster that did not load completely removes nobody. Implements `spec/protocol.md`, 8.

use core::time::Duration;
use std::collections::BTreeMap;

use confcall_media::Moment;
use confcall_state::{Height, UserId};

use super::super::context::Context;
use super::super::event::{CommandFailure, Event, Suspicion, Trouble};
use super::super::io::{Outcome, RequestId};
use super::super::orders::Order;
use super::super::timers::Timer;
use super::super::waits::Patience;
use super::{Flow, Member, Pending};
use crate::api::reaction::Reaction;
use crate::api::{DeleteConferenceCallParticipants, Method, Removal as Mode, SubChain};
use crate::engine::backoff::Backoff;
use crate::limits;
use crate::membership::ChangeError;

/// The least time for which somebody is not listed before the roster is loaded to make sure.
const UNLISTED: Duration = Duration::from_secs(3);
/// The least time between being sure and writing a block; of many members one comes first.
const GRACE: Duration = Duration::from_secs(2);
/// The time before somebody whose removal failed is looked at again.
const LATER: Duration = Duration::from_secs(60);

/// The removals that are under way, and who may have left.
#[derive(Clone, Debug, Default)]
pub(super) struct Removals {
    waiting: Vec<Removal>,
    strangers: BTreeMap<UserId, Stranger>,
    /// The block whose members were last compared with the roster.
    compared: Option<Height>,
}

/// Some users who are to be removed by one block.
#[derive(Clone, Debug)]
struct Removal {
    cause: Cause,
    users: Vec<UserId>,
    backoff: Backoff,
    patience: Patience,
    state: State,
}

/// Why users are removed.
#[derive(Clone, Copy, Debug)]
enum Cause {
    /// They left.
    Left,
    /// The caller wants it.
    Kick(Order),
}

#[derive(Clone, Copy, Debug)]
enum State {
    Due(Moment),
    InFlight(RequestId),
}

/// Somebody in the chain whom the roster does not list.
#[derive(Clone, Copy, Debug)]
struct Stranger {
    /// When the roster is loaded to make sure.
    look_at: Moment,
    /// Whether that load has begun.
    confirming: bool,
    told: bool,
}

impl Removal {
    fn mode(&self) -> Mode {
        match self.cause {
            Cause::Left => Mode::OnlyLeft,
            Cause::Kick(_) => Mode::Kick,
        }
    }
}

impl Removals {
    fn add(&mut self, cause: Cause, users: Vec<UserId>, due: Moment) {
        self.waiting.push(Removal {
            cause,
            users,
            backoff: Backoff::new(Duration::from_millis(250), Duration::from_secs(4), 12),
            patience: Patience::default(),
            state: State::Due(due),
        });
    }

    fn is_full(&self) -> bool {
        self.waiting.len() >= limits::REMOVALS
    }

    fn removes(&self, user: UserId) -> bool {
        self.waiting.iter().any(|one| one.users.contains(&user))
    }

    fn take_in_flight(&mut self, request: RequestId) -> Option<Removal> {
        let is_it = |one: &Removal| matches!(one.state, State::InFlight(id) if id == request);
        let at = self.waiting.iter().position(is_it)?;
        Some(self.waiting.remove(at))
    }

    fn take_due(&mut self, now: Moment) -> Option<Removal> {
        let is_due = |one: &Removal| matches!(one.state, State::Due(at) if at <= now);
        let at = self.waiting.iter().position(is_due)?;
        Some(self.waiting.remove(at))
    }

    fn next_due(&self) -> Option<Moment> {
        let due = self.waiting.iter().filter_map(|one| match one.state {
            State::Due(at) => Some(at),
            State::InFlight(_) => None,
        });
        due.min()
    }
}

impl Member {
    /// Queues the removal of users against their will.
    pub(super) fn kick(&mut self, ctx: &mut Context, order: Order, users: Vec<UserId>) {
        if users.contains(&self.user_id()) {
            let why = CommandFailure::Block(ChangeError::Ourselves.to_string());
            ctx.failed(order, why);
        } else if self.removals.is_full() {
            ctx.failed(order, CommandFailure::Busy);
        } else {
            self.removals.add(Cause::Kick(order), users, ctx.now);
        }
    }

    /// Keeps watch over who is in the chain and not in the roster.
    pub(super) fn watch_strangers(&mut self, ctx: &mut Context) {
        // Most inputs change neither, and comparing two hundred members costs more than all the rest of a poll.
        let height = Some(self.membership.state().height());
        let is_other_block = core::mem::replace(&mut self.removals.compared, height) != height;
        if self.roster.take_moved() || is_other_block {
            self.note_strangers(ctx);
        }
        let strangers = self.removals.strangers.values();
        let waiting = strangers.filter(|one| !one.confirming);
        if let Some(look_at) = waiting.map(|one| one.look_at).min() {
            ctx.timers.set_earlier(Timer::Prune, look_at);
        }
    }

    /// Notes who is in the chain and not in the roster.
    fn note_strangers(&mut self, ctx: &mut Context) {
        let us = self.user_id();
        let group_state = self.membership.state().group_state();
        let roster = &self.roster;
        let is_stranger =
            |user: UserId| user != us && !roster.lists(user) && group_state.by_user(user).is_some();
        let strangers = &mut self.removals.strangers;
        strangers.retain(|user, _| is_stranger(*user));
        // One look at the roster serves all who are missed at once.
        let mut look_at = None;
        for one in &group_state.participants {
            if is_stranger(one.user_id) {
                strangers.entry(one.user_id).or_insert_with(|| Stranger {
                    look_at: *look_at.get_or_insert_with(|| ctx.now + Self::spread(ctx, UNLISTED)),
                    confirming: false,
                    told: false,
                });
            }
        }
    }

    /// Loads the roster to make sure of those who have not been listed for a while.
    pub(super) fn look_for_strangers(&mut self, ctx: &mut Context) {
        let (now, may_ask) = (ctx.now, self.may_ask());
        let strangers = self.removals.strangers.values_mut();
        let mut any = false;
        for stranger in strangers.filter(|one| !one.confirming && one.look_at <= now) {
            if may_ask {
                stranger.confirming = true;
                any = true;
            } else {
                stranger.look_at = now + UNLISTED;
            }
        }
        if any {
            // Pages that were read before do not count.
            self.roster.stop_loading();
            self.load_roster(ctx);
        }
    }

    /// The whole roster was read: whoever was not in it before and is not in it now has left or is hidden.
    pub(super) fn roster_is_complete(&mut self, ctx: &mut Context) {
        self.watch_strangers(ctx);
        let mut stale = Vec::new();
        let confirmed = self.removals.strangers.iter_mut();
        for (user, stranger) in confirmed.filter(|(_, one)| one.confirming) {
            stranger.confirming = false;
            stranger.look_at = ctx.now + LATER;
            if !core::mem::replace(&mut stranger.told, true) {
                ctx.event(Event::Suspicious(Suspicion::UnlistedMember(*user)));
            }
            stale.push(*user);
        }
        stale.retain(|user| !self.removals.removes(*user));
        if stale.is_empty() || self.removals.is_full() {
            return;
        }
        let pause = Self::spread(ctx, GRACE);
        self.removals.add(Cause::Left, stale, ctx.now + pause);
    }

    /// Sends the removals that are due.
    pub(super) fn send_removals(&mut self, ctx: &mut Context) {
        let method = Method::DeleteConferenceCallParticipants;
        if let Some(until) = ctx.waits.until(ctx.now, method) {
            return ctx.timers.set(Timer::Removal, until);
        }
        while let Some(removal) = self.removals.take_due(ctx.now) {
            self.send_removal(ctx, removal);
        }
        match self.removals.next_due() {
            Some(due) => ctx.timers.set(Timer::Removal, due),
            None => ctx.timers.cancel(Timer::Removal),
        }
    }

    fn send_removal(&mut self, ctx: &mut Context, mut removal: Removal) {
        let group_state = self.membership.state().group_state();
        let roster = &self.roster;
        let mode = removal.mode();
        let is_back = |user: UserId| mode == Mode::OnlyLeft && roster.lists(user);
        let users = removal.users.iter().copied();
        let users: Vec<_> = users
            .filter(|user| group_state.by_user(*user).is_some() && !is_back(*user))
            .collect();
        if users.is_empty() {
            // Somebody else was faster, or a block of ours whose answer was lost.
            return self.removal_done(ctx, &removal);
        }
        match ctx.secrets.remove(&self.membership, &users) {
            Ok(block) => {
                let body = DeleteConferenceCallParticipants {
                    removal: mode,
                    call: self.call.clone(),
                    ids: users,
                    block,
                };
                let request = self.send(ctx, body, Pending::Removal);
                removal.state = State::InFlight(request);
                self.removals.waiting.push(removal);
            }
            Err(error) => {
                let why = CommandFailure::Block(error);
                self.removal_failed(ctx, &removal, why);
            }
        }
    }

    pub(super) fn removal_answered(
        &mut self,
        ctx: &mut Context,
        request: RequestId,
        outcome: Outcome,
    ) -> Flow {
        let Some(mut removal) = self.removals.take_in_flight(request) else {
            return Ok(());
        };
        let method = Method::DeleteConferenceCallParticipants;
        let failed = match outcome {
            Outcome::Done(response) => {
                let taken = match response.into_updates() {
                    Ok(updates) => self.take_updates(ctx, updates),
                    Err(_) => Ok(()),
                };
                self.removal_done(ctx, &removal);
                self.poll_soon(ctx, SubChain::Blocks);
                return taken;
            }
            failed => failed,
        };
        let reaction = match self.reaction(ctx, method, &failed) {
            Ok(reaction) => reaction,
            Err(departure) => {
                self.removal_failed(ctx, &removal, failure(failed));
                return Err(departure);
            }
        };
        let pause = match (reaction, &failed) {
            (Reaction::WaitThenRepeat(wait), _) => {
                Some(wait).filter(|wait| removal.patience.bears(*wait))
            }
            (Reaction::DropAndReport | Reaction::Unknown, Outcome::Refused(error)) => {
                self.removal_failed(ctx, &removal, CommandFailure::Refused(error.clone()));
                return Ok(());
            }
            _ => removal.backoff.next(&mut ctx.public_rng),
        };
        // Whatever happened, the next block stands on what the chain is then.
        self.poll(ctx, SubChain::Blocks);
        let Some(pause) = pause else {
            self.removal_failed(ctx, &removal, failure(failed));
            return Ok(());
        };
        let attempt = removal.backoff.used().saturating_add(1);
        ctx.retrying(Trouble::failed(method, failed), pause, attempt);
        removal.state = State::Due(ctx.now + pause);
        self.removals.waiting.push(removal);
        Ok(())
    }

    fn removal_done(&mut self, ctx: &mut Context, removal: &Removal) {
        if let Cause::Kick(order) = removal.cause {
            ctx.done(order);
        }
    }

    fn removal_failed(&mut self, ctx: &mut Context, removal: &Removal, why: CommandFailure) {
        if let Cause::Kick(order) = removal.cause {
            ctx.failed(order, why);
        }
    }

    /// Answers the kicks that wait in a membership that ends.
    pub(super) fn give_up_kicks(&mut self, ctx: &mut Context) {
        for removal in core::mem::take(&mut self.removals.waiting) {
            let why = match removal.state {
                State::Due(_) if removal.backoff.used() == 0 => CommandFailure::NotJoined,
                State::Due(_) | State::InFlight(_) => CommandFailure::Unanswered,
            };
            self.removal_failed(ctx, &removal, why);
        }
    }
}

/// What the caller is told of a request that was not carried out.
fn failure(failed: Outcome) -> CommandFailure {
    match failed {
        Outcome::Refused(error) => CommandFailure::Refused(error),
        _ => CommandFailure::Unanswered,
    }
}
