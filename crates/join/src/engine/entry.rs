//! Entering a call: from a target to the answer that makes us a member.
//!
//! ```text
//!  link, invitation                    empty: pause, again
//!        │                                  ┌────┐
//!        ▼                                  ▼    │
//!    Locating ── the call and its size ──▶ ReadingTip ── block on the tip ──▶ Sending ──▶ member
//!        ▲                                  ▲    │                              │
//!        │ reference is stale, once         │    └─ our key is in it ──▶ member │
//!        └──────────────────────────────────┴────── pause ◀── refused or lost ──┘
//! ```
//!
//! Every block that is sent stands on a tip that was read for it, and has a key of its own. A request of which
//! nobody knows whether it was carried out is followed by a look at the tip, never by another block at once; the
//! creation of a call, which has no tip, is sent again as it was.
//!
//! Implements `spec/protocol.md`, 6, and the rows of 11.2 for a join.

use core::time::Duration;

use confcall_media::Moment;
use confcall_state::{Block, BlockHash};
use rand_core::Rng as _;

use super::contention::Contention;
use super::context::Context;
use super::end::{EndReason, RejoinReason};
use super::event::Trouble;
use super::io::{Outcome, RequestId};
use super::member::Member;
use super::secrets::OwnJoin;
use super::timers::Timer;
use super::waits::Patience;
use super::{EmptyCall, Transition};
use crate::api::{
    GetGroupCall, GetGroupCallChainBlocks, GroupCall, InputGroupCall, Method, Request, Response,
    RpcError,
};
use crate::backoff::Backoff;
use crate::joined::{AnswerFault, JoinAnswer, Tip};
use crate::payload::JoinPayload;
use crate::policy::{ConferenceCreation, ConferenceJoin, FirstJoin, Media};
use crate::reaction::Reaction;
use crate::ssrc::Ssrc;

/// For how long lost races are tried again, the waits that the server imposes left out: two hundred people may follow a link at once.
const RACING: Duration = Duration::from_secs(120);
/// How often a block may be refused on a tip that does not move.
const STALLED: u32 = 3;

/// The state of entering a call: what is wanted, and how far it has come.
#[derive(Debug)]
#[cfg_attr(feature = "testing", derive(Clone))]
pub(super) struct Entry {
    quest: Quest,
    step: Step,
}

/// What stays the same over all steps, and what the attempts have used up.
#[derive(Debug)]
#[cfg_attr(feature = "testing", derive(Clone))]
struct Quest {
    /// Why we enter again, if it is not the first time.
    again: Option<RejoinReason>,
    /// The call as it is asked for; `None` for one that is to be created.
    call: Option<InputGroupCall>,
    /// The link or invitation by which a stale reference is looked up again.
    link: Option<InputGroupCall>,
    /// The call by its id, once that is known.
    known: Option<InputGroupCall>,
    payload: JoinPayload,
    random_id: i32,
    budgets: Budgets,
    contention: Contention,
    /// When the tip was asked for last.
    tip_asked: Moment,
    refreshed: bool,
    sent: u32,
}

#[derive(Debug)]
#[cfg_attr(feature = "testing", derive(Clone))]
enum Step {
    /// The call is looked up.
    Locating { request: RequestId },
    /// The newest block is read; the attempt may have become it.
    ReadingTip {
        request: RequestId,
        doubtful: Option<Box<Attempt>>,
    },
    /// A block is under way.
    Sending {
        request: RequestId,
        body: Box<Request>,
        attempt: Box<Attempt>,
    },
    /// A pause until [`Timer::Entry`], then this.
    Pausing(Next),
}

#[derive(Debug)]
#[cfg_attr(feature = "testing", derive(Clone))]
enum Next {
    Locate,
    ReadTip {
        doubtful: Option<Box<Attempt>>,
    },
    Create,
    Repeat {
        body: Box<Request>,
        attempt: Box<Attempt>,
    },
}

/// A block that may have been sent, and what it stands on.
#[derive(Debug)]
#[cfg_attr(feature = "testing", derive(Clone))]
struct Attempt {
    join: OwnJoin,
    tip: Option<BlockHash>,
}

/// How much of each trouble is borne.
#[derive(Clone, Debug)]
struct Budgets {
    /// When the races end, once one was lost.
    racing_until: Option<Moment>,
    stalled: u32,
    /// The tip that the last refused block stood on.
    refused_on: Option<Option<BlockHash>>,
    clashes: Backoff,
    faults: Backoff,
    losses: Backoff,
    reads: Backoff,
    first_block: Backoff,
    waits: Patience,
}

impl Budgets {
    fn new(invited: bool) -> Self {
        let backoff = |first, longest, tries| {
            Backoff::new(
                Duration::from_millis(first),
                Duration::from_millis(longest),
                tries,
            )
        };
        Self {
            racing_until: None,
            stalled: 0,
            refused_on: None,
            clashes: backoff(50, 500, 5),
            faults: backoff(250, 4_000, 6),
            losses: backoff(250, 4_000, 6),
            reads: backoff(250, 4_000, 6),
            // About 15 seconds in all.
            first_block: backoff(250, 2_000, if invited { 12 } else { 0 }),
            waits: Patience::default(),
        }
    }
}

/// Somebody whose block the server took.
#[derive(Debug)]
pub(super) struct Entrant {
    /// Why we entered again, if it was not the first time.
    pub(super) again: Option<RejoinReason>,
    /// Our block, with our key.
    pub(super) join: OwnJoin,
    /// By what we know it.
    pub(super) evidence: Evidence,
    /// The call as it was asked for; `None` if we created it.
    pub(super) asked: Option<InputGroupCall>,
    /// The link or invitation that led to it.
    pub(super) link: Option<InputGroupCall>,
    /// The call by its id, if it was known before.
    pub(super) known: Option<InputGroupCall>,
    /// The payload that the server took.
    pub(super) payload: JoinPayload,
    /// How many times a block was sent.
    pub(super) attempts: u32,
}

/// By what we know that the server took our block.
#[derive(Debug)]
pub(super) enum Evidence {
    /// It said so.
    Answer(Box<JoinAnswer>),
    /// Its answer was lost, and the newest block has our key.
    Tip(Box<Tip>),
}

impl Entry {
    /// Enters the call of the configuration for the first time.
    pub(super) fn first(ctx: &mut Context) -> Transition {
        let target = &ctx.config.target;
        let (call, invited) = (target.reference(), target.is_invited());
        let payload = ctx.config.media.payload.clone();
        let quest = Quest::new(ctx, None, call, invited, payload);
        match quest.call {
            Some(_) => quest.locate(ctx),
            None => quest.create(ctx),
        }
    }

    /// Enters a call again whose membership was lost, after a pause.
    pub(super) fn again(
        ctx: &mut Context,
        reason: RejoinReason,
        member: &Member,
        pause: Duration,
    ) -> Transition {
        let payload = member.payload().clone();
        let payload = payload.with_new_sources(&mut ctx.public_rng);
        let call = member.call().clone();
        let mut quest = Quest::new(ctx, Some(reason), Some(call), false, payload);
        quest.link = member.asked().cloned();
        quest.pause(ctx, pause, Next::ReadTip { doubtful: None })
    }

    /// Whether a join is under way.
    pub(super) fn is_sending(&self) -> bool {
        matches!(self.step, Step::Sending { .. })
    }

    /// Whether this request is the one that is waited for.
    pub(super) fn waits_for(&self, answered: RequestId) -> bool {
        matches!(self.step, Step::Sending { request, .. } if request == answered)
    }

    /// The call and the source to leave it by, after the join under way had this outcome.
    pub(super) fn withdrawn(self, outcome: Outcome) -> Option<(InputGroupCall, Ssrc)> {
        let Self { quest, .. } = self;
        let call = match outcome {
            Outcome::Done(response) => {
                let updates = response.into_updates().ok();
                let answer =
                    updates.and_then(|updates| JoinAnswer::read(updates, quest.call.as_ref()).ok());
                answer.map(|answer| answer.call).or(quest.call)
            }
            Outcome::Lost => quest.call,
            Outcome::Refused(error) => quest
                .call
                .filter(|_| error.reaction(Method::JoinGroupCall) == Reaction::CheckTipFirst),
        };
        Some((call?, quest.payload.ssrc()))
    }

    /// The call and the source to leave it by, if a join may have been carried out.
    pub(super) fn to_leave(&self) -> Option<(InputGroupCall, Ssrc)> {
        let is_doubtful = match &self.step {
            Step::Sending { .. } | Step::Pausing(Next::Repeat { .. }) => true,
            Step::ReadingTip { doubtful, .. } | Step::Pausing(Next::ReadTip { doubtful }) => {
                doubtful.is_some()
            }
            Step::Locating { .. } | Step::Pausing(_) => false,
        };
        let call = self.quest.call.clone().filter(|_| is_doubtful)?;
        Some((call, self.quest.payload.ssrc()))
    }

    /// Goes on after a pause.
    pub(super) fn handle_timer(self, ctx: &mut Context) -> Transition {
        let Self { quest, step } = self;
        match step {
            Step::Pausing(Next::Locate) => quest.locate(ctx),
            Step::Pausing(Next::ReadTip { doubtful }) => quest.read_tip(ctx, doubtful),
            Step::Pausing(Next::Create) => quest.create(ctx),
            Step::Pausing(Next::Repeat { body, attempt }) => quest.send(ctx, body, attempt),
            step => Transition::Entering(Box::new(Self { quest, step })),
        }
    }

    /// Takes what became of a request; one that is not waited for changes nothing.
    pub(super) fn handle_answer(
        self,
        ctx: &mut Context,
        answered: RequestId,
        outcome: Outcome,
    ) -> Transition {
        let Self { quest, step } = self;
        match step {
            Step::Locating { request } if request == answered => quest.located(ctx, outcome),
            Step::ReadingTip { request, doubtful } if request == answered => {
                quest.tip_read(ctx, outcome, doubtful)
            }
            Step::Sending {
                request,
                body,
                attempt,
            } if request == answered => quest.answered(ctx, outcome, body, attempt),
            step => Transition::Entering(Box::new(Self { quest, step })),
        }
    }
}

impl Quest {
    fn new(
        ctx: &mut Context,
        again: Option<RejoinReason>,
        call: Option<InputGroupCall>,
        invited: bool,
        payload: JoinPayload,
    ) -> Self {
        Self {
            again,
            known: call.clone().filter(|call| call.id().is_some()),
            link: call.clone().filter(|call| call.id().is_none()),
            call,
            payload,
            random_id: ctx.public_rng.next_u32().cast_signed(),
            budgets: Budgets::new(invited),
            contention: Contention::new(),
            tip_asked: ctx.now,
            refreshed: false,
            sent: 0,
        }
    }

    fn at(self, step: Step) -> Transition {
        Transition::Entering(Box::new(Entry { quest: self, step }))
    }

    fn pause(self, ctx: &mut Context, pause: Duration, next: Next) -> Transition {
        ctx.after(Timer::Entry, pause);
        self.at(Step::Pausing(next))
    }

    /// Tells of a trouble, pauses, and goes on.
    fn retry(self, ctx: &mut Context, why: Trouble, pause: Duration, next: Next) -> Transition {
        let attempt = self.sent.saturating_add(1);
        ctx.retrying(why, pause, attempt);
        self.pause(ctx, pause, next)
    }

    /// How the next block comes about.
    fn anew(&self) -> Next {
        match self.call {
            Some(_) => Next::ReadTip { doubtful: None },
            None => Next::Create,
        }
    }

    fn call(&self) -> Result<InputGroupCall, EndReason> {
        self.call
            .clone()
            .ok_or(EndReason::Unusable(AnswerFault::NoCall))
    }

    fn locate(self, ctx: &mut Context) -> Transition {
        match self.call() {
            Ok(call) => {
                let request = ctx.send(GetGroupCall { call, limit: 1 });
                self.at(Step::Locating { request })
            }
            Err(end) => Transition::Ended(end),
        }
    }

    fn located(mut self, ctx: &mut Context, outcome: Outcome) -> Transition {
        let info = match outcome {
            Outcome::Done(response) => match response.into_group_call() {
                Ok(info) => info,
                Err(wrong) => return Transition::Ended(AnswerFault::from(wrong).into()),
            },
            failed => return self.read_failed(ctx, Method::GetGroupCall, failed, Next::Locate),
        };
        match info.call {
            GroupCall::Active {
                conference: true,
                participants_count,
                ..
            } => {
                let count = usize::try_from(participants_count).unwrap_or(0);
                if count >= ctx.config.size_limit {
                    return Transition::Ended(EndReason::Full);
                }
                let found = info.call.reference();
                let mut known = self.known.iter().filter_map(InputGroupCall::id);
                if known.any(|known| found.id() != Some(known)) {
                    return Transition::Ended(EndReason::Unusable(AnswerFault::OtherCall));
                }
                self.budgets.reads.reset();
                self.known = Some(found);
                self.read_tip(ctx, None)
            }
            GroupCall::Active { .. } => Transition::Ended(EndReason::Unusable(AnswerFault::NoCall)),
            GroupCall::Discarded { .. } => Transition::Ended(EndReason::Discarded),
        }
    }

    fn read_tip(mut self, ctx: &mut Context, doubtful: Option<Box<Attempt>>) -> Transition {
        match self.call() {
            Ok(call) => {
                self.tip_asked = ctx.now;
                let request = ctx.send(GetGroupCallChainBlocks::tip(call));
                self.at(Step::ReadingTip { request, doubtful })
            }
            Err(end) => Transition::Ended(end),
        }
    }

    fn tip_read(
        mut self,
        ctx: &mut Context,
        outcome: Outcome,
        doubtful: Option<Box<Attempt>>,
    ) -> Transition {
        let method = Method::GetGroupCallChainBlocks;
        let tip = match outcome {
            Outcome::Done(response) => match self.tip_of(response) {
                Ok(tip) => tip,
                Err(fault) => return Transition::Ended(fault.into()),
            },
            failed => return self.read_failed(ctx, method, failed, Next::ReadTip { doubtful }),
        };
        self.budgets.reads.reset();
        if let Some(tip) = &tip {
            let round_trip = ctx.now.since(self.tip_asked);
            self.contention.tip_read(tip.block.height(), round_trip);
        }
        match (tip, doubtful) {
            (Some(tip), Some(attempt)) if tip.holds(&attempt.join.public_key()) => {
                self.joined(attempt.join, Evidence::Tip(Box::new(tip)))
            }
            (Some(tip), _) if self.is_elsewhere(ctx, &tip) => {
                Transition::Ended(EndReason::JoinedElsewhere)
            }
            (Some(tip), _) => self.build(ctx, Some(&tip)),
            (None, doubtful) => self.no_block(ctx, doubtful.is_some_and(|one| one.tip.is_some())),
        }
    }

    /// Whether we lost a membership because the same account joined from another place: it has a key in the call
    /// that was never ours. Later tips can hold one of a block of ours whose answer was lost.
    fn is_elsewhere(&self, ctx: &Context, tip: &Tip) -> bool {
        let user_id = ctx.config.newcomer.user_id;
        let key = tip.key_of(user_id);
        let is_foreign = key.is_some_and(|key| !ctx.is_past_key(&key));
        self.again.is_some() && self.sent == 0 && is_foreign
    }

    fn tip_of(&self, response: Response) -> Result<Option<Tip>, AnswerFault> {
        let asked = self.call.as_ref().ok_or(AnswerFault::NoCall)?;
        Tip::from_answer(response.into_updates()?, asked)
    }

    /// The call has no block: an invitation can be older than the first one, and only a caller who asked to
    /// writes it.
    fn no_block(mut self, ctx: &mut Context, had_blocks: bool) -> Transition {
        if had_blocks || self.again.is_some() {
            return Transition::Ended(AnswerFault::ChainGone.into());
        }
        match self.budgets.first_block.next(&mut ctx.public_rng) {
            Some(pause) => {
                let next = Next::ReadTip { doubtful: None };
                self.retry(ctx, Trouble::NoBlockYet, pause, next)
            }
            None if ctx.config.empty_call == EmptyCall::Start => self.build(ctx, None),
            None => Transition::Ended(EndReason::Empty),
        }
    }

    fn create(self, ctx: &mut Context) -> Transition {
        self.build(ctx, None)
    }

    /// Builds a block on the tip, or the first one, and sends it.
    fn build(self, ctx: &mut Context, tip: Option<&Tip>) -> Transition {
        match self.built(ctx, tip) {
            Ok((body, attempt)) => self.send(ctx, body, attempt),
            Err(end) => Transition::Ended(end),
        }
    }

    fn built(
        &self,
        ctx: &mut Context,
        tip: Option<&Tip>,
    ) -> Result<(Box<Request>, Box<Attempt>), EndReason> {
        let newcomer = ctx.config.newcomer;
        let block = tip.map(|tip| &tip.block);
        let (join, checked) = ctx.secrets.join(block, newcomer)?;
        let media = Media {
            payload: self.payload.clone(),
            ..ctx.config.media.clone()
        };
        let body = match &self.call {
            Some(call) => ConferenceJoin {
                call: call.clone(),
                block: checked,
                media,
            }
            .into_request()
            .into(),
            None => ConferenceCreation {
                random_id: self.random_id,
                join: Some(FirstJoin {
                    block: checked,
                    media,
                }),
            }
            .into_request()
            .into(),
        };
        let tip = block.map(Block::hash);
        Ok((Box::new(body), Box::new(Attempt { join, tip })))
    }

    fn send(mut self, ctx: &mut Context, body: Box<Request>, attempt: Box<Attempt>) -> Transition {
        self.sent = self.sent.saturating_add(1);
        let request = ctx.send(Request::clone(&body));
        self.at(Step::Sending {
            request,
            body,
            attempt,
        })
    }

    fn answered(
        self,
        ctx: &mut Context,
        outcome: Outcome,
        body: Box<Request>,
        attempt: Box<Attempt>,
    ) -> Transition {
        let reaction = match &outcome {
            Outcome::Done(_) => Reaction::TreatAsSuccess,
            Outcome::Refused(error) => error.reaction(body.method()),
            Outcome::Lost => Reaction::CheckTipFirst,
        };
        match (outcome, reaction) {
            (Outcome::Done(response), _) => self.taken(response, *attempt),
            (Outcome::Lost, _) => self.in_doubt(ctx, Outcome::Lost, body, attempt),
            (outcome, Reaction::CheckTipFirst) => self.in_doubt(ctx, outcome, body, attempt),
            (Outcome::Refused(error), Reaction::RebuildOnNewTip) => {
                self.raced(ctx, error, attempt.tip)
            }
            (Outcome::Refused(error), Reaction::NewSsrc) => self.clashed(ctx, body.method(), error),
            (Outcome::Refused(error), Reaction::RetryWithBackoff) => {
                self.put_off(ctx, body.method(), error)
            }
            (Outcome::Refused(_), Reaction::WaitThenRepeat(wait)) => {
                self.told_to_wait(ctx, wait, Next::Repeat { body, attempt })
            }
            (Outcome::Refused(error), Reaction::RefreshReferenceOnce) => self.stale(ctx, error),
            (Outcome::Refused(error), reaction) => {
                Transition::Ended(EndReason::refused(body.method(), error, reaction))
            }
        }
    }

    /// The server took the block.
    fn taken(self, response: Response, attempt: Attempt) -> Transition {
        let updates = response.into_updates().map_err(AnswerFault::from);
        let answer = updates.and_then(|updates| JoinAnswer::read(updates, self.call.as_ref()));
        match answer {
            Ok(answer) => self.joined(attempt.join, Evidence::Answer(Box::new(answer))),
            Err(fault) => self.abandon(fault.into()),
        }
    }

    /// Ends although a join was carried out or may have been.
    fn abandon(self, reason: EndReason) -> Transition {
        let source = self.payload.ssrc();
        let call = self.known.or(self.call);
        Transition::Abandoned(reason, call.map(|call| (call, source)))
    }

    fn joined(self, join: OwnJoin, evidence: Evidence) -> Transition {
        Transition::Entered(Box::new(Entrant {
            again: self.again,
            join,
            evidence,
            asked: self.call,
            link: self.link,
            known: self.known,
            payload: self.payload,
            attempts: self.sent,
        }))
    }

    /// Nobody knows whether the request was carried out: look at the tip, or send the same creation again.
    fn in_doubt(
        mut self,
        ctx: &mut Context,
        outcome: Outcome,
        body: Box<Request>,
        attempt: Box<Attempt>,
    ) -> Transition {
        let method = body.method();
        let budget = match outcome {
            Outcome::Lost => &mut self.budgets.losses,
            _ => &mut self.budgets.faults,
        };
        let Some(pause) = budget.next(&mut ctx.public_rng) else {
            let attempts = self.sent;
            return self.abandon(EndReason::exhausted(method, attempts, &outcome));
        };
        let next = match self.call {
            Some(_) => Next::ReadTip {
                doubtful: Some(attempt),
            },
            None => Next::Repeat { body, attempt },
        };
        self.retry(ctx, trouble(method, outcome), pause, next)
    }

    /// Another block came first, or the server says so.
    fn raced(mut self, ctx: &mut Context, error: RpcError, tip: Option<BlockHash>) -> Transition {
        let budgets = &mut self.budgets;
        if budgets.refused_on == Some(tip) {
            budgets.stalled += 1;
        } else {
            budgets.stalled = 1;
        }
        budgets.refused_on = Some(tip);
        if budgets.stalled >= STALLED {
            return Transition::Ended(EndReason::BlockRefused { error });
        }
        let pause = self.contention.pause(&mut ctx.public_rng);
        let until = *budgets.racing_until.get_or_insert(ctx.now + RACING);
        if ctx.now + pause >= until {
            let attempts = self.sent;
            return Transition::Ended(EndReason::Raced { attempts });
        }
        let next = self.anew();
        self.retry(ctx, Trouble::Race, pause, next)
    }

    /// A source of ours is taken: new ones, and with them a new block.
    fn clashed(mut self, ctx: &mut Context, method: Method, error: RpcError) -> Transition {
        let Some(pause) = self.budgets.clashes.next(&mut ctx.public_rng) else {
            let outcome = Outcome::Refused(error);
            return Transition::Ended(EndReason::exhausted(method, self.sent, &outcome));
        };
        self.payload = self.payload.with_new_sources(&mut ctx.public_rng);
        let next = self.anew();
        self.retry(ctx, Trouble::SourceTaken, pause, next)
    }

    /// The server cannot do it now.
    fn put_off(mut self, ctx: &mut Context, method: Method, error: RpcError) -> Transition {
        let outcome = Outcome::Refused(error);
        match self.budgets.faults.next(&mut ctx.public_rng) {
            Some(pause) => {
                let next = self.anew();
                self.retry(ctx, trouble(method, outcome), pause, next)
            }
            None => Transition::Ended(EndReason::exhausted(method, self.sent, &outcome)),
        }
    }

    /// The server names the time to wait, which is kept exactly.
    fn told_to_wait(mut self, ctx: &mut Context, wait: Duration, next: Next) -> Transition {
        if !self.budgets.waits.bears(wait) {
            return Transition::Ended(EndReason::FloodWait {
                seconds: wait.as_secs(),
            });
        }
        // Nobody races meanwhile.
        let until = &mut self.budgets.racing_until;
        *until = until.map(|until| until + wait);
        self.retry(ctx, Trouble::Flood, wait, next)
    }

    /// The reference leads nowhere; a link is looked up once more.
    fn stale(mut self, ctx: &mut Context, error: RpcError) -> Transition {
        match self.link.clone().filter(|_| !self.refreshed) {
            Some(link) => {
                self.refreshed = true;
                self.call = Some(link);
                self.locate(ctx)
            }
            None => Transition::Ended(EndReason::NotFound(error)),
        }
    }

    /// A request that changes nothing failed.
    fn read_failed(
        mut self,
        ctx: &mut Context,
        method: Method,
        outcome: Outcome,
        next: Next,
    ) -> Transition {
        let reaction = match &outcome {
            Outcome::Refused(error) => error.reaction(method),
            _ => Reaction::CheckTipFirst,
        };
        match (outcome, reaction) {
            (_, Reaction::WaitThenRepeat(wait)) => self.told_to_wait(ctx, wait, next),
            (Outcome::Refused(error), Reaction::RefreshReferenceOnce) => self.stale(ctx, error),
            (outcome, Reaction::CheckTipFirst | Reaction::RetryWithBackoff) => {
                match self.budgets.reads.next(&mut ctx.public_rng) {
                    Some(pause) => self.retry(ctx, trouble(method, outcome), pause, next),
                    None => {
                        let tries = self.budgets.reads.used().saturating_add(1);
                        let reason = EndReason::exhausted(method, tries, &outcome);
                        match next {
                            Next::ReadTip { doubtful: Some(_) } => self.abandon(reason),
                            _ => Transition::Ended(reason),
                        }
                    }
                }
            }
            (Outcome::Refused(error), reaction) => {
                Transition::Ended(EndReason::refused(method, error, reaction))
            }
            (outcome, _) => Transition::Ended(EndReason::exhausted(method, 1, &outcome)),
        }
    }
}

fn trouble(method: Method, outcome: Outcome) -> Trouble {
    match outcome {
        Outcome::Refused(error) => Trouble::Refused { method, error },
        _ => Trouble::Unanswered { method },
    }
}
