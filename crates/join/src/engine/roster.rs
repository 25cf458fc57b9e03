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
use crate::api::{GroupCallParticipant, Participants, ParticipantsPage};
use crate::ssrc::Ssrc;

/// More participants than this do not end; a conference has at most 200.
const MAX_LISTED: usize = 1000;
/// More pages than this do not end either, however few each lists.
const MAX_PAGES: usize = 40;
/// More sources than this nobody needs: sound, three layers of the camera twice, the screen and its sound.
const MAX_SOURCES: usize = 32;

/// The participants that the server lists.
#[derive(Clone, Debug, Default)]
pub(super) struct Roster {
    listed: BTreeMap<UserId, Listed>,
    sources: BTreeMap<Ssrc, UserId>,
    version: i32,
    loading: Option<Loading>,
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
        let read = loading.read.len();
        Some(match page.next_offset {
            Some(_) if read > MAX_LISTED || loading.pages >= MAX_PAGES || is_empty => {
                Loaded::Endless(read)
            }
            Some(offset) => {
                self.loading = Some(loading);
                Loaded::More(offset)
            }
            None if read > MAX_LISTED => Loaded::Endless(read),
            None => {
                self.replace(&loading.read, page.version);
                Loaded::Complete
            }
        })
    }

    fn replace(&mut self, participants: &[GroupCallParticipant], version: i32) {
        // What was pushed while the pages were read is newer than they are; a roster that mixes both is loaded
        // again when the next change shows the gap.
        self.listed.clear();
        self.sources.clear();
        participants.iter().for_each(|one| self.put(one));
        self.version = self.version.max(version);
    }

    fn put(&mut self, participant: &GroupCallParticipant) {
        let Some(user_id) = participant.user_id() else {
            return;
        };
        if let Some(before) = self.listed.remove(&user_id) {
            self.forget_sources(user_id, &before);
        }
        if participant.left || self.listed.len() >= MAX_LISTED {
            return;
        }
        let mut sources: Vec<_> = participant.sources().take(MAX_SOURCES).collect();
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
