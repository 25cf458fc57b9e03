use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use chacha20::ChaCha20Rng;
use confcall_join::Ssrc;
use confcall_join::api::{
    GetGroupParticipants, GroupCallParticipant, InputGroupCall, Participants, ParticipantsPage,
    Peer, Update,
};
use confcall_state::UserId;
use confcall_state::wire::GroupState;

use super::edit::{Edit, Effect};
use super::member::CallMember;
use super::voices::Voices;
use crate::limits;
use crate::refusal::Refusal;

/// The users who are connected to a call, and the owner of every media source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Roster {
    members: BTreeMap<UserId, CallMember>,
    owners: BTreeMap<Ssrc, UserId>,
    voices: Voices,
    version: i32,
}

/// The change of the roster that an entry announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RosterChange {
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
        version: i32,
    ) -> Option<Self> {
        let mut roster = Self {
            voices,
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

    pub(super) fn members(&self) -> impl ExactSizeIterator<Item = &CallMember> {
        self.members.values()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub(super) fn member(&self, user_id: UserId) -> Option<&CallMember> {
        self.members.get(&user_id)
    }

    /// The number of the roster, which grows with every change.
    pub(crate) fn version(&self) -> i32 {
        self.version
    }

    /// The number of members, as the API counts.
    pub(super) fn count(&self) -> i32 {
        i32::try_from(self.members.len()).unwrap_or(i32::MAX)
    }

    /// A roster of everyone in a group, each with a source that is made up.
    pub(super) fn of_group(group: &GroupState, rng: &mut ChaCha20Rng, date: i32) -> Self {
        let mut roster = Self::default();
        for participant in &group.participants {
            let taken: Vec<_> = roster.owners.keys().copied().collect();
            let source = Ssrc::generate_besides(&taken, rng);
            let (user_id, public_key) = (participant.user_id, participant.public_key);
            roster.enter(CallMember::new(user_id, public_key, source, date));
        }
        roster
    }

    /// Checks that no other user has a source of `member`.
    pub(super) fn check_sources(&self, member: &CallMember) -> Result<(), Refusal> {
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

    /// Puts a member in, in place of what the same user was before; who is silenced is so as soon as it is back.
    pub(super) fn enter(&mut self, mut member: CallMember) {
        let user_id = member.user_id;
        member.muted |= !self.voices.may_speak(user_id);
        self.owners.retain(|_, owner| *owner != user_id);
        self.owners
            .extend(member.sources().map(|source| (source, user_id)));
        self.members.insert(user_id, member);
        self.count_change();
    }

    /// Edits a member.
    pub(super) fn edit(&mut self, user_id: UserId, edit: &Edit<'_>) -> Result<Effect, Refusal> {
        let member = self.members.get_mut(&user_id);
        let member = member.ok_or(Refusal::NoParticipant)?;
        let effect = edit.apply(member, &mut self.voices)?;
        if effect == Effect::Counted {
            self.count_change();
        }
        Ok(effect)
    }

    /// Notes the time at which a member spoke.
    pub(super) fn note_speaking(&mut self, user_id: UserId, date: i32) -> Result<(), Refusal> {
        let member = self.members.get_mut(&user_id);
        let member = member.ok_or(Refusal::NotAMember(user_id))?;
        member.active_date = Some(date);
        Ok(())
    }

    /// Counts a change of the call or of its roster.
    pub(super) fn count_change(&mut self) {
        self.version = self.version.saturating_add(1);
    }

    /// Takes out those of these users who are members, as one change.
    pub(super) fn remove(&mut self, users: &[UserId]) -> Vec<CallMember> {
        let members = users.iter().filter_map(|user| self.members.remove(user));
        let members: Vec<_> = members.collect();
        if !members.is_empty() {
            self.owners.retain(|_, owner| !users.contains(owner));
            self.voices.forget(users);
            self.count_change();
        }
        members
    }

    /// The whole roster of a call for a user who has just joined.
    pub(super) fn whole(&self, call: InputGroupCall, viewer: UserId) -> Update {
        let entry = |member: &CallMember| match member.user_id == viewer {
            true => self.entry(member, viewer, RosterChange::Joined),
            false => self.entry(member, viewer, RosterChange::None),
        };
        self.update(call, self.members().map(entry).collect())
    }

    /// A change of the roster of a call; `None` if it is no member's.
    pub(super) fn change<'a>(
        &self,
        call: InputGroupCall,
        viewer: UserId,
        members: impl IntoIterator<Item = &'a CallMember>,
        change: RosterChange,
    ) -> Option<Update> {
        let members = members.into_iter();
        let participants: Vec<_> = members.map(|one| self.entry(one, viewer, change)).collect();
        (!participants.is_empty()).then(|| self.update(call, participants))
    }

    /// The first entries, without the changes that led to them, and the offset of the others.
    pub(super) fn first_page(
        &self,
        viewer: UserId,
        limit: i32,
    ) -> (Vec<GroupCallParticipant>, Option<String>) {
        self.entries_after(None, viewer, limit.clamp(0, limits::PAGE_PARTICIPANTS))
    }

    /// The page or the entries that a member asks for (`spec/protocol.md`, 8).
    pub(super) fn page(
        &self,
        viewer: UserId,
        request: &GetGroupParticipants,
    ) -> Result<ParticipantsPage, Refusal> {
        let (participants, next_offset) = if request.ids.is_empty() && request.sources.is_empty() {
            let limit = request.limit.clamp(1, limits::PAGE_PARTICIPANTS);
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
            volume_by_admin: volume.is_by_admin,
            active_date: member.active_date,
            // All who join have a place, up to the limit of participants.
            video_joined: true,
            just_joined: change == RosterChange::Joined,
            left: change == RosterChange::Left,
            // An entry of a page is no change, and must not be counted as one.
            versioned: change != RosterChange::None,
            ..GroupCallParticipant::new(Peer::User(user_id), Some(member.source))
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
        let mut members = self.members.range((start, Bound::Unbounded));
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
        let users = request.ids.iter().filter_map(|peer| peer.user(viewer));
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
    use confcall_state::PublicKey;

    fn member(user: i64, source: u32) -> CallMember {
        let key = PublicKey::from_bytes([7; 32]);
        CallMember::new(UserId::new(user), key, Ssrc::new(source).unwrap(), 0)
    }

    fn restore<const N: usize>(members: [CallMember; N], version: i32) -> Option<Roster> {
        Roster::restore(members, Voices::default(), version)
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
