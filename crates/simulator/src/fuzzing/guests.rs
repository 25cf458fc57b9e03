//! Users who come to the calls of groups, channels and stories, and do what they may and may not.

use arbitrary::{Result, Unstructured};
use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall_join::api::{
    AccessHash, CallMessageId, CallText, CreateGroupCall, DeleteGroupCallMessages,
    DeleteGroupCallParticipantMessages, DiscardGroupCall, EditGroupCallParticipant,
    EditGroupCallTitle, InputGroupCall, InputPeer, JoinGroupCall, JoinGroupCallPresentation,
    LeaveGroupCall, Request, SendGroupCallMessage, StartScheduledGroupCall, ToggleGroupCallRecord,
    ToggleGroupCallSettings, VideoLayers,
};
use confcall_join::policy::CallKind;
use confcall_server::{HostedCall, Server};
use confcall_state::UserId;

use super::people::user;
use crate::fixtures::payload;
use crate::neighbourhood::{own_channel, peer_of_name};

/// A request of a user about a call of a server; `None` for one that the user could not write.
pub(super) fn request(
    u: &mut Unstructured<'_>,
    server: &mut Server,
    from: UserId,
) -> Result<Option<Request>> {
    let calls: Vec<_> = server.hosted_calls().map(HostedCall::id).collect();
    if calls.is_empty() || u.ratio(1, 16)? {
        return creation(u, server, from);
    }
    let id = calls[u.choose_index(calls.len())?];
    let own = match u.ratio(1, 4)? {
        true => own_channel(server, from),
        false => None,
    };
    let call = server.hosted_call(id).expect("a call of this server");
    let (kind, reference) = (call.kind(), call.reference());
    let source = call.member(from).map(|member| member.source());
    Ok(Some(match u.int_in_range(0..=19)? {
        0..=4 => join(u, kind, reference, own.unwrap_or(InputPeer::SelfUser))?.into(),
        5 | 6 => LeaveGroupCall {
            call: reference,
            source,
        }
        .into(),
        7..=11 => edit(u, reference)?.into(),
        12 => plain_message(u, reference)?.into(),
        13 => DeleteGroupCallMessages {
            report_spam: false,
            call: reference,
            messages: vec![CallMessageId::new(u.int_in_range(1..=4)?)],
        }
        .into(),
        14 => DeleteGroupCallParticipantMessages {
            report_spam: u.arbitrary()?,
            call: reference,
            participant: InputPeer::SelfUser,
        }
        .into(),
        15 => EditGroupCallTitle {
            call: reference,
            title: (*u.choose(&["", "Another title"])?).to_owned(),
        }
        .into(),
        16 => ToggleGroupCallRecord {
            start: u.arbitrary()?,
            call: reference,
            title: None,
            video_portrait: u.arbitrary()?,
        }
        .into(),
        17 => ToggleGroupCallSettings {
            join_muted: u.arbitrary()?,
            messages_enabled: u.arbitrary()?,
            reset_invite_hash: u.arbitrary()?,
            ..ToggleGroupCallSettings::nothing(reference)
        }
        .into(),
        18 => match u.ratio(1, 4)? {
            true => DiscardGroupCall { call: reference }.into(),
            false => StartScheduledGroupCall { call: reference }.into(),
        },
        _ => JoinGroupCallPresentation {
            call: reference,
            params: payload(Some(VideoLayers::One), &mut drawn(u)?).to_params(),
        }
        .into(),
    }))
}

/// An admin begins a call, perhaps in the place of another one, or announces it.
fn creation(
    u: &mut Unstructured<'_>,
    server: &mut Server,
    from: UserId,
) -> Result<Option<Request>> {
    let name = *u.choose(&["walkers", "stage", "quiet", "thenews"])?;
    let peer = peer_of_name(server, from, name);
    let (rtmp_stream, random_id) = (u.ratio(1, 4)?, u.arbitrary()?);
    let schedule_date = u.ratio(1, 2)?.then_some(100);
    Ok(peer.map(|peer| {
        CreateGroupCall {
            rtmp_stream,
            peer,
            random_id,
            title: None,
            schedule_date,
        }
        .into()
    }))
}

fn join(
    u: &mut Unstructured<'_>,
    kind: CallKind,
    call: InputGroupCall,
    join_as: InputPeer,
) -> Result<JoinGroupCall> {
    let is_listener = kind != CallKind::VideoChat;
    let layers = (!is_listener && u.arbitrary()?).then_some(VideoLayers::One);
    Ok(JoinGroupCall {
        muted: is_listener || u.arbitrary()?,
        video_stopped: is_listener || layers.is_none(),
        call,
        join_as,
        invite_hash: None,
        public_key: None,
        block: None,
        params: payload(layers, &mut drawn(u)?).to_params(),
    })
}

/// An edit of a participant, perhaps the own one.
fn edit(u: &mut Unstructured<'_>, call: InputGroupCall) -> Result<EditGroupCallParticipant> {
    let participant = match u.ratio(1, 3)? {
        true => InputPeer::SelfUser,
        false => {
            let id = user(u)?;
            let access_hash = AccessHash::new(id.value());
            InputPeer::User { id, access_hash }
        }
    };
    Ok(EditGroupCallParticipant {
        muted: u.arbitrary()?,
        volume: u.ratio(1, 4)?.then_some(5_000),
        raise_hand: u.arbitrary()?,
        video_stopped: u.ratio(1, 4)?.then_some(true),
        ..EditGroupCallParticipant::new(call, participant)
    })
}

fn plain_message(u: &mut Unstructured<'_>, call: InputGroupCall) -> Result<SendGroupCallMessage> {
    Ok(SendGroupCallMessage {
        call,
        random_id: u.int_in_range(1..=9)?,
        message: CallText {
            text: "hello".to_owned(),
            entities: Vec::new(),
        },
        allow_paid_stars: None,
        send_as: None,
    })
}

/// A generator of one of a few seeds, so that some sources clash.
fn drawn(u: &mut Unstructured<'_>) -> Result<ChaCha20Rng> {
    let seed = u.int_in_range(0..=15)?;
    Ok(ChaCha20Rng::from_seed([seed; 32]))
}
