use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use confcall_join::api::{CallId, InviteLink};
use confcall_state::{Height, UserId};

use super::hub::Hub;
use confcall_server::Call;
use confcall_server::CallMember;

/// What a server that runs is like at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overview {
    /// The users who have a connection.
    pub users: BTreeSet<UserId>,
    /// The calls, by id.
    pub calls: BTreeMap<CallId, CallOverview>,
}

/// What a call is like at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallOverview {
    /// The id.
    pub id: CallId,
    /// The link.
    pub link: InviteLink,
    /// The height of the newest block; `None` before the first.
    pub height: Option<Height>,
    /// Who is connected to the call.
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

/// Whoever looks at a server that runs, to show what happens; clones look at the same.
#[derive(Clone, Debug)]
pub struct Observer(Arc<Hub>);

impl Observer {
    pub(crate) fn new(hub: Arc<Hub>) -> Self {
        Self(hub)
    }

    /// Looks at the server; it waits while a request is carried out, and a request waits for it.
    pub fn look(&self) -> Overview {
        self.0.overview()
    }
}
