//! Round trips: the readers of our clients read what was written.

use confcall_join::api::{
    AccessHash, ActiveCall, AppConfig, CallConnection, CallId, CallMessage, CallMessageId, CallRef,
    CallSettings, CallText, ChainBlocks, ChannelId, ChatId, DataJson, EncryptedMessage, GroupCall,
    GroupCallParticipant, InputGroupCall, Invitation, InvitationState, InviteLink, MessageId,
    Method, MigratedCall, ParticipantVideo, Participants, Peer, PeerLabel, PeerPhoto, PhoneCallId,
    Semantics, SsrcGroup, SubChain,
};
use confcall_join::message::{DocumentId, Entity, EntityKind};
use confcall_join::{Slug, Ssrc};
use confcall_state::UserId;
use confcall_transport::tl::{read_response, read_updates};
use grammers_tl_types::{Deserializable as _, enums};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;

use super::schema::check_older;
use super::tests::seen;
use super::*;

prop_compose! {
    fn user()(id: i64) -> UserId {
        UserId::new(id)
    }
}

fn source() -> impl Strategy<Value = Ssrc> {
    (1..=u32::MAX).prop_filter_map("a source", Ssrc::new)
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    // Strings of 254 bytes and more have another head.
    vec(any::<u8>(), 0..300)
}

fn peer() -> impl Strategy<Value = Peer> {
    prop_oneof![
        user().prop_map(Peer::User),
        any::<i64>().prop_map(|id| Peer::Chat(ChatId::new(id))),
        any::<i64>().prop_map(|id| Peer::Channel(ChannelId::new(id))),
    ]
}

fn reference() -> impl Strategy<Value = InputGroupCall> {
    prop_oneof![
        any::<(i64, i64)>().prop_map(|(id, access_hash)| InputGroupCall::Id {
            id: CallId::new(id),
            access_hash: AccessHash::new(access_hash),
        }),
        "[A-Za-z0-9_-]{1,64}".prop_map(|slug| InputGroupCall::Slug(Slug::new(&slug).unwrap())),
        any::<i32>().prop_map(|id| InputGroupCall::InviteMessage(MessageId::new(id))),
    ]
}

prop_compose! {
    fn group()(
        semantics in prop_oneof![Just(Semantics::Simulcast), Just(Semantics::FlowIdentification)],
        sources in btree_set(source(), 1..4),
    ) -> SsrcGroup {
        SsrcGroup::new(semantics, sources.into_iter().collect()).unwrap()
    }
}

prop_compose! {
    fn video()(
        paused: bool,
        endpoint: String,
        source_groups in vec(group(), 0..3),
        audio_source in option::of(source()),
    ) -> ParticipantVideo {
        ParticipantVideo { paused, endpoint, source_groups, audio_source }
    }
}

prop_compose! {
    fn participant()(
        (peer, date) in (peer(), any::<i32>()),
        source in option::of(source()),
        (video, presentation) in (option::of(video()), option::of(video())),
        [own, muted, just_joined, left, versioned, min] in any::<[bool; 6]>(),
        [can_self_unmute, muted_by_you, volume_by_admin, video_joined] in any::<[bool; 4]>(),
        (volume, active_date) in any::<(Option<i32>, Option<i32>)>(),
        (raise_hand_rating, about) in any::<(Option<i64>, Option<String>)>(),
    ) -> GroupCallParticipant {
        GroupCallParticipant {
            peer, date, source, video, presentation, own, muted, just_joined, left, versioned, min,
            can_self_unmute, muted_by_you, volume_by_admin, video_joined, volume, active_date,
            raise_hand_rating, about,
        }
    }
}

prop_compose! {
    fn settings()(
        [join_muted, can_change_join_muted, messages_enabled, can_change_messages_enabled] in any::<[bool; 4]>(),
    ) -> CallSettings {
        CallSettings {
            join_muted, can_change_join_muted, messages_enabled, can_change_messages_enabled,
        }
    }
}

prop_compose! {
    fn active_call()(
        ids in any::<(i64, i64)>(),
        [conference, rtmp_stream, creator, min, records_video] in any::<[bool; 5]>(),
        [start_subscribed, can_start_video, joined_order, listeners_hidden] in any::<[bool; 4]>(),
        [participants_count, version, video_limit] in any::<[i32; 3]>(),
        [stream_dc, recorded_since, scheduled_for, video_count] in any::<[Option<i32>; 4]>(),
        invite_link in option::of(".*".prop_map(InviteLink::new)),
        (title, message_price) in any::<(Option<String>, Option<i64>)>(),
        default_send_as in option::of(peer()),
        settings in settings(),
    ) -> ActiveCall {
        let named = CallRef { id: CallId::new(ids.0), access_hash: AccessHash::new(ids.1) };
        ActiveCall {
            conference, rtmp_stream, creator, min, records_video, start_subscribed, can_start_video,
            joined_order, listeners_hidden, participants_count, version, video_limit, stream_dc,
            recorded_since, scheduled_for, video_count, invite_link, title, message_price,
            default_send_as, settings,
            ..ActiveCall::new(named)
        }
    }
}

fn group_call() -> impl Strategy<Value = GroupCall> {
    let ids = any::<(i64, i64)>()
        .prop_map(|(id, access_hash)| (CallId::new(id), AccessHash::new(access_hash)));
    prop_oneof![
        active_call().prop_map(GroupCall::from),
        (ids, any::<i32>()).prop_map(|((id, access_hash), duration)| {
            GroupCall::Discarded {
                id,
                access_hash,
                duration,
            }
        }),
    ]
}

prop_compose! {
    fn chain_blocks()(
        call in reference(),
        sub_chain in prop_oneof![Just(SubChain::Blocks), Just(SubChain::Broadcasts)],
        blocks in vec(bytes(), 0..4),
        next_offset: i32,
    ) -> ChainBlocks {
        ChainBlocks { call, sub_chain, blocks, next_offset }
    }
}

prop_compose! {
    /// One of which `viewer` is a side, since the API shows a chat to its two users only.
    fn invitation(viewer: UserId)(
        (message, call_id) in any::<(i32, i64)>(),
        other in user(),
        [sent, video] in any::<[bool; 2]>(),
        date: i32,
        state in state(),
    ) -> Invitation {
        let (from, to) = if sent { (viewer, other) } else { (other, viewer) };
        let (message, call_id) = (MessageId::new(message), CallId::new(call_id));
        Invitation { message, call_id, from, to, video, date, state }
    }
}

fn state() -> impl Strategy<Value = InvitationState> {
    prop_oneof![
        Just(InvitationState::Pending),
        Just(InvitationState::Active),
        Just(InvitationState::Missed),
        any::<i32>().prop_map(|duration| InvitationState::Over { duration }),
    ]
}

prop_compose! {
    fn label()(
        user in user(),
        name: String,
        username: Option<String>,
        access_hash: Option<i64>,
        photo: Option<(i64, i32)>,
    ) -> PeerLabel {
        PeerLabel {
            peer: Peer::User(user),
            name,
            username,
            access_hash: access_hash.map(AccessHash::new),
            photo: photo.map(|(id, data_centre)| PeerPhoto { id, data_centre }),
        }
    }
}

prop_compose! {
    fn migrated()(id: i64, slug in "[A-Za-z0-9_-]{1,64}", video: bool) -> MigratedCall {
        let (phone_call, slug) = (PhoneCallId::new(id), Slug::new(&slug).unwrap());
        MigratedCall { phone_call, slug, video }
    }
}

/// Updates, and before them the names of those whom they are about; never names alone.
fn updates(viewer: UserId, count: core::ops::Range<usize>) -> impl Strategy<Value = Updates> {
    (vec(label(), 0..3), vec(update(viewer), count)).prop_map(|(labels, updates)| {
        let is_named = !labels.is_empty() && !updates.is_empty();
        let labels = is_named.then_some(Update::Labels(labels));
        Updates(labels.into_iter().chain(updates).collect())
    })
}

fn entity(letters: usize) -> impl Strategy<Value = Entity> {
    let kinds = prop_oneof![
        Just(EntityKind::Bold),
        Just(EntityKind::Italic),
        Just(EntityKind::Underline),
        Just(EntityKind::Strike),
        Just(EntityKind::Spoiler),
        Just(EntityKind::Code),
        any::<i64>().prop_map(|id| EntityKind::CustomEmoji {
            document_id: DocumentId::new(id),
        }),
    ];
    (kinds, 0..=letters).prop_map(move |(kind, offset)| Entity {
        kind,
        offset,
        length: letters - offset,
    })
}

fn call_text() -> impl Strategy<Value = CallText> {
    "[ -~]{0,20}".prop_flat_map(|text| {
        let entities = vec(entity(text.len()), 0..3);
        (Just(text), entities).prop_map(|(text, entities)| CallText { text, entities })
    })
}

prop_compose! {
    fn call_message()(
        (call, from, text) in (reference(), peer(), call_text()),
        (id, date, from_admin) in any::<(i32, i32, bool)>(),
        paid_stars: Option<i64>,
    ) -> CallMessage {
        let id = CallMessageId::new(id);
        CallMessage { call, id, from, date, text, from_admin, paid_stars }
    }
}

fn update(viewer: UserId) -> impl Strategy<Value = Update> {
    prop_oneof![
        chain_blocks().prop_map(Update::ChainBlocks),
        (any::<bool>(), ".*").prop_map(|(presentation, params)| {
            let params = DataJson::new(params);
            Update::Connection(CallConnection {
                presentation,
                params,
            })
        }),
        (reference(), vec(participant(), 0..4), any::<i32>()).prop_map(
            |(call, participants, version)| Update::Participants(Participants {
                call,
                participants,
                version,
            })
        ),
        (group_call(), option::of(peer()), any::<bool>()).prop_map(|(call, peer, live_story)| {
            Update::GroupCall {
                call,
                peer,
                live_story,
            }
        }),
        call_message().prop_map(Update::Message),
        (
            reference(),
            vec(any::<i32>().prop_map(CallMessageId::new), 0..4)
        )
            .prop_map(|(call, messages)| Update::MessagesDeleted { call, messages }),
        (reference(), peer(), bytes()).prop_map(|(call, from, encrypted_message)| {
            Update::EncryptedMessage(EncryptedMessage {
                call,
                from,
                encrypted_message,
            })
        }),
        invitation(viewer).prop_map(Update::Invitation),
        vec(any::<i32>().prop_map(MessageId::new), 0..4).prop_map(Update::Deleted),
        migrated().prop_map(Update::Migrated),
    ]
}

/// An answer with a method that it can be the answer to.
fn response(viewer: UserId) -> impl Strategy<Value = (Method, Response)> {
    let next_offset = || option::of(".+");
    prop_oneof![
        updates(viewer, 0..4).prop_map(|updates| (Method::JoinGroupCall, updates.into())),
        any::<bool>().prop_map(|value| (Method::SendGroupCallEncryptedMessage, value.into())),
        vec(source(), 0..9).prop_map(|sources| (Method::CheckGroupCall, sources.into())),
        any::<(Option<u32>, Option<u32>)>().prop_map(|(conference_size_limit, ring_timeout_ms)| {
            let config = AppConfig {
                conference_size_limit,
                ring_timeout_ms,
            };
            (Method::GetAppConfig, config.into())
        }),
        (
            group_call(),
            vec(participant(), 0..4),
            next_offset(),
            vec(label(), 0..3)
        )
            .prop_map(|(call, participants, next_offset, labels)| {
                let info = GroupCallInfo {
                    call,
                    participants,
                    next_offset,
                    labels,
                };
                (Method::GetGroupCall, info.into())
            }),
        (
            any::<(i32, i32)>(),
            vec(participant(), 0..4),
            next_offset(),
            vec(label(), 0..3)
        )
            .prop_map(|((count, version), participants, next_offset, labels)| {
                let page = ParticipantsPage {
                    count,
                    participants,
                    next_offset,
                    version,
                    labels,
                };
                (Method::GetGroupParticipants, page.into())
            }),
    ]
}

proptest! {
    #[test]
    fn a_client_reads_the_answer_that_was_given(
        (viewer, (method, response)) in user().prop_flat_map(|one| (Just(one), response(one))),
        date: i32,
    ) {
        let bytes = write_response(method, &response, seen(viewer, date)).unwrap();
        check_older(&bytes, seen(viewer, date), |occasion| {
            write_response(method, &response, occasion).unwrap()
        });
        prop_assert_eq!(read_response(method, &bytes, viewer), Ok(response));
    }

    #[test]
    fn a_client_reads_the_update_that_was_pushed(
        (viewer, pushed) in user().prop_flat_map(|one| (Just(one), updates(one, 1..2))),
        date: i32,
    ) {
        let bytes = write_push(&pushed, seen(viewer, date));
        check_older(&bytes, seen(viewer, date), |occasion| write_push(&pushed, occasion));
        let read = enums::Updates::from_bytes(&bytes).unwrap();
        let unpacked = read_updates(&read, viewer);
        prop_assert!(!unpacked.gap);
        prop_assert_eq!(Updates(unpacked.updates), pushed);
    }
}
