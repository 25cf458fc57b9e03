use std::collections::{BTreeMap, BTreeSet};

use confcall_join::api::{CallId, InviteLink};
use confcall_join::policy::CallKind;
use confcall_server::{Call, CallMember, HostedCall, Server};
use confcall_state::{Height, UserId};

/// A running server at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overview {
    /// The users who have a connection.
    pub users: BTreeSet<UserId>,
    /// The conferences, by id.
    pub calls: BTreeMap<CallId, CallOverview>,
    /// The calls of chats and of live stories, by id.
    pub hosted: BTreeMap<CallId, HostedOverview>,
    /// The codes with which clients can log in now, by the phone numbers that they were sent to.
    pub codes: BTreeMap<String, String>,
    /// What was counted of the media of calls; `None` without them.
    #[cfg(feature = "sfu")]
    pub media: Option<confcall_server::sfu::SfuCounters>,
}

/// A call of a chat or of a live story at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostedOverview {
    /// The id.
    pub id: CallId,
    /// The kind.
    pub kind: CallKind,
    /// The title of the call, or the name of the chat or user without one.
    pub title: String,
    /// The link, if the chat or user has a public name.
    pub link: Option<InviteLink>,
    /// The users who take part.
    pub members: BTreeSet<UserId>,
}

impl HostedOverview {
    pub(crate) fn of(server: &Server, call: &HostedCall) -> Self {
        let link = server.hosted_link(call.id());
        Self {
            id: call.id(),
            kind: call.kind(),
            title: server.hosted_title(call),
            link: link.map(|link| InviteLink::new(link.to_string())),
            members: call.members().map(CallMember::user_id).collect(),
        }
    }
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
