use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use chacha20::ChaCha20Rng;
use confcall_join::Ssrc;
use confcall_join::api::{
    GetGroupParticipants, GroupCallParticipant, InputGroupCall, InputPeer, Participants,
    ParticipantsPage, Peer, Update,
};
use confcall_state::UserId;
use confcall_state::wire::GroupState;

use super::edit::{Edit, Effect};
use super::member::CallMember;
use super::pictures::VIDEO_LIMIT;
use super::voices::Voices;
use crate::limits;
use crate::refusal::Refusal;

/// The users who are connected to a call, and the owner of every media source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Roster {
    members: BTreeMap<UserId, CallMember>,
    owners: BTreeMap<Ssrc, UserId>,
    voices: Voices,
    listeners: Listeners,
    version: i32,
}

/// How a roster shows those who may not speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Listeners {
    #[default]
    Listed,
    /// They are counted only.
    Hidden,
}

/// The change of the roster that an entry announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RosterChange {
    /// None, or one that the version does not count.
    None,
    Joined,
    Edited,
    Left,
}

impl Roster {
    /// A roster that was saved; `None` if two of the members are one user, or have one source.
    pub(crate) fn restore(
        members: impl IntoIterator<Item = CallMember>,
        voices: Voices,
        listeners: Listeners,
        version: i32,
    ) -> Option<Self> {
        let mut roster = Self {
            voices,
            listeners,
            ..Self::default()
        };
        for member in members {
            if roster.members.contains_key(&member.user_id) || roster.clash(&member).is_some() {
                return None;
            }
            roster.enter(member);
        }
        // Entering the members counted from zero.
        roster.version = version;
        Some(roster)
    }

    pub(crate) fn members(&self) -> impl ExactSizeIterator<Item = &CallMember> {
        self.members.values()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub(crate) fn member(&self, user_id: UserId) -> Option<&CallMember> {
        self.members.get(&user_id)
    }

    /// The number of the roster, which grows with every change.
    pub(crate) fn version(&self) -> i32 {
        self.version
    }

    /// The number of members, as the API counts.
    pub(crate) fn count(&self) -> i32 {
        i32::try_from(self.members.len()).unwrap_or(i32::MAX)
    }

    /// The number of members who show a picture.
    pub(crate) fn video_count(&self) -> i32 {
        let shown = self.members().filter(|one| one.shows_picture());
        i32::try_from(shown.count()).unwrap_or(i32::MAX)
    }

    /// True if as many show a picture as can, even without this user.
    pub(super) fn is_video_full_without(&self, user_id: UserId) -> bool {
        let own = self.member(user_id).is_some_and(CallMember::shows_picture);
        self.video_count().saturating_sub(i32::from(own)) >= VIDEO_LIMIT
    }

    /// The sources of those who have their microphone on.
    pub(crate) fn speakers(&self) -> impl Iterator<Item = Ssrc> {
        let speakers = self.members().filter(|one| !one.muted);
        speakers.map(CallMember::source)
    }

    /// The endpoints of all pictures that are shown.
    pub(crate) fn pictures(&self) -> impl Iterator<Item = String> {
        self.members().flat_map(|one| {
            let camera = one.camera.is_shown().then(|| one.camera_endpoint());
            let screen = one.screen.is_some().then(|| one.screen_endpoint());
            camera.into_iter().chain(screen)
        })
    }

    /// A roster of everyone in a group, each with a source that is made up.
    pub(crate) fn of_group(group: &GroupState, rng: &mut ChaCha20Rng, date: i32) -> Self {
        let mut roster = Self::default();
        for participant in &group.participants {
            let taken: Vec<_> = roster.owners.keys().copied().collect();
            let source = Ssrc::generate_besides(&taken, rng);
            roster.enter(CallMember {
                public_key: Some(participant.public_key),
                ..CallMember::new(participant.user_id, source, date)
            });
        }
        roster
    }

    /// Checks that no other user has a source of `member`.
    pub(crate) fn check_sources(&self, member: &CallMember) -> Result<(), Refusal> {
        match self.clash(member) {
            Some(source) => Err(Refusal::SourceTaken(source)),
            None => Ok(()),
        }
    }

    /// A source of `member` that another user has.
    fn clash(&self, member: &CallMember) -> Option<Ssrc> {
        let taken = |source: &Ssrc| {
            let owner = self.owners.get(source);
            owner.is_some_and(|owner| *owner != member.user_id)
        };
        member.sources().find(taken)
    }

    /// How the members are heard.
    pub(crate) fn voices(&self) -> &Voices {
        &self.voices
    }

    /// How the members are heard, to be decided.
    pub(crate) fn voices_mut(&mut self) -> &mut Voices {
        &mut self.voices
    }

    /// Shows those who may not speak, or counts them only.
    pub(crate) fn set_listeners(&mut self, listeners: Listeners) {
        self.listeners = listeners;
    }

    pub(crate) fn listeners(&self) -> Listeners {
        self.listeners
    }

    /// The user who takes part as a peer that `from` names.
    pub(super) fn find(&self, participant: &InputPeer, from: UserId) -> Option<UserId> {
        let peer = participant.peer(from)?;
        // In whichever form it is named, and also where it takes part as a channel.
        let member = match peer == Peer::User(from) {
            true => self.member(from),
            false => self.by_peer(peer),
        };
        member.map(CallMember::user_id)
    }

    /// The member who takes part as a peer.
    pub(crate) fn by_peer(&self, peer: Peer) -> Option<&CallMember> {
        let own = peer.user().and_then(|user_id| self.member(user_id));
        let own = own.filter(|member| member.peer == peer);
        own.or_else(|| self.members().find(|member| member.peer == peer))
    }

    /// Puts a member in, in place of what the same user was before; who is silenced is so as soon as it is back, and the camera is
    /// off where as many pictures are shown as can be.
    pub(crate) fn enter(&mut self, mut member: CallMember) {
        let user_id = member.user_id;
        let before = self.members.get(&user_id);
        let was_listed = before.is_some_and(|before| self.is_listed(before));
        // Who joins again keeps the hand up.
        member.hand = member.hand.or(before.and_then(|before| before.hand));
        member.muted |= !self.voices.may_speak(user_id);
        // One camera too many stays off, which the entry in the answer shows.
        if member.camera.is_shown() && self.is_video_full_without(user_id) {
            member.camera.is_stopped = true;
        }
        self.owners.retain(|_, owner| *owner != user_id);
        self.owners
            .extend(member.sources().map(|source| (source, user_id)));
        let is_listed = self.is_listed(&member);
        self.members.insert(user_id, member);
        // A change that the others do not see must leave no gap in what they count.
        if was_listed || is_listed {
            self.count_change();
        }
    }

    /// True if the others see the member.
    fn is_listed(&self, member: &CallMember) -> bool {
        self.listeners == Listeners::Listed
            || member.hand.is_some()
            || self.voices.may_speak(member.user_id)
    }

    /// Edits a member.
    pub(crate) fn edit(&mut self, user_id: UserId, edit: &Edit<'_>) -> Result<Effect, Refusal> {
        let member = self.members.get_mut(&user_id);
        let member = member.ok_or(Refusal::NoParticipant)?;
        let effect = edit.apply(member, &mut self.voices)?;
        if effect == Effect::Counted {
            self.count_change();
        }
        Ok(effect)
    }

    /// Notes the time at which a member spoke.
    pub(crate) fn note_speaking(&mut self, user_id: UserId, date: i32) -> Result<(), Refusal> {
        let member = self.members.get_mut(&user_id);
        let member = member.ok_or(Refusal::NotAMember(user_id))?;
        member.active_date = Some(date);
        Ok(())
    }

    /// The place of a hand that is raised now: behind those that were raised before.
    pub(super) fn next_hand(&self) -> i64 {
        i64::from(i32::MAX) - i64::from(self.version)
    }

    /// Counts a change of the call or of its roster.
    pub(crate) fn count_change(&mut self) {
        self.version = self.version.saturating_add(1);
    }

    /// Takes out those of these users who are members, as one change.
    pub(crate) fn remove(&mut self, users: &[UserId]) -> Vec<CallMember> {
        let members = users.iter().filter_map(|user| self.members.remove(user));
        let members: Vec<_> = members.collect();
        if !members.is_empty() {
            self.owners.retain(|_, owner| !users.contains(owner));
            self.voices.forget(users);
        }
        if members.iter().any(|member| self.is_listed(member)) {
            self.count_change();
        }
        members
    }

    /// The whole roster of a call for a user who has just joined.
    pub(crate) fn whole(&self, call: InputGroupCall, viewer: UserId) -> Update {
        let entry = |member: &CallMember| match member.user_id == viewer {
            true => self.entry(member, viewer, RosterChange::Joined),
            false => self.entry(member, viewer, RosterChange::None),
        };
        self.update(call, self.members().map(entry).collect())
    }

    /// A change of the roster of a call; `None` if it is no member's, or of none that `viewer` sees.
    pub(crate) fn change<'a>(
        &self,
        call: InputGroupCall,
        viewer: UserId,
        members: impl IntoIterator<Item = &'a CallMember>,
        change: RosterChange,
    ) -> Option<Update> {
        let comes_or_goes = matches!(change, RosterChange::Joined | RosterChange::Left);
        let is_seen =
            |one: &&CallMember| !comes_or_goes || one.user_id == viewer || self.is_listed(one);
        let members = members.into_iter().filter(is_seen);
        let participants: Vec<_> = members.map(|one| self.entry(one, viewer, change)).collect();
        (!participants.is_empty()).then(|| self.update(call, participants))
    }

    /// The first entries, without the changes that led to them, and the offset of the others.
    pub(crate) fn first_page(
        &self,
        viewer: UserId,
        limit: i32,
    ) -> (Vec<GroupCallParticipant>, Option<String>) {
        self.entries_after(None, viewer, limit.clamp(0, limits::PAGE_PARTICIPANTS))
    }

    /// The page or the entries that a member asks for (`spec/protocol.md`, 8).
    pub(crate) fn page(
        &self,
        viewer: UserId,
        request: &GetGroupParticipants,
    ) -> Result<ParticipantsPage, Refusal> {
        let (participants, next_offset) = if request.ids.is_empty() && request.sources.is_empty() {
            let limit = match request.limit {
                // The server's choice.
                ..=0 => limits::PAGE_PARTICIPANTS,
                limit => limit.min(limits::PAGE_PARTICIPANTS),
            };
            self.entries_after(read_offset(&request.offset)?, viewer, limit)
        } else {
            (self.named(viewer, request), None)
        };
        Ok(ParticipantsPage {
            count: self.count(),
            participants,
            next_offset,
            version: self.version,
            labels: Vec::new(),
        })
    }

    /// The entry of the roster that `viewer` reads.
    fn entry(
        &self,
        member: &CallMember,
        viewer: UserId,
        change: RosterChange,
    ) -> GroupCallParticipant {
        let user_id = member.user_id;
        let volume = self.voices.volume(viewer, user_id);
        let screen = member.screen.as_ref();
        GroupCallParticipant {
            date: member.date,
            video: member.camera.entry(member.camera_endpoint()),
            presentation: screen.map(|screen| screen.entry(member.screen_endpoint())),
            own: user_id == viewer,
            muted: member.muted,
            can_self_unmute: self.voices.may_speak(user_id),
            muted_by_you: self.voices.choice(viewer, user_id).muted,
            volume: volume.value,
            raise_hand_rating: member.hand,
            volume_by_admin: volume.is_by_admin,
            active_date: member.active_date,
            // All who join have a place, up to the limit of participants.
            video_joined: true,
            just_joined: change == RosterChange::Joined,
            left: change == RosterChange::Left,
            // An entry of a page is no change, and must not be counted as one.
            versioned: change != RosterChange::None,
            ..GroupCallParticipant::new(member.peer, Some(member.source))
        }
    }

    fn update(&self, call: InputGroupCall, participants: Vec<GroupCallParticipant>) -> Update {
        Update::Participants(Participants {
            call,
            participants,
            version: self.version,
        })
    }

    fn entries_after(
        &self,
        user_id: Option<UserId>,
        viewer: UserId,
        limit: i32,
    ) -> (Vec<GroupCallParticipant>, Option<String>) {
        let limit = usize::try_from(limit).unwrap_or_default();
        // By user and not by place: a page is complete although members before it come and go.
        let start = user_id.map_or(Bound::Unbounded, Bound::Excluded);
        let members = self.members.range((start, Bound::Unbounded));
        let mut members = members.filter(|(_, one)| one.user_id == viewer || self.is_listed(one));
        let page: Vec<_> = members.by_ref().take(limit).collect();
        let last = page.last().filter(|_| members.next().is_some());
        let next_offset = last.map(|(last, _)| last.to_string());
        let entries = page
            .iter()
            .map(|(_, one)| self.entry(one, viewer, RosterChange::None));
        (entries.collect(), next_offset)
    }

    /// The entries that a request names by user or by source, each once.
    fn named(&self, viewer: UserId, request: &GetGroupParticipants) -> Vec<GroupCallParticipant> {
        let ids = request.ids.iter();
        let users = ids.filter_map(|peer| self.find(peer, viewer));
        let sources = request.sources.iter();
        let owners = sources.filter_map(|source| self.owners.get(source).copied());
        let named: BTreeSet<_> = users.chain(owners).collect();
        let members = named.iter().filter_map(|user| self.members.get(user));
        let entries = members.map(|one| self.entry(one, viewer, RosterChange::None));
        entries.collect()
    }
}

/// Reads an offset: the user id after which the page starts, so that it holds while others come and go.
fn read_offset(offset: &str) -> Result<Option<UserId>, Refusal> {
    if offset.is_empty() {
        return Ok(None);
    }
    let user_id = offset.parse().map_err(|_| Refusal::Offset)?;
    Ok(Some(UserId::new(user_id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(user: i64, source: u32) -> CallMember {
        CallMember::new(UserId::new(user), Ssrc::new(source).unwrap(), 0)
    }

    fn restore<const N: usize>(members: [CallMember; N], version: i32) -> Option<Roster> {
        Roster::restore(members, Voices::default(), Listeners::Listed, version)
    }

    #[test]
    fn a_membership_takes_the_place_and_the_sources_of_an_earlier_one() {
        let mut roster = Roster::default();
        roster.enter(member(1, 10));
        roster.enter(member(1, 11));
        assert_eq!(roster.clash(&member(2, 10)), None);
        assert_eq!((roster.count(), roster.version()), (1, 2));
        assert_eq!(roster.clash(&member(2, 11)), Ssrc::new(11));
        assert_eq!(roster.clash(&member(1, 11)), None);
    }

    #[test]
    fn several_who_leave_at_once_are_one_change() {
        let mut roster = restore([member(1, 10), member(2, 20)], 5).unwrap();
        let users = [1, 2, 3].map(UserId::new);
        assert_eq!(roster.remove(&users), [member(1, 10), member(2, 20)]);
        assert_eq!((roster.version(), roster.clash(&member(9, 10))), (6, None));
        assert_eq!(roster.remove(&users), []);
        assert_eq!(roster.version(), 6);
    }

    #[test]
    fn a_saved_roster_names_each_user_and_each_source_once() {
        assert_eq!(restore([member(1, 10), member(1, 11)], 0), None);
        assert_eq!(restore([member(1, 10), member(2, 10)], 0), None);
        assert!(restore([member(1, 10), member(2, 11)], 0).is_some());
    }
}
