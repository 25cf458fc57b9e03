use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use chacha20::ChaCha20Rng;
use confcall_join::Ssrc;
use confcall_join::api::{
    GetGroupParticipants, GroupCallParticipant, InputGroupCall, InputPeer, Participants,
    ParticipantsPage, Update,
};
use confcall_state::UserId;
use confcall_state::wire::GroupState;

use super::member::{CallMember, RosterChange};
use crate::limits;
use crate::refusal::Refusal;

/// The users who are connected to a call, and the owner of every media source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Roster {
    members: BTreeMap<UserId, CallMember>,
    owners: BTreeMap<Ssrc, UserId>,
    version: i32,
}

impl Roster {
    /// A roster that was saved; `None` if two of the members are one user, or have one source.
    pub(crate) fn restore(
        members: impl IntoIterator<Item = CallMember>,
        version: i32,
    ) -> Option<Self> {
        let mut roster = Self::default();
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
    pub(super) fn of_group(group: &GroupState, rng: &mut ChaCha20Rng) -> Self {
        let mut roster = Self::default();
        for participant in &group.participants {
            let taken: Vec<_> = roster.owners.keys().copied().collect();
            roster.enter(CallMember {
                user_id: participant.user_id,
                public_key: participant.public_key,
                source: Ssrc::generate_besides(&taken, rng),
                video: Vec::new(),
                muted: false,
            });
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

    /// Puts a member in, in place of an earlier membership of the same user.
    pub(super) fn enter(&mut self, member: CallMember) {
        let user_id = member.user_id;
        self.owners.retain(|_, owner| *owner != user_id);
        self.owners
            .extend(member.sources().map(|source| (source, user_id)));
        self.members.insert(user_id, member);
        self.version = self.version.saturating_add(1);
    }

    /// Takes out those of these users who are members, as one change.
    pub(super) fn remove(&mut self, users: &[UserId]) -> Vec<CallMember> {
        let members = users.iter().filter_map(|user| self.members.remove(user));
        let members: Vec<_> = members.collect();
        if !members.is_empty() {
            self.owners.retain(|_, owner| !users.contains(owner));
            self.version = self.version.saturating_add(1);
        }
        members
    }

    /// The whole roster of a call for a user who has just joined.
    pub(super) fn whole(&self, call: InputGroupCall, viewer: UserId) -> Update {
        let entry = |member: &CallMember| match member.user_id == viewer {
            true => member.entry(viewer, RosterChange::Joined),
            false => member.entry(viewer, RosterChange::None),
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
        let participants: Vec<_> = members.map(|one| one.entry(viewer, change)).collect();
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
            .map(|(_, one)| one.entry(viewer, RosterChange::None));
        (entries.collect(), next_offset)
    }

    /// The entries that a request names by user or by source, each once.
    fn named(&self, viewer: UserId, request: &GetGroupParticipants) -> Vec<GroupCallParticipant> {
        let users = request.ids.iter().filter_map(|peer| match peer {
            InputPeer::SelfUser => Some(viewer),
            InputPeer::User { id, .. } | InputPeer::UserFromMessage { id, .. } => Some(*id),
            _ => None,
        });
        let sources = request.sources.iter();
        let owners = sources.filter_map(|source| self.owners.get(source).copied());
        let named: BTreeSet<_> = users.chain(owners).collect();
        let members = named.iter().filter_map(|user| self.members.get(user));
        let entries = members.map(|one| one.entry(viewer, RosterChange::None));
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
        CallMember {
            user_id: UserId::new(user),
            public_key: PublicKey::from_bytes([7; 32]),
            source: Ssrc::new(source).unwrap(),
            video: Vec::new(),
            muted: false,
        }
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
        let mut roster = Roster::restore([member(1, 10), member(2, 20)], 5).unwrap();
        let users = [1, 2, 3].map(UserId::new);
        assert_eq!(roster.remove(&users), [member(1, 10), member(2, 20)]);
        assert_eq!((roster.version(), roster.clash(&member(9, 10))), (6, None));
        assert_eq!(roster.remove(&users), []);
        assert_eq!(roster.version(), 6);
    }

    #[test]
    fn a_saved_roster_names_each_user_and_each_source_once() {
        assert_eq!(Roster::restore([member(1, 10), member(1, 11)], 0), None);
        assert_eq!(Roster::restore([member(1, 10), member(2, 10)], 0), None);
        assert!(Roster::restore([member(1, 10), member(2, 11)], 0).is_some());
    }
}
