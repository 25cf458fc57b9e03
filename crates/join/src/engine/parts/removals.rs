//! The removal of members who left, and of those who are to leave.
//!
//! ```text
//! in the chain, not in the roster ── 3 to 6 s ──▶ the whole roster is loaded
//!                                                      │ still not in it
//!                                                      ▼
//! kick ───────────────────────────────▶ removal ── grace ──▶ block ──▶ request ── taken ──▶ in our chain: done
//!                                           ▲                             │
//!                                           └── catch up, back off ◀── race, lost answer
//! ```
//!
//! A roster that did not load completely removes no member. Implements `spec/protocol.md`, 8.

use core::time::Duration;
use std::collections::BTreeMap;

use confcall_media::Moment;
use confcall_state::{ChainState, Height, UserId};

use super::roster::Roster;
use crate::api::reaction::Reaction;
use crate::api::{
    CallRef, DeleteConferenceCallParticipants, Method, Removal as Mode, Response, Updates,
};
use crate::engine::backoff::Backoff;
use crate::engine::command::{CommandFailure, EFFECT, Order};
use crate::engine::context::Context;
use crate::engine::event::{Event, Suspicion};
use crate::engine::failure::Failure;
use crate::engine::purpose::Purpose;
use crate::engine::requests::Ticket;
use crate::engine::timers::Timer;
use crate::limits;
use crate::membership::ChangeError;

const METHOD: Method = Method::DeleteConferenceCallParticipants;
/// The least time for which a member is not listed before the roster is loaded to make sure.
const UNLISTED: Duration = Duration::from_secs(3);
/// The least time between being sure and writing a block; of many members one comes first.
const GRACE: Duration = Duration::from_secs(2);
/// The time before a member whose removal failed is looked at again.
const LATER: Duration = Duration::from_secs(60);

/// The removals that are under way, and the members who may have left.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Removals {
    waiting: Vec<Removal>,
    unlisted: BTreeMap<UserId, Unlisted>,
    /// The block whose members were last compared with the roster.
    compared: Option<Height>,
}

/// The things that removals see of the call.
#[derive(Clone, Copy)]
pub(in crate::engine) struct View<'a> {
    pub(in crate::engine) call: CallRef,
    pub(in crate::engine) us: UserId,
    pub(in crate::engine) chain: &'a ChainState,
    pub(in crate::engine) roster: &'a Roster,
}

/// Some users who are to be removed by one block.
#[derive(Clone, Debug)]
struct Removal {
    cause: Cause,
    users: Vec<UserId>,
    backoff: Backoff,
    progress: Progress,
    /// The height and the users of the last block that was built.
    built: Option<(Height, Vec<UserId>)>,
    /// The failure of the tries so far; lost, if one of them may have been carried out.
    failure: Option<Failure>,
}

/// The cause of a removal.
#[derive(Clone, Copy, Debug)]
enum Cause {
    /// The users left.
    Left,
    /// The caller wants it.
    Kick(Order),
}

#[derive(Clone, Copy, Debug)]
enum Progress {
    Due(Moment),
    InFlight(Ticket),
    /// The server took the block, which must come until this moment.
    Taken(Moment),
}

/// A member of the chain whom the roster does not list.
#[derive(Clone, Copy, Debug)]
struct Unlisted {
    /// The moment at which the roster is loaded to make sure.
    look_at: Moment,
    /// True if that load has begun.
    confirming: bool,
    reported: bool,
}

/// The rest of what an answer asks for.
#[derive(Debug)]
pub(in crate::engine) enum Sequel {
    /// Take in the updates that came with it, and read the blocks soon.
    TakeIn(Updates),
    /// Read the blocks at once: the next block stands on what the chain is then.
    ReadBlocks,
    /// Nothing.
    Nothing,
}

impl View<'_> {
    fn has_member(&self, user: UserId) -> bool {
        self.chain.group_state().by_user(user).is_some()
    }

    fn is_unlisted(&self, user: UserId) -> bool {
        user != self.us && !self.roster.lists(user) && self.has_member(user)
    }
}

/// The watch over the members whom the roster does not list.
impl Removals {
    /// Keeps watch; `has_moved` says whether the roster may be another than when this was last asked.
    pub(in crate::engine) fn watch(&mut self, ctx: &mut Context, view: View<'_>, has_moved: bool) {
        // Most inputs change neither, and comparing two hundred members costs more than all the rest of a poll.
        let height = Some(view.chain.height());
        let is_other_block = core::mem::replace(&mut self.compared, height) != height;
        if has_moved || is_other_block {
            self.note_unlisted(ctx, view);
        }
        let waiting = self.unlisted.values().filter(|one| !one.confirming);
        if let Some(look_at) = waiting.map(|one| one.look_at).min() {
            ctx.timers.set_earlier(Timer::Unlisted, look_at);
        }
    }

    fn note_unlisted(&mut self, ctx: &mut Context, view: View<'_>) {
        self.unlisted.retain(|user, _| view.is_unlisted(*user));
        // One load of the roster serves all who are missed at once.
        let mut look_at = None;
        for one in &view.chain.group_state().participants {
            if view.is_unlisted(one.user_id) {
                self.unlisted
                    .entry(one.user_id)
                    .or_insert_with(|| Unlisted {
                        look_at: *look_at.get_or_insert_with(|| ctx.now + ctx.spread(UNLISTED)),
                        confirming: false,
                        reported: false,
                    });
            }
        }
    }

    /// Gives whether the roster must be loaded to make sure of those who have not been listed for a while.
    pub(in crate::engine) fn must_confirm(&mut self, ctx: &Context) -> bool {
        let now = ctx.now;
        // A server that makes rosters can have us want any number of loads.
        let has_room = ctx.under_way() < limits::REQUESTS;
        let mut must_load = false;
        let all = self.unlisted.values_mut();
        for one in all.filter(|one| !one.confirming && one.look_at <= now) {
            if has_room {
                one.confirming = true;
                must_load = true;
            } else {
                one.look_at = now + UNLISTED;
            }
        }
        must_load
    }

    /// Takes note of a complete roster: a member who was not in it before and is not in it now has left or is hidden.
    pub(in crate::engine) fn roster_is_complete(&mut self, ctx: &mut Context) {
        let mut stale = Vec::new();
        for (user, one) in self.unlisted.iter_mut().filter(|(_, one)| one.confirming) {
            one.confirming = false;
            one.look_at = ctx.now + LATER;
            if !core::mem::replace(&mut one.reported, true) {
                ctx.event(Event::Suspicious(Suspicion::UnlistedMember(*user)));
            }
            stale.push(*user);
        }
        // A kick of the same user is under way.
        stale.retain(|user| !self.removes(*user));
        if !stale.is_empty() && !self.is_full() {
            let pause = ctx.spread(GRACE);
            self.add(Cause::Left, stale, ctx.now + pause);
        }
    }
}

/// The removals themselves.
impl Removals {
    /// Queues the removal of users against their will.
    pub(in crate::engine) fn kick(
        &mut self,
        ctx: &mut Context,
        view: View<'_>,
        order: Order,
        users: Vec<UserId>,
    ) {
        let absent = users.iter().find(|user| !view.has_member(**user));
        if users.contains(&view.us) {
            let why = ChangeError::Ourselves.to_string();
            ctx.failed(order, CommandFailure::Block(why));
        } else if let Some(user) = absent {
            ctx.failed(order, CommandFailure::NotAMember(*user));
        } else if self.is_full() {
            ctx.failed(order, CommandFailure::Busy);
        } else {
            self.add(Cause::Kick(order), users, ctx.now);
        }
    }

    /// Notes that blocks removed users: a user who comes back is not to be removed for what was before.
    pub(in crate::engine) fn are_gone(&mut self, users: &[UserId]) {
        for one in &mut self.waiting {
            one.users.retain(|user| !users.contains(user));
        }
    }

    fn add(&mut self, cause: Cause, users: Vec<UserId>, due: Moment) {
        self.waiting.push(Removal {
            cause,
            users,
            backoff: Backoff::new(Duration::from_millis(250), Duration::from_secs(4), 12),
            progress: Progress::Due(due),
            built: None,
            failure: None,
        });
    }

    fn is_full(&self) -> bool {
        self.waiting.len() >= limits::REMOVALS
    }

    fn removes(&self, user: UserId) -> bool {
        self.waiting.iter().any(|one| one.users.contains(&user))
    }

    /// Sends the removals that are due; `build` makes the block without some users.
    pub(in crate::engine) fn send_due(
        &mut self,
        ctx: &mut Context,
        view: View<'_>,
        build: impl Fn(&mut Context, &[UserId]) -> Result<Vec<u8>, String>,
    ) {
        self.waiting
            .iter_mut()
            .for_each(|one| one.drop_stale(ctx, view));
        self.waiting.retain(|one| !one.is_over(ctx, view));
        let is_due = |one: &Removal, now| matches!(one.progress, Progress::Due(at) if at <= now);
        while let Some(at) = self.waiting.iter().position(|one| is_due(one, ctx.now)) {
            let mut removal = self.waiting.remove(at);
            if let Some(ticket) = removal.send(ctx, view, &build) {
                removal.progress = Progress::InFlight(ticket);
                self.waiting.push(removal);
            }
        }
        let due = self.waiting.iter().filter_map(|one| match one.progress {
            Progress::Due(at) | Progress::Taken(at) => Some(at),
            Progress::InFlight(_) => None,
        });
        match due.min() {
            Some(due) => ctx.timers.set(Timer::Removal, due),
            None => ctx.timers.cancel(Timer::Removal),
        }
    }

    /// Takes the answer to a removal.
    pub(in crate::engine) fn answered(
        &mut self,
        ctx: &mut Context,
        ticket: Ticket,
        result: Result<Response, Failure>,
    ) -> Sequel {
        let is_it = |one: &Removal| matches!(one.progress, Progress::InFlight(id) if id == ticket);
        let Some(at) = self.waiting.iter().position(is_it) else {
            return Sequel::Nothing;
        };
        let mut removal = self.waiting.remove(at);
        let failure = match result {
            Ok(response) => {
                // The server's word is no block, so the chain must say it too.
                removal.progress = Progress::Taken(ctx.now + EFFECT);
                self.waiting.push(removal);
                return Sequel::TakeIn(response.into_updates().unwrap_or_default());
            }
            Err(failure) => failure,
        };
        removal.note(&failure);
        let pause = match failure.reaction(METHOD) {
            None
            | Some(
                Reaction::CatchUpAndRebuild
                | Reaction::CheckTipFirst
                | Reaction::RefreshReferenceOnce
                | Reaction::RetryWithBackoff,
            ) => removal.backoff.next(&mut ctx.public_rng),
            Some(Reaction::WaitThenRepeat(_)) => None,
            // Refused for itself, or because we are no member any more.
            Some(_) => {
                removal.failed(ctx, failure);
                return Sequel::Nothing;
            }
        };
        match pause {
            Some(pause) => {
                let attempt = removal.backoff.used().saturating_add(1);
                ctx.retrying(failure.trouble(METHOD), pause, attempt);
                removal.progress = Progress::Due(ctx.now + pause);
                self.waiting.push(removal);
            }
            None => removal.failed(ctx, failure),
        }
        Sequel::ReadBlocks
    }

    /// Answers the kicks that wait in a membership that ends.
    pub(in crate::engine) fn give_up(&mut self, ctx: &mut Context) {
        for removal in core::mem::take(&mut self.waiting) {
            let failure = removal.failure.clone();
            let why = match removal.progress {
                Progress::Taken(_) => CommandFailure::NoEffect,
                Progress::InFlight(ticket) if !ctx.holds_back(ticket) => CommandFailure::Unanswered,
                _ => failure.map_or(CommandFailure::NotJoined, CommandFailure::from),
            };
            removal.failed(ctx, why);
        }
    }
}

impl Removal {
    fn mode(&self) -> Mode {
        match self.cause {
            Cause::Left => Mode::OnlyLeft,
            Cause::Kick(_) => Mode::Kick,
        }
    }

    /// Gives up a block that is held back, once it would be refused or would remove others than it should.
    fn drop_stale(&mut self, ctx: &mut Context, view: View<'_>) {
        let Progress::InFlight(ticket) = self.progress else {
            return;
        };
        let is_stale = |(height, users): &(Height, Vec<UserId>)| {
            *height != view.chain.height() || *users != self.users_in(view)
        };
        if ctx.holds_back(ticket) && self.built.as_ref().is_some_and(is_stale) {
            ctx.abandon(ticket);
            self.progress = Progress::Due(ctx.now);
        }
    }

    /// Gives whether a block that the server took has come, or had its time to come.
    fn is_over(&self, ctx: &mut Context, view: View<'_>) -> bool {
        let Progress::Taken(until) = self.progress else {
            return false;
        };
        let is_done = self.users_in(view).is_empty();
        if is_done {
            self.done(ctx);
        } else if until <= ctx.now {
            self.failed(ctx, CommandFailure::NoEffect);
        }
        is_done || until <= ctx.now
    }

    /// Keeps the failure of a try; after one that may have been carried out, a refusal of the next proves nothing.
    fn note(&mut self, failure: &Failure) {
        let in_doubt = matches!(
            failure.reaction(METHOD),
            None | Some(Reaction::CheckTipFirst)
        );
        if in_doubt {
            self.failure = Some(Failure::Lost);
        } else if !matches!(self.failure, Some(Failure::Lost)) {
            self.failure = Some(failure.clone());
        }
    }

    /// The users who are still to be removed.
    fn users_in(&self, view: View<'_>) -> Vec<UserId> {
        let is_back = |user: UserId| self.mode() == Mode::OnlyLeft && view.roster.lists(user);
        let users = self.users.iter().copied();
        users
            .filter(|user| view.has_member(*user) && !is_back(*user))
            .collect()
    }

    /// Sends a block without the users who are still to be removed; `None` if nothing is left to do.
    fn send(
        &mut self,
        ctx: &mut Context,
        view: View<'_>,
        build: impl Fn(&mut Context, &[UserId]) -> Result<Vec<u8>, String>,
    ) -> Option<Ticket> {
        let (removal, ids) = (self.mode(), self.users_in(view));
        if ids.is_empty() {
            // Another member was faster, or a block of ours whose answer was lost.
            self.done(ctx);
            return None;
        }
        match build(ctx, &ids) {
            Ok(block) => {
                self.built = Some((view.chain.height(), ids.clone()));
                let body = DeleteConferenceCallParticipants {
                    removal,
                    call: view.call.into(),
                    ids,
                    block,
                };
                Some(ctx.send(Purpose::Removal, body))
            }
            Err(why) => {
                self.failed(ctx, CommandFailure::Block(why));
                None
            }
        }
    }

    fn done(&self, ctx: &mut Context) {
        if let Cause::Kick(order) = self.cause {
            ctx.done(order);
        }
    }

    fn failed(&self, ctx: &mut Context, why: impl Into<CommandFailure>) {
        if let Cause::Kick(order) = self.cause {
            ctx.failed(order, why);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Request, RpcError};
    use crate::engine::command::{CommandId, CommandKind};
    use crate::engine::testing::{CALL, US, advance, chain, context, outputs, refused};

    const KICK: Order = Order {
        id: CommandId::new(1),
        kind: CommandKind::Kick,
    };

    fn view<'a>(chain: &'a ChainState, roster: &'a Roster) -> View<'a> {
        View {
            call: CALL,
            us: US.user_id,
            chain,
            roster,
        }
    }

    /// Sends what is due; gives the users of each block that went out.
    fn send(removals: &mut Removals, ctx: &mut Context, view: View<'_>) -> Vec<Vec<UserId>> {
        removals.send_due(ctx, view, |_, _| Ok(Vec::new()));
        let removed = outputs(ctx).0.into_iter().filter_map(|body| match body {
            Request::Remove(remove) => Some(remove.ids),
            _ => None,
        });
        removed.collect()
    }

    fn in_flight(removals: &Removals) -> Ticket {
        match removals.waiting[0].progress {
            Progress::InFlight(ticket) => ticket,
            Progress::Due(at) | Progress::Taken(at) => panic!("due at {at:?}"),
        }
    }

    #[test]
    fn a_member_is_removed_once_a_whole_roster_has_confirmed_that_it_left() {
        let (mut removals, mut ctx) = (Removals::default(), context());
        let (chain, nobody) = (chain(3), Roster::default());
        let view = view(chain.state(), &nobody);
        removals.watch(&mut ctx, view, true);
        // A load that began before says nothing.
        removals.roster_is_complete(&mut ctx);
        assert!(outputs(&mut ctx).1.is_empty());
        assert!(!removals.must_confirm(&ctx));
        advance(&mut ctx, UNLISTED * 2);
        assert!(removals.must_confirm(&ctx));
        removals.roster_is_complete(&mut ctx);
        let reported = outputs(&mut ctx).1.len();
        assert_eq!(reported, 2);
        assert!(send(&mut removals, &mut ctx, view).is_empty());
        advance(&mut ctx, GRACE * 2);
        let users = vec![UserId::new(2), UserId::new(3)];
        assert_eq!(send(&mut removals, &mut ctx, view), [users]);
    }

    #[test]
    fn a_raced_removal_is_built_again_and_one_that_is_refused_for_itself_is_not() {
        let chain = chain(2);
        let nobody = Roster::default();
        let view = view(chain.state(), &nobody);
        for (name, is_again) in [("CONF_WRITE_CHAIN_INVALID", true), ("BLOCK_INVALID", false)] {
            let (mut removals, mut ctx) = (Removals::default(), context());
            removals.kick(&mut ctx, view, KICK, vec![UserId::new(2)]);
            send(&mut removals, &mut ctx, view);
            let ticket = in_flight(&removals);
            removals.answered(&mut ctx, ticket, refused(400, name));
            advance(&mut ctx, Duration::from_millis(250));
            let again = send(&mut removals, &mut ctx, view);
            assert_eq!(!again.is_empty(), is_again, "{name}");
        }
    }

    #[test]
    fn a_kick_that_waits_when_the_membership_ends_says_whether_it_was_sent() {
        let chain = chain(2);
        let nobody = Roster::default();
        let view = view(chain.state(), &nobody);
        for (is_sent, expected) in [
            (false, CommandFailure::NotJoined),
            (true, CommandFailure::Unanswered),
        ] {
            let (mut removals, mut ctx) = (Removals::default(), context());
            removals.kick(&mut ctx, view, KICK, vec![UserId::new(2)]);
            if is_sent {
                send(&mut removals, &mut ctx, view);
            }
            removals.give_up(&mut ctx);
            let events = outputs(&mut ctx).1;
            let [Event::Failed { why, .. }] = &events[..] else {
                panic!("{events:?}");
            };
            assert_eq!(*why, expected);
        }
    }

    #[test]
    fn a_refusal_says_what_the_server_said() {
        let chain = chain(2);
        let nobody = Roster::default();
        let view = view(chain.state(), &nobody);
        let (mut removals, mut ctx) = (Removals::default(), context());
        removals.kick(&mut ctx, view, KICK, vec![UserId::new(2)]);
        send(&mut removals, &mut ctx, view);
        let ticket = in_flight(&removals);
        removals.answered(&mut ctx, ticket, refused(403, "GROUPCALL_FORBIDDEN"));
        let events = outputs(&mut ctx).1;
        let [Event::Failed { why, .. }] = &events[..] else {
            panic!("{events:?}");
        };
        let error = RpcError::new(403, "GROUPCALL_FORBIDDEN");
        assert_eq!(*why, CommandFailure::Refused(error));
    }

    /// The answers to the kick; `None` for one that is done.
    fn kicked(ctx: &mut Context) -> Vec<Option<CommandFailure>> {
        let events = outputs(ctx).1.into_iter();
        let answers = events.filter_map(|event| match event {
            Event::Done { .. } => Some(None),
            Event::Failed { why, .. } => Some(Some(why)),
            _ => None,
        });
        answers.collect()
    }

    #[test]
    fn a_kick_is_done_when_its_block_is_in_the_chain_and_fails_fifteen_seconds_after_the_servers_yes()
     {
        let (before, after) = (chain(2), chain(1));
        let nobody = Roster::default();
        let (before, after) = (view(before.state(), &nobody), view(after.state(), &nobody));
        for comes in [true, false] {
            let (mut removals, mut ctx) = (Removals::default(), context());
            removals.kick(&mut ctx, before, KICK, vec![UserId::new(2)]);
            send(&mut removals, &mut ctx, before);
            let ticket = in_flight(&removals);
            removals.answered(&mut ctx, ticket, Ok(Updates::default().into()));
            advance(&mut ctx, EFFECT - Duration::from_millis(1));
            removals.send_due(&mut ctx, before, |_, _| Ok(Vec::new()));
            assert_eq!(kicked(&mut ctx), []);
            assert!(ctx.timers.is_set(Timer::Removal));
            if comes {
                removals.send_due(&mut ctx, after, |_, _| Ok(Vec::new()));
                assert_eq!(kicked(&mut ctx), [None]);
            } else {
                advance(&mut ctx, Duration::from_millis(1));
                removals.send_due(&mut ctx, before, |_, _| Ok(Vec::new()));
                assert_eq!(kicked(&mut ctx), [Some(CommandFailure::NoEffect)]);
            }
            assert!(removals.waiting.is_empty());
        }
    }

    #[test]
    fn a_kick_is_done_although_the_user_comes_back_at_once() {
        let chain = chain(2);
        let nobody = Roster::default();
        let view = view(chain.state(), &nobody);
        let (mut removals, mut ctx) = (Removals::default(), context());
        removals.kick(&mut ctx, view, KICK, vec![UserId::new(2)]);
        send(&mut removals, &mut ctx, view);
        removals.are_gone(&[UserId::new(2)]);
        let ticket = in_flight(&removals);
        removals.answered(&mut ctx, ticket, Ok(Updates::default().into()));
        removals.send_due(&mut ctx, view, |_, _| Ok(Vec::new()));
        assert_eq!(kicked(&mut ctx), [None]);
    }

    #[test]
    fn a_kick_of_a_user_who_is_not_in_the_chain_fails_and_sends_nothing() {
        let chain = chain(2);
        let nobody = Roster::default();
        let view = view(chain.state(), &nobody);
        let (mut removals, mut ctx) = (Removals::default(), context());
        let absent = UserId::new(9);
        removals.kick(&mut ctx, view, KICK, vec![UserId::new(2), absent]);
        assert_eq!(kicked(&mut ctx), [Some(CommandFailure::NotAMember(absent))]);
        assert!(send(&mut removals, &mut ctx, view).is_empty());
    }

    #[test]
    fn a_kick_whose_refusal_ends_the_membership_says_what_the_server_said() {
        let chain = chain(2);
        let nobody = Roster::default();
        let view = view(chain.state(), &nobody);
        let refusal = || refused(400, "GROUPCALL_INVALID");
        let error = RpcError::new(400, "GROUPCALL_INVALID");
        for (answers, expected) in [
            (vec![refusal()], CommandFailure::Refused(error)),
            (
                vec![Err(Failure::Lost), refusal()],
                CommandFailure::Unanswered,
            ),
        ] {
            let (mut removals, mut ctx) = (Removals::default(), context());
            removals.kick(&mut ctx, view, KICK, vec![UserId::new(2)]);
            for answer in answers {
                advance(&mut ctx, Duration::from_secs(1));
                send(&mut removals, &mut ctx, view);
                let ticket = in_flight(&removals);
                removals.answered(&mut ctx, ticket, answer);
            }
            removals.give_up(&mut ctx);
            assert_eq!(kicked(&mut ctx), [Some(expected)]);
        }
    }
}
