//! Series of changes and pages in any order, beside the rosters that the server had.

use std::collections::{BTreeMap, BTreeSet};

use confcall_state::UserId;
use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};

use super::*;
use crate::engine::testing::{CALL, US, context};

/// The number of sources of a user.
const SOURCES: u32 = 1000;

/// The source of each user who is in the roster, among those of the user.
type Listed = BTreeMap<i64, u32>;

/// A user and the source that it has from then on; `None` for one who leaves.
type Changed = (i64, Option<u32>);

#[derive(Clone, Debug)]
enum Step {
    /// The server's roster changes: a user has a source, or leaves.
    Change(i64, Option<u32>),
    /// The change that led to a version arrives, whatever came before it.
    Deliver(i32),
    /// A load begins, and its first page arrives, with half of the users.
    FirstPage,
    /// Its other page arrives.
    LastPage,
}

/// The server's rosters by version, and what one who follows them knows.
#[derive(Clone, Debug)]
struct History {
    /// The roster of each version, from the first on, with the change that led to it.
    versions: Vec<(Listed, Option<Changed>)>,
    /// The version that is shown.
    shown: i32,
    waiting: BTreeSet<i32>,
    /// The version and the users of a first page.
    page: Option<(i32, Listed)>,
    /// True if the pages of the last load are of two versions, so that they may be the roster of none.
    is_mixed: bool,
}

impl History {
    fn begin(listed: Listed) -> Self {
        Self {
            versions: vec![(listed, None)],
            shown: 1,
            waiting: BTreeSet::new(),
            page: None,
            is_mixed: false,
        }
    }

    fn newest(&self) -> i32 {
        self.versions.len() as i32
    }

    fn at(&self, version: i32) -> &(Listed, Option<Changed>) {
        &self.versions[version as usize - 1]
    }

    fn half(&self, is_first: bool) -> Listed {
        let listed = self.at(self.newest()).0.iter();
        let half = listed.filter(|(user, _)| (**user <= 5) == is_first);
        half.map(|(user, source)| (*user, *source)).collect()
    }

    fn go_on(&mut self) {
        self.waiting.retain(|version| *version > self.shown);
        while self.waiting.remove(&(self.shown + 1)) {
            self.shown += 1;
        }
    }
}

impl ReferenceStateMachine for History {
    type State = Self;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Self> {
        let users = prop::collection::btree_map(3..10_i64, 0..SOURCES, 0..6);
        let begin = |mut listed: Listed| {
            // A first page of nobody would have no other.
            listed.insert(2, 0);
            Self::begin(listed)
        };
        users.prop_map(begin).boxed()
    }

    fn transitions(history: &Self) -> BoxedStrategy<Step> {
        let change = (3..10_i64, prop::option::weighted(0.7, 0..SOURCES));
        let near = (history.shown - 2).max(1)..=history.newest();
        prop_oneof![
            4 => change.prop_map(|(user, source)| Step::Change(user, source)),
            6 => near.prop_map(Step::Deliver),
            1 => Just(Step::FirstPage),
            1 => Just(Step::LastPage),
        ]
        .boxed()
    }

    fn preconditions(history: &Self, step: &Step) -> bool {
        match step {
            Step::Change(..) => true,
            Step::Deliver(version) => (2..=history.newest()).contains(version),
            Step::FirstPage => history.page.is_none(),
            Step::LastPage => history.page.is_some(),
        }
    }

    fn apply(mut history: Self, step: &Step) -> Self {
        match *step {
            Step::Change(user, source) => {
                let mut listed = history.at(history.newest()).0.clone();
                match source {
                    Some(source) => listed.insert(user, source),
                    None => listed.remove(&user),
                };
                history.versions.push((listed, Some((user, source))));
            }
            Step::Deliver(version) if version > history.shown => {
                history.waiting.insert(version);
                history.go_on();
            }
            Step::Deliver(_) => {}
            Step::FirstPage => history.page = Some((history.newest(), history.half(true))),
            Step::LastPage => {
                if let Some((version, _)) = history.page.take() {
                    history.is_mixed = version != history.newest();
                    let is_outrun = history.is_mixed || version < history.shown;
                    history.shown = version;
                    history.go_on();
                    // What is still ahead of pages of one version has them read again.
                    if !is_outrun {
                        history.waiting.clear();
                    }
                }
            }
        }
        history
    }
}

fn participant(user: i64, source: Option<u32>) -> GroupCallParticipant {
    GroupCallParticipant {
        left: source.is_none(),
        versioned: true,
        ..GroupCallParticipant::new(
            Peer::User(UserId::new(user)),
            source.and_then(|source| Ssrc::new(user as u32 * SOURCES + source)),
        )
    }
}

fn page(version: i32, listed: &Listed, next_offset: Option<String>) -> ParticipantsPage {
    let participants = listed
        .iter()
        .map(|(user, source)| participant(*user, Some(*source)));
    ParticipantsPage {
        count: 0,
        participants: participants.collect(),
        next_offset,
        version,
        labels: Vec::new(),
    }
}

struct SyncBesideHistory;

impl StateMachineTest for SyncBesideHistory {
    type SystemUnderTest = (RosterSync, Context);
    type Reference = History;

    fn init_test(history: &History) -> Self::SystemUnderTest {
        let (mut sync, mut ctx) = (RosterSync::whole(US.peer), context());
        sync.load(&mut ctx, CALL);
        let whole = page(history.shown, &history.at(history.shown).0, None);
        assert_eq!(sync.take_page(whole), Some(Loaded::Complete));
        (sync, ctx)
    }

    fn apply(
        (mut sync, mut ctx): Self::SystemUnderTest,
        history: &History,
        step: Step,
    ) -> Self::SystemUnderTest {
        match step {
            Step::Change(..) => {}
            Step::Deliver(version) => {
                let changed = history.at(version).1.iter();
                sync.apply(&Participants {
                    call: CALL.into(),
                    participants: changed
                        .map(|(user, source)| participant(*user, *source))
                        .collect(),
                    version,
                });
            }
            Step::FirstPage => {
                sync.load(&mut ctx, CALL);
                if let Some((version, listed)) = &history.page {
                    let first = page(*version, listed, Some("next".to_owned()));
                    assert_eq!(sync.take_page(first), Some(Loaded::More("next".to_owned())));
                }
            }
            Step::LastPage => {
                sync.take_page(page(history.newest(), &history.half(false), None));
            }
        }
        (sync, ctx)
    }

    fn check_invariants((sync, _): &Self::SystemUnderTest, history: &History) {
        assert_eq!(sync.version, history.shown);
        if !history.is_mixed {
            let sources = sync.roster.sources();
            let listed = sources.map(|(source, user)| (user.value(), source.value() % SOURCES));
            let listed: Listed = listed.collect();
            assert_eq!(listed, history.at(history.shown).0);
        }
    }
}

prop_state_machine! {
    #[test]
    fn the_roster_of_a_version_is_the_servers_in_whatever_order_its_changes_and_pages_come(
        sequential 1..120 => SyncBesideHistory
    );
}
