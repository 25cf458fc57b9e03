//! The roster kept in step with the server: its changes, and the whole of it page by page.
//!
//! ```text
//! update without a version ───────┐
//! update of the next version ─────┴─ take ──▶ roster
//! update of a later one ──▶ kept ──┬── those between come ──▶ taken in order
//!                                  └── 1 s ──▶ the whole roster is loaded again, page by page
//! ```
//!
//! It is complete only if every page was read; no member is removed from the call by a roster that is not. Of a large one, in
//! a call whose roster removes nobody, only the first [`Pages`] are read by themselves. Implements `spec/protocol.md`, 8.

mod count;
mod early;
mod own_entry;

use core::time::Duration;

use confcall_media::Moment;

use count::Count;
use early::Early;
use own_entry::OwnEntry;

use super::roster::{Roster, Standing};
use super::roster_pages::{PAGE, Pages, Progress};
use crate::api::{
    CallRef, GetGroupParticipants, GroupCall, GroupCallParticipant, Participants, ParticipantsPage,
    Peer, Response, Ssrc,
};
use crate::engine::command::Order;
use crate::engine::context::Context;
use crate::engine::end::EndReason;
use crate::engine::event::{Event, Suspicion};
use crate::engine::failure::Failure;
use crate::engine::identity::Identity;
use crate::engine::purpose::Purpose;
use crate::engine::requests::Ticket;
use crate::engine::timers::Timer;
use crate::limits;

/// The least time before the roster is loaded, so that many who see the same change do not ask at once.
const SOON: Duration = Duration::from_millis(500);
/// The least time before a load because updates were missed.
const AFTER_GAP: Duration = Duration::from_millis(500);
/// The least time for the updates to come that lie between two others, before the roster is loaded.
const MISSING: Duration = Duration::from_secs(1);
/// The least time before it is tried again.
const AGAIN: Duration = Duration::from_secs(5);
/// The least time without a change before a complete roster is loaded again: a change that is not pushed shows only by
/// the one after it. A page every minute and a half is little beside the polls, of which there are forty meanwhile.
const QUIET: Duration = Duration::from_secs(60);

/// The roster, and how it is kept in step with the server's.
#[derive(Clone, Debug)]
pub(in crate::engine) struct RosterSync {
    roster: Roster,
    own: OwnEntry,
    /// The version of the roster; zero while none is known.
    version: i32,
    /// True once a change that counts was taken over.
    has_begun: bool,
    early: Early,
    /// The highest version that was heard of.
    newest: i32,
    load: Option<Load>,
    /// The pages of a large roster, which is not loaded whole.
    pages: Option<Pages>,
    /// True if changes were missed before the pages that are read.
    has_missed: bool,
    /// True if changes were missed, of which some may have been of the call itself: both have one version.
    may_be_another_call: bool,
    count: Count,
    /// True if the participants may be others than when this was last asked.
    moved: bool,
}

/// A load of the whole roster, page by page.
#[derive(Clone, Debug)]
struct Load {
    /// The request for the next page.
    ticket: Ticket,
    read: Vec<GroupCallParticipant>,
    pages: usize,
    /// The version of the roster when the first page was made.
    version: Option<i32>,
}

/// The meaning of a change for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    /// It is older than what we know.
    Old,
    /// It was taken over.
    Applied,
    /// Changes before it are missing, for which it waits.
    Gap,
}

/// The meaning of a page of the whole roster.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Loaded {
    /// The next page starts here.
    More(String),
    /// The roster is complete.
    Complete,
    /// All pages were read, and the roster changed meanwhile: users who are not in them may have come since.
    Outrun,
    /// The pages do not end.
    Endless(usize),
}

impl RosterSync {
    /// The roster of a conference, which is loaded whole.
    pub(in crate::engine) fn whole(us: Peer) -> Self {
        Self::new(us, limits::LISTED, None)
    }

    /// A roster that may be large, of which only the first page is loaded unless more is asked for.
    pub(in crate::engine) fn in_pages(us: Peer) -> Self {
        Self::new(us, limits::LARGE_ROSTER, Some(Pages::default()))
    }

    fn new(us: Peer, bound: usize, pages: Option<Pages>) -> Self {
        Self {
            roster: Roster::new(bound),
            own: OwnEntry::of(us),
            version: 0,
            has_begun: false,
            early: Early::default(),
            newest: 0,
            load: None,
            pages,
            has_missed: false,
            may_be_another_call: false,
            count: Count::default(),
            moved: false,
        }
    }

    pub(in crate::engine) fn roster(&self) -> &Roster {
        &self.roster
    }

    /// The number of participants, listed or not, if the server has said it.
    pub(in crate::engine) fn count(&self) -> Option<i32> {
        self.count.participants()
    }

    /// True if the participants may be others than when this was last asked.
    pub(in crate::engine) fn take_moved(&mut self) -> bool {
        core::mem::take(&mut self.moved)
    }

    /// True if the call itself may be another one than when this was last asked.
    pub(in crate::engine) fn take_may_be_another_call(&mut self) -> bool {
        core::mem::take(&mut self.may_be_another_call)
    }

    /// Takes in a change; gives whether it says that we left.
    pub(in crate::engine) fn take_change(
        &mut self,
        ctx: &mut Context,
        us: Identity,
        change: &Participants,
    ) -> Result<bool, EndReason> {
        let applied = self.apply(change);
        // It may name the source that we had before.
        if applied == Change::Old {
            return Ok(false);
        }
        let mut has_lost_us = false;
        for one in &change.participants {
            has_lost_us |= one.peer == us.peer && one.left;
            if is_elsewhere_by(ctx, us, one) {
                return Err(EndReason::JoinedElsewhere);
            }
        }
        match applied {
            Change::Gap => self.await_missing(ctx, change.version),
            Change::Applied | Change::Old => {
                self.is_at_newest(ctx);
                load_quiet_later(ctx);
            }
        }
        Ok(has_lost_us)
    }

    fn apply(&mut self, change: &Participants) -> Change {
        // A change that the server does not count has no place among the others, and is never old.
        if change.participants.iter().any(|one| one.versioned) {
            let next = self.version.saturating_add(1);
            let is_known = self.version != 0;
            if is_known && change.version > next {
                self.early.keep(change);
                // What an admin did to us holds from now on, whatever is missing before it.
                self.own.note(&change.participants);
                return Change::Gap;
            }
            // The first one can be of the version that the pages were made at, and not in them.
            let is_first = !self.has_begun && change.version == self.version;
            if is_known && change.version < next && !is_first {
                return Change::Old;
            }
            self.has_begun = true;
            self.version = change.version;
        }
        let is_listed = |peer| self.roster.has(peer);
        self.count
            .follow(change.version, &change.participants, is_listed);
        self.put(&change.participants);
        self.take_early();
        Change::Applied
    }

    /// Notes the version of the call, which counts the changes of the roster and of the call together.
    pub(in crate::engine) fn call_is_shown(&mut self, ctx: &mut Context, call: &GroupCall) {
        let Some(call) = call.active() else {
            return;
        };
        let version = call.version;
        self.count.is_said(call.participants_count, version);
        if self.version == 0 || version <= self.version {
            return;
        }
        if self.version.checked_add(1) == Some(version) {
            self.version = version;
            // A change of the roster may come with it under the same version.
            self.has_begun = false;
            self.take_early();
            self.is_at_newest(ctx);
        } else {
            self.await_missing(ctx, version);
        }
    }

    /// Waits for the changes before this version.
    fn await_missing(&mut self, ctx: &mut Context, version: i32) {
        self.newest = self.newest.max(version);
        let pause = ctx.spread(MISSING);
        ctx.within(Timer::RosterGap, pause);
    }

    /// Waits no more if no change is missing.
    fn is_at_newest(&self, ctx: &mut Context) {
        if self.version >= self.newest {
            ctx.timers.cancel(Timer::RosterGap);
        }
    }

    fn put(&mut self, participants: &[GroupCallParticipant]) {
        self.moved |= !participants.is_empty();
        if let Some(pages) = &mut self.pages {
            pages.note_pushed(participants);
        }
        self.roster.put(participants);
        self.own.note(participants);
    }

    /// The time at which our own entry says that we joined, while it was not taken.
    pub(in crate::engine) fn own_date(&self) -> Option<i32> {
        self.own.date()
    }

    /// Takes our own entry, if the server has shown it since this was last asked.
    pub(in crate::engine) fn take_own(&mut self) -> Option<GroupCallParticipant> {
        self.own.take()
    }

    /// Takes over the changes that waited for the one before them.
    fn take_early(&mut self) {
        while let Some((version, participants)) = self.early.take_behind(self.version) {
            self.version = version;
            let is_listed = |peer| self.roster.has(peer);
            self.count.follow(version, &participants, is_listed);
            self.put(&participants);
        }
    }

    /// Shows the caller how the participants have changed; `standing` is asked only if they have.
    pub(in crate::engine) fn show(
        &mut self,
        ctx: &mut Context,
        standing: impl FnOnce() -> Standing,
    ) {
        let moved = ctx.labels.take_moved();
        self.roster.choose(&ctx.wishes.muted_by_us);
        self.roster.name(&ctx.labels, moved);
        if self.roster.has_changed()
            && let Some(event) = self.roster.take_changes(&standing())
        {
            ctx.event(event);
        }
    }

    /// Takes over participants who were asked for by their sources.
    pub(in crate::engine) fn learn(&mut self, participants: &[GroupCallParticipant]) {
        self.put(participants);
    }
}

/// The loads of the whole roster.
impl RosterSync {
    pub(in crate::engine) fn load_soon(&self, ctx: &mut Context) {
        let pause = ctx.spread(SOON);
        ctx.within(Timer::Roster, pause);
    }

    /// Loads the roster soon after a moment, because updates were missed.
    pub(in crate::engine) fn load_after(&self, ctx: &mut Context, from: Moment) {
        let pause = ctx.spread(AFTER_GAP);
        ctx.timers.set_earlier(Timer::Roster, from + pause);
    }

    /// Loads the whole roster, unless that is under way.
    pub(in crate::engine) fn load(&mut self, ctx: &mut Context, call: CallRef) {
        match &mut self.pages {
            Some(pages) if pages.are_under_way() => {}
            Some(pages) => {
                self.has_missed = false;
                self.roster.begin_load();
                pages.start(ctx, call);
            }
            None if self.load.is_none() => self.ask(ctx, call, String::new()),
            None => {}
        }
    }

    /// Loads one page more, or all; of a roster that is loaded whole all are there, or on their way.
    pub(in crate::engine) fn load_more(
        &mut self,
        ctx: &mut Context,
        call: CallRef,
        all: bool,
        order: Order,
    ) {
        match &mut self.pages {
            Some(pages) => pages.want(ctx, call, all, order),
            None => ctx.done(order),
        }
    }

    /// Answers the commands that wait in a membership that ends.
    pub(in crate::engine) fn give_up(&mut self, ctx: &mut Context) {
        if let Some(pages) = &mut self.pages {
            pages.give_up(ctx);
        }
    }

    /// Gives up a load that is under way: its pages are older than what is wanted.
    pub(in crate::engine) fn stop(&mut self, ctx: &mut Context) {
        if let Some(load) = self.load.take() {
            ctx.abandon(load.ticket);
        }
        if let Some(pages) = &mut self.pages {
            pages.stop(ctx);
        }
    }

    fn ask(&mut self, ctx: &mut Context, call: CallRef, offset: String) {
        let page = GetGroupParticipants::page(call.into(), offset, PAGE);
        let ticket = ctx.send(Purpose::Roster, page);
        self.asked(ticket);
    }

    /// Notes the request for the next page, the first one if none was read.
    fn asked(&mut self, ticket: Ticket) {
        let load = self.load.get_or_insert_with(|| Load {
            ticket,
            read: Vec::new(),
            pages: 0,
            version: None,
        });
        load.ticket = ticket;
    }

    /// Takes a page; gives whether the roster is complete by it.
    pub(in crate::engine) fn answered(
        &mut self,
        ctx: &mut Context,
        us: Identity,
        ticket: Ticket,
        result: Result<Response, Failure>,
    ) -> Result<bool, EndReason> {
        if self.pages.is_some() {
            return self.page_answered(ctx, us, ticket, result);
        }
        // Other pages are of a load that was given up.
        if self.load.as_ref().is_none_or(|load| load.ticket != ticket) {
            return Ok(false);
        }
        let page = match result {
            Ok(response) => response.into_participants().ok(),
            Err(_) => {
                let pause = ctx.spread(AGAIN);
                self.load_failed(ctx, pause);
                return Ok(false);
            }
        };
        let Some(loaded) = page.and_then(|page| self.take_page(page)) else {
            self.load_failed(ctx, AGAIN);
            return Ok(false);
        };
        match loaded {
            Loaded::More(offset) => self.ask(ctx, us.call, offset),
            Loaded::Complete => {
                self.replaced(ctx, us)?;
                load_quiet_later(ctx);
                return Ok(true);
            }
            Loaded::Outrun => {
                self.replaced(ctx, us)?;
                self.load_soon(ctx);
            }
            Loaded::Endless(read) => {
                ctx.event(Event::Suspicious(Suspicion::Endless { read }));
                ctx.after(Timer::Roster, AGAIN * 12);
            }
        }
        Ok(false)
    }

    /// Takes a page of a large roster; gives whether the roster is complete by it.
    fn page_answered(
        &mut self,
        ctx: &mut Context,
        us: Identity,
        ticket: Ticket,
        result: Result<Response, Failure>,
    ) -> Result<bool, EndReason> {
        if self.own.is_answered(ticket) {
            return self.own_answered(ctx, us, result);
        }
        let Some(pages) = &mut self.pages else {
            return Ok(false);
        };
        let page = match pages.answered(ctx, ticket, result) {
            None => return Ok(false),
            Some(Ok(page)) => page,
            Some(Err(())) => {
                let pause = ctx.spread(AGAIN);
                ctx.after(Timer::Roster, pause);
                return Ok(false);
            }
        };
        if pages.are_at_first() && page.version > self.version {
            self.has_missed = self.version != 0;
            self.may_be_another_call |= self.has_missed;
            self.version = page.version;
            self.has_begun = false;
        }
        self.moved = true;
        self.count.is_said(page.count, page.version);
        self.roster.put(&page.participants);
        self.own.note(&page.participants);
        let mut participants = page.participants.iter();
        let was_elsewhere = participants.any(|one| is_elsewhere_by(ctx, us, one));
        let is_full = self.roster.is_full();
        let progress = pages.go_on(ctx, us.call, page, is_full);
        self.take_early();
        if was_elsewhere || is_elsewhere(ctx, us, self.roster.own_source(us.peer)) {
            return Err(EndReason::JoinedElsewhere);
        }
        if progress == Progress::More {
            return Ok(false);
        }
        // Where nothing was missed, those behind the pages that were read are there still.
        if progress == Progress::Complete {
            self.roster.drop_unread(None);
        } else {
            if self.has_missed {
                self.roster.drop_unread(Some(us.peer));
                self.own.may_have_changed();
            }
            self.own.ask(ctx, us, self.roster.was_read(us.peer));
        }
        if progress == Progress::Endless {
            let read = self.roster.len();
            ctx.event(Event::Suspicious(Suspicion::Endless { read }));
        }
        ctx.timers.cancel(Timer::RosterGap);
        self.newest = self.version;
        if !core::mem::take(&mut self.early).is_empty() {
            // The server's page is older than what it pushed.
            let pause = ctx.spread(AGAIN);
            ctx.within(Timer::Roster, pause);
        }
        load_quiet_later(ctx);
        Ok(progress == Progress::Complete)
    }

    /// Takes the answer for our own entry. One that did not come is asked for after the next load.
    fn own_answered(
        &mut self,
        ctx: &Context,
        us: Identity,
        result: Result<Response, Failure>,
    ) -> Result<bool, EndReason> {
        let Ok(page) = result.and_then(|one| one.into_participants().map_err(|_| Failure::Lost))
        else {
            return Ok(false);
        };
        if self.own.take_due() {
            self.put(&page.participants);
        }
        match is_elsewhere(ctx, us, self.roster.own_source(us.peer)) {
            true => Err(EndReason::JoinedElsewhere),
            false => Ok(false),
        }
    }

    fn load_failed(&mut self, ctx: &mut Context, pause: Duration) {
        self.load = None;
        ctx.after(Timer::Roster, pause);
    }

    /// Takes in the next page of the whole roster, if one is waited for.
    fn take_page(&mut self, page: ParticipantsPage) -> Option<Loaded> {
        let mut load = self.load.take()?;
        let is_empty = page.participants.is_empty();
        load.read.extend(page.participants);
        load.pages += 1;
        let began = *load.version.get_or_insert(page.version);
        let read = load.read.len();
        Some(match page.next_offset {
            Some(_) if read > limits::LISTED || load.pages >= limits::ROSTER_PAGES || is_empty => {
                Loaded::Endless(read)
            }
            Some(offset) => {
                self.load = Some(load);
                Loaded::More(offset)
            }
            None if read > limits::LISTED => Loaded::Endless(read),
            None => {
                let has_changed = page.version != began || self.version > began;
                self.moved = true;
                self.roster.replace(&load.read);
                // That of the first page, so that the next change shows a gap if others were missed.
                self.version = began;
                self.take_early();
                self.newest = self.version;
                // What still waits was made while the pages were read.
                let has_changed = has_changed || !core::mem::take(&mut self.early).is_empty();
                if has_changed {
                    // Our own entry in there may be older than what was pushed meanwhile.
                    return Some(Loaded::Outrun);
                }
                self.own.note(&load.read);
                Loaded::Complete
            }
        })
    }

    /// Ends by another roster that says that we joined elsewhere, and the wait for what is in it.
    fn replaced(&self, ctx: &mut Context, us: Identity) -> Result<(), EndReason> {
        ctx.timers.cancel(Timer::RosterGap);
        match is_elsewhere(ctx, us, self.roster.own_source(us.peer)) {
            true => Err(EndReason::JoinedElsewhere),
            false => Ok(()),
        }
    }
}

fn load_quiet_later(ctx: &mut Context) {
    let pause = ctx.spread(QUIET);
    ctx.after(Timer::QuietRoster, pause);
}

/// True if our own entry has a source that was never ours.
fn is_elsewhere(ctx: &Context, us: Identity, source: Option<Ssrc>) -> bool {
    source.is_some_and(|source| source != us.source && !ctx.past.had_source(source))
}

/// True for an entry of our account with a source that never was ours; an account is in a call as one peer only.
fn is_elsewhere_by(ctx: &Context, us: Identity, one: &GroupCallParticipant) -> bool {
    let is_us = one.peer == us.peer || one.own;
    is_us && !one.left && is_elsewhere(ctx, us, one.source)
}

#[cfg(test)]
mod series;

#[cfg(test)]
mod tests {
    use confcall_state::UserId;

    use super::*;
    use crate::engine::testing::{CALL, US, context};

    const ALICE: UserId = UserId::new(1);
    const BOB: UserId = UserId::new(2);
    fn participant(user_id: UserId, source: u32, left: bool) -> GroupCallParticipant {
        GroupCallParticipant {
            left,
            ..GroupCallParticipant::new(Peer::User(user_id), Ssrc::new(source))
        }
    }

    fn change(version: i32, participant: GroupCallParticipant) -> Participants {
        Participants {
            call: CALL.into(),
            participants: vec![participant],
            version,
        }
    }

    fn page(version: i32, participants: Vec<GroupCallParticipant>) -> ParticipantsPage {
        ParticipantsPage {
            count: 1,
            participants,
            next_offset: None,
            version,
            labels: Vec::new(),
        }
    }

    #[test]
    fn a_change_that_comes_while_the_pages_are_read_makes_them_be_read_again() {
        let (mut sync, mut ctx) = (RosterSync::whole(US.peer), context());
        let alice = participant(ALICE, 1, false);
        sync.load(&mut ctx, CALL);
        // Bob comes between the making of the page and its arrival.
        sync.apply(&change(4, participant(BOB, 2, false)));
        let old = page(3, vec![alice.clone()]);
        assert_eq!(sync.take_page(old), Some(Loaded::Outrun));
        assert!(!sync.roster.lists(BOB));
        // What follows shows the gap as well.
        assert_eq!(sync.apply(&change(5, alice.clone())), Change::Gap);

        sync.load(&mut ctx, CALL);
        let new = page(5, vec![alice, participant(BOB, 2, false)]);
        assert_eq!(sync.take_page(new), Some(Loaded::Complete));
        assert!(sync.roster.lists(BOB));
    }

    #[test]
    fn a_roster_that_changed_while_it_was_read_is_not_complete() {
        let (mut sync, mut ctx) = (RosterSync::whole(US.peer), context());
        let read = |sync: &mut RosterSync, ctx: &mut Context, version| {
            sync.load(ctx, CALL);
            sync.apply(&change(4, participant(BOB, 2, false)));
            let ticket = sync.load.as_ref().unwrap().ticket;
            let page = page(version, vec![participant(ALICE, 1, false)]);
            sync.answered(ctx, US, ticket, Ok(page.into()))
        };
        // The first page was made before Bob came.
        assert_eq!(read(&mut sync, &mut ctx, 3), Ok(false));
        assert_eq!(read(&mut sync, &mut ctx, 4), Ok(true));
    }

    #[test]
    fn an_older_change_is_void_and_a_missing_one_is_a_gap() {
        let mut sync = RosterSync::whole(US.peer);
        sync.apply(&change(5, participant(ALICE, 1, false)));
        for late in [4, 5] {
            let late = change(late, participant(ALICE, 1, true));
            assert_eq!(sync.apply(&late), Change::Old);
            assert!(sync.roster.lists(ALICE));
        }
        let next = change(7, participant(BOB, 2, false));
        assert_eq!(sync.apply(&next), Change::Gap);
        assert!(!sync.roster.lists(BOB));
    }

    #[test]
    fn our_own_entry_counts_also_behind_a_gap() {
        let mut sync = RosterSync::whole(US.peer);
        sync.apply(&change(5, participant(ALICE, 1, false)));
        let us = GroupCallParticipant {
            peer: US.peer,
            ..participant(BOB, 2, false)
        };
        assert_eq!(sync.apply(&change(7, us.clone())), Change::Gap);
        assert_eq!(sync.take_own(), Some(us));
        assert_eq!(sync.version, 5);
    }

    #[test]
    fn a_change_without_a_version_is_taken_whatever_its_number() {
        let mut sync = RosterSync::whole(US.peer);
        sync.apply(&change(5, participant(ALICE, 1, false)));
        let uncounted = GroupCallParticipant {
            versioned: false,
            ..participant(BOB, 2, false)
        };
        for version in [i32::MIN, 0, 5, 9, i32::MAX] {
            let uncounted = change(version, uncounted.clone());
            assert_eq!(sync.apply(&uncounted), Change::Applied);
        }
        assert!(sync.roster.lists(BOB));
        assert_eq!(sync.version, 5);
    }

    #[test]
    fn the_first_change_may_have_the_version_of_the_pages_and_no_later_one() {
        let (mut sync, mut ctx) = (RosterSync::whole(US.peer), context());
        sync.load(&mut ctx, CALL);
        let loaded = sync.take_page(page(5, vec![participant(ALICE, 1, false)]));
        assert_eq!(loaded, Some(Loaded::Complete));
        let first = change(5, participant(BOB, 2, false));
        assert_eq!(sync.apply(&first), Change::Applied);
        let second = change(5, participant(BOB, 2, true));
        assert_eq!(sync.apply(&second), Change::Old);
        assert!(sync.roster.lists(BOB));
    }

    #[test]
    fn changes_in_the_wrong_order_are_taken_in_the_right_one_without_a_load() {
        let (mut sync, mut ctx) = (RosterSync::whole(US.peer), context());
        let mut take = |sync: &mut RosterSync, version, user, left| {
            let change = change(version, participant(user, 2, left));
            assert_eq!(sync.take_change(&mut ctx, US, &change), Ok(false));
            ctx.timers.is_set(Timer::RosterGap)
        };
        let carol = UserId::new(3);
        assert!(!take(&mut sync, 5, carol, false));
        assert!(take(&mut sync, 8, BOB, true));
        assert!(take(&mut sync, 7, BOB, false));
        assert!(sync.roster.lists(carol) && !sync.roster.lists(BOB));
        assert!(!take(&mut sync, 6, carol, true));
        assert!(!sync.roster.lists(carol) && !sync.roster.lists(BOB));
        assert_eq!(sync.version, 8);
    }

    #[test]
    fn changes_that_come_early_wait_for_those_between_up_to_so_many_bytes() {
        let mut sync = RosterSync::whole(US.peer);
        sync.apply(&change(1, participant(ALICE, 1, false)));
        for version in 3..10_000 {
            let early = change(version, participant(BOB, 2, false));
            assert_eq!(sync.apply(&early), Change::Gap);
        }
        let kept = sync.early.0.len();
        assert!(kept > 100 && kept < 1000, "{kept}");
    }

    #[test]
    fn words_that_come_early_wait_cut_as_they_are_shown() {
        let mut sync = RosterSync::whole(US.peer);
        sync.apply(&change(1, participant(ALICE, 1, false)));
        let large = GroupCallParticipant {
            about: Some("x".repeat(limits::EARLY_ROSTER_BYTES)),
            ..participant(BOB, 2, false)
        };
        sync.apply(&change(3, large));
        let waits = sync.early.0[&3][0].about.as_ref();
        assert_eq!(waits.map(String::len), Some(limits::LABEL_BYTES));
    }

    #[test]
    fn what_still_waits_when_the_pages_are_read_has_them_read_once_more_and_not_for_ever() {
        let (mut sync, mut ctx) = (RosterSync::whole(US.peer), context());
        sync.apply(&change(1, participant(ALICE, 1, false)));
        sync.apply(&change(3, participant(BOB, 2, false)));
        sync.apply(&change(i32::MAX, participant(BOB, 2, true)));
        let loads = [(2, Loaded::Outrun), (3, Loaded::Complete)];
        for (version, expected) in loads {
            sync.load(&mut ctx, CALL);
            let page = page(version, vec![participant(ALICE, 1, false)]);
            assert_eq!(sync.take_page(page), Some(expected));
        }
    }
}
