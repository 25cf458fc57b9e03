//! The removal of members who left, and of those who are to leave.
//!
//! ```text
//! absences ── the whole roster does not list them ──┐
//!                                                   ▼
//! kick ──────────────────────────────────────▶ removal ── grace ──▶ block ──▶ request ── taken ──▶ in our chain: done
//!                                                   ▲                             │
//!                                                   └── catch up, back off ◀── race, lost answer
//! ```
//!
//! A block for each who leaves would cost every member an epoch, a verification and two broadcasts: at most one removal of
//! those who left is under way, and each of its blocks takes in all who are known to have left when it is built. A roster that
//! did not load completely removes no member. Implements `spec/protocol.md`, 8.

use core::time::Duration;

use confcall_media::Moment;
use confcall_state::{Block, BlockHash, Height, UserId};

use super::absences::{Absences, GRACE};
use super::call_view::CallView;
use crate::api::reaction::Reaction;
use crate::api::{DeleteConferenceCallParticipants, Method, Removal as Mode, Response, Updates};
use crate::engine::backoff::Backoff;
use crate::engine::command::{CommandFailure, EFFECT, Order};
use crate::engine::context::Context;
use crate::engine::failure::Failure;
use crate::engine::purpose::Purpose;
use crate::engine::requests::Ticket;
use crate::engine::timers::Timer;
use crate::limits;
use crate::membership::ChangeError;

const METHOD: Method = Method::DeleteConferenceCallParticipants;

/// The removals that are under way, and the members who may have left.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Removals {
    waiting: Vec<Removal>,
    absences: Absences,
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
    /// All blocks that were built; each of them may have got there.
    blocks: Vec<BlockHash>,
    /// The failure of the tries so far; lost, if one of them may have been carried out.
    failure: Option<Failure>,
    /// True if the server refused the last block.
    was_refused: bool,
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

/// The members whom the roster does not list.
impl Removals {
    /// Keeps watch; `has_moved` says whether the roster may be another than when this was last asked.
    pub(in crate::engine) fn watch(
        &mut self,
        ctx: &mut Context,
        view: CallView<'_>,
        has_moved: bool,
    ) {
        self.absences.watch(ctx, view, has_moved);
    }

    /// Gives whether the roster must be loaded to make sure of those who have not been listed for a while.
    pub(in crate::engine) fn must_seek(&mut self, ctx: &Context) -> bool {
        self.absences.must_seek(ctx)
    }

    /// Takes note of a complete roster.
    pub(in crate::engine) fn roster_is_complete(&mut self, ctx: &Context) {
        self.absences.roster_is_complete(ctx.now);
    }

    /// The members who have just left, and whom the next block removes.
    pub(in crate::engine) fn leaving(&self) -> impl Iterator<Item = UserId> {
        self.absences.leaving()
    }
}

/// The removals themselves.
impl Removals {
    /// Queues the removal of users against their will.
    pub(in crate::engine) fn kick(
        &mut self,
        ctx: &mut Context,
        view: CallView<'_>,
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

    /// Notes that a block removed users: a user who comes back is not to be removed for what was before.
    pub(in crate::engine) fn are_gone(&mut self, block: BlockHash, users: &[UserId]) {
        for one in self.waiting.iter_mut().filter(|one| one.ends_by(block)) {
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
            blocks: Vec::new(),
            failure: None,
            was_refused: false,
        });
    }

    fn is_full(&self) -> bool {
        self.waiting.len() >= limits::REMOVALS
    }

    /// Queues a removal of those who left, or has the one that waits take in those who are known by now.
    fn follow_absences(&mut self, ctx: &mut Context) {
        let Some(removable_at) = self.absences.removable_at(|user| !self.is_kicked(user)) else {
            return;
        };
        let is_full = self.is_full();
        let mut prunes = self
            .waiting
            .iter_mut()
            .filter(|one| one.mode() == Mode::OnlyLeft);
        match prunes.next() {
            // Roster loads are further apart than the grace is long, so that it is not put off for ever.
            Some(prune) => prune.wait_until(removable_at),
            None if !is_full => {
                let pause = ctx.spread(GRACE);
                self.add(Cause::Left, Vec::new(), ctx.now + pause);
            }
            None => {}
        }
    }

    /// Those who are to be removed because they left; a kick of a user goes before.
    fn stale(&self, now: Moment) -> Vec<UserId> {
        let mut stale = self.absences.stale(now);
        stale.retain(|user| !self.is_kicked(*user));
        stale
    }

    fn is_kicked(&self, user: UserId) -> bool {
        self.waiting.iter().any(|one| one.kicks(user))
    }

    /// Sends the removals that are due; `build` makes the block without some users.
    pub(in crate::engine) fn send_due(
        &mut self,
        ctx: &mut Context,
        view: CallView<'_>,
        build: impl Fn(&mut Context, &[UserId]) -> Result<Block, String>,
    ) {
        self.waiting.retain(|one| !one.is_over(ctx, view));
        self.follow_absences(ctx);
        let stale = self.stale(ctx.now);
        for one in &mut self.waiting {
            one.take_in(ctx, &stale);
            one.drop_stale(ctx, view);
        }
        let is_due = |one: &Removal, now| matches!(one.progress, Progress::Due(at) if at <= now);
        while let Some(at) = self.waiting.iter().position(|one| is_due(one, ctx.now)) {
            let mut removal = self.waiting.remove(at);
            self.absences
                .note_failure(&removal.take_failed(view.chain.height()));
            match removal.send(ctx, view, &build) {
                Some(ticket) => {
                    removal.progress = Progress::InFlight(ticket);
                    self.waiting.push(removal);
                }
                None => self.absences.put_off(ctx.now, removal.left(), false),
            }
        }
        self.absences.suspect(ctx);
        let due = self.waiting.iter().filter_map(|one| match one.progress {
            Progress::Due(at) | Progress::Taken(at) => Some(at),
            Progress::InFlight(_) => None,
        });
        match due.min() {
            Some(due) => ctx.timers.set(Timer::Removal, due),
            None => ctx.timers.cancel(Timer::Removal),
        }
    }

    /// True if a request is a kick, which the caller asked for.
    pub(in crate::engine) fn is_kick(&self, ticket: Ticket) -> bool {
        let mut waiting = self.waiting.iter();
        waiting.any(|one| one.is_under_way_as(ticket) && one.mode() == Mode::Kick)
    }

    /// Takes the answer to a removal.
    pub(in crate::engine) fn answered(
        &mut self,
        ctx: &mut Context,
        ticket: Ticket,
        result: Result<Response, Failure>,
    ) -> Sequel {
        let mut waiting = self.waiting.iter();
        let Some(at) = waiting.position(|one| one.is_under_way_as(ticket)) else {
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
                self.absences.note_failure(removal.left());
                self.absences.put_off(ctx.now, removal.left(), true);
                removal.failed(ctx, failure);
                return Sequel::Nothing;
            }
        };
        removal.was_refused = matches!(failure, Failure::Refused(_));
        match pause {
            Some(pause) => {
                let attempt = removal.backoff.used().saturating_add(1);
                ctx.retrying(failure.trouble(METHOD), pause, attempt);
                removal.progress = Progress::Due(ctx.now + pause);
                self.waiting.push(removal);
            }
            None => {
                self.absences.put_off(ctx.now, removal.left(), false);
                removal.failed(ctx, failure);
            }
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

    fn is_under_way_as(&self, ticket: Ticket) -> bool {
        matches!(self.progress, Progress::InFlight(id) if id == ticket)
    }

    /// True for a kick of this user.
    fn kicks(&self, user: UserId) -> bool {
        self.mode() == Mode::Kick && self.users.contains(&user)
    }

    /// True if a block that removes the users is all that was wanted. The block of another member may have removed them as
    /// those who left, which does not keep out who is to be kicked.
    fn ends_by(&self, block: BlockHash) -> bool {
        self.mode() == Mode::OnlyLeft || self.blocks.contains(&block)
    }

    /// Those who are removed because they left.
    fn left(&self) -> &[UserId] {
        match self.mode() {
            Mode::OnlyLeft => &self.users,
            Mode::Kick => &[],
        }
    }

    /// Puts a removal that was not sent yet off until a moment.
    fn wait_until(&mut self, moment: Moment) {
        if let Progress::Due(at) = &mut self.progress
            && self.backoff.used() == 0
        {
            *at = moment.max(*at);
        }
    }

    /// Takes in all who are known to have left by now, unless its block is on its way.
    fn take_in(&mut self, ctx: &Context, stale: &[UserId]) {
        let is_on_its_way = match self.progress {
            Progress::Due(_) => false,
            Progress::InFlight(ticket) => !ctx.holds_back(ticket),
            Progress::Taken(_) => true,
        };
        if self.mode() == Mode::OnlyLeft && !is_on_its_way {
            self.users = stale.to_vec();
        }
    }

    /// Takes the users whose removal was refused although no other block has come.
    fn take_failed(&mut self, height: Height) -> Vec<UserId> {
        let was_refused = core::mem::take(&mut self.was_refused);
        match &self.built {
            Some((built_on, users)) if was_refused && *built_on == height => users.clone(),
            _ => Vec::new(),
        }
    }

    /// Gives up a block that is held back, once it would be refused or would remove others than it should.
    fn drop_stale(&mut self, ctx: &mut Context, view: CallView<'_>) {
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
    fn is_over(&self, ctx: &mut Context, view: CallView<'_>) -> bool {
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
        if failure.is_in_doubt(METHOD) {
            self.failure = Some(Failure::Lost);
        } else if !matches!(self.failure, Some(Failure::Lost)) {
            self.failure = Some(failure.clone());
        }
    }

    /// The users who are still to be removed.
    fn users_in(&self, view: CallView<'_>) -> Vec<UserId> {
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
        view: CallView<'_>,
        build: impl Fn(&mut Context, &[UserId]) -> Result<Block, String>,
    ) -> Option<Ticket> {
        let (removal, ids) = (self.mode(), self.users_in(view));
        if ids.is_empty() {
            // They are absent: another member was faster, or a block of ours whose answer was lost.
            self.done(ctx);
            return None;
        }
        match build(ctx, &ids) {
            Ok(block) => {
                self.built = Some((view.chain.height(), ids.clone()));
                self.blocks.push(block.hash());
                let body = DeleteConferenceCallParticipants {
                    removal,
                    call: view.call.into(),
                    ids,
                    block: block.bytes().to_vec(),
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
    use super::super::absences::UNLISTED;
    use super::super::roster::Roster;
    use super::*;
    use crate::api::{Request, RpcError};
    use crate::engine::command::{CommandId, CommandKind};
    use crate::engine::event::Event;
    use crate::engine::testing::{USER, advance, answers, chain, context, outputs, refused, view};
    use chacha20::ChaCha20Rng;
    use confcall_state::{JoinBlock, Joiner};
    use rand_core::SeedableRng as _;

    const KICK: Order = Order {
        id: CommandId::new(1),
        kind: CommandKind::Kick,
    };

    /// A block, whatever it changes.
    fn block() -> Block {
        let mut rng = ChaCha20Rng::from_seed([4; 32]);
        let join = JoinBlock::first(Joiner::new(USER), &mut rng).unwrap();
        join.block().clone()
    }

    /// Sends what is due; gives the users of each block that went out.
    fn send(removals: &mut Removals, ctx: &mut Context, view: CallView<'_>) -> Vec<Vec<UserId>> {
        send_and_show(removals, ctx, view).0
    }

    /// The same, with the events.
    fn send_and_show(
        removals: &mut Removals,
        ctx: &mut Context,
        view: CallView<'_>,
    ) -> (Vec<Vec<UserId>>, Vec<Event>) {
        removals.send_due(ctx, view, |_, _| Ok(block()));
        let (requests, events) = outputs(ctx);
        let removed = requests.into_iter().filter_map(|body| match body {
            Request::Remove(remove) => Some(remove.ids),
            _ => None,
        });
        (removed.collect(), events)
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
        let (chain, nobody) = (chain(3), Roster::new(limits::LISTED));
        let view = view(chain.state(), &nobody);
        removals.watch(&mut ctx, view, true);
        // A load that began before says nothing.
        removals.roster_is_complete(&ctx);
        assert!(send(&mut removals, &mut ctx, view).is_empty());
        assert!(!removals.must_seek(&ctx));
        advance(&mut ctx, UNLISTED * 2);
        assert!(removals.must_seek(&ctx));
        removals.roster_is_complete(&ctx);
        assert!(send(&mut removals, &mut ctx, view).is_empty());
        advance(&mut ctx, GRACE * 2);
        let users = vec![UserId::new(2), UserId::new(3)];
        assert_eq!(send(&mut removals, &mut ctx, view), [users]);
    }

    #[test]
    fn no_removal_waits_for_those_alone_who_are_kicked_already() {
        let (mut removals, mut ctx) = (Removals::default(), context());
        let (chain, nobody) = (chain(3), Roster::new(limits::LISTED));
        let view = view(chain.state(), &nobody);
        removals.watch(&mut ctx, view, true);
        advance(&mut ctx, UNLISTED * 2);
        assert!(removals.must_seek(&ctx));
        removals.roster_is_complete(&ctx);
        let users = vec![UserId::new(2), UserId::new(3)];
        removals.kick(&mut ctx, view, KICK, users.clone());
        assert_eq!(send(&mut removals, &mut ctx, view), [users]);
        assert!(!ctx.timers.is_set(Timer::Removal));
    }

    /// Removals of two members who left, and the answers to each of three blocks.
    fn refused_removals(name: &str) -> (Vec<Vec<UserId>>, Vec<Event>) {
        let (mut removals, mut ctx) = (Removals::default(), context());
        let (chain, nobody) = (chain(3), Roster::new(limits::LISTED));
        let view = view(chain.state(), &nobody);
        removals.watch(&mut ctx, view, true);
        let (mut sent, mut events) = (Vec::new(), Vec::new());
        while sent.len() < 4 {
            advance(&mut ctx, Duration::from_secs(1));
            if removals.must_seek(&ctx) {
                removals.roster_is_complete(&ctx);
            }
            removals.watch(&mut ctx, view, false);
            let (blocks, shown) = send_and_show(&mut removals, &mut ctx, view);
            events.extend(shown);
            if !blocks.is_empty() {
                let ticket = in_flight(&removals);
                removals.answered(&mut ctx, ticket, refused(400, name));
                sent.extend(blocks);
            }
        }
        (sent, events)
    }

    #[test]
    fn a_removal_that_fails_for_the_third_time_makes_the_members_suspicious() {
        let (_, events) = refused_removals("CONF_WRITE_CHAIN_INVALID");
        let is_suspicion = |event: &&Event| matches!(event, Event::Suspicious(_));
        assert_eq!(events.iter().filter(is_suspicion).count(), 2, "{events:?}");
    }

    #[test]
    fn after_a_removal_that_is_refused_for_itself_each_member_is_removed_alone() {
        let (sent, _) = refused_removals("BLOCK_INVALID");
        let [second, third] = [2, 3].map(UserId::new);
        assert_eq!(sent[..3], [vec![second, third], vec![second], vec![third]]);
    }

    #[test]
    fn a_raced_removal_is_built_again_and_one_that_is_refused_for_itself_is_not() {
        let chain = chain(2);
        let nobody = Roster::new(limits::LISTED);
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
        let nobody = Roster::new(limits::LISTED);
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
        let nobody = Roster::new(limits::LISTED);
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

    #[test]
    fn a_kick_is_done_when_its_block_is_in_the_chain_and_fails_fifteen_seconds_after_the_servers_yes()
     {
        let (before, after) = (chain(2), chain(1));
        let nobody = Roster::new(limits::LISTED);
        let (before, after) = (view(before.state(), &nobody), view(after.state(), &nobody));
        for comes in [true, false] {
            let (mut removals, mut ctx) = (Removals::default(), context());
            removals.kick(&mut ctx, before, KICK, vec![UserId::new(2)]);
            send(&mut removals, &mut ctx, before);
            let ticket = in_flight(&removals);
            removals.answered(&mut ctx, ticket, Ok(Updates::default().into()));
            advance(&mut ctx, EFFECT - Duration::from_millis(1));
            removals.send_due(&mut ctx, before, |_, _| Ok(block()));
            assert_eq!(answers(&mut ctx), []);
            assert!(ctx.timers.is_set(Timer::Removal));
            if comes {
                removals.send_due(&mut ctx, after, |_, _| Ok(block()));
                assert_eq!(answers(&mut ctx), [None]);
            } else {
                advance(&mut ctx, Duration::from_millis(1));
                removals.send_due(&mut ctx, before, |_, _| Ok(block()));
                assert_eq!(answers(&mut ctx), [Some(CommandFailure::NoEffect)]);
            }
            assert!(removals.waiting.is_empty());
        }
    }

    #[test]
    fn a_kick_is_done_although_the_user_comes_back_at_once() {
        let chain = chain(2);
        let nobody = Roster::new(limits::LISTED);
        let view = view(chain.state(), &nobody);
        let (mut removals, mut ctx) = (Removals::default(), context());
        removals.kick(&mut ctx, view, KICK, vec![UserId::new(2)]);
        let block = block();
        removals.send_due(&mut ctx, view, |_, _| Ok(block.clone()));
        removals.are_gone(block.hash(), &[UserId::new(2)]);
        let ticket = in_flight(&removals);
        removals.answered(&mut ctx, ticket, Ok(Updates::default().into()));
        removals.send_due(&mut ctx, view, |_, _| Ok(block.clone()));
        assert_eq!(answers(&mut ctx), [None]);
    }

    #[test]
    fn a_kick_of_a_user_who_is_not_in_the_chain_fails_and_sends_nothing() {
        let chain = chain(2);
        let nobody = Roster::new(limits::LISTED);
        let view = view(chain.state(), &nobody);
        let (mut removals, mut ctx) = (Removals::default(), context());
        let absent = UserId::new(9);
        removals.kick(&mut ctx, view, KICK, vec![UserId::new(2), absent]);
        assert_eq!(
            answers(&mut ctx),
            [Some(CommandFailure::NotAMember(absent))]
        );
        assert!(send(&mut removals, &mut ctx, view).is_empty());
    }

    #[test]
    fn a_kick_whose_refusal_ends_the_membership_says_what_the_server_said() {
        let chain = chain(2);
        let nobody = Roster::new(limits::LISTED);
        let view = view(chain.state(), &nobody);
        let refusal = || refused(400, "GROUPCALL_INVALID");
        let error = RpcError::new(400, "GROUPCALL_INVALID");
        for (results, expected) in [
            (vec![refusal()], CommandFailure::Refused(error)),
            (
                vec![Err(Failure::Lost), refusal()],
                CommandFailure::Unanswered,
            ),
        ] {
            let (mut removals, mut ctx) = (Removals::default(), context());
            removals.kick(&mut ctx, view, KICK, vec![UserId::new(2)]);
            for answer in results {
                advance(&mut ctx, Duration::from_secs(1));
                send(&mut removals, &mut ctx, view);
                let ticket = in_flight(&removals);
                removals.answered(&mut ctx, ticket, answer);
            }
            removals.give_up(&mut ctx);
            assert_eq!(answers(&mut ctx), [Some(expected)]);
        }
    }
}
