//! The participants as the server lists them, and the user of each media source.
//!
//! The roster says nothing about keys.

use std::collections::BTreeMap;

use confcall_state::UserId;

use crate::api::{GroupCallParticipant, Ssrc};
use crate::limits;

/// The participants that the server lists.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Roster {
    listed: BTreeMap<UserId, Listed>,
    sources: BTreeMap<Ssrc, UserId>,
}

#[derive(Clone, Debug)]
struct Listed {
    own: bool,
    source: Option<Ssrc>,
    sources: Box<[Ssrc]>,
}

impl Roster {
    /// Takes these participants in place of all others.
    pub(super) fn replace(&mut self, participants: &[GroupCallParticipant]) {
        self.listed.clear();
        self.sources.clear();
        self.put(participants);
    }

    /// Takes over participants as they are shown now: listed, changed, or gone.
    pub(super) fn put(&mut self, participants: &[GroupCallParticipant]) {
        participants.iter().for_each(|one| self.put_one(one));
    }

    fn put_one(&mut self, participant: &GroupCallParticipant) {
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
            // A source that another user has by now stays theirs.
            if self.sources.get(source) == Some(&user_id) {
                self.sources.remove(source);
            }
        }
    }

    pub(in crate::engine) fn lists(&self, user_id: UserId) -> bool {
        self.listed.contains_key(&user_id)
    }

    /// The user of a source.
    pub(in crate::engine) fn user_of(&self, source: Ssrc) -> Option<UserId> {
        self.sources.get(&source).copied()
    }

    /// All sources with their users.
    pub(in crate::engine) fn sources(&self) -> impl Iterator<Item = (Ssrc, UserId)> {
        self.sources.iter().map(|(source, user)| (*source, *user))
    }

    /// The participants, in the order of their ids.
    pub(in crate::engine) fn users(&self) -> impl Iterator<Item = UserId> {
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
    use crate::api::{ParticipantVideo, Peer, Semantics, SsrcGroup};

    const ALICE: UserId = UserId::new(1);
    const BOB: UserId = UserId::new(2);

    fn participant(user_id: UserId, source: u32, left: bool) -> GroupCallParticipant {
        GroupCallParticipant {
            left,
            ..GroupCallParticipant::new(Peer::User(user_id), Ssrc::new(source))
        }
    }

    #[test]
    fn a_source_is_its_newest_users_and_goes_with_who_left() {
        let mut roster = Roster::default();
        let source = Ssrc::new(7).unwrap();
        roster.put(&[participant(ALICE, 7, false), participant(BOB, 7, false)]);
        // Alice's late leave does not take the source from Bob.
        roster.put(&[participant(ALICE, 7, true)]);
        assert_eq!(roster.user_of(source), Some(BOB));
        roster.put(&[participant(BOB, 7, true)]);
        assert_eq!(roster.user_of(source), None);
    }

    #[test]
    fn a_roster_has_so_many_participants_and_each_of_them_so_many_sources() {
        let mut roster = Roster::default();
        let last = limits::LISTED as i64 + 50;
        for user in 1..=last {
            roster.put(&[participant(UserId::new(user), user as u32, false)]);
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
        roster.put(&[busy]);
        assert_eq!(roster.sources().count(), limits::LISTED_SOURCES);
    }
}
