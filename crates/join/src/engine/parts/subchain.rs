//! One subchain: where we are in it, what has arrived ahead of that, and the polls for what is missing.
//!
//! ```text
//!                push or poll answer
//!                        │ offer
//!      old: dropped ◀────┤
//!                        ▼
//! next ─▶ [ . ] [ 5 ] [ . ] [ 7 ] [ 8 ] …      at most 256 items and 1 MiB, in order of offset
//!           └─ hole: polled after a moment
//! ```
//!
//! Implements `spec/protocol.md`, 7.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use confcall_media::Moment;
use confcall_state::wire::check_server_form;

use crate::api::reaction::Reaction;
use crate::api::{
    CallRef, ChainBlocks, GetGroupCallChainBlocks, Method, Response, SubChain, Update, Updates,
};
use crate::engine::context::Context;
use crate::engine::end::{EndReason, RejoinReason};
use crate::engine::event::{Event, Suspicion};
use crate::engine::failure::Failure;
use crate::engine::purpose::Purpose;
use crate::engine::requests::Ticket;
use crate::engine::timers::Timer;
use crate::limits;

/// The pause between two polls.
const CADENCE: Duration = Duration::from_secs(5);
/// The pause while a verification runs, or something is missing.
const FAST_CADENCE: Duration = Duration::from_secs(1);
/// The least time before a poll for what is missing: it may only be late.
const HOLE: Duration = Duration::from_millis(500);
/// The least time before the first poll, which brings what was pushed before we were ready.
const CATCH_UP: Duration = Duration::from_millis(250);
/// The time that an answer to a poll may take before it counts as lost, which doubles when one comes all the same: on a slow
/// way no answer would be waited for. Longer than the pause between polls, so that it hastens none after an answer.
const ANSWER: Duration = Duration::from_secs(8);
/// The number of times that it doubles at most: the sender of requests has given them up by then.
const DOUBLINGS: u32 = 2;
/// The number of items that a poll asks for.
const LIMIT: u16 = 50;
/// The time and the number of answers without what we wait for, before we give the membership up.
const SILENCE: Duration = Duration::from_secs(15);
const FRUITLESS: u32 = 3;
/// The number of full pages that are read again one at once after the other.
const OLD_PAGES: u8 = 8;

/// The place in one subchain, and its polls.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Subchain {
    which: SubChain,
    next: i32,
    /// The place that was reached before the subchain was read again.
    reached: i32,
    waiting: BTreeMap<i32, Vec<u8>>,
    waiting_bytes: usize,
    poll: Option<Poll>,
    /// The polls that counted as lost before there was any word of them.
    given_up: BTreeSet<Ticket>,
    /// The number of those that were answered all the same.
    late: u32,
    /// The number of polls that failed in a row.
    failures: u32,
    /// True if the last page ended before the place where we were.
    is_rewound: bool,
    /// The number of full pages that came in a row, those aside that were read before.
    full_pages: u8,
    /// The number of full pages that were read again.
    old_pages: u8,
    stall: Option<Stall>,
    /// True from a restart until the subchain was read to its end.
    is_behind: bool,
}

/// A poll that is under way, bound to the offset that it was asked for.
#[derive(Clone, Copy, Debug)]
struct Poll {
    ticket: Ticket,
    offset: i32,
    /// The moment from which it counts as lost.
    overdue: Moment,
}

/// A wait for something that does not come although the server answers.
#[derive(Clone, Copy, Debug)]
struct Stall {
    since: Moment,
    fruitless: u32,
}

/// The place of a poll's items among those of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Page {
    /// The end of the subchain was reached.
    Last,
    /// There may be more.
    Full,
    /// There may be more, which waits for the next poll.
    Paused,
    /// So many full pages came in a row that there seems to be no end.
    Endless,
    /// The items that were asked for are gone; the first one left is at this offset.
    Compacted(i32),
    /// The same with only the last item, which is at this offset; a client outside the call gets no more.
    OnlyLast(i32),
    /// The subchain ends before the place that we have reached.
    Rewound(i32),
}

/// An answer to a poll.
#[derive(Debug, Default)]
pub(in crate::engine) struct Polled {
    /// True for the server's answer to the poll that is waited for.
    pub(in crate::engine) is_answer: bool,
    /// The page of the subchain, whose items were taken in.
    pub(in crate::engine) page: Option<Page>,
    /// True if the page begins where it was asked for: who is outside gets the newest item, asked for or not.
    pub(in crate::engine) is_for_members: bool,
    /// All the other updates of the answer.
    pub(in crate::engine) updates: Updates,
}

impl Subchain {
    /// At an offset.
    pub(in crate::engine) fn new(which: SubChain, next: i32) -> Self {
        Self {
            which,
            next,
            reached: 0,
            waiting: BTreeMap::new(),
            waiting_bytes: 0,
            poll: None,
            given_up: BTreeSet::new(),
            late: 0,
            failures: 0,
            is_rewound: false,
            full_pages: 0,
            old_pages: 0,
            stall: None,
            is_behind: false,
        }
    }

    /// At an offset that was reached before a restart.
    pub(in crate::engine) fn resumed(which: SubChain, next: i32) -> Self {
        Self {
            is_behind: true,
            ..Self::new(which, next)
        }
    }

    /// At the first of some items.
    pub(in crate::engine) fn from_first(items: ChainBlocks) -> Self {
        let mut subchain = Self::new(items.sub_chain, items.first_offset().unwrap_or(0));
        subchain.insert(items);
        subchain
    }

    /// Behind the first of some items, which was used already; the others are due.
    pub(in crate::engine) fn behind_first(items: ChainBlocks) -> Self {
        let mut subchain = Self::from_first(items);
        subchain.take();
        subchain
    }

    /// The same, waiting for so many items before the last one that was used, which is due again behind them. None if the
    /// subchain has no place for them.
    pub(in crate::engine) fn back_before(mut self, used: Vec<u8>, missing: i32) -> Option<Self> {
        let place = self.next.checked_sub(1)?;
        self.next = place.checked_sub(missing).filter(|next| *next > 0)?;
        self.waiting_bytes += used.len();
        self.waiting.insert(place, used);
        Some(self)
    }

    /// Has not seen yet, once more, how the subchain went on since a restart.
    pub(in crate::engine) fn is_behind_again(&mut self) {
        self.is_behind = true;
    }

    /// The offset of the item that is due.
    pub(in crate::engine) fn next(&self) -> i32 {
        self.next
    }

    /// True if we have not seen yet how the subchain went on since a restart.
    pub(in crate::engine) fn is_behind(&self) -> bool {
        self.is_behind
    }

    /// Takes in items that were pushed, or came with an answer to something else.
    pub(in crate::engine) fn offer(&mut self, ctx: &mut Context, items: ChainBlocks) {
        let had_hole = self.has_hole();
        self.insert(items);
        // One poll for each hole: it may be filled by a push that is only late.
        if !had_hole && self.has_hole() {
            let pause = ctx.spread(HOLE);
            ctx.within(self.timer(), pause);
        }
    }

    /// Keeps items by their offsets; those that were taken out before, or that are too far ahead, are dropped. Gives whether
    /// any of those kept has the form of the server.
    ///
    /// So are items among the blocks that are refused for their form, as if they had not come (`spec/protocol.md`, 3): what
    /// belongs in their place is polled for. A broadcast in such a form is one that does not count.
    fn insert(&mut self, items: ChainBlocks) -> bool {
        // Items without a place cannot be put in order.
        let Some(first) = items.first_offset() else {
            return false;
        };
        let mut is_of_use = false;
        for (item, offset) in items.blocks.into_iter().zip(first..) {
            let ahead = offset.saturating_sub(self.next);
            let is_near = (0..limits::ITEMS_AHEAD).contains(&ahead);
            // The item that is due always has room: it does not wait.
            let has_room =
                offset == self.next || self.waiting_bytes + item.len() <= limits::ITEMS_AHEAD_BYTES;
            let has_form = check_server_form(&item).is_ok();
            let counts = has_form || self.which == SubChain::Broadcasts;
            if is_near && has_room && counts && !self.waiting.contains_key(&offset) {
                self.waiting_bytes += item.len();
                self.waiting.insert(offset, item);
                is_of_use |= has_form;
            }
        }
        is_of_use
    }

    /// The item that is due, if it has arrived; the next one is due then.
    pub(in crate::engine) fn take(&mut self) -> Option<Vec<u8>> {
        let item = self.waiting.remove(&self.next)?;
        self.waiting_bytes -= item.len();
        self.next = self.next.saturating_add(1);
        Some(item)
    }

    /// True if the item that was taken last may have been taken before.
    pub(in crate::engine) fn is_read_again(&self) -> bool {
        self.next <= self.reached
    }

    /// The items that wait, in order.
    pub(in crate::engine) fn waiting(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.waiting.values().map(Vec::as_slice)
    }

    /// True if items wait behind one that has not arrived.
    fn has_hole(&self) -> bool {
        let first = self.waiting.first_key_value();
        first.is_some_and(|(first, _)| *first > self.next)
    }

    /// Goes on at a later offset, because what lies between is gone.
    fn skip_to(&mut self, offset: i32) {
        self.next = self.next.max(offset);
        while let Some(first) = self
            .waiting
            .first_entry()
            .filter(|first| *first.key() < offset)
        {
            self.waiting_bytes -= first.remove().len();
        }
    }

    /// Goes back to the first item that the server has: what we have read is not what it has.
    ///
    /// Only for broadcasts, of which nothing is lost by reading one twice.
    pub(in crate::engine) fn read_again(&mut self, ctx: &mut Context) {
        if let Some(poll) = &self.poll {
            ctx.abandon(poll.ticket);
        }
        *self = Self {
            is_behind: self.is_behind,
            stall: self.stall,
            reached: self.reached.max(self.next),
            full_pages: self.full_pages,
            given_up: core::mem::take(&mut self.given_up),
            late: self.late,
            ..Self::new(self.which, 0)
        };
    }
}

/// The polls.
impl Subchain {
    /// Polls, unless a poll is under way that may still be answered.
    pub(in crate::engine) fn poll(&mut self, ctx: &mut Context, call: CallRef) {
        self.give_up_overdue(ctx);
        let overdue = match &self.poll {
            Some(poll) => poll.overdue,
            None => {
                let ticket = ctx.send(Purpose::Poll(self.which), self.request(call));
                let offset = self.next;
                let overdue = ctx.now + ANSWER.saturating_mul(1 << self.late.min(DOUBLINGS));
                self.poll = Some(Poll {
                    ticket,
                    offset,
                    overdue,
                });
                overdue
            }
        };
        ctx.timers.set_earlier(self.timer(), overdue);
    }

    /// Waits no longer for the answer to a poll that is overdue; one that comes all the same counts as a push.
    fn give_up_overdue(&mut self, ctx: &mut Context) {
        let Some(poll) = self.poll.as_mut().filter(|poll| poll.overdue <= ctx.now) else {
            return;
        };
        if ctx.holds_back(poll.ticket) || ctx.under_way() >= limits::REQUESTS {
            // The server has not been asked yet, or answers nothing at all.
            poll.overdue = ctx.now + ANSWER;
            return;
        }
        ctx.abandon(poll.ticket);
        self.given_up.insert(poll.ticket);
        self.poll = None;
        self.failures = self.failures.saturating_add(1);
        let attempt = self.failures.saturating_add(1);
        let trouble = Failure::Lost.trouble(Method::GetGroupCallChainBlocks);
        ctx.retrying(trouble, Duration::ZERO, attempt);
    }

    /// The request for what follows.
    pub(in crate::engine) fn request(&self, call: CallRef) -> GetGroupCallChainBlocks {
        GetGroupCallChainBlocks {
            call: call.into(),
            sub_chain: self.which,
            offset: self.next,
            limit: LIMIT.into(),
        }
    }

    /// Polls soon, because there may be something that was not pushed.
    pub(in crate::engine) fn poll_soon(&self, ctx: &mut Context) {
        let pause = ctx.spread(CATCH_UP);
        ctx.within(self.timer(), pause);
    }

    /// Polls soon after a moment, because updates were missed.
    pub(in crate::engine) fn poll_after(&self, ctx: &mut Context, from: Moment) {
        let pause = ctx.spread(HOLE);
        ctx.timers.set_earlier(self.timer(), from + pause);
    }

    /// Polls as often as a verification demands from now on.
    pub(in crate::engine) fn hurry(&self, ctx: &mut Context) {
        ctx.within(self.timer(), FAST_CADENCE);
    }

    fn timer(&self) -> Timer {
        match self.which {
            SubChain::Blocks => Timer::Blocks,
            SubChain::Broadcasts => Timer::Broadcasts,
        }
    }

    fn cadence(&self, is_verifying: bool) -> Duration {
        if is_verifying || self.has_hole() {
            FAST_CADENCE
        } else {
            CADENCE
        }
    }

    /// Takes the answer to a poll.
    pub(in crate::engine) fn answered(
        &mut self,
        ctx: &mut Context,
        call: CallRef,
        is_verifying: bool,
        ticket: Ticket,
        result: Result<Response, Failure>,
    ) -> Result<Polled, EndReason> {
        let Some(poll) = self.poll.take_if(|poll| poll.ticket == ticket) else {
            if self.given_up.remove(&ticket) && result.is_ok() {
                self.late = self.late.saturating_add(1);
            }
            // Its items count as pushed ones do; where they end says nothing about the poll that is under way.
            let updates = result.ok().and_then(|one| one.into_updates().ok());
            return Ok(Polled {
                updates: updates.unwrap_or_default(),
                ..Polled::default()
            });
        };
        match result {
            Ok(response) => {
                let updates = response.into_updates();
                let updates = updates.map_err(|wrong| EndReason::Unusable(wrong.into()))?;
                Ok(self.page_read(ctx, call, is_verifying, poll, updates))
            }
            Err(failure) => {
                self.poll_failed(ctx, is_verifying, &failure);
                Ok(Polled::default())
            }
        }
    }

    fn poll_failed(&mut self, ctx: &mut Context, is_verifying: bool, failure: &Failure) {
        let (method, pause) = (Method::GetGroupCallChainBlocks, self.cadence(is_verifying));
        // A membership that is lost is not polled again, but looked at once more.
        if failure.reaction(method) != Some(Reaction::Rejoin) {
            self.failures = self.failures.saturating_add(1);
            let attempt = self.failures.saturating_add(1);
            ctx.retrying(failure.trouble(method), pause, attempt);
            ctx.after(self.timer(), pause);
        }
    }

    fn page_read(
        &mut self,
        ctx: &mut Context,
        call: CallRef,
        is_verifying: bool,
        poll: Poll,
        updates: Updates,
    ) -> Polled {
        self.failures = 0;
        let mut polled = Polled {
            is_answer: true,
            ..Polled::default()
        };
        for update in updates.0 {
            match update {
                Update::ChainBlocks(items)
                    if items.sub_chain == self.which
                        && items.call.id().is_none_or(|id| id == call.id)
                        && polled.page.is_none() =>
                {
                    polled.is_for_members = items.first_offset() == Some(poll.offset);
                    polled.page = self.take_page(poll, items);
                }
                other => polled.updates.0.push(other),
            }
        }
        match polled.page {
            // An answer that says nothing of the subchain, or may be out of date, is one that we did not get.
            None | Some(Page::Paused) => ctx.after(self.timer(), FAST_CADENCE),
            // The member polls again at once.
            Some(Page::Full) => {}
            // It polls once more before it gives the membership up.
            Some(Page::OnlyLast(_)) if self.which == SubChain::Blocks => {}
            Some(page) => {
                if page == Page::Endless {
                    let read = usize::from(limits::FULL_PAGES) * usize::from(LIMIT);
                    ctx.event(Event::Suspicious(Suspicion::Endless { read }));
                }
                // A poll that was wanted sooner while this one was under way stays wanted.
                ctx.within(self.timer(), self.cadence(is_verifying));
            }
        }
        polled
    }

    /// Takes in the items of a poll; `None` if they have no place, or must be asked for once more.
    fn take_page(&mut self, poll: Poll, items: ChainBlocks) -> Option<Page> {
        let first = items.first_offset()?;
        let end = items.next_offset;
        // Compared with where we were when we asked: pushes may have taken us further since.
        let is_rewound = end < poll.offset;
        let was_rewound = core::mem::replace(&mut self.is_rewound, is_rewound);
        if is_rewound {
            // One machine of the server may be behind the others: only the second answer in a row counts.
            return was_rewound.then_some(Page::Rewound(end));
        }
        let length = items.blocks.len();
        // Pushes may have brought all of it since we asked.
        let is_of_use = self.insert(items) || self.next > poll.offset;
        let page = if first > poll.offset && length == 1 {
            Page::OnlyLast(first)
        } else if first > poll.offset {
            Page::Compacted(first)
        } else if length < usize::from(LIMIT) {
            self.full_pages = 0;
            Page::Last
        } else if end <= self.reached {
            // A call that lasts has many old broadcasts, which are not the sign of a list without an end.
            self.old_pages = self.old_pages.wrapping_add(1);
            match self.old_pages % OLD_PAGES {
                0 => Page::Paused,
                _ => Page::Full,
            }
        } else if self.full_pages >= limits::FULL_PAGES {
            self.full_pages = 0;
            Page::Endless
        } else {
            self.full_pages += 1;
            match is_of_use {
                true => Page::Full,
                // To ask at once would be to ask for the same again, or for more of it.
                false => Page::Paused,
            }
        };
        // The server forgets old broadcasts, which are not needed; it never forgets a block.
        if let (SubChain::Broadcasts, Page::OnlyLast(first) | Page::Compacted(first)) =
            (self.which, page)
        {
            self.skip_to(first);
        }
        Some(page)
    }

    /// Notes that the subchain was read to its end; gives whether it was behind before.
    pub(in crate::engine) fn caught_up(&mut self) -> bool {
        core::mem::take(&mut self.is_behind)
    }

    /// Notes that something came that we had waited for.
    pub(in crate::engine) fn progressed(&mut self) {
        self.stall = None;
    }

    /// Notes an answer of the server, which may bring nothing that we wait for: the items of a hole, or what it owes us.
    pub(in crate::engine) fn note_answer(
        &mut self,
        now: Moment,
        owes_us: bool,
    ) -> Result<(), RejoinReason> {
        if !self.has_hole() && !owes_us {
            self.stall = None;
            return Ok(());
        }
        let stall = self.stall.get_or_insert(Stall {
            since: now,
            fruitless: 0,
        });
        stall.fruitless = stall.fruitless.saturating_add(1);
        if now.since(stall.since) >= SILENCE && stall.fruitless >= FRUITLESS {
            return Err(RejoinReason::Silence);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use confcall_state::wire::ITEM_IDS;

    use super::*;
    use crate::api::RpcError;
    use crate::engine::io::{Outcome, RequestId};
    use crate::engine::testing::{CALL, advance, context};

    fn at(offset: i32) -> Subchain {
        Subchain::new(SubChain::Broadcasts, offset)
    }

    /// Items that are named by their offsets.
    fn items(offsets: core::ops::Range<i32>) -> ChainBlocks {
        ChainBlocks {
            call: CALL.into(),
            sub_chain: SubChain::Broadcasts,
            next_offset: offsets.end,
            blocks: offsets
                .map(|offset| offset.to_le_bytes().to_vec())
                .collect(),
        }
    }

    fn taken(subchain: &mut Subchain) -> Vec<i32> {
        let bytes = core::iter::from_fn(|| subchain.take());
        bytes
            .map(|one| i32::from_le_bytes(one.try_into().unwrap()))
            .collect()
    }

    fn answer(
        subchain: &mut Subchain,
        ctx: &mut Context,
        ticket: Ticket,
        items: ChainBlocks,
    ) -> Option<Page> {
        let answer = Ok(Updates(vec![Update::ChainBlocks(items)]).into());
        let polled = subchain.answered(ctx, CALL, false, ticket, answer);
        polled.unwrap().page
    }

    fn polled(subchain: &mut Subchain, items: ChainBlocks) -> Option<Page> {
        let mut ctx = context();
        subchain.poll(&mut ctx, CALL);
        let ticket = subchain.poll.unwrap().ticket;
        answer(subchain, &mut ctx, ticket, items)
    }

    #[test]
    fn a_late_answer_and_a_push_give_every_item_once_and_in_order() {
        let (mut subchain, mut ctx) = (at(3), context());
        subchain.poll(&mut ctx, CALL);
        let ticket = subchain.poll.unwrap().ticket;
        subchain.offer(&mut ctx, items(3..6));
        assert_eq!(taken(&mut subchain), [3, 4, 5]);
        let page = answer(&mut subchain, &mut ctx, ticket, items(3..7));
        assert_eq!(page, Some(Page::Last));
        assert_eq!(taken(&mut subchain), [6]);
    }

    #[test]
    fn an_item_among_the_blocks_that_is_refused_for_its_form_is_waited_for_as_if_it_had_not_come() {
        let mut subchain = Subchain::new(SubChain::Blocks, 3);
        let with = |item: Vec<u8>| ChainBlocks {
            sub_chain: SubChain::Blocks,
            blocks: vec![item],
            ..items(3..4)
        };
        let canonical = ITEM_IDS.map(|id| id.to_le_bytes().to_vec());
        for refused in canonical.into_iter().chain([vec![], vec![1, 2, 3]]) {
            subchain.insert(with(refused));
            assert_eq!(subchain.take(), None);
        }
        let item = (ITEM_IDS[0] + 1).to_le_bytes().to_vec();
        subchain.insert(with(item.clone()));
        assert_eq!(subchain.take(), Some(item));
    }

    #[test]
    fn old_and_far_items_take_no_room() {
        let mut subchain = at(300);
        subchain.insert(items(0..300));
        subchain.insert(items(301..900));
        assert_eq!(subchain.waiting.len(), limits::ITEMS_AHEAD as usize - 1);
        let waiting = subchain.waiting.values().map(Vec::len).sum::<usize>();
        assert_eq!(subchain.waiting_bytes, waiting);
    }

    #[test]
    fn large_items_wait_up_to_so_many_bytes_and_the_one_that_is_due_has_room() {
        let large = |offsets: core::ops::Range<i32>| {
            let mut items = items(offsets);
            for item in &mut items.blocks {
                item.resize(limits::ITEMS_AHEAD_BYTES / 4, 0);
            }
            items
        };
        let mut subchain = at(0);
        subchain.insert(large(1..9));
        assert_eq!(subchain.waiting_bytes, limits::ITEMS_AHEAD_BYTES);
        subchain.insert(large(0..1));
        let taken = core::iter::from_fn(|| subchain.take());
        assert_eq!(taken.count(), 5);
    }

    #[test]
    fn items_up_to_the_last_offset_are_taken_in() {
        let mut subchain = at(i32::MAX - 2);
        subchain.insert(items(i32::MAX - 2..i32::MAX));
        assert_eq!(taken(&mut subchain), [i32::MAX - 2, i32::MAX - 1]);
    }

    #[test]
    fn a_hole_is_open_until_it_is_filled() {
        let (mut subchain, mut ctx) = (at(0), context());
        subchain.offer(&mut ctx, items(1..3));
        assert!(subchain.has_hole() && ctx.timers.is_set(Timer::Broadcasts));
        assert!(taken(&mut subchain).is_empty());
        subchain.offer(&mut ctx, items(0..1));
        assert!(!subchain.has_hole());
        assert_eq!(taken(&mut subchain), [0, 1, 2]);
    }

    #[test]
    fn an_answer_to_another_poll_says_nothing_of_this_one() {
        let (mut subchain, mut ctx) = (at(0), context());
        subchain.poll(&mut ctx, CALL);
        let older = subchain.poll.unwrap().ticket;
        subchain.read_again(&mut ctx);
        subchain.poll(&mut ctx, CALL);
        assert_eq!(answer(&mut subchain, &mut ctx, older, items(0..1)), None);
        assert!(subchain.poll.is_some_and(|poll| poll.ticket != older));
        assert!(taken(&mut subchain).is_empty());
    }

    /// Polls again for want of an answer, after so long and not before; gives the poll that had none.
    fn next_unanswered(subchain: &mut Subchain, ctx: &mut Context, patience: Duration) -> Ticket {
        let unanswered = subchain.poll.unwrap().ticket;
        let moment = Duration::from_millis(1);
        advance(ctx, patience - moment);
        subchain.poll(ctx, CALL);
        assert_eq!(subchain.poll.unwrap().ticket, unanswered);
        assert_eq!(ctx.timers.next(), Some(ctx.now + moment));
        advance(ctx, moment);
        ctx.timers.cancel(Timer::Broadcasts);
        subchain.poll(ctx, CALL);
        assert_ne!(subchain.poll.unwrap().ticket, unanswered);
        unanswered
    }

    #[test]
    fn a_poll_without_an_answer_is_followed_by_another_however_many_are_lost() {
        let (mut subchain, mut ctx) = (at(0), context());
        subchain.poll(&mut ctx, CALL);
        for _ in 0..5 {
            next_unanswered(&mut subchain, &mut ctx, ANSWER);
        }
    }

    #[test]
    fn an_answer_that_comes_late_counts_as_a_push_and_the_next_may_take_twice_as_long() {
        let (mut subchain, mut ctx) = (at(0), context());
        subchain.poll(&mut ctx, CALL);
        let late = next_unanswered(&mut subchain, &mut ctx, ANSWER);
        let answer = Ok(Updates(vec![Update::ChainBlocks(items(0..2))]).into());
        let polled = subchain.answered(&mut ctx, CALL, false, late, answer);
        let polled = polled.unwrap();
        assert_eq!((polled.page, polled.updates.0.len()), (None, 1));
        next_unanswered(&mut subchain, &mut ctx, ANSWER);
        next_unanswered(&mut subchain, &mut ctx, ANSWER * 2);
    }

    #[test]
    fn a_poll_that_is_held_back_is_not_given_up() {
        let (mut subchain, mut ctx) = (at(0), context());
        subchain.poll(&mut ctx, CALL);
        let ticket = subchain.poll.unwrap().ticket;
        let wait = Outcome::Refused(RpcError::new(420, "FLOOD_WAIT_60"));
        assert!(ctx.answered(RequestId(0), wait).is_none());
        advance(&mut ctx, ANSWER);
        ctx.timers.cancel(Timer::Broadcasts);
        subchain.poll(&mut ctx, CALL);
        assert_eq!(subchain.poll.unwrap().ticket, ticket);
        assert_eq!(ctx.timers.next(), Some(ctx.now + ANSWER));
    }

    #[test]
    fn an_answer_says_what_the_server_has_left() {
        let page = |answer| polled(&mut at(4), answer);
        assert_eq!(page(items(4..6)), Some(Page::Last));
        assert_eq!(page(items(4..54)), Some(Page::Full));
        assert_eq!(page(items(6..8)), Some(Page::Compacted(6)));
        assert_eq!(page(items(6..7)), Some(Page::OnlyLast(6)));
        let mut rewound = at(4);
        assert_eq!(polled(&mut rewound, items(0..2)), None);
        assert_eq!(polled(&mut rewound, items(0..2)), Some(Page::Rewound(2)));
    }

    #[test]
    fn pages_without_an_end_are_read_so_many_times_and_not_more() {
        let mut subchain = at(0);
        let full = i32::from(LIMIT);
        for page in 0..i32::from(limits::FULL_PAGES) {
            let answer = items(page * full..page * full + full);
            assert_eq!(polled(&mut subchain, answer), Some(Page::Full));
            assert_eq!(taken(&mut subchain).len(), usize::from(LIMIT));
        }
        let next = subchain.next();
        let answer = items(next..next + full);
        assert_eq!(polled(&mut subchain, answer), Some(Page::Endless));
    }

    #[test]
    fn a_full_page_of_which_nothing_can_be_taken_is_not_followed_by_another_poll_at_once() {
        let full = i32::from(LIMIT);
        let page = || ChainBlocks {
            blocks: vec![Vec::new(); usize::from(LIMIT)],
            ..items(0..full)
        };
        assert_eq!(polled(&mut at(0), page()), Some(Page::Paused));
        let (mut subchain, mut ctx) = (at(0), context());
        subchain.poll(&mut ctx, CALL);
        let ticket = subchain.poll.unwrap().ticket;
        subchain.offer(&mut ctx, page());
        while subchain.take().is_some() {}
        let page = answer(&mut subchain, &mut ctx, ticket, page());
        assert_eq!(page, Some(Page::Full), "pushes were faster");
    }

    #[test]
    fn what_was_compacted_is_skipped() {
        let mut subchain = at(0);
        subchain.insert(items(2..8));
        subchain.skip_to(5);
        assert_eq!(taken(&mut subchain), [5, 6, 7]);
        assert_eq!(subchain.waiting_bytes, 0);
    }

    #[test]
    fn what_does_not_come_in_fifteen_seconds_and_three_answers_is_silence() {
        let mut subchain = at(0);
        let after = |seconds| Moment::new(Duration::from_secs(seconds));
        assert_eq!(subchain.note_answer(after(0), true), Ok(()));
        assert_eq!(subchain.note_answer(after(16), true), Ok(()));
        let silence = Err(RejoinReason::Silence);
        assert_eq!(subchain.note_answer(after(17), true), silence);
        subchain.progressed();
        assert_eq!(subchain.note_answer(after(18), true), Ok(()));
    }
}
