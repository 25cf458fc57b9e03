//! The calls of groups and channels, by those who need not be in one.

use confcall_join::api::{
    CallRef, CreateGroupCall, GetGroupCallJoinAs, GetGroupCallStreamRtmpUrl, GroupCall as Shown,
    InputPeer, JoinAsPeers, ResolveUsername, RtmpUrl, SaveDefaultGroupCallJoinAs, Update,
    WrongResponse,
};
use confcall_join::joining::{CallPlace, GroupCallTarget};
use confcall_join::labels::Labels;
use confcall_join::policy::CallKind;
use confcall_transport::Transport;

use crate::asking::{RequestError, ask};
use crate::creation::CreateError;
use crate::group_call::GroupCall;

/// The refusal after which a creation is tried once more.
const CREATE_FAILED: &str = "CREATE_CALL_FAILED";

/// A call of a group or channel that is to be created; everything left out is the server's to choose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewCall {
    /// The title; the chat's own without one.
    pub title: Option<String>,
    /// The time for which it is announced, in seconds since 1970, from 10 s to 8 days ahead; it begins at once without one.
    pub schedule: Option<i32>,
    /// True if one program outside feeds it by RTMP.
    pub rtmp: bool,
}

/// The stream that a program publishes by RTMP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RtmpFeed {
    /// That of the call of a group or channel.
    Call,
    /// That of the live story of a user, supergroup or channel.
    LiveStory,
}

/// Requests of those who need not be in the call.
impl GroupCall {
    /// Creates the call of a group or channel without joining it, for its admins, under a number of the caller's.
    ///
    /// The same number again is the same call, in the same chat. One that is announced does not begin by itself. A creation that
    /// the server says failed is tried once more.
    ///
    /// # Errors
    ///
    /// [`CreateError`]
    pub async fn create_as<T: Transport>(
        transport: &T,
        peer: InputPeer,
        call: NewCall,
        random_id: i32,
    ) -> Result<CallRef, CreateError> {
        let NewCall {
            title,
            schedule,
            rtmp,
        } = call;
        let request = CreateGroupCall {
            rtmp_stream: rtmp,
            peer,
            random_id,
            title,
            schedule_date: schedule,
        };
        let request = request.into();
        let create = || ask(transport, CallKind::VideoChat, &request);
        let response = match create().await {
            // Another attempt may succeed, and the number makes one call of both.
            Err(RequestError::Refused(error)) if error.message == CREATE_FAILED => create().await?,
            answer => answer?,
        };
        let updates = response.into_updates().map_err(|_| CreateError::NoCall)?;
        let shown = updates.0.into_iter().find_map(|update| match update {
            Update::GroupCall {
                call: Shown::Active(call),
                ..
            } if !call.conference => Some(call.named()),
            _ => None,
        });
        shown.ok_or(CreateError::NoCall)
    }

    /// The group, channel or owner of a story to which the call of a target belongs, as requests name it; a public name is looked up.
    ///
    /// `None` for a target that is the call itself, and if the server shows no access hash that the name of the peer takes.
    ///
    /// # Errors
    ///
    /// [`RequestError`]
    pub async fn place_of<T: Transport>(
        transport: &T,
        target: &GroupCallTarget,
    ) -> Result<Option<InputPeer>, RequestError> {
        let username = match target.place() {
            CallPlace::Chat(peer) | CallPlace::Story { peer, .. } => return Ok(Some(peer.clone())),
            CallPlace::Name(name) | CallPlace::StoryOfName(name) => name.as_str().to_owned(),
            _ => return Ok(None),
        };
        let request = ResolveUsername { username };
        let response = ask(transport, CallKind::VideoChat, &request.into()).await?;
        let found = response.into_resolved_peer().map_err(other)?;
        let mut labels = Labels::new();
        labels.learn(&found.labels);
        Ok(labels.input_peer(found.peer))
    }

    /// The peers as whom the user may join the calls of a group or channel.
    ///
    /// # Errors
    ///
    /// [`RequestError`]
    pub async fn join_as_peers<T: Transport>(
        transport: &T,
        peer: InputPeer,
    ) -> Result<JoinAsPeers, RequestError> {
        let request = GetGroupCallJoinAs { peer };
        let response = ask(transport, CallKind::VideoChat, &request.into()).await?;
        response.into_join_as_peers().map_err(other)
    }

    /// Keeps as whom the user joins the calls of a group or channel if nothing else is said.
    ///
    /// # Errors
    ///
    /// [`RequestError`]
    pub async fn save_default_join_as<T: Transport>(
        transport: &T,
        peer: InputPeer,
        join_as: InputPeer,
    ) -> Result<(), RequestError> {
        let request = SaveDefaultGroupCallJoinAs { peer, join_as };
        let response = ask(transport, CallKind::VideoChat, &request.into()).await?;
        response.into_bool().map(|_| ()).map_err(other)
    }

    /// The address at which a program publishes a stream of a peer, with its secret key; for the admins of a group or channel,
    /// and for the owner of a story.
    ///
    /// Neither `Debug` nor the log shows the key: [`StreamKey::as_str`](crate::join::api::StreamKey::as_str) does.
    ///
    /// # Errors
    ///
    /// [`RequestError`]
    pub async fn rtmp_url<T: Transport>(
        transport: &T,
        peer: InputPeer,
        feed: RtmpFeed,
    ) -> Result<RtmpUrl, RequestError> {
        publish(transport, peer, feed, false).await
    }

    /// Replaces the key by a new one, and gives it as [`GroupCall::rtmp_url`] does; who publishes with the old one is cut off.
    ///
    /// # Errors
    ///
    /// [`RequestError`]
    pub async fn revoke_rtmp_key<T: Transport>(
        transport: &T,
        peer: InputPeer,
        feed: RtmpFeed,
    ) -> Result<RtmpUrl, RequestError> {
        publish(transport, peer, feed, true).await
    }
}

async fn publish<T: Transport>(
    transport: &T,
    peer: InputPeer,
    feed: RtmpFeed,
    revoke: bool,
) -> Result<RtmpUrl, RequestError> {
    let (kind, live_story) = match feed {
        RtmpFeed::Call => (CallKind::RtmpViewer, false),
        RtmpFeed::LiveStory => (CallKind::LiveStoryListener, true),
    };
    let request = GetGroupCallStreamRtmpUrl {
        live_story,
        peer,
        revoke,
    };
    let response = ask(transport, kind, &request.into()).await?;
    response.into_rtmp_url().map_err(other)
}

fn other(wrong: WrongResponse) -> RequestError {
    RequestError::OtherAnswer(wrong.found)
}
