//! Requests as a trace shows them.

use crate::api::redact::{access_hash, params, slug, text};
use crate::api::{DiscardReason, InputGroupCall, InputPeer, InputUser, Request};

fn call(call: &mut InputGroupCall) {
    match call {
        InputGroupCall::Id {
            access_hash: hash, ..
        } => *hash = access_hash(*hash),
        InputGroupCall::Slug(found) => *found = slug(found),
        InputGroupCall::InviteMessage(_) => {}
    }
}

fn peer(peer: &mut InputPeer) {
    match peer {
        InputPeer::User {
            access_hash: hash, ..
        }
        | InputPeer::Channel {
            access_hash: hash, ..
        } => {
            *hash = access_hash(*hash);
        }
        InputPeer::UserFromMessage { chat, .. } | InputPeer::ChannelFromMessage { chat, .. } => {
            self::peer(chat);
        }
        InputPeer::SelfUser | InputPeer::Empty | InputPeer::Chat(_) => {}
    }
}

/// A request as it would be sent if all that is secret in it were its pseudonym.
pub(crate) fn request(request: &Request) -> Request {
    let mut redacted = request.clone();
    match &mut redacted {
        Request::Create(creation) => {
            creation.params = creation.params.as_ref().map(params);
        }
        Request::Join(join) => {
            call(&mut join.call);
            peer(&mut join.join_as);
            join.invite_hash = join.invite_hash.as_deref().map(text);
            join.params = params(&join.params);
        }
        Request::Invite(invite) => {
            call(&mut invite.call);
            if let InputUser::User {
                access_hash: hash, ..
            } = &mut invite.user
            {
                *hash = access_hash(*hash);
            }
        }
        Request::Participants(asked) => {
            call(&mut asked.call);
            asked.ids.iter_mut().for_each(peer);
        }
        Request::ChainBlocks(request) => call(&mut request.call),
        Request::Broadcast(request) => call(&mut request.call),
        Request::Remove(request) => call(&mut request.call),
        Request::Message(request) => call(&mut request.call),
        Request::GroupCall(request) => call(&mut request.call),
        Request::Check(request) => call(&mut request.call),
        Request::Leave(request) => call(&mut request.call),
        Request::Discard(request) => call(&mut request.call),
        Request::Settings(request) => call(&mut request.call),
        Request::EditParticipant(edit) => {
            call(&mut edit.call);
            peer(&mut edit.participant);
        }
        Request::JoinPresentation(join) => {
            call(&mut join.call);
            join.params = params(&join.params);
        }
        Request::LeavePresentation(request) => call(&mut request.call),
        Request::DiscardCall(discard) => {
            discard.peer.access_hash = access_hash(discard.peer.access_hash);
            if let DiscardReason::Migrate(found) = &mut discard.reason {
                *found = slug(found);
            }
        }
        Request::DeclineInvite(_) | Request::AppConfig(_) => {}
    }
    redacted
}
