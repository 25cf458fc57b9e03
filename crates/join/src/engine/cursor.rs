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

/// How far ahead of the cursor an item may be.
const WINDOW: i32 = 256;
/// How many bytes of items wait for those before them.
const WAITING_BYTES: usize = 1 << 20;

/// After this many full pages in a row the others wait for the next poll.
const MAX_FULL_PAGES: u8 = 40;

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
        for (offset, item) in (first..).zip(items.blocks) {
            let is_near = offset >= self.next && offset - self.next < WINDOW;
            // The item that is due always has room: it does not wait.
            let has_room = offset == self.next || self.waiting_bytes + item.len() <= WAITING_BYTES;
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
        } else if self.full_pages >= MAX_FULL_PAGES {
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
