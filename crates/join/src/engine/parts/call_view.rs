use confcall_state::{ChainState, UserId};

use super::roster::Roster;
use crate::api::CallRef;

/// The call as the parts see it that compare its chain with its roster.
#[derive(Clone, Copy)]
pub(in crate::engine) struct CallView<'a> {
    pub(in crate::engine) call: CallRef,
    pub(in crate::engine) us: UserId,
    pub(in crate::engine) chain: &'a ChainState,
    pub(in crate::engine) roster: &'a Roster,
}

impl CallView<'_> {
    pub(super) fn has_member(&self, user: UserId) -> bool {
        self.chain.group_state().by_user(user).is_some()
    }

    pub(super) fn is_unlisted(&self, user: UserId) -> bool {
        user != self.us && !self.roster.lists(user) && self.has_member(user)
    }
}
