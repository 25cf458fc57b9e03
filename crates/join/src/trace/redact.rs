//! Requests as a trace shows them.

use crate::api::redact::{self, access_hash, params, slug, text};
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
    *peer = redact::peer(peer);
}

fn user(user: &mut InputUser) {
    if let InputUser::User {
        access_hash: hash, ..
    } = user
    {
        *hash = access_hash(*hash);
    }
}

/// A request as it would be sent if all that is secret in it were its pseudonym.
pub(crate) fn request(request: &Request) -> Request {
    let mut redacted = request.clone();
    if let Some(named) = redacted.call_mut() {
        call(named);
    }
    match &mut redacted {
        Request::Create(creation) => {
            creation.params = creation.params.as_ref().map(params);
        }
        Request::Join(join) => {
            peer(&mut join.join_as);
            join.invite_hash = join.invite_hash.as_deref().map(text);
            join.params = params(&join.params);
        }
        Request::Invite(invite) => user(&mut invite.user),
        Request::InviteToCall(invite) => invite.users.iter_mut().for_each(user),
        Request::Participants(asked) => asked.ids.iter_mut().for_each(peer),
        Request::EditParticipant(edit) => peer(&mut edit.participant),
        Request::JoinPresentation(join) => join.params = params(&join.params),
        Request::DiscardCall(discard) => {
            discard.peer.access_hash = access_hash(discard.peer.access_hash);
            if let DiscardReason::Migrate(found) = &mut discard.reason {
                *found = slug(found);
            }
        }
        Request::ResolveUsername(resolve) => resolve.username = text(&resolve.username),
        Request::FullChannel(full) => full.access_hash = access_hash(full.access_hash),
        Request::PeerStories(stories) => peer(&mut stories.peer),
        Request::StoriesById(stories) => peer(&mut stories.peer),
        Request::JoinAs(asked) => peer(&mut asked.peer),
        Request::SaveJoinAs(saved) => {
            peer(&mut saved.peer);
            peer(&mut saved.join_as);
        }
        Request::CreateInChat(creation) => {
            peer(&mut creation.peer);
            creation.title = creation.title.as_deref().map(text);
        }
        Request::RtmpUrl(asked) => peer(&mut asked.peer),
        Request::Title(edit) => edit.title = text(&edit.title),
        Request::Record(record) => record.title = record.title.as_deref().map(text),
        Request::PlainMessage(message) => {
            message.message = message.message.masked();
            message.send_as.iter_mut().for_each(peer);
        }
        Request::DeleteMessagesOf(deletion) => peer(&mut deletion.participant),
        Request::ChainBlocks(_)
        | Request::Broadcast(_)
        | Request::Remove(_)
        | Request::Message(_)
        | Request::GroupCall(_)
        | Request::Check(_)
        | Request::Leave(_)
        | Request::Discard(_)
        | Request::Settings(_)
        | Request::LeavePresentation(_)
        | Request::DeclineInvite(_)
        | Request::AppConfig(_)
        | Request::FullChat(_)
        | Request::StartScheduled(_)
        | Request::SubscribeStart(_)
        | Request::ExportInvite(_)
        | Request::DeleteMessages(_)
        | Request::StreamChannels(_)
        | Request::File(_) => {}
    }
    redacted
}
