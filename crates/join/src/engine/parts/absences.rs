//! The members of the chain whom the roster does not list: since when, and the meaning of it.
//!
//! ```text
//! missed ── 3 to 6 s ──▶ sought: the whole roster is loaded ── still not in it ──▶ confirmed ── 2 s ──▶ may be removed
//!   ▲                                                                                  │
//!   └────────── the removal failed, or a block removed others of them ◀────────────────┘
//! ```
//!
//! People leave in bursts, so all who are missed are sought by one load of the roster. Until a removal had its time to
//! come they are leaving, as in every call; a member who is not listed for longer is hidden, and a suspicion.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use confcall_media::Moment;
use confcall_state::{Height, UserId};

use super::call_view::CallView;
use crate::engine::context::Context;
use crate::engine::event::{Event, Suspicion};
use crate::engine::timers::Timer;
use crate::limits;

/// The least time for which a member is not listed before the roster is loaded to make sure.
pub(super) const UNLISTED: Duration = Duration::from_secs(3);
/// The least time between being sure and writing a block; of many members one comes first.
pub(super) const GRACE: Duration = Duration::from_secs(2);
/// The time before a member whose removal failed is looked at again.
const LATER: Duration = Duration::from_secs(60);
/// The time after which a member who left would have been removed, races and lost requests included.
const LEAVING: Duration = Duration::from_secs(30);
/// The number of removals that fail before that is suspicious.
const FAILURES: u32 = 3;

/// The members whom the roster does not list.
#[derive(Clone, Debug, Default)]
pub(super) struct Absences {
    absent: BTreeMap<UserId, Absence>,
    /// The members whom the roster listed when it was last compared.
    listed: BTreeSet<UserId>,
    /// The block whose members were last compared with the roster.
    compared: Option<Height>,
}

/// One of them.
#[derive(Clone, Copy, Debug)]
struct Absence {
    since: Moment,
    stage: Stage,
    /// False for a member who may only have come, and not be listed yet.
    has_left: bool,
    failures: u32,
    /// True once the server refused a removal for itself, perhaps because of this member.
    is_apart: bool,
    is_suspect: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The roster is loaded at this moment to make sure.
    Missed(Moment),
    /// That load has begun.
    Sought,
    /// The whole roster does not list the member; since then.
    Confirmed(Moment),
}

impl Absence {
    fn is_confirmed(&self) -> bool {
        matches!(self.stage, Stage::Confirmed(_))
    }

    /// The moment of the look that others can share.
    fn look_at(&self) -> Option<Moment> {
        match self.stage {
            Stage::Missed(at) => Some(at),
            Stage::Sought | Stage::Confirmed(_) => None,
        }
    }

    /// The moment from which the absence is suspicious; `None` if it is so already, or not sure.
    fn suspicious_at(&self) -> Option<Moment> {
        let is_due = self.failures >= FAILURES;
        let at = if is_due {
            self.since
        } else {
            self.since + LEAVING
        };
        (self.has_left && !self.is_suspect).then_some(at)
    }
}

/// The comparison of chain and roster.
impl Absences {
    /// Keeps watch; `has_moved` says whether the roster may be another than when this was last asked.
    pub(super) fn watch(&mut self, ctx: &mut Context, view: CallView<'_>, has_moved: bool) {
        // Most inputs change neither, and comparing two hundred members costs more than all the rest of a poll.
        let height = Some(view.chain.height());
        let is_other_block = core::mem::replace(&mut self.compared, height) != height;
        if has_moved || is_other_block {
            self.compare(ctx, view);
        }
        self.suspect(ctx);
        let looks = self.absent.values().filter_map(Absence::look_at);
        let suspicions = self.absent.values().filter_map(Absence::suspicious_at);
        match looks.chain(suspicions).min() {
            Some(at) => ctx.timers.set(Timer::Unlisted, at),
            None => ctx.timers.cancel(Timer::Unlisted),
        }
    }

    fn compare(&mut self, ctx: &mut Context, view: CallView<'_>) {
        self.forget_those_back_or_gone(ctx, view);
        let shared = self.absent.values().filter(|one| !one.is_apart);
        let mut look_at = shared.filter_map(Absence::look_at).min();
        let participants = &view.chain.group_state().participants;
        let others = participants.iter().map(|one| one.user_id);
        let mut listed = BTreeSet::new();
        for user in others.filter(|user| *user != view.us) {
            if view.roster.lists(user) {
                listed.insert(user);
                continue;
            }
            let was_listed = self.listed.contains(&user);
            self.absent.entry(user).or_insert_with(|| Absence {
                since: ctx.now,
                stage: Stage::Missed(
                    *look_at.get_or_insert_with(|| ctx.now + ctx.spread(UNLISTED)),
                ),
                has_left: was_listed,
                failures: 0,
                is_apart: false,
                is_suspect: false,
            });
        }
        self.listed = listed;
    }

    /// Forgets who is listed again or not in the chain any more. If a block removed some of those who are to be removed,
    /// its writer did not know of the others: all seek them again, so that one block takes in who left meanwhile.
    fn forget_those_back_or_gone(&mut self, ctx: &mut Context, view: CallView<'_>) {
        let mut was_removal = false;
        self.absent.retain(|user, one| {
            was_removal |= one.has_left && !view.has_member(*user);
            view.is_unlisted(*user)
        });
        if was_removal {
            let look_at = ctx.now + ctx.spread(UNLISTED);
            let all = self.absent.values_mut();
            all.filter(|one| one.is_confirmed())
                .for_each(|one| one.stage = Stage::Missed(look_at));
        }
    }

    /// Reports those who are suspicious by now, each once.
    pub(super) fn suspect(&mut self, ctx: &mut Context) {
        for (user, one) in &mut self.absent {
            if one.suspicious_at().is_some_and(|at| at <= ctx.now) {
                one.is_suspect = true;
                ctx.event(Event::Suspicious(Suspicion::UnlistedMember(*user)));
            }
        }
    }

    /// Gives whether the roster must be loaded to make sure of those who have not been listed for a while.
    pub(super) fn must_seek(&mut self, ctx: &Context) -> bool {
        let is_due = |one: &Absence| one.look_at().is_some_and(|at| at <= ctx.now);
        if !self.absent.values().any(is_due) {
            return false;
        }
        // A server that makes rosters can have us want any number of loads.
        let has_room = ctx.under_way() < limits::REQUESTS;
        let missed = self.absent.values_mut().filter(|one| match has_room {
            // One load is for all who are missed by now.
            true => is_due(one) || (!one.is_apart && one.look_at().is_some()),
            false => is_due(one),
        });
        missed.for_each(|one| {
            one.stage = match has_room {
                true => Stage::Sought,
                false => Stage::Missed(ctx.now + UNLISTED),
            }
        });
        has_room
    }

    /// Takes note of a complete roster: a member who was not in it before and is not in it now has left or is hidden.
    pub(super) fn roster_is_complete(&mut self, now: Moment) {
        let all = self.absent.values_mut();
        for one in all.filter(|one| one.stage == Stage::Sought) {
            one.stage = Stage::Confirmed(now);
            one.has_left = true;
        }
    }
}

/// The removals of those who left.
impl Absences {
    /// The members who are to be removed by one block now.
    ///
    /// After a removal that was refused for itself each comes alone: it may be for one of them that the server refuses.
    pub(super) fn stale(&self, now: Moment) -> Vec<UserId> {
        let is_stale =
            |one: &Absence| matches!(one.stage, Stage::Confirmed(at) if at + GRACE <= now);
        let stale = self.absent.iter().filter(|(_, one)| is_stale(one));
        let (apart, together): (Vec<_>, Vec<_>) = stale.partition(|(_, one)| one.is_apart);
        let alone = apart.into_iter().min_by_key(|(_, one)| one.failures);
        match together.is_empty() {
            true => alone.map(|(user, _)| *user).into_iter().collect(),
            false => together.into_iter().map(|(user, _)| *user).collect(),
        }
    }

    /// The moment at which all of these may be removed who are sure to have left; `None` if there are none.
    pub(super) fn removable_at(&self, is_of_these: impl Fn(UserId) -> bool) -> Option<Moment> {
        let these = self.absent.iter().filter(|(user, _)| is_of_these(**user));
        let confirmed = these.filter_map(|(_, one)| match one.stage {
            Stage::Confirmed(at) => Some(at + GRACE),
            Stage::Missed(_) | Stage::Sought => None,
        });
        confirmed.max()
    }

    /// Notes that a removal failed although no other block came first.
    pub(super) fn note_failure(&mut self, users: &[UserId]) {
        let failed = self
            .absent
            .iter_mut()
            .filter(|(user, _)| users.contains(user));
        failed.for_each(|(_, one)| one.failures = one.failures.saturating_add(1));
    }

    /// Looks at members again later, because a removal of them is over; apart, if it was refused for itself.
    pub(super) fn put_off(&mut self, now: Moment, users: &[UserId], is_apart: bool) {
        let over = self
            .absent
            .iter_mut()
            .filter(|(user, _)| users.contains(user));
        for (_, one) in over {
            one.stage = Stage::Missed(now + LATER);
            one.is_apart |= is_apart;
        }
    }

    /// The members who have just left, as far as that is not suspicious.
    pub(super) fn leaving(&self) -> impl Iterator<Item = UserId> {
        let leaving = |one: &Absence| one.has_left && !one.is_suspect;
        let absent = self.absent.iter();
        absent
            .filter(move |(_, one)| leaving(one))
            .map(|(user, _)| *user)
    }
}

#[cfg(test)]
mod tests {
    use super::super::roster::Roster;
    use super::*;
    use crate::api::{GroupCallParticipant, Peer};
    use crate::engine::testing::{advance, chain, context, outputs, view};

    const SECOND: Duration = Duration::from_secs(1);

    /// A roster that lists these users.
    fn roster(users: impl IntoIterator<Item = i64>) -> Roster {
        let participants = users
            .into_iter()
            .map(|user| GroupCallParticipant::new(Peer::User(UserId::new(user)), None));
        let mut roster = Roster::new(limits::LISTED);
        roster.replace(&participants.collect::<Vec<_>>());
        roster
    }

    fn ids(users: impl IntoIterator<Item = i64>) -> Vec<UserId> {
        users.into_iter().map(UserId::new).collect()
    }

    fn leaving(absences: &Absences) -> Vec<UserId> {
        absences.leaving().collect()
    }

    #[test]
    fn a_member_who_left_is_leaving_and_becomes_a_suspicion_after_30_seconds() {
        let (mut absences, mut ctx) = (Absences::default(), context());
        let (chain, all, without) = (chain(3), roster(1..=3), roster(1..=2));
        absences.watch(&mut ctx, view(chain.state(), &all), true);
        assert_eq!(leaving(&absences), []);
        absences.watch(&mut ctx, view(chain.state(), &without), true);
        for _ in 0..30 {
            assert_eq!(leaving(&absences), ids([3]));
            assert!(outputs(&mut ctx).1.is_empty());
            advance(&mut ctx, SECOND);
            absences.watch(&mut ctx, view(chain.state(), &without), false);
        }
        let events = outputs(&mut ctx).1;
        let [Event::Suspicious(Suspicion::UnlistedMember(hidden))] = events[..] else {
            panic!("{events:?}");
        };
        assert_eq!(hidden, UserId::new(3));
        assert_eq!(leaving(&absences), []);
    }

    #[test]
    fn a_member_who_was_never_listed_is_not_leaving_before_a_whole_roster_says_so() {
        let (mut absences, mut ctx) = (Absences::default(), context());
        let (chain, nobody) = (chain(2), roster([]));
        absences.watch(&mut ctx, view(chain.state(), &nobody), true);
        advance(&mut ctx, 60 * SECOND);
        absences.watch(&mut ctx, view(chain.state(), &nobody), false);
        assert_eq!(leaving(&absences), []);
        assert!(outputs(&mut ctx).1.is_empty());
        assert!(absences.must_seek(&ctx));
        absences.roster_is_complete(ctx.now);
        assert_eq!(leaving(&absences), ids([2]));
    }

    #[test]
    fn one_look_at_the_roster_is_for_all_who_are_missed_by_then() {
        let (mut absences, mut ctx) = (Absences::default(), context());
        let (chain, all) = (chain(40), roster(1..=40));
        absences.watch(&mut ctx, view(chain.state(), &all), true);
        let mut looks = 0;
        for left in 1..=30 {
            advance(&mut ctx, SECOND / 10);
            let rest = roster(1..=40 - left);
            absences.watch(&mut ctx, view(chain.state(), &rest), true);
            looks += u32::from(absences.must_seek(&ctx));
        }
        advance(&mut ctx, 4 * SECOND);
        looks += u32::from(absences.must_seek(&ctx));
        absences.roster_is_complete(ctx.now);
        assert_eq!(looks, 1);
        assert_eq!(absences.stale(ctx.now), []);
        advance(&mut ctx, GRACE);
        assert_eq!(absences.stale(ctx.now), ids(11..=40));
    }

    #[test]
    fn those_whom_the_block_of_another_member_left_out_are_looked_up_again_together() {
        let (mut absences, mut ctx) = (Absences::default(), context());
        let (before, nobody) = (chain(5), roster([1]));
        absences.watch(&mut ctx, view(before.state(), &nobody), true);
        advance(&mut ctx, 2 * UNLISTED);
        assert!(absences.must_seek(&ctx));
        absences.roster_is_complete(ctx.now);
        advance(&mut ctx, GRACE);
        let after = chain(4);
        absences.watch(&mut ctx, view(after.state(), &nobody), true);
        assert_eq!(absences.stale(ctx.now), []);
        advance(&mut ctx, 2 * UNLISTED);
        assert!(absences.must_seek(&ctx));
        absences.roster_is_complete(ctx.now);
        advance(&mut ctx, GRACE);
        assert_eq!(absences.stale(ctx.now), ids(2..=4));
    }
}
