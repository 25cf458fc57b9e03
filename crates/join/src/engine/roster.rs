//! Who is connected, as the server lists them, and whose each media source is.
//!
//! ```text
//! update of the next version ── apply ──▶ listed, sources
//! update of a later one ──▶ a gap: the whole roster is loaded anew, page by page
//! ```
//!
//! The roster says nothing about keys. It is complete only if every page was read; nobody is removed from the
//! call by a roster that is not. Implements `spec/protocol.md`, 8.

use std::collections::BTreeMap;

use confcall_state::UserId;

use super::RequestId;
use crate::api::{GroupCallParticipant, Participants, ParticipantsPage, Ssrc};
use crate::limits;

/// The participants that the server lists.
#[derive(Clone, Debug, Default)]
pub(super) struct Roster {
    listed: BTreeMap<UserId, Listed>,
    sources: BTreeMap<Ssrc, UserId>,
    version: i32,
    loading: Option<Loading>,
    /// Whether the participants may be others than when this was last asked.
    moved: bool,
}

#[derive(Clone, Debug)]
struct Listed {
    own: bool,
    source: Option<Ssrc>,
    sources: Box<[Ssrc]>,
}

/// A roster that is being read page by page.
#[derive(Clone, Debug)]
struct Loading {
    /// The request for the next page.
    request: RequestId,
    read: Vec<GroupCallParticipant>,
    pages: usize,
    /// The number of the roster when the first page was made.
    version: Option<i32>,
}

/// What a change of the roster means for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It is older than what we know.
    Old,
    /// It was taken over.
    Applied,
    /// Changes before it are missing.
    Gap,
}

/// What a page of the whole roster leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Loaded {
    /// The next page starts here.
    More(String),
    /// The roster is complete.
    Complete,
    /// All pages were read, and the roster changed meanwhile: who is not in them may have come since.
    Outrun,
    /// The pages do not end.
    Endless(usize),
}

impl Roster {
    /// Takes over a change.
    pub(super) fn apply(&mut self, change: &Participants) -> Change {
        let counts = change.participants.iter().any(|one| one.versioned);
        if counts && change.version < self.version {
            return Change::Old;
        }
        let is_gap = counts && self.version != 0 && change.version > self.version.saturating_add(1);
        for participant in &change.participants {
            self.put(participant);
        }
        if counts {
            self.version = change.version;
        }
        if is_gap {
            return Change::Gap;
        }
        Change::Applied
    }

    /// Notes that the next page of the whole roster is asked for, the first one if none was read.
    pub(super) fn page_asked(&mut self, request: RequestId) {
        let loading = self.loading.get_or_insert_with(|| Loading {
            request,
            read: Vec::new(),
            pages: 0,
            version: None,
        });
        loading.request = request;
    }

    /// Whether this request is for the next page; other pages are of a roster that is not read any more.
    pub(super) fn waits_for(&self, request: RequestId) -> bool {
        let loading = self.loading.as_ref();
        loading.is_some_and(|loading| loading.request == request)
    }

    /// Gives up reading the whole roster; it is then not complete.
    pub(super) fn stop_loading(&mut self) {
        self.loading = None;
    }

    /// Takes in the next page of the whole roster, if one is waited for.
    pub(super) fn load(&mut self, page: ParticipantsPage) -> Option<Loaded> {
        let mut loading = self.loading.take()?;
        let is_empty = page.participants.is_empty();
        loading.read.extend(page.participants);
        loading.pages += 1;
        let began = *loading.version.get_or_insert(page.version);
        let read = loading.read.len();
        Some(match page.next_offset {
            Some(_)
                if read > limits::LISTED || loading.pages >= limits::ROSTER_PAGES || is_empty =>
            {
                Loaded::Endless(read)
            }
            Some(offset) => {
                self.loading = Some(loading);
                Loaded::More(offset)
            }
            None if read > limits::LISTED => Loaded::Endless(read),
            None => {
                let has_changed = page.version != began || self.version > began;
                self.replace(&loading.read, began);
                match has_changed {
                    true => Loaded::Outrun,
                    false => Loaded::Complete,
                }
            }
        })
    }

    fn replace(&mut self, participants: &[GroupCallParticipant], version: i32) {
        self.moved = true;
        self.listed.clear();
        self.sources.clear();
        participants.iter().for_each(|one| self.put(one));
        // That of the first page, so that the next change shows a gap if others were missed.
        self.version = version;
    }

    fn put(&mut self, participant: &GroupCallParticipant) {
        self.moved = true;
        let Some(user_id) = participant.user_id() else {
            return;
        };
        if let Some(before) = self.listed.remove(&user_id) {
            self.forget_sources(user_id, &before);
        }
        if participant.left || self.listed.len() >= limits::LISTED {
            return;
        }
        let mut sources: Vec<_> = participant.sources().take(limits::LISTED_SOURCES).collect();
        sources.sort_unstable();
        sources.dedup();
        self.sources
            .extend(sources.iter().map(|source| (*source, user_id)));
        let listed = Listed {
            own: participant.own,
            source: participant.source,
            sources: sources.into(),
        };
        self.listed.insert(user_id, listed);
    }

    fn forget_sources(&mut self, user_id: UserId, listed: &Listed) {
        for source in &listed.sources {
            // A source that somebody else has by now stays theirs.
            if self.sources.get(source) == Some(&user_id) {
                self.sources.remove(source);
            }
        }
    }

    /// Takes over participants who were asked for by their sources.
    pub(super) fn learn(&mut self, participants: &[GroupCallParticipant]) {
        participants.iter().for_each(|one| self.put(one));
    }

    /// Whether the participants may be others than when this was last asked.
    pub(super) fn take_moved(&mut self) -> bool {
        core::mem::take(&mut self.moved)
    }

    pub(super) fn is_loading(&self) -> bool {
        self.loading.is_some()
    }

    pub(super) fn lists(&self, user_id: UserId) -> bool {
        self.listed.contains_key(&user_id)
    }

    /// Whose source this is.
    pub(super) fn user_of(&self, source: Ssrc) -> Option<UserId> {
        self.sources.get(&source).copied()
    }

    /// All sources, and whose they are.
    pub(super) fn sources(&self) -> impl Iterator<Item = (Ssrc, UserId)> {
        self.sources.iter().map(|(source, user)| (*source, *user))
    }

    /// The participants, in the order of their ids.
    pub(super) fn users(&self) -> impl Iterator<Item = UserId> {
        self.listed.keys().copied()
    }

    /// The source of our own entry, if there is one.
    pub(super) fn own_source(&self, user_id: UserId) -> Option<Ssrc> {
        let own = self.listed.get(&user_id)?;
        own.source.filter(|_| own.own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{
        AccessHash, CallId, InputGroupCall, ParticipantVideo, Peer, Semantics, SsrcGroup,
    };

    const ALICE: UserId = UserId::new(1);
    const BOB: UserId = UserId::new(2);

    fn participant(user_id: UserId, source: u32, left: bool) -> GroupCallParticipant {
        GroupCallParticipant {
            peer: Peer::User(user_id),
            date: 0,
            source: Ssrc::new(source),
            video: None,
            presentation: None,
            own: false,
            muted: true,
            just_joined: false,
            left,
            versioned: true,
            min: false,
        }
    }

    fn change(version: i32, participant: GroupCallParticipant) -> Participants {
        Participants {
            call: InputGroupCall::Id {
                id: CallId::new(1),
                access_hash: AccessHash::new(1),
            },
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
        }
    }

    #[test]
    fn a_change_that_comes_while_the_pages_are_read_makes_them_be_read_again() {
        let mut roster = Roster::default();
        let alice = participant(ALICE, 1, false);
        roster.page_asked(RequestId(1));
        // Bob comes between the making of the page and its arrival.
        roster.apply(&change(4, participant(BOB, 2, false)));
        let old = page(3, vec![alice.clone()]);
        assert_eq!(roster.load(old), Some(Loaded::Outrun));
        assert!(!roster.lists(BOB));
        // What follows shows the gap as well.
        assert_eq!(roster.apply(&change(5, alice.clone())), Change::Gap);

        roster.page_asked(RequestId(2));
        let new = page(5, vec![alice, participant(BOB, 2, false)]);
        assert_eq!(roster.load(new), Some(Loaded::Complete));
        assert!(roster.lists(BOB));
    }

    #[test]
    fn a_source_is_its_newest_users_and_goes_with_who_left() {
        let mut roster = Roster::default();
        let source = Ssrc::new(7).unwrap();
        roster.apply(&change(1, participant(ALICE, 7, false)));
        roster.apply(&change(2, participant(BOB, 7, false)));
        // Alice's late leave does not take the source from Bob.
        assert_eq!(
            roster.apply(&change(3, participant(ALICE, 7, true))),
            Change::Applied
        );
        assert_eq!(roster.user_of(source), Some(BOB));
        roster.apply(&change(4, participant(BOB, 7, true)));
        assert_eq!(roster.user_of(source), None);
    }

    #[test]
    fn a_roster_has_so_many_participants_and_each_of_them_so_many_sources() {
        let mut roster = Roster::default();
        let last = limits::LISTED as i64 + 50;
        for user in 1..=last {
            roster.apply(&change(
                user as i32,
                participant(UserId::new(user), user as u32, false),
            ));
        }
        assert_eq!(roster.users().count(), limits::LISTED);
        assert_eq!(roster.sources().count(), limits::LISTED);
        assert!(!roster.lists(UserId::new(last)));

        let sources = (2..=1000).filter_map(Ssrc::new).collect();
        let group = SsrcGroup::new(Semantics::Simulcast, sources).unwrap();
        let video = ParticipantVideo {
            paused: false,
            endpoint: String::new(),
            source_groups: vec![group],
            audio_source: None,
        };
        let busy = GroupCallParticipant {
            video: Some(video),
            ..participant(ALICE, 1, false)
        };
        let mut roster = Roster::default();
        roster.apply(&change(1, busy));
        assert_eq!(roster.sources().count(), limits::LISTED_SOURCES);
    }

    #[test]
    fn an_older_change_is_void_and_a_missing_one_is_a_gap() {
        let mut roster = Roster::default();
        roster.apply(&change(5, participant(ALICE, 1, false)));
        assert_eq!(
            roster.apply(&change(4, participant(ALICE, 1, true))),
            Change::Old
        );
        assert!(roster.lists(ALICE));
        assert_eq!(
            roster.apply(&change(7, participant(BOB, 2, false))),
            Change::Gap
        );
    }
}
