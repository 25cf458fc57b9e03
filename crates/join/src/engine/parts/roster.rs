//! The participants as the server lists them, and the peer of each media source.
//!
//! The roster says nothing about keys.

use core::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use confcall_state::verification::RoundCounts;
use confcall_state::{ChainState, UserId};

use super::listing::Listing;
use crate::api::{GroupCallParticipant, InputPeer, Peer, Ssrc};
use crate::engine::event::Event;
use crate::engine::participant::{Participant, ParticipantChange};
use crate::labels::Labels;
use crate::limits;

/// The participants that the server lists.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Roster {
    /// The most participants that are kept.
    bound: usize,
    /// The number of the load that reads them, or read them last.
    load: u8,
    // Behind pointers: the nodes of a map are half empty.
    listed: BTreeMap<Peer, Box<Listing>>,
    sources: BTreeMap<Ssrc, Peer>,
    /// About as many bytes as labels, words and pictures take.
    weight: usize,
    /// The participants that changed since this was last asked, as they were before; `None` for those who came.
    before: BTreeMap<Peer, Option<Box<Listing>>>,
    /// The number of things that were cut or passed over.
    ignored: u32,
}

/// The place of participants: who we are among them, and who is in the chain, if the call has one.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Standing {
    us: Peer,
    members: BTreeSet<UserId>,
    verified: BTreeSet<UserId>,
}

impl Standing {
    /// The place of participants in a chain.
    pub(in crate::engine) fn in_chain(
        us: UserId,
        chain: &ChainState,
        counts: &RoundCounts,
    ) -> Self {
        let participants = chain.group_state().participants.iter();
        let members: BTreeSet<_> = participants.map(|one| one.user_id).collect();
        Self {
            us: Peer::User(us),
            members,
            // After the last reveal the emoji stand.
            verified: counts.revealed().collect(),
        }
    }

    /// The place of participants in a call without a chain.
    pub(in crate::engine) fn without_chain(us: Peer) -> Self {
        Self {
            us,
            members: BTreeSet::new(),
            verified: BTreeSet::new(),
        }
    }

    fn complete(&self, mut shown: Participant) -> Participant {
        shown.own = shown.peer == self.us;
        if let Peer::User(user) = shown.peer {
            shown.in_chain = self.members.contains(&user);
            shown.verified = self.verified.contains(&user);
        }
        shown
    }
}

/// The changes.
impl Roster {
    /// A roster without participants, with room for so many.
    pub(super) fn new(bound: usize) -> Self {
        Self {
            bound,
            load: 0,
            listed: BTreeMap::new(),
            sources: BTreeMap::new(),
            weight: 0,
            before: BTreeMap::new(),
            ignored: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.listed.len()
    }

    /// True if there is no room for others.
    pub(super) fn is_full(&self) -> bool {
        self.len() >= self.bound
    }

    /// Begins a load in place: who is not put from now on was not read.
    pub(super) fn begin_load(&mut self) {
        self.load = self.load.wrapping_add(1);
    }

    /// True if a participant was put since the load began.
    pub(super) fn was_read(&self, peer: Peer) -> bool {
        self.listed
            .get(&peer)
            .is_some_and(|one| one.load == self.load)
    }

    /// Drops those whom the load did not show, but for this one.
    pub(super) fn drop_unread(&mut self, but: Option<Peer>) {
        let unread = self.listed.iter().filter(|(_, one)| one.load != self.load);
        let unread = unread.filter(|(peer, _)| Some(**peer) != but);
        let unread: Vec<_> = unread.map(|(peer, _)| *peer).collect();
        for peer in unread {
            let before = self.remove(peer);
            self.note(peer, before);
        }
    }

    /// Takes these participants in place of all others.
    pub(super) fn replace(&mut self, participants: &[GroupCallParticipant]) {
        let stay: BTreeSet<_> = participants.iter().map(|one| one.peer).collect();
        let gone = self.listed.keys().filter(|peer| !stay.contains(peer));
        let gone: Vec<_> = gone.copied().collect();
        for peer in gone {
            let before = self.remove(peer);
            self.note(peer, before);
        }
        self.put(participants);
    }

    /// Takes over participants as they are shown now: listed, changed, or gone.
    pub(super) fn put(&mut self, participants: &[GroupCallParticipant]) {
        participants.iter().for_each(|one| self.put_one(one));
    }

    fn put_one(&mut self, participant: &GroupCallParticipant) {
        let peer = participant.peer;
        let before = self.remove(peer);
        if participant.left {
            // Gone.
        } else if !self.is_full() {
            let (mut listing, ignored) = Listing::read(participant, before.as_deref());
            listing.load = self.load;
            self.ignored = self.ignored.saturating_add(ignored);
            if !self.has_room_for(listing.weight()) {
                self.ignored = self.ignored.saturating_add(1);
                listing.lighten();
            }
            self.weight += listing.weight();
            let sources = listing.sources().map(|source| (source, peer));
            self.sources.extend(sources);
            self.listed.insert(peer, Box::new(listing));
        } else {
            self.ignored = self.ignored.saturating_add(1);
        }
        self.note(peer, before);
    }

    fn remove(&mut self, peer: Peer) -> Option<Box<Listing>> {
        let before = self.listed.remove(&peer)?;
        self.weight -= before.weight();
        for source in before.sources() {
            // A source that another participant has by now stays theirs.
            if self.sources.get(&source) == Some(&peer) {
                self.sources.remove(&source);
            }
        }
        Some(before)
    }

    /// True if labels, words and pictures may take so many bytes more.
    fn has_room_for(&self, weight: usize) -> bool {
        self.weight.saturating_add(weight) <= limits::ROSTER_BYTES
    }

    /// Notes how a participant was before, if it is another one now.
    fn note(&mut self, peer: Peer, before: Option<Box<Listing>>) {
        let is_same = match (&before, self.listed.get(&peer)) {
            (Some(before), Some(now)) => before.looks_like(now),
            (None, None) => true,
            _ => false,
        };
        if !is_same {
            self.before.entry(peer).or_insert(before);
        }
    }

    /// Mutes participants for ourselves, or does not, as the user chose, whatever the server says.
    pub(super) fn choose(&mut self, choices: &BTreeMap<Peer, bool>) {
        for (peer, is_muted) in choices {
            let Some(listing) = self.listed.get_mut(peer) else {
                continue;
            };
            if let Some(before) = listing.choose(*is_muted) {
                let before = Some(Box::new(before));
                self.before.entry(*peer).or_insert(before);
            }
        }
    }

    /// Gives participants their newest labels: those whose labels have moved, and those that changed.
    pub(super) fn name(&mut self, labels: &Labels, moved: impl IntoIterator<Item = Peer>) {
        let changed = self.before.keys().copied();
        let peers: BTreeSet<_> = changed.chain(moved).collect();
        for peer in peers {
            let Some(listing) = self.listed.get_mut(&peer) else {
                continue;
            };
            self.weight -= listing.weight();
            let before = listing.name(peer, labels);
            let weight = self.weight.saturating_add(listing.weight());
            if weight > limits::ROSTER_BYTES {
                self.ignored = self.ignored.saturating_add(1);
                listing.lighten();
            }
            self.weight += listing.weight();
            if let Some(before) = before {
                self.before.entry(peer).or_insert(Some(Box::new(before)));
            }
        }
    }

    /// True if participants changed since their changes were last taken.
    pub(super) fn has_changed(&self) -> bool {
        !self.before.is_empty()
    }

    /// Takes the changes since the last time, if there are any.
    pub(super) fn take_changes(&mut self, standing: &Standing) -> Option<Event> {
        let (mut joined, mut left, mut changed) = (Vec::new(), Vec::new(), Vec::new());
        let (mut room, mut more) = (limits::PARTICIPANTS_CHANGED_BYTES, 0_u32);
        for (peer, before) in core::mem::take(&mut self.before) {
            let participant = |listing: &Listing| standing.complete(listing.participant(peer));
            let before = before.as_deref().map(participant);
            let now = self.listed.get(&peer).map(|now| participant(now));
            // What changed and changed back in one input is no change.
            if before == now {
                continue;
            }
            let size = before.iter().chain(&now).map(Participant::size).sum();
            let Some(left_over) = room.checked_sub(size) else {
                (room, more) = (0, more.saturating_add(1));
                continue;
            };
            room = left_over;
            match (before, now) {
                (None, Some(now)) => joined.push(now),
                (Some(before), None) => left.push(before),
                (Some(before), Some(now)) => changed.push(ParticipantChange::new(before, now)),
                (None, None) => {}
            }
        }
        let is_empty = joined.is_empty() && left.is_empty() && changed.is_empty() && more == 0;
        (!is_empty).then_some(Event::ParticipantsChanged {
            joined,
            left,
            changed,
            more,
        })
    }
}

/// The views.
impl Roster {
    pub(in crate::engine) fn lists(&self, user_id: UserId) -> bool {
        self.listed.contains_key(&Peer::User(user_id))
    }

    /// True if a participant is listed.
    pub(super) fn has(&self, peer: Peer) -> bool {
        self.listed.contains_key(&peer)
    }

    /// A participant as a request names it; `None` if the server has not shown how.
    pub(in crate::engine) fn input_peer(&self, labels: &Labels, peer: Peer) -> Option<InputPeer> {
        let listed = || self.listed.get(&peer)?.input_peer(peer);
        labels.input_peer(peer).or_else(listed)
    }

    /// The participant of a source.
    pub(in crate::engine) fn peer_of(&self, source: Ssrc) -> Option<Peer> {
        self.sources.get(&source).copied()
    }

    /// All sources of users, with these.
    pub(in crate::engine) fn sources(&self) -> impl Iterator<Item = (Ssrc, UserId)> {
        let sources = self.sources.iter();
        sources.filter_map(|(source, peer)| Some((*source, peer.user()?)))
    }

    /// The users, in the order of their ids.
    pub(in crate::engine) fn users(&self) -> impl Iterator<Item = UserId> {
        self.listed.keys().filter_map(|peer| peer.user())
    }

    /// The participants in the order in which they are shown: raised hands, the earliest first; those who spoke, the last
    /// one first; the others as they came.
    pub(in crate::engine) fn participants(&self, standing: &Standing) -> Vec<Participant> {
        let mut listed: Vec<_> = self.listed.iter().collect();
        listed.sort_by_key(|(_, one)| {
            (
                Reverse(one.raised_hand()),
                Reverse(one.spoke_at()),
                one.joined_at(),
            )
        });
        let participants = listed.into_iter().map(|(peer, one)| one.participant(*peer));
        participants.map(|one| standing.complete(one)).collect()
    }

    /// The number of things that were cut or passed over.
    pub(in crate::engine) fn ignored(&self) -> u32 {
        self.ignored
    }

    /// The source of our own entry, if there is one.
    pub(super) fn own_source(&self, us: Peer) -> Option<Ssrc> {
        self.listed.get(&us)?.own_source()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{ChannelId, ParticipantVideo, PeerLabel, Semantics, SsrcGroup};
    use crate::engine::participant::ParticipantField;
    use crate::engine::testing::{chain, picture, verification};

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
        let mut roster = Roster::new(limits::LISTED);
        let source = Ssrc::new(7).unwrap();
        roster.put(&[participant(ALICE, 7, false), participant(BOB, 7, false)]);
        // Alice's late leave does not take the source from Bob.
        roster.put(&[participant(ALICE, 7, true)]);
        assert_eq!(roster.peer_of(source), Some(Peer::User(BOB)));
        roster.put(&[participant(BOB, 7, true)]);
        assert_eq!(roster.peer_of(source), None);
    }

    #[test]
    fn a_roster_has_so_many_participants_and_each_of_them_so_many_sources() {
        let mut roster = Roster::new(limits::LISTED);
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
            source_groups: vec![group],
            ..picture()
        };
        let busy = GroupCallParticipant {
            video: Some(video),
            ..participant(ALICE, 1, false)
        };
        let mut roster = Roster::new(limits::LISTED);
        roster.put(&[busy]);
        assert_eq!(roster.sources().count(), limits::LISTED_SOURCES);
    }

    fn standing(users: i64) -> Standing {
        let counts = verification(users);
        Standing::in_chain(ALICE, chain(users).state(), counts.counts())
    }

    fn changes(roster: &mut Roster) -> [usize; 3] {
        match roster.take_changes(&standing(1)) {
            Some(Event::ParticipantsChanged {
                joined,
                left,
                changed,
                ..
            }) => [joined.len(), left.len(), changed.len()],
            _ => [0; 3],
        }
    }

    #[test]
    fn what_a_server_writes_about_participants_takes_so_many_bytes_whoever_they_are() {
        let mut roster = Roster::new(limits::LARGE_ROSTER);
        let users = limits::LARGE_ROSTER as i64;
        let wordy = |user| GroupCallParticipant {
            about: Some("a".repeat(limits::LABEL_BYTES)),
            video: Some(picture()),
            ..participant(UserId::new(user), user as u32, false)
        };
        roster.put(&(1..=users).map(wordy).collect::<Vec<_>>());
        assert_eq!(roster.len(), limits::LARGE_ROSTER);
        let weights = roster.listed.values().map(|listing| listing.weight());
        let weight: usize = weights.sum();
        assert!(weight <= limits::ROSTER_BYTES && weight > limits::ROSTER_BYTES / 2);
        assert!(roster.ignored() > 0);
        // Who goes leaves room.
        roster.put(
            &(1..=users)
                .map(|user| participant(UserId::new(user), 0, true))
                .collect::<Vec<_>>(),
        );
        assert_eq!(roster.weight, 0);
    }

    #[test]
    fn one_event_shows_so_many_participants_and_counts_the_others() {
        let (mut roster, users) = (Roster::new(limits::LISTED), limits::LISTED as i64);
        let wordy = |user| GroupCallParticipant {
            about: Some("a".repeat(limits::LABEL_BYTES)),
            ..participant(UserId::new(user), user as u32, false)
        };
        roster.put(&(1..=users).map(wordy).collect::<Vec<_>>());
        let event = roster.take_changes(&standing(1));
        let Some(Event::ParticipantsChanged { joined, more, .. }) = event else {
            panic!("{event:?}");
        };
        let bytes: usize = joined.iter().map(Participant::size).sum();
        assert!(bytes <= limits::PARTICIPANTS_CHANGED_BYTES && joined.len() > 50);
        assert_eq!(joined.len() + more as usize, limits::LISTED);
        // They are the participants all the same, and no change any more.
        assert_eq!(roster.participants(&standing(1)).len(), limits::LISTED);
        assert!(roster.take_changes(&standing(1)).is_none());
    }

    #[test]
    fn only_what_differs_is_a_change_however_often_the_server_repeats_a_roster() {
        let mut roster = Roster::new(limits::LISTED);
        let both = [participant(ALICE, 1, false), participant(BOB, 2, false)];
        roster.replace(&both);
        assert_eq!(changes(&mut roster), [2, 0, 0]);
        roster.replace(&both);
        assert_eq!(changes(&mut roster), [0; 3]);
        roster.replace(&[participant(BOB, 3, false)]);
        assert_eq!(changes(&mut roster), [0, 1, 1]);
        // Who comes and goes before it is asked was never there.
        roster.put(&[participant(ALICE, 1, false), participant(ALICE, 1, true)]);
        assert_eq!(changes(&mut roster), [0; 3]);
    }

    #[test]
    fn another_label_is_a_change_of_those_who_are_listed() {
        let (mut roster, mut labels) = (Roster::new(limits::LISTED), Labels::new());
        let mut rename = |roster: &mut Roster, user, name: &str| {
            labels.learn(&[PeerLabel {
                peer: Peer::User(user),
                name: name.to_owned(),
                username: None,
                access_hash: None,
                photo: None,
            }]);
            roster.name(&labels, [Peer::User(user)]);
        };
        roster.put(&[participant(ALICE, 1, false)]);
        rename(&mut roster, ALICE, "Alice");
        assert_eq!(changes(&mut roster), [1, 0, 0]);
        rename(&mut roster, BOB, "Bob");
        assert_eq!(changes(&mut roster), [0; 3]);
        rename(&mut roster, ALICE, "Bob");
        let change = roster.take_changes(&standing(1));
        let Some(Event::ParticipantsChanged { changed, .. }) = change else {
            panic!("{change:?}");
        };
        assert_eq!(changed[0].fields(), [ParticipantField::Label]);
        assert_eq!(changed[0].before.label.as_ref().unwrap().name, "Alice");
    }

    #[test]
    fn a_source_of_a_channel_is_the_channels_and_no_users() {
        let mut roster = Roster::new(limits::LISTED);
        let channel = Peer::Channel(ChannelId::new(1));
        let source = Ssrc::new(7).unwrap();
        roster.put(&[
            participant(ALICE, 7, false),
            GroupCallParticipant::new(channel, Some(source)),
        ]);
        assert_eq!(roster.peer_of(source), Some(channel));
        assert_eq!(roster.sources().count(), 0);
        assert_eq!(roster.users().collect::<Vec<_>>(), [ALICE]);
    }

    #[test]
    fn raised_hands_come_first_then_those_who_spoke_then_the_others_as_they_came() {
        let one = |user, rating, active_date, date| GroupCallParticipant {
            raise_hand_rating: rating,
            active_date,
            date,
            ..participant(UserId::new(user), user as u32, false)
        };
        let mut roster = Roster::new(limits::LISTED);
        roster.put(&[
            one(1, None, None, 20),
            one(2, None, None, 10),
            one(3, None, Some(5), 30),
            one(4, None, Some(6), 40),
            one(5, Some(1), None, 50),
            one(6, Some(2), None, 60),
        ]);
        let participants = roster.participants(&standing(2));
        let order: Vec<_> = participants.iter().map(|one| one.peer.user()).collect();
        assert_eq!(order, [6, 5, 4, 3, 2, 1].map(|id| Some(UserId::new(id))));
    }

    #[test]
    fn a_participant_is_ourselves_and_in_the_chain_by_what_we_know_and_not_by_the_servers_word() {
        let mut roster = Roster::new(limits::LISTED);
        let bob = GroupCallParticipant {
            own: true,
            ..participant(BOB, 2, false)
        };
        let carol = participant(UserId::new(3), 3, false);
        roster.put(&[participant(ALICE, 1, false), bob, carol]);
        let participants = roster.participants(&standing(2));
        let shown: Vec<_> = participants
            .iter()
            .map(|one| (one.own, one.in_chain))
            .collect();
        assert_eq!(shown, [(true, true), (false, true), (false, false)]);
        // No broadcast has come yet.
        assert!(participants.iter().all(|one| !one.verified));
    }
}
