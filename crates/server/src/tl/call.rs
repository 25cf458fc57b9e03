use confcall_join::api::{GroupCall, InputGroupCall, InviteLink};
use grammers_tl_types::{enums, types};

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

/// A call, with everything off that a conference of this server does not have.
pub(super) fn write(call: &GroupCall) -> enums::GroupCall {
    match call {
        GroupCall::Active {
            id,
            access_hash,
            conference,
            rtmp_stream,
            creator,
            participants_count,
            invite_link,
            version,
            settings,
            min,
        } => enums::GroupCall::Call(types::GroupCall {
            join_muted: settings.join_muted,
            can_change_join_muted: settings.can_change_join_muted,
            join_date_asc: false,
            schedule_start_subscribed: false,
            can_start_video: true,
            record_video_active: false,
            rtmp_stream: *rtmp_stream,
            listeners_hidden: false,
            conference: *conference,
            creator: *creator,
            messages_enabled: settings.messages_enabled,
            can_change_messages_enabled: settings.can_change_messages_enabled,
            min: *min,
            id: id.value(),
            access_hash: access_hash.value(),
            participants_count: *participants_count,
            title: None,
            stream_dc_id: None,
            record_start_date: None,
            schedule_date: None,
            unmuted_video_count: None,
            unmuted_video_limit: 30,
            version: *version,
            invite_link: invite_link.as_ref().map(InviteLink::to_string),
            send_paid_messages_stars: None,
            default_send_as: None,
        }),
        GroupCall::Discarded {
            id,
            access_hash,
            duration,
        } => enums::GroupCall::Discarded(types::GroupCallDiscarded {
            id: id.value(),
            access_hash: access_hash.value(),
            duration: *duration,
        }),
    }
}
