use std::borrow::Cow;

use confcall_join::api::{InputPeer, JoinGroupCall, Peer, Request};
use confcall_state::UserId;

/// The request with the user who joins as itself in the form that the policy of every kind of call knows.
///
/// A client may name itself as it names any user. Whether the access hash is right does not matter then: the user is known.
pub(crate) fn with_own_peer(from: UserId, request: &Request) -> Cow<'_, Request> {
    match request {
        Request::Join(join)
            if join.join_as != InputPeer::SelfUser
                && join.join_as.peer(from) == Some(Peer::User(from)) =>
        {
            let join = JoinGroupCall {
                join_as: InputPeer::SelfUser,
                ..join.clone()
            };
            Cow::Owned(join.into())
        }
        other => Cow::Borrowed(other),
    }
}
