use std::collections::BTreeMap;
use std::ops::Bound;

use confcall_join::Ssrc;
use confcall_state::UserId;

use crate::member::Member;

/// Who is connected to a call, and whose every media source is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Roster {
    members: BTreeMap<UserId, Member>,
    owners: BTreeMap<Ssrc, UserId>,
    version: i32,
}

impl Roster {
    pub(crate) fn members(&self) -> impl ExactSizeIterator<Item = &Member> {
        self.members.values()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub(crate) fn member(&self, user_id: UserId) -> Option<&Member> {
        self.members.get(&user_id)
    }

    /// The members whose user ids come after this one, or all.
    pub(crate) fn members_after(&self, user_id: Option<UserId>) -> impl Iterator<Item = &Member> {
        let start = user_id.map_or(Bound::Unbounded, Bound::Excluded);
        let members = self.members.range((start, Bound::Unbounded));
        members.map(|(_, member)| member)
    }

    /// The member that has a source.
    pub(crate) fn owner(&self, source: Ssrc) -> Option<&Member> {
        self.member(*self.owners.get(&source)?)
    }

    /// The number of the roster, which grows with every change.
    pub(crate) fn version(&self) -> i32 {
        self.version
    }

    /// A source of `member` that another member has.
    pub(crate) fn clash(&self, member: &Member) -> Option<Ssrc> {
        let taken = |source: &Ssrc| {
            let owner = self.owners.get(source);
            owner.is_some_and(|owner| *owner != member.user_id)
        };
        member.sources().find(taken)
    }

    pub(crate) fn taken_sources(&self) -> Vec<Ssrc> {
        self.owners.keys().copied().collect()
    }

    /// Puts a member in, in place of an earlier membership of the same user.
    pub(crate) fn enter(&mut self, member: Member) {
        let user_id = member.user_id;
        self.owners.retain(|_, owner| *owner != user_id);
        self.owners
            .extend(member.sources().map(|source| (source, user_id)));
        self.members.insert(user_id, member);
        self.version = self.version.saturating_add(1);
    }

    /// Sets the number of the roster to what it was.
    pub(crate) fn resume_at(&mut self, version: i32) {
        self.version = version;
    }

    /// Takes out those of these users who are members, as one change.
    pub(crate) fn remove(&mut self, users: &[UserId]) -> Vec<Member> {
        let members = users.iter().filter_map(|user| self.members.remove(user));
        let members: Vec<_> = members.collect();
        if !members.is_empty() {
            self.owners.retain(|_, owner| !users.contains(owner));
            self.version = self.version.saturating_add(1);
        }
        members
    }
}
