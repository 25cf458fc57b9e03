use crate::api::{GroupCallParticipant, Peer};

/// The number of participants, listed or not.
#[derive(Clone, Debug, Default)]
pub(super) struct Count {
    /// What the server has said last, and since then who came and went.
    participants: Option<i32>,
    /// The version of the call that it holds for.
    version: i32,
}

impl Count {
    /// The number, if the server has said it.
    pub(super) fn participants(&self) -> Option<i32> {
        self.participants
    }

    /// Takes what the server says at this version, unless it has said something newer.
    pub(super) fn is_said(&mut self, participants: i32, version: i32) {
        if version >= self.version {
            (self.participants, self.version) = (Some(participants), version);
        }
    }

    /// Counts who comes or goes in a change of this version, unless the server has counted them already; `is_listed` says who is
    /// there before it.
    pub(super) fn follow(
        &mut self,
        version: i32,
        participants: &[GroupCallParticipant],
        is_listed: impl Fn(Peer) -> bool,
    ) {
        if version <= self.version {
            return;
        }
        for one in participants {
            match (one.left, one.just_joined, is_listed(one.peer)) {
                (true, _, true) => self.add(-1),
                (false, true, false) => self.add(1),
                _ => {}
            }
        }
        if participants.iter().any(|one| one.versioned) {
            self.version = version;
        }
    }

    fn add(&mut self, change: i32) {
        let added = |count: i32| count.saturating_add(change).max(0);
        self.participants = self.participants.map(added);
    }
}
