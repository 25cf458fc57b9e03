//! Where we are in one subchain, and what has arrived ahead of it.
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

use std::collections::BTreeMap;

use confcall_media::Moment;

use super::RequestId;
use crate::api::ChainBlocks;
use crate::limits;

/// The place in one subchain.
#[derive(Clone, Debug)]
pub(super) struct Cursor {
    next: i32,
    waiting: BTreeMap<i32, Vec<u8>>,
    waiting_bytes: usize,
    poll: Option<Poll>,
    hole_since: Option<Moment>,
    /// How many full pages came in a row.
    full_pages: u8,
}

/// A poll that is under way, bound to the offset that it was asked for.
#[derive(Clone, Copy, Debug)]
struct Poll {
    request: RequestId,
    offset: i32,
}

/// What the answer to a poll says beside its items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    /// The end of the subchain was reached.
    Last,
    /// There may be more.
    Full,
    /// So many full pages came in a row that there seems to be no end.
    Endless,
    /// The items that were asked for are gone; the first one left is at this offset.
    Compacted(i32),
    /// The same with only the last item, which is at this offset; all that somebody outside the call gets.
    OnlyLast(i32),
    /// The subchain ends before the place that we have reached.
    Rewound(i32),
}

impl Cursor {
    pub(super) fn new(next: i32) -> Self {
        Self {
            next,
            waiting: BTreeMap::new(),
            waiting_bytes: 0,
            poll: None,
            hole_since: None,
            full_pages: 0,
        }
    }

    /// Behind the first of some items, which was used already; the others are due.
    pub(super) fn behind_first(now: Moment, items: ChainBlocks) -> Self {
        let mut cursor = Self::from_first(now, items);
        cursor.take(now);
        cursor
    }

    /// At the first of some items.
    pub(super) fn from_first(now: Moment, items: ChainBlocks) -> Self {
        let mut cursor = Self::new(items.first_offset().unwrap_or(0));
        cursor.offer(now, items);
        cursor
    }

    /// The offset of the item that is due.
    pub(super) fn next(&self) -> i32 {
        self.next
    }

    /// Since when items wait behind one that has not arrived.
    pub(super) fn hole_since(&self) -> Option<Moment> {
        self.hole_since
    }

    /// Takes in items by their offsets; those that were taken out before, or that are too far ahead, are dropped.
    pub(super) fn offer(&mut self, now: Moment, items: ChainBlocks) {
        let Some(first) = items.first_offset() else {
            return;
        };
        for (item, offset) in items.blocks.into_iter().zip(first..) {
            let is_near = offset >= self.next && offset - self.next < limits::ITEMS_AHEAD;
            // The item that is due always has room: it does not wait.
            let has_room =
                offset == self.next || self.waiting_bytes + item.len() <= limits::ITEMS_AHEAD_BYTES;
            if is_near && has_room && !self.waiting.contains_key(&offset) {
                self.waiting_bytes += item.len();
                self.waiting.insert(offset, item);
            }
        }
        self.note_hole(now);
    }

    /// The item that is due, if it has arrived; the cursor moves behind it.
    pub(super) fn take(&mut self, now: Moment) -> Option<Vec<u8>> {
        let item = self.waiting.remove(&self.next)?;
        self.waiting_bytes -= item.len();
        self.next = self.next.saturating_add(1);
        self.note_hole(now);
        Some(item)
    }

    fn note_hole(&mut self, now: Moment) {
        let is_open = self
            .waiting
            .keys()
            .next()
            .is_some_and(|first| *first > self.next);
        if !is_open {
            self.hole_since = None;
        } else if self.hole_since.is_none() {
            self.hole_since = Some(now);
        }
    }

    /// Whether a poll is under way.
    pub(super) fn is_polled(&self) -> bool {
        self.poll.is_some()
    }

    /// Notes that a poll from the item that is due goes out.
    pub(super) fn poll_sent(&mut self, request: RequestId) {
        self.poll = Some(Poll {
            request,
            offset: self.next,
        });
    }

    /// Whether this is the poll that is under way, and not one from before the cursor was set anew.
    pub(super) fn awaits(&self, request: RequestId) -> bool {
        self.poll.is_some_and(|poll| poll.request == request)
    }

    /// Notes that the poll has no answer.
    pub(super) fn poll_failed(&mut self) {
        self.poll = None;
    }

    /// Takes in the answer to the poll; `None` if it answers no poll of this cursor.
    ///
    /// `limit` is how many items were asked for.
    pub(super) fn poll_answered(
        &mut self,
        now: Moment,
        request: RequestId,
        limit: usize,
        items: ChainBlocks,
    ) -> Option<Page> {
        let poll = self.poll.take_if(|poll| poll.request == request)?;
        let first = items.first_offset()?;
        let end = items.next_offset;
        if end < poll.offset {
            return Some(Page::Rewound(end));
        }
        let page = if first > poll.offset && items.blocks.len() == 1 {
            Page::OnlyLast(first)
        } else if first > poll.offset {
            Page::Compacted(first)
        } else if items.blocks.len() < limit {
            self.full_pages = 0;
            Page::Last
        } else if self.full_pages >= limits::FULL_PAGES {
            self.full_pages = 0;
            Page::Endless
        } else {
            self.full_pages += 1;
            Page::Full
        };
        self.offer(now, items);
        Some(page)
    }

    /// Goes on at a later offset, because what lies between is gone.
    pub(super) fn skip_to(&mut self, now: Moment, offset: i32) {
        self.next = self.next.max(offset);
        while let Some(first) = self
            .waiting
            .first_entry()
            .filter(|first| *first.key() < offset)
        {
            self.waiting_bytes -= first.remove().len();
        }
        self.note_hole(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{AccessHash, CallId, InputGroupCall, SubChain};

    const NOW: Moment = Moment::new(core::time::Duration::ZERO);
    const POLL: RequestId = RequestId(7);

    /// Items that are named by their offsets.
    fn items(offsets: core::ops::Range<i32>) -> ChainBlocks {
        ChainBlocks {
            call: InputGroupCall::Id {
                id: CallId::new(1),
                access_hash: AccessHash::new(2),
            },
            sub_chain: SubChain::Broadcasts,
            next_offset: offsets.end,
            blocks: offsets
                .map(|offset| offset.to_le_bytes().to_vec())
                .collect(),
        }
    }

    fn taken(cursor: &mut Cursor) -> Vec<i32> {
        let next = || cursor.take(NOW);
        let bytes = core::iter::from_fn(next);
        bytes
            .map(|one| i32::from_le_bytes(one.try_into().unwrap()))
            .collect()
    }

    fn polled(cursor: &mut Cursor, answer: ChainBlocks) -> Option<Page> {
        cursor.poll_sent(POLL);
        cursor.poll_answered(NOW, POLL, 5, answer)
    }

    #[test]
    fn a_late_answer_and_a_push_give_every_item_once_and_in_order() {
        let mut cursor = Cursor::new(3);
        cursor.poll_sent(POLL);
        cursor.offer(NOW, items(3..6));
        assert_eq!(taken(&mut cursor), [3, 4, 5]);
        assert_eq!(
            cursor.poll_answered(NOW, POLL, 5, items(3..7)),
            Some(Page::Last)
        );
        assert_eq!(taken(&mut cursor), [6]);
    }

    #[test]
    fn old_and_far_items_take_no_room() {
        let mut cursor = Cursor::new(300);
        cursor.offer(NOW, items(0..300));
        cursor.offer(NOW, items(301..900));
        assert_eq!(cursor.waiting.len(), limits::ITEMS_AHEAD as usize - 1);
        let waiting = cursor.waiting.values().map(Vec::len).sum::<usize>();
        assert_eq!(cursor.waiting_bytes, waiting);
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
        let mut cursor = Cursor::new(0);
        cursor.offer(NOW, large(1..9));
        assert_eq!(cursor.waiting_bytes, limits::ITEMS_AHEAD_BYTES);
        cursor.offer(NOW, large(0..1));
        let taken = core::iter::from_fn(|| cursor.take(NOW));
        assert_eq!(taken.count(), 5);
    }

    #[test]
    fn items_up_to_the_last_offset_are_taken_in() {
        let mut cursor = Cursor::new(i32::MAX - 2);
        cursor.offer(NOW, items(i32::MAX - 2..i32::MAX));
        assert_eq!(taken(&mut cursor), [i32::MAX - 2, i32::MAX - 1]);
    }

    #[test]
    fn a_hole_is_open_until_it_is_filled() {
        let mut cursor = Cursor::new(0);
        cursor.offer(NOW, items(1..3));
        assert_eq!(cursor.hole_since(), Some(NOW));
        assert!(taken(&mut cursor).is_empty());
        cursor.offer(NOW, items(0..1));
        assert_eq!(cursor.hole_since(), None);
        assert_eq!(taken(&mut cursor), [0, 1, 2]);
    }

    #[test]
    fn an_answer_to_another_poll_is_none() {
        let mut cursor = Cursor::new(0);
        cursor.poll_sent(POLL);
        let other = RequestId(8);
        assert_eq!(cursor.poll_answered(NOW, other, 5, items(0..1)), None);
        assert!(cursor.awaits(POLL) && !cursor.awaits(other));
        assert!(taken(&mut cursor).is_empty());
    }

    #[test]
    fn an_answer_says_what_the_server_has_left() {
        let page = |answer| polled(&mut Cursor::new(4), answer);
        assert_eq!(page(items(4..6)), Some(Page::Last));
        assert_eq!(page(items(4..9)), Some(Page::Full));
        assert_eq!(page(items(6..8)), Some(Page::Compacted(6)));
        assert_eq!(page(items(6..7)), Some(Page::OnlyLast(6)));
        assert_eq!(page(items(0..2)), Some(Page::Rewound(2)));
    }

    #[test]
    fn pages_without_an_end_are_read_so_many_times_and_not_more() {
        let mut cursor = Cursor::new(0);
        for page in 0..i32::from(limits::FULL_PAGES) {
            let answer = items(page * 5..page * 5 + 5);
            assert_eq!(polled(&mut cursor, answer), Some(Page::Full));
            assert_eq!(taken(&mut cursor).len(), 5);
        }
        let next = cursor.next();
        let answer = items(next..next + 5);
        assert_eq!(polled(&mut cursor, answer), Some(Page::Endless));
    }

    #[test]
    fn what_was_compacted_is_skipped() {
        let mut cursor = Cursor::new(0);
        cursor.offer(NOW, items(2..8));
        cursor.skip_to(NOW, 5);
        assert_eq!(taken(&mut cursor), [5, 6, 7]);
        assert_eq!(cursor.waiting_bytes, 0);
    }
}
