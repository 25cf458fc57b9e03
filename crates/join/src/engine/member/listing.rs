//! Keeping the roster: changes, the whole of it page by page, and whose sources are.

use core::time::Duration;

use super::super::context::Context;
use super::super::end::EndReason;
use super::super::event::{Event, Suspicion};
use super::super::io::{Outcome, RequestId};
use super::super::roster::{Change, Loaded};
use super::super::timers::Timer;
use super::{Flow, Member, Pending};
use crate::api::reaction::Reaction;
use crate::api::{GetGroupParticipants, Method, Participants, SubChain};

/// How many participants a page has at most.
const PAGE: i32 = 100;
/// The least time before the roster is loaded, so that many who see the same change do not ask at once.
const SOON: Duration = Duration::from_millis(500);
/// The least time before it is tried again.
const AGAIN: Duration = Duration::from_secs(5);
/// The least time without a change before a complete roster is loaded again: a change that is not pushed shows only by
/// the one after it. A page every minute and a half is little beside the polls, of which there are forty meanwhile.
const QUIET: Duration = Duration::from_secs(60);

impl Member {
    /// Takes in a change of the roster.
    pub(super) fn take_roster(&mut self, ctx: &mut Context, change: &Participants) -> Flow {
        let us = self.user_id();
        let own = change
            .participants
            .iter()
            .filter(|one| one.user_id() == Some(us));
        for own in own {
            let source = own.source.filter(|source| !ctx.is_past_source(*source));
            if own.left {
                // A block that removed us may be behind it; else the server has lost us.
                self.poll(ctx, SubChain::Blocks);
                self.check(ctx);
            } else if source.is_some_and(|source| source != self.payload.ssrc()) {
                return Err(EndReason::JoinedElsewhere.into());
            }
        }
        match self.roster.apply(change) {
            Change::Old => {}
            Change::Applied => {
                ctx.event(Event::RosterChanged);
                Self::load_quiet_roster_later(ctx);
            }
            Change::Gap => {
                ctx.event(Event::RosterChanged);
                self.load_roster_soon(ctx);
            }
        }
        Ok(())
    }

    pub(super) fn load_roster_soon(&mut self, ctx: &mut Context) {
        let pause = Self::spread(ctx, SOON);
        ctx.timers.set_earlier(Timer::Roster, ctx.now + pause);
    }

    fn load_quiet_roster_later(ctx: &mut Context) {
        let pause = Self::spread(ctx, QUIET);
        ctx.after(Timer::QuietRoster, pause);
    }

    /// Starts to load the whole roster, unless that is under way.
    pub(super) fn load_roster(&mut self, ctx: &mut Context) {
        if !self.roster.is_loading() {
            self.read_page(ctx, String::new());
        }
    }

    fn read_page(&mut self, ctx: &mut Context, offset: String) {
        let page = GetGroupParticipants::page(self.call.clone(), offset, PAGE);
        let request = self.send(ctx, page, Pending::Page);
        self.roster.page_asked(request);
    }

    pub(super) fn page_read(
        &mut self,
        ctx: &mut Context,
        request: RequestId,
        outcome: Outcome,
    ) -> Flow {
        if !self.roster.waits_for(request) {
            return Ok(());
        }
        let page = match outcome {
            Outcome::Done(response) => response.into_participants().ok(),
            failed => {
                let reaction = self.reaction(ctx, Method::GetGroupParticipants, &failed)?;
                self.roster.stop_loading();
                let pause = match reaction {
                    Reaction::WaitThenRepeat(wait) => wait,
                    _ => Self::spread(ctx, AGAIN),
                };
                ctx.after(Timer::Roster, pause);
                return Ok(());
            }
        };
        let Some(loaded) = page.and_then(|page| self.roster.load(page)) else {
            self.roster.stop_loading();
            ctx.after(Timer::Roster, AGAIN);
            return Ok(());
        };
        match loaded {
            Loaded::More(offset) => self.read_page(ctx, offset),
            Loaded::Complete => {
                self.roster_changed(ctx)?;
                self.roster_is_complete(ctx);
                Self::load_quiet_roster_later(ctx);
            }
            Loaded::Outrun => {
                self.roster_changed(ctx)?;
                self.load_roster_soon(ctx);
            }
            Loaded::Endless(read) => {
                ctx.event(Event::Suspicious(Suspicion::Endless { read }));
                ctx.after(Timer::Roster, AGAIN * 12);
            }
        }
        Ok(())
    }

    /// Tells of another roster, unless it shows that we joined elsewhere.
    fn roster_changed(&mut self, ctx: &mut Context) -> Flow {
        let source = self.roster.own_source(self.user_id());
        let source = source.filter(|source| !ctx.is_past_source(*source));
        if source.is_some_and(|source| source != self.payload.ssrc()) {
            return Err(EndReason::JoinedElsewhere.into());
        }
        ctx.event(Event::RosterChanged);
        Ok(())
    }
}
