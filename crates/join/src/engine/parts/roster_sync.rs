//! The roster kept in step with the server: its changes, and the whole of it page by page.
//!
//! ```text
//! update of the next version ── take ──▶ roster
//! update of a later one ──▶ a gap: the whole roster is loaded again, page by page
//! ```
//!
//! It is complete only if every page was read; no member is removed from the call by a roster that is not. Implements
//! `spec/protocol.md`, 8.

use core::time::Duration;

use confcall_media::Moment;

use super::roster::Roster;
use crate::api::{
    CallRef, GetGroupParticipants, GroupCallParticipant, Participants, ParticipantsPage, Response,
    Ssrc,
};
use crate::engine::context::Context;
use crate::engine::end::EndReason;
use crate::engine::event::{Event, Suspicion};
use crate::engine::failure::Failure;
use crate::engine::identity::Identity;
use crate::engine::purpose::Purpose;
use crate::engine::requests::Ticket;
use crate::engine::timers::Timer;
use crate::limits;

/// The most participants of a page.
const PAGE: i32 = 100;
/// The least time before the roster is loaded, so that many who see the same change do not ask at once.
const SOON: Duration = Duration::from_millis(500);
/// The least time before a load because updates were missed.
const AFTER_GAP: Duration = Duration::from_millis(500);
/// The least time before it is tried again.
const AGAIN: Duration = Duration::from_secs(5);
/// The least time without a change before a complete roster is loaded again: a change that is not pushed shows only by
/// the one after it. A page every minute and a half is little beside the polls, of which there are forty meanwhile.
const QUIET: Duration = Duration::from_secs(60);

/// The roster, and how it is kept in step with the server's.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct RosterSync {
    roster: Roster,
    version: i32,
    load: Option<Load>,
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
    /// Changes before it are missing.
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
    pub(in crate::engine) fn roster(&self) -> &Roster {
        &self.roster
    }

    /// True if the participants may be others than when this was last asked.
    pub(in crate::engine) fn take_moved(&mut self) -> bool {
        core::mem::take(&mut self.moved)
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
            if one.user_id() == Some(us.user_id) {
                has_lost_us |= one.left;
                if !one.left && is_elsewhere(ctx, us, one.source) {
                    return Err(EndReason::JoinedElsewhere);
                }
            }
        }
        ctx.event(Event::RosterChanged);
        match applied {
            Change::Gap => self.load_soon(ctx),
            Change::Applied | Change::Old => load_quiet_later(ctx),
        }
        Ok(has_lost_us)
    }

    fn apply(&mut self, change: &Participants) -> Change {
        let counts = change.participants.iter().any(|one| one.versioned);
        // A change that the server does not count has no place among the others, and is never old.
        if counts && change.version < self.version {
            return Change::Old;
        }
        let is_gap = counts && self.version != 0 && change.version > self.version.saturating_add(1);
        self.moved |= !change.participants.is_empty();
        self.roster.put(&change.participants);
        if counts {
            self.version = change.version;
        }
        match is_gap {
            true => Change::Gap,
            false => Change::Applied,
        }
    }

    /// Takes over participants who were asked for by their sources.
    pub(in crate::engine) fn learn(
        &mut self,
        ctx: &mut Context,
        participants: &[GroupCallParticipant],
    ) {
        self.moved |= !participants.is_empty();
        self.roster.put(participants);
        ctx.event(Event::RosterChanged);
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
        if self.load.is_none() {
            self.ask(ctx, call, String::new());
        }
    }

    /// Gives up a load that is under way: its pages are older than what is wanted.
    pub(in crate::engine) fn stop(&mut self, ctx: &mut Context) {
        if let Some(load) = self.load.take() {
            ctx.abandon(load.ticket);
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
                self.changed(ctx, us)?;
                load_quiet_later(ctx);
                return Ok(true);
            }
            Loaded::Outrun => {
                self.changed(ctx, us)?;
                self.load_soon(ctx);
            }
            Loaded::Endless(read) => {
                ctx.event(Event::Suspicious(Suspicion::Endless { read }));
                ctx.after(Timer::Roster, AGAIN * 12);
            }
        }
        Ok(false)
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
                match has_changed {
                    true => Loaded::Outrun,
                    false => Loaded::Complete,
                }
            }
        })
    }

    /// Shows another roster to the caller, unless it says that we joined elsewhere.
    fn changed(&self, ctx: &mut Context, us: Identity) -> Result<(), EndReason> {
        if is_elsewhere(ctx, us, self.roster.own_source(us.user_id)) {
            return Err(EndReason::JoinedElsewhere);
        }
        ctx.event(Event::RosterChanged);
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Peer;
    use crate::engine::testing::{CALL, US, context};
    use confcall_state::UserId;

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
        let (mut sync, mut ctx) = (RosterSync::default(), context());
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
        let (mut sync, mut ctx) = (RosterSync::default(), context());
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
        let mut sync = RosterSync::default();
        sync.apply(&change(5, participant(ALICE, 1, false)));
        let late = change(4, participant(ALICE, 1, true));
        assert_eq!(sync.apply(&late), Change::Old);
        assert!(sync.roster.lists(ALICE));
        let next = change(7, participant(BOB, 2, false));
        assert_eq!(sync.apply(&next), Change::Gap);
    }
}
