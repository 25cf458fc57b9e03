use confcall_join::api::{ActiveCall, GroupCall, InputGroupCall, InviteLink};
use grammers_tl_types::{enums, types};

use super::Layer;
use super::participant::peer;

/// A reference to a call.
pub(super) fn reference(call: &InputGroupCall) -> enums::InputGroupCall {
    match call {
        InputGroupCall::Id { id, access_hash } => {
            enums::InputGroupCall::Call(types::InputGroupCall {
                id: id.value(),
                access_hash: access_hash.value(),
            })
        }
        InputGroupCall::Slug(slug) => enums::InputGroupCall::Slug(types::InputGroupCallSlug {
            slug: slug.to_string(),
        }),
        InputGroupCall::InviteMessage(message) => {
            enums::InputGroupCall::InviteMessage(types::InputGroupCallInviteMessage {
                msg_id: message.value(),
            })
        }
    }
}

/// Writes a call.
pub(super) fn write(call: &GroupCall, layer: Layer, to: &mut Vec<u8>) {
    match call {
        GroupCall::Active(call) => layer.write(&in_layer(active(call), layer), to),
        GroupCall::Discarded {
            id,
            access_hash,
            duration,
        } => {
            let discarded = types::GroupCallDiscarded {
                id: id.value(),
                access_hash: access_hash.value(),
                duration: *duration,
            };
            layer.write(&discarded, to);
        }
    }
}

/// A call with those of its fields that a layer has.
fn in_layer(call: types::GroupCall, layer: Layer) -> types::GroupCall {
    match layer {
        Layer::Of214 => types::GroupCall {
            messages_enabled: false,
            can_change_messages_enabled: false,
            min: false,
            send_paid_messages_stars: None,
            default_send_as: None,
            ..call
        },
        Layer::Of227 | Layer::Newest => call,
    }
}

fn active(call: &ActiveCall) -> types::GroupCall {
    let settings = call.settings;
    types::GroupCall {
        join_muted: settings.join_muted,
        can_change_join_muted: settings.can_change_join_muted,
        join_date_asc: call.joined_order,
        schedule_start_subscribed: call.start_subscribed,
        can_start_video: call.can_start_video,
        record_video_active: call.records_video,
        rtmp_stream: call.rtmp_stream,
        listeners_hidden: call.listeners_hidden,
        conference: call.conference,
        creator: call.creator,
        messages_enabled: settings.messages_enabled,
        can_change_messages_enabled: settings.can_change_messages_enabled,
        min: call.min,
        id: call.id.value(),
        access_hash: call.access_hash.value(),
        participants_count: call.participants_count,
        title: call.title.clone(),
        stream_dc_id: call.stream_dc,
        record_start_date: call.recorded_since,
        schedule_date: call.scheduled_for,
        unmuted_video_count: call.video_count,
        unmuted_video_limit: call.video_limit,
        version: call.version,
        invite_link: call.invite_link.as_ref().map(InviteLink::to_string),
        send_paid_messages_stars: call.message_price,
        default_send_as: call.default_send_as.map(peer),
    }
}

/// The link of a call.
pub(super) fn invite(link: &InviteLink) -> enums::phone::ExportedGroupCallInvite {
    let link = link.to_string();
    types::phone::ExportedGroupCallInvite { link }.into()
}
