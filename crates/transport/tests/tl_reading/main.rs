//! Answers and updates, serialised by `grammers-tl-types`, as they are read.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod chats;

use confcall_join::api::{
    AccessHash, ActiveCall, AppConfig, CallConnection, CallId, CallSettings, ChainBlocks,
    ChannelId, DataJson, EncryptedMessage, GroupCall, GroupCallInfo, GroupCallParticipant,
    InputGroupCall, Invitation, InvitationState, InviteLink, MessageId, Method, MigratedCall,
    ParticipantVideo, Participants, ParticipantsPage, Peer, PeerLabel, PhoneCallId, Response,
    ResponseKind, Semantics, SsrcGroup, SubChain, Update, Updates,
};
use confcall_join::{Slug, Ssrc};
use confcall_state::UserId;
use confcall_transport::tl::{ReadFault, Unpacked, read_response, read_updates};
use grammers_tl_types::{Identifiable, Serializable, enums, types};

const OWN: UserId = UserId::new(1000);
const OTHER: UserId = UserId::new(2000);

fn call() -> InputGroupCall {
    InputGroupCall::Id {
        id: CallId::new(-4),
        access_hash: AccessHash::new(8),
    }
}

fn their_call() -> enums::InputGroupCall {
    types::InputGroupCall {
        id: -4,
        access_hash: 8,
    }
    .into()
}

fn peer(id: UserId) -> enums::Peer {
    let user_id = id.value();
    types::PeerUser { user_id }.into()
}

fn ssrc(signed: i32) -> Ssrc {
    Ssrc::from_signed(signed).unwrap()
}

fn their_blocks(sub_chain_id: i32) -> enums::Update {
    types::UpdateGroupCallChainBlocks {
        call: their_call(),
        sub_chain_id,
        blocks: vec![vec![1, 2, 3], vec![]],
        next_offset: 7,
    }
    .into()
}

fn blocks(sub_chain: SubChain) -> Update {
    Update::ChainBlocks(ChainBlocks {
        call: call(),
        sub_chain,
        blocks: vec![vec![1, 2, 3], vec![]],
        next_offset: 7,
    })
}

fn updates(updates: Vec<enums::Update>) -> enums::Updates {
    types::Updates {
        updates,
        users: vec![],
        chats: vec![],
        date: 1,
        seq: 2,
    }
    .into()
}

fn read(update: enums::Update) -> Vec<Update> {
    read_updates(&updates(vec![update]), OWN).updates
}

fn their_participant() -> types::GroupCallParticipant {
    types::GroupCallParticipant {
        muted: false,
        left: false,
        can_self_unmute: true,
        just_joined: false,
        versioned: false,
        min: false,
        muted_by_you: false,
        volume_by_admin: false,
        is_self: false,
        video_joined: false,
        peer: peer(OTHER),
        date: 5,
        active_date: Some(1),
        source: -6,
        volume: Some(100),
        about: Some("about".to_owned()),
        raise_hand_rating: Some(3),
        video: None,
        presentation: None,
        paid_stars_total: Some(1),
    }
}

fn participant() -> GroupCallParticipant {
    GroupCallParticipant {
        date: 5,
        muted: false,
        active_date: Some(1),
        volume: Some(100),
        about: Some("about".to_owned()),
        raise_hand_rating: Some(3),
        versioned: false,
        ..GroupCallParticipant::new(Peer::User(OTHER), Some(ssrc(-6)))
    }
}

fn change(participant: types::GroupCallParticipant) -> enums::Update {
    types::UpdateGroupCallParticipants {
        call: their_call(),
        participants: vec![participant.into()],
        version: 11,
    }
    .into()
}

/// The one participant that a change of the roster is read as.
fn read_participant(participant: types::GroupCallParticipant) -> GroupCallParticipant {
    let Update::Participants(mut change) = read(change(participant)).remove(0) else {
        panic!("no change of the roster")
    };
    change.participants.remove(0)
}

fn their_video(groups: Vec<(&str, Vec<i32>)>) -> enums::GroupCallParticipantVideo {
    let source_groups = groups.into_iter().map(|(semantics, sources)| {
        let semantics = semantics.to_owned();
        types::GroupCallParticipantVideoSourceGroup { semantics, sources }.into()
    });
    types::GroupCallParticipantVideo {
        paused: true,
        endpoint: "e".to_owned(),
        source_groups: source_groups.collect(),
        audio_source: Some(0),
    }
    .into()
}

fn their_group_call() -> types::GroupCall {
    types::GroupCall {
        join_muted: true,
        can_change_join_muted: true,
        join_date_asc: true,
        schedule_start_subscribed: true,
        can_start_video: true,
        record_video_active: true,
        rtmp_stream: true,
        listeners_hidden: true,
        conference: true,
        creator: false,
        messages_enabled: true,
        can_change_messages_enabled: true,
        min: true,
        id: -4,
        access_hash: 8,
        participants_count: 3,
        title: Some("title".to_owned()),
        stream_dc_id: Some(2),
        record_start_date: Some(3),
        schedule_date: Some(4),
        unmuted_video_count: Some(5),
        unmuted_video_limit: 30,
        version: 12,
        invite_link: Some("https://t.me/call/abc".to_owned()),
        send_paid_messages_stars: Some(6),
        default_send_as: Some(peer(OTHER)),
    }
}

fn group_call() -> GroupCall {
    let call = ActiveCall {
        id: CallId::new(-4),
        access_hash: AccessHash::new(8),
        conference: true,
        rtmp_stream: true,
        creator: false,
        participants_count: 3,
        invite_link: Some(InviteLink::new("https://t.me/call/abc")),
        version: 12,
        settings: CallSettings {
            join_muted: true,
            can_change_join_muted: true,
            messages_enabled: true,
            can_change_messages_enabled: true,
        },
        min: true,
        title: Some("title".to_owned()),
        stream_dc: Some(2),
        recorded_since: Some(3),
        records_video: true,
        scheduled_for: Some(4),
        start_subscribed: true,
        can_start_video: true,
        video_count: Some(5),
        video_limit: 30,
        joined_order: true,
        listeners_hidden: true,
        message_price: Some(6),
        default_send_as: Some(Peer::User(OTHER)),
    };
    call.into()
}

fn conference_call() -> types::MessageActionConferenceCall {
    types::MessageActionConferenceCall {
        missed: false,
        active: false,
        video: true,
        call_id: -4,
        duration: None,
        other_participants: Some(vec![peer(OTHER)]),
    }
}

fn service(action: impl Into<enums::MessageAction>) -> types::MessageService {
    types::MessageService {
        out: false,
        mentioned: false,
        media_unread: false,
        reactions_are_possible: false,
        silent: false,
        post: false,
        legacy: false,
        id: 66,
        from_id: None,
        peer_id: peer(OTHER),
        saved_peer_id: None,
        reply_to: None,
        date: 1,
        action: action.into(),
        reactions: None,
        ttl_period: None,
    }
}

fn new_message(message: types::MessageService) -> enums::Update {
    types::UpdateNewMessage {
        message: message.into(),
        pts: 1,
        pts_count: 1,
    }
    .into()
}

#[test]
fn the_items_of_both_subchains_are_read_and_those_of_a_third_are_left_out() {
    assert_eq!(read(their_blocks(0)), [blocks(SubChain::Blocks)]);
    assert_eq!(read(their_blocks(1)), [blocks(SubChain::Broadcasts)]);
    assert_eq!(read(their_blocks(2)), []);
    assert_eq!(read(their_blocks(-1)), []);
}

#[test]
fn a_call_is_read_while_it_goes_on_and_when_it_is_over() {
    let update = |call| types::UpdateGroupCall {
        live_story: false,
        peer: None,
        call,
    };
    let active = update(their_group_call().into());
    assert_eq!(read(active.into()), [group_call().into()]);
    let over = types::GroupCallDiscarded {
        id: -4,
        access_hash: 8,
        duration: 60,
    };
    let over = update(over.into());
    let discarded = GroupCall::Discarded {
        id: CallId::new(-4),
        access_hash: AccessHash::new(8),
        duration: 60,
    };
    assert_eq!(read(over.into()), [discarded.into()]);
}

#[test]
fn a_connection_and_a_message_are_read() {
    let connection = types::UpdateGroupCallConnection {
        presentation: true,
        params: types::DataJson { data: "{}".into() }.into(),
    };
    let params = DataJson::new("{}");
    assert_eq!(
        read(connection.into()),
        [Update::Connection(CallConnection {
            presentation: true,
            params
        })]
    );
    let message = types::UpdateGroupCallEncryptedMessage {
        call: their_call(),
        from_id: peer(OTHER),
        encrypted_message: vec![1, 2],
    };
    assert_eq!(
        read(message.into()),
        [Update::EncryptedMessage(EncryptedMessage {
            call: call(),
            from: Peer::User(OTHER),
            encrypted_message: vec![1, 2],
        })]
    );
}

#[test]
fn each_flag_of_a_participant_is_its_own() {
    assert_eq!(read_participant(their_participant()), participant());
    type Set<T> = fn(&mut T);
    let flags: [(Set<types::GroupCallParticipant>, Set<GroupCallParticipant>); 6] = [
        (|theirs| theirs.muted = true, |ours| ours.muted = true),
        (|theirs| theirs.left = true, |ours| ours.left = true),
        (
            |theirs| theirs.just_joined = true,
            |ours| ours.just_joined = true,
        ),
        (
            |theirs| theirs.versioned = true,
            |ours| ours.versioned = true,
        ),
        (|theirs| theirs.min = true, |ours| ours.min = true),
        (|theirs| theirs.is_self = true, |ours| ours.own = true),
    ];
    for (set_theirs, set_ours) in flags {
        let (mut theirs, mut ours) = (their_participant(), participant());
        set_theirs(&mut theirs);
        set_ours(&mut ours);
        assert_eq!(read_participant(theirs), ours);
    }
}

#[test]
fn a_camera_and_a_screen_are_read_with_the_groups_that_are_groups() {
    let mut theirs = their_participant();
    theirs.video = Some(their_video(vec![
        ("SIM", vec![1, -2]),
        ("SIM", vec![]),
        ("FID", vec![3, 3]),
        ("FID", vec![4, 0]),
        ("NEW", vec![5]),
        ("FID", vec![6, 7]),
    ]));
    theirs.presentation = Some(their_video(vec![]));
    let read = read_participant(theirs);
    let groups = vec![
        SsrcGroup::new(Semantics::Simulcast, vec![ssrc(1), ssrc(-2)]).unwrap(),
        SsrcGroup::new(Semantics::FlowIdentification, vec![ssrc(6), ssrc(7)]).unwrap(),
    ];
    let video = |source_groups| ParticipantVideo {
        paused: true,
        endpoint: "e".to_owned(),
        source_groups,
        audio_source: None,
    };
    assert_eq!(read.video, Some(video(groups)));
    assert_eq!(read.presentation, Some(video(vec![])));
}

#[test]
fn a_participant_whose_source_is_zero_has_none() {
    let theirs = types::GroupCallParticipant {
        source: 0,
        ..their_participant()
    };
    assert_eq!(read_participant(theirs).source, None);
}

#[test]
fn a_message_that_invites_is_from_the_other_user_or_to_them() {
    let invitation = |from, to| {
        Update::Invitation(Invitation {
            message: MessageId::new(66),
            call_id: CallId::new(-4),
            from,
            to,
            video: true,
            date: 1,
            state: InvitationState::Pending,
        })
    };
    let mut message = service(conference_call());
    assert_eq!(read(new_message(message.clone())), [invitation(OTHER, OWN)]);
    message.out = true;
    assert_eq!(read(new_message(message)), [invitation(OWN, OTHER)]);
}

#[test]
fn the_state_of_an_invitation_is_read_from_the_message_and_from_its_edits() {
    let calling = conference_call;
    for (action, expected) in [
        (calling(), InvitationState::Pending),
        (
            types::MessageActionConferenceCall {
                active: true,
                ..calling()
            },
            InvitationState::Active,
        ),
        (
            types::MessageActionConferenceCall {
                missed: true,
                active: true,
                ..calling()
            },
            InvitationState::Missed,
        ),
        (
            types::MessageActionConferenceCall {
                duration: Some(7),
                missed: true,
                active: true,
                ..calling()
            },
            InvitationState::Over { duration: 7 },
        ),
    ] {
        let edit = types::UpdateEditMessage {
            message: service(action.clone()).into(),
            pts: 1,
            pts_count: 1,
        };
        for update in [new_message(service(action)), edit.into()] {
            let [Update::Invitation(invitation)] = read(update)[..] else {
                panic!("no invitation");
            };
            assert_eq!(invitation.state, expected);
        }
    }
}

#[test]
fn deleted_messages_are_read_by_their_numbers() {
    let deleted = types::UpdateDeleteMessages {
        messages: vec![3, -1],
        pts: 1,
        pts_count: 2,
    };
    let expected = Update::Deleted(vec![MessageId::new(3), MessageId::new(-1)]);
    assert_eq!(read(deleted.into()), [expected]);
}

#[test]
fn a_call_between_two_users_is_read_where_it_moves_to_a_conference() {
    let discarded = |reason: enums::PhoneCallDiscardReason| types::UpdatePhoneCall {
        phone_call: types::PhoneCallDiscarded {
            need_rating: false,
            need_debug: false,
            video: true,
            id: -9,
            reason: Some(reason),
            duration: Some(5),
        }
        .into(),
    };
    let to = |slug: &str| {
        let slug = slug.to_owned();
        types::PhoneCallDiscardReasonMigrateConferenceCall { slug }.into()
    };
    let expected = Update::Migrated(MigratedCall {
        phone_call: PhoneCallId::new(-9),
        slug: Slug::new("abc").unwrap(),
        video: true,
    });
    assert_eq!(read(discarded(to("abc")).into()), [expected]);
    assert_eq!(read(discarded(to("a/c")).into()), []);
    let hung_up = enums::PhoneCallDiscardReason::Hangup;
    assert_eq!(read(discarded(hung_up).into()), []);
}

#[test]
fn names_are_read_beside_updates_of_ours_only() {
    let channel = types::ChannelForbidden {
        broadcast: false,
        megagroup: true,
        monoforum: false,
        id: 6,
        access_hash: 7,
        title: "A chat".to_owned(),
        until_date: None,
    };
    let with = |update| {
        let all = types::Updates {
            updates: vec![update],
            users: vec![types::UserEmpty { id: 5 }.into()],
            chats: vec![channel.clone().into()],
            date: 1,
            seq: 0,
        };
        read_updates(&all.into(), OWN).updates
    };
    let label = PeerLabel {
        peer: Peer::Channel(ChannelId::new(6)),
        name: "A chat".to_owned(),
        username: None,
        access_hash: Some(AccessHash::new(7)),
        photo: None,
    };
    let expected = [Update::Labels(vec![label]), blocks(SubChain::Blocks)];
    assert_eq!(with(their_blocks(0)), expected);
    assert_eq!(with(enums::Update::PtsChanged), []);
}

#[test]
fn a_message_of_another_kind_is_no_invitation() {
    let other = enums::MessageAction::HistoryClear;
    assert_eq!(read(new_message(service(other))), []);
    let mut in_a_group = service(conference_call());
    in_a_group.peer_id = types::PeerChat { chat_id: 1 }.into();
    assert_eq!(read(new_message(in_a_group)), []);
}

#[test]
fn a_reference_by_a_slug_that_is_none_leaves_the_update_out() {
    let items = |slug: &str| types::UpdateGroupCallChainBlocks {
        call: types::InputGroupCallSlug { slug: slug.into() }.into(),
        sub_chain_id: 0,
        blocks: vec![],
        next_offset: 0,
    };
    assert_eq!(read(items("abc").into()).len(), 1);
    assert_eq!(read(items("a/c").into()), []);
}

#[test]
fn all_seven_constructors_of_updates_are_unpacked_in_order() {
    let state = enums::Update::PtsChanged;
    let theirs = vec![their_blocks(1), state.clone(), their_blocks(0)];
    let ours = [blocks(SubChain::Broadcasts), blocks(SubChain::Blocks)];
    let found = read_updates(&updates(theirs.clone()), OWN);
    assert_eq!(found.updates, ours);
    let combined = types::UpdatesCombined {
        updates: theirs,
        users: vec![],
        chats: vec![],
        date: 1,
        seq_start: 1,
        seq: 2,
    };
    assert_eq!(read_updates(&combined.into(), OWN), found);
    let short = |update| types::UpdateShort { update, date: 1 };
    let found = read_updates(&short(their_blocks(0)).into(), OWN);
    assert_eq!(found.updates, [blocks(SubChain::Blocks)]);
    let nothing = Unpacked::default();
    assert_eq!(read_updates(&short(state).into(), OWN), nothing);
    for text in texts() {
        assert_eq!(read_updates(&text, OWN), nothing, "{text:?}");
    }
    let too_long = read_updates(&enums::Updates::TooLong, OWN);
    assert!(too_long.gap && too_long.updates.is_empty());
}

/// The three constructors that hold a text or tell of one.
fn texts() -> [enums::Updates; 3] {
    let message = types::UpdateShortMessage {
        out: false,
        mentioned: false,
        media_unread: false,
        silent: false,
        id: 1,
        user_id: OTHER.value(),
        message: "text".to_owned(),
        pts: 1,
        pts_count: 1,
        date: 1,
        fwd_from: None,
        via_bot_id: None,
        reply_to: None,
        entities: None,
        ttl_period: None,
    };
    let chat_message = types::UpdateShortChatMessage {
        out: false,
        mentioned: false,
        media_unread: false,
        silent: false,
        id: 1,
        from_id: OTHER.value(),
        chat_id: 1,
        message: "text".to_owned(),
        pts: 1,
        pts_count: 1,
        date: 1,
        fwd_from: None,
        via_bot_id: None,
        reply_to: None,
        entities: None,
        ttl_period: None,
    };
    [message.into(), chat_message.into(), sent_message().into()]
}

fn sent_message() -> types::UpdateShortSentMessage {
    types::UpdateShortSentMessage {
        out: true,
        id: 1,
        pts: 1,
        pts_count: 1,
        date: 1,
        media: None,
        entities: None,
        ttl_period: None,
    }
}

/// An answer of each type, and what it is read as.
fn answers() -> Vec<(Method, Vec<u8>, Response)> {
    let info = types::phone::GroupCall {
        call: their_group_call().into(),
        participants: vec![their_participant().into()],
        participants_next_offset: "next".to_owned(),
        chats: vec![],
        users: vec![],
    };
    let page = types::phone::GroupParticipants {
        count: 9,
        participants: vec![their_participant().into()],
        next_offset: String::new(),
        chats: vec![],
        users: vec![],
        version: 3,
    };
    let field = |key: &str, value: f64| {
        let key = key.to_owned();
        let value = types::JsonNumber { value }.into();
        types::JsonObjectValue { key, value }.into()
    };
    let config = types::help::AppConfig {
        hash: 5,
        config: types::JsonObject {
            value: vec![
                field("other", 1.0),
                field("conference_call_size_limit", 100.0),
                field("call_ring_timeout_ms", 0.5),
            ],
        }
        .into(),
    };
    let mut answers = vec![
        (
            Method::GetAppConfig,
            enums::help::AppConfig::Config(config).to_bytes(),
            Response::AppConfig(AppConfig {
                conference_size_limit: Some(100),
                ring_timeout_ms: None,
            }),
        ),
        (
            Method::JoinGroupCall,
            updates(vec![their_blocks(0), change(their_participant())]).to_bytes(),
            Response::Updates(Updates(vec![
                blocks(SubChain::Blocks),
                Update::Participants(Participants {
                    call: call(),
                    participants: vec![participant()],
                    version: 11,
                }),
            ])),
        ),
        (
            Method::SendGroupCallEncryptedMessage,
            true.to_bytes(),
            Response::Bool(true),
        ),
        (
            Method::CheckGroupCall,
            vec![3, 0, -1].to_bytes(),
            Response::Sources(vec![ssrc(3), ssrc(-1)]),
        ),
        (
            Method::GetGroupCall,
            enums::phone::GroupCall::Call(info).to_bytes(),
            Response::GroupCall(GroupCallInfo {
                call: group_call(),
                participants: vec![participant()],
                next_offset: Some("next".to_owned()),
                labels: Vec::new(),
            }),
        ),
        (
            Method::GetGroupParticipants,
            enums::phone::GroupParticipants::Participants(page).to_bytes(),
            Response::Participants(ParticipantsPage {
                count: 9,
                participants: vec![participant()],
                next_offset: None,
                version: 3,
                labels: Vec::new(),
            }),
        ),
    ];
    answers.extend(chats::answers());
    answers
}

#[test]
fn an_answer_of_each_type_is_read_for_its_method() {
    for (method, bytes, expected) in answers() {
        assert_eq!(read_response(method, &bytes, OWN), Ok(expected));
    }
}

#[test]
fn every_method_takes_one_type_of_answer_and_refuses_the_others() {
    for &method in Method::ALL {
        let answers = answers();
        let taken = answers
            .iter()
            .filter(|(_, bytes, _)| read_response(method, bytes, OWN).is_ok());
        let kinds: Vec<_> = taken.map(|(_, _, response)| response.kind()).collect();
        let expected = match method {
            Method::SendGroupCallEncryptedMessage => ResponseKind::Bool,
            Method::CheckGroupCall => ResponseKind::Sources,
            Method::GetGroupCall => ResponseKind::GroupCall,
            Method::GetGroupParticipants => ResponseKind::Participants,
            Method::GetAppConfig => ResponseKind::AppConfig,
            Method::SaveDefaultGroupCallJoinAs => ResponseKind::Bool,
            Method::ResolveUsername => ResponseKind::ResolvedPeer,
            Method::GetFullChannel | Method::GetFullChat => ResponseKind::FullChat,
            Method::GetPeerStories | Method::GetStoriesById => ResponseKind::LiveStories,
            Method::GetGroupCallJoinAs => ResponseKind::JoinAsPeers,
            Method::ExportGroupCallInvite => ResponseKind::InviteLink,
            Method::GetGroupCallStreamChannels => ResponseKind::StreamChannels,
            Method::GetGroupCallStreamRtmpUrl => ResponseKind::RtmpUrl,
            Method::GetFile => ResponseKind::FilePart,
            _ => ResponseKind::Updates,
        };
        assert_eq!(kinds, [expected], "{method}");
    }
}

#[test]
fn an_answer_that_is_cut_anywhere_or_goes_on_is_an_error() {
    for (method, mut bytes, _) in answers() {
        for length in 0..bytes.len() {
            let cut = read_response(method, &bytes[..length], OWN).unwrap_err();
            assert!(
                matches!(cut.fault, ReadFault::Malformed(_)),
                "{cut} {length}"
            );
        }
        bytes.push(0);
        let longer = read_response(method, &bytes, OWN).unwrap_err();
        assert_eq!(longer.fault, ReadFault::TrailingBytes { length: 1 });
    }
}

#[test]
fn an_answer_that_cannot_be_read_says_what_was_asked_and_what_came() {
    let error = read_response(Method::CheckGroupCall, &true.to_bytes(), OWN).unwrap_err();
    let message = "the answer to phone.checkGroupCall cannot be read as sources: \
        unexpected constructor: 997275b5";
    assert_eq!(error.to_string(), message);
}

#[test]
fn a_count_that_no_bytes_follow_is_an_error() {
    let mut bytes = 0x1cb5_c415_u32.to_bytes();
    bytes.extend(u32::MAX.to_le_bytes());
    assert!(read_response(Method::CheckGroupCall, &bytes, OWN).is_err());
}

/// An answer about a sent message with a page whose cover is the cover of a cover, and so on.
fn nested(levels: usize) -> Vec<u8> {
    let cover = types::PageBlockCover {
        cover: enums::PageBlock::Divider,
    };
    let page = types::Page {
        part: false,
        rtl: false,
        v2: false,
        url: String::new(),
        blocks: vec![cover.into()],
        photos: vec![],
        documents: vec![],
        views: None,
    };
    let webpage = types::WebPage {
        has_large_media: false,
        video_cover_photo: false,
        id: 1,
        url: String::new(),
        display_url: String::new(),
        hash: 1,
        r#type: None,
        site_name: None,
        title: None,
        description: None,
        photo: None,
        embed_url: None,
        embed_type: None,
        embed_width: None,
        embed_height: None,
        duration: None,
        author: None,
        document: None,
        cached_page: Some(page.into()),
        attributes: None,
    };
    let media = types::MessageMediaWebPage {
        force_large_media: false,
        force_small_media: false,
        manual: false,
        safe: false,
        webpage: webpage.into(),
    };
    let sent = types::UpdateShortSentMessage {
        media: Some(media.into()),
        ..sent_message()
    };
    let mut bytes = enums::Updates::from(sent).to_bytes();
    let level = types::PageBlockCover::CONSTRUCTOR_ID.to_bytes();
    let place = bytes.windows(4).position(|word| word == level).unwrap();
    bytes.splice(place..place, level.repeat(levels));
    bytes
}

#[test]
fn an_answer_that_nests_too_deeply_is_refused_before_it_uses_up_the_stack() {
    assert!(read_response(Method::JoinGroupCall, &nested(100), OWN).is_ok());
    let error = read_response(Method::JoinGroupCall, &nested(1_000_000), OWN).unwrap_err();
    assert_eq!(error.fault, ReadFault::TooDeep);
}
