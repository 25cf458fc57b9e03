//! The pages of a large roster: the first are read by themselves, the others when they are asked for.
//!
//! ```text
//! load ──▶ page ── more are wanted ──▶ page ── enough, or the last ──▶ over
//!           ▲                                                            │
//!           └───────────────────── load more ◀── asked for ◀─────────────┘
//! ```
//!
//! They are put into the roster one by one, so that a second roster is never held beside it. What is pushed while a page is
//! under way is newer than the page.

use std::collections::BTreeSet;

use crate::api::{
    CallRef, GetGroupParticipants, GroupCallParticipant, ParticipantsPage, Peer, Response,
};
use crate::engine::command::{CommandFailure, Order};
use crate::engine::context::Context;
use crate::engine::failure::Failure;
use crate::engine::purpose::Purpose;
use crate::engine::requests::Ticket;
use crate::limits;

/// The most participants of a page.
pub(super) const PAGE: i32 = 100;

/// The pages that are read, and those that are wanted.
#[derive(Clone, Debug)]
pub(super) struct Pages {
    under_way: Option<Ticket>,
    /// The number of pages that were read.
    read: usize,
    /// The number of pages that are wanted, of which a load from the start reads as many again.
    wanted: usize,
    /// The place at which the next page begins; `None` before the first, and behind the last.
    next: Option<String>,
    /// Those who were pushed since the page was asked for.
    pushed: BTreeSet<Peer>,
    /// The commands that ask for pages.
    orders: Vec<Order>,
}

/// The way in which a page leads on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// The next one is asked for.
    More,
    /// As many as are wanted were read, and there are others.
    Enough,
    /// It was the last.
    Complete,
    /// They do not end.
    Endless,
}

impl Default for Pages {
    fn default() -> Self {
        Self {
            under_way: None,
            read: 0,
            wanted: 1,
            next: None,
            pushed: BTreeSet::new(),
            orders: Vec::new(),
        }
    }
}

impl Pages {
    pub(super) fn are_under_way(&self) -> bool {
        self.under_way.is_some()
    }

    /// True before the first page of a load was read.
    pub(super) fn are_at_first(&self) -> bool {
        self.read == 0
    }

    /// Asks for the first page.
    pub(super) fn start(&mut self, ctx: &mut Context, call: CallRef) {
        (self.read, self.next) = (0, None);
        self.ask(ctx, call, String::new());
    }

    fn ask(&mut self, ctx: &mut Context, call: CallRef, offset: String) {
        self.pushed.clear();
        let page = GetGroupParticipants::page(call.into(), offset, PAGE);
        self.under_way = Some(ctx.send(Purpose::Roster, page));
    }

    /// Wants one page more, or all; the command is done once they are read.
    pub(super) fn want(&mut self, ctx: &mut Context, call: CallRef, all: bool, order: Order) {
        if self.orders.len() >= limits::COMMANDS {
            return ctx.failed(order, CommandFailure::Busy);
        }
        self.wanted = match all {
            true => limits::LARGE_ROSTER_PAGES,
            false => self.read.max(1).saturating_add(1),
        };
        self.orders.push(order);
        if self.are_under_way() {
            return;
        }
        match (self.next.clone(), self.read) {
            (Some(offset), _) => self.ask(ctx, call, offset),
            (None, 0) => self.start(ctx, call),
            (None, _) => self.are_read(ctx),
        }
    }

    /// Gives up what is under way: it is older than what is wanted.
    pub(super) fn stop(&mut self, ctx: &mut Context) {
        if let Some(ticket) = self.under_way.take() {
            ctx.abandon(ticket);
        }
    }

    /// Notes participants who are pushed while a page is under way.
    pub(super) fn note_pushed(&mut self, participants: &[GroupCallParticipant]) {
        if self.are_under_way() {
            let room = limits::PUSHED_IN_A_PAGE.saturating_sub(self.pushed.len());
            let peers = participants.iter().map(|one| one.peer);
            self.pushed.extend(peers.take(room));
        }
    }

    /// Takes the answer for a page; gives those in it who were not pushed since. A page that did not come fails the commands.
    pub(super) fn answered(
        &mut self,
        ctx: &mut Context,
        ticket: Ticket,
        result: Result<Response, Failure>,
    ) -> Option<Result<ParticipantsPage, ()>> {
        // Others are of a load that was given up.
        self.under_way.take_if(|sent| *sent == ticket)?;
        let page = result.and_then(|one| one.into_participants().map_err(|_| Failure::Lost));
        Some(match page {
            Ok(mut page) => {
                let is_older = |one: &GroupCallParticipant| self.pushed.contains(&one.peer);
                page.participants.retain(|one| !is_older(one));
                Ok(page)
            }
            Err(failure) => {
                for order in core::mem::take(&mut self.orders) {
                    ctx.failed(order, failure.clone());
                }
                Err(())
            }
        })
    }

    /// Goes on behind a page that was taken; `is_full` says that the roster has no room for more.
    pub(super) fn go_on(
        &mut self,
        ctx: &mut Context,
        call: CallRef,
        page: ParticipantsPage,
        is_full: bool,
    ) -> Progress {
        self.read = self.read.saturating_add(1);
        self.next = page.next_offset.filter(|offset| !offset.is_empty());
        let Some(offset) = self.next.clone() else {
            self.are_read(ctx);
            return Progress::Complete;
        };
        if self.read >= limits::LARGE_ROSTER_PAGES {
            self.are_read(ctx);
            return Progress::Endless;
        }
        if self.read < self.wanted && !is_full {
            self.ask(ctx, call, offset);
            return Progress::More;
        }
        self.are_read(ctx);
        Progress::Enough
    }

    fn are_read(&mut self, ctx: &mut Context) {
        self.wanted = self.wanted.min(self.read.max(1));
        for order in core::mem::take(&mut self.orders) {
            ctx.done(order);
        }
    }

    /// Answers the commands that wait in a membership that ends.
    pub(super) fn give_up(&mut self, ctx: &mut Context) {
        for order in core::mem::take(&mut self.orders) {
            ctx.failed(order, CommandFailure::Unanswered);
        }
    }
}

#[cfg(test)]
mod tests {
    use confcall_state::UserId;

    use super::*;
    use crate::api::Request;
    use crate::engine::command::{CommandId, CommandKind};
    use crate::engine::testing::{CALL, answers, context, outputs};

    const ORDER: Order = Order {
        id: CommandId::new(1),
        kind: CommandKind::LoadParticipants,
    };

    fn page(next: Option<&str>) -> ParticipantsPage {
        let one = |user| GroupCallParticipant::new(Peer::User(UserId::new(user)), None);
        ParticipantsPage {
            count: 3,
            participants: vec![one(1), one(2)],
            next_offset: next.map(str::to_owned),
            version: 1,
            labels: Vec::new(),
        }
    }

    fn answer(pages: &mut Pages, ctx: &mut Context, next: Option<&str>) -> Progress {
        let ticket = pages.under_way.unwrap();
        let page = pages.answered(ctx, ticket, Ok(page(next).into()));
        pages.go_on(ctx, CALL, page.unwrap().unwrap(), false)
    }

    #[test]
    fn the_first_page_is_read_by_itself_and_another_one_when_it_is_asked_for() {
        let (mut pages, mut ctx) = (Pages::default(), context());
        pages.start(&mut ctx, CALL);
        assert_eq!(answer(&mut pages, &mut ctx, Some("b")), Progress::Enough);
        pages.want(&mut ctx, CALL, false, ORDER);
        let (requests, _) = outputs(&mut ctx);
        let offsets: Vec<_> = requests
            .iter()
            .filter_map(|request| match request {
                Request::Participants(page) => Some(page.offset.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(offsets, ["", "b"]);
        assert_eq!(answer(&mut pages, &mut ctx, Some("c")), Progress::Enough);
        assert_eq!(answers(&mut ctx), [None]);
        // A load from the start reads as many again.
        pages.start(&mut ctx, CALL);
        assert_eq!(answer(&mut pages, &mut ctx, Some("b")), Progress::More);
        assert_eq!(answer(&mut pages, &mut ctx, Some("c")), Progress::Enough);
    }

    #[test]
    fn an_empty_offset_is_the_end_and_pages_without_one_are_endless() {
        let (mut pages, mut ctx) = (Pages::default(), context());
        pages.want(&mut ctx, CALL, true, ORDER);
        assert_eq!(answer(&mut pages, &mut ctx, Some("")), Progress::Complete);
        pages.start(&mut ctx, CALL);
        pages.want(&mut ctx, CALL, true, ORDER);
        let mut read = 1;
        while answer(&mut pages, &mut ctx, Some("x")) == Progress::More {
            read += 1;
        }
        assert_eq!(read, limits::LARGE_ROSTER_PAGES);
    }

    #[test]
    fn who_is_pushed_while_a_page_is_under_way_is_newer_than_the_page() {
        let (mut pages, mut ctx) = (Pages::default(), context());
        pages.start(&mut ctx, CALL);
        pages.note_pushed(&page(None).participants[..1]);
        let ticket = pages.under_way.unwrap();
        let taken = pages.answered(&mut ctx, ticket, Ok(page(None).into()));
        let taken = taken.unwrap().unwrap();
        assert_eq!(taken.participants, page(None).participants[1..]);
    }
}
