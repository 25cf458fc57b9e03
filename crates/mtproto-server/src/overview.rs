use std::collections::{BTreeMap, BTreeSet};

use confcall_join::api::{CallId, InviteLink};
use confcall_server::{Call, CallMember};
use confcall_state::{Height, UserId};

/// A running server at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overview {
    /// The users who have a connection.
    pub users: BTreeSet<UserId>,
    /// The calls, by id.
    pub calls: BTreeMap<CallId, CallOverview>,
}

/// A call at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallOverview {
    /// The id.
    pub id: CallId,
    /// The link.
    pub link: InviteLink,
    /// The height of the newest block; `None` before the first.
    pub height: Option<Height>,
    /// The users who are connected to the call.
    pub members: BTreeSet<UserId>,
}

impl CallOverview {
    pub(crate) fn of(call: &Call) -> Self {
        let height = call.chain_state().height();
        Self {
            id: call.id(),
            link: call.invite_link(),
            height: Some(height).filter(|height| *height != Height::BEFORE_FIRST),
            members: call.members().map(CallMember::user_id).collect(),
        }
    }
}
