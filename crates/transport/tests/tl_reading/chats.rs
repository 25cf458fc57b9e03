//! Answers and updates about the calls of groups, channels and stories.

use confcall_join::api::{
    CallMessage, CallMessageId, CallRef, CallText, ChannelId, FilePart, FullChat, InviteLink,
    JoinAsPeers, LiveStories, LiveStory, Method, Peer, ResolvedPeer, Response, RtmpUrl, StoryId,
    StreamChannel, StreamKey, Update,
};
use confcall_join::message::{Entity, EntityKind};
use grammers_tl_types::{Serializable as _, enums, types};

use super::{OTHER, call, peer, read, their_call};

const CHANNEL: i64 = 1 << 40;

fn their_channel() -> enums::Peer {
    types::PeerChannel {
        channel_id: CHANNEL,
    }
    .into()
}

fn channel() -> Peer {
    Peer::Channel(ChannelId::new(CHANNEL))
}

fn named() -> CallRef {
    CallRef::of(&call()).unwrap()
}

fn chat_full() -> enums::messages::ChatFull {
    let full = types::ChatFull {
        can_set_username: false,
        has_scheduled: false,
        has_welcome_messages: false,
        translations_disabled: false,
        id: 7,
        about: String::new(),
        participants: types::ChatParticipantsForbidden {
            chat_id: 7,
            self_participant: None,
        }
        .into(),
        chat_photo: None,
        notify_settings: types::PeerNotifySettings {
            show_previews: None,
            silent: None,
            mute_until: None,
            ios_sound: None,
            android_sound: None,
            other_sound: None,
            stories_muted: None,
            stories_hide_sender: None,
            stories_ios_sound: None,
            stories_android_sound: None,
            stories_other_sound: None,
        }
        .into(),
        exported_invite: None,
        bot_info: None,
        pinned_msg_id: None,
        folder_id: None,
        call: Some(their_call()),
        ttl_period: None,
        groupcall_default_join_as: Some(their_channel()),
        theme_emoticon: None,
        requests_pending: None,
        recent_requesters: None,
        available_reactions: None,
        reactions_limit: None,
    };
    types::messages::ChatFull {
        full_chat: full.into(),
        chats: vec![],
        users: vec![],
    }
    .into()
}

fn story(id: i32, media: enums::MessageMedia) -> enums::StoryItem {
    types::StoryItem {
        pinned: false,
        public: true,
        close_friends: false,
        min: false,
        noforwards: false,
        edited: false,
        contacts: false,
        selected_contacts: false,
        out: false,
        id,
        date: 1,
        from_id: None,
        fwd_from: None,
        expire_date: 2,
        caption: None,
        entities: None,
        media,
        media_areas: None,
        privacy: None,
        views: None,
        sent_reaction: None,
        albums: None,
        music: None,
    }
    .into()
}

fn stories() -> Vec<enums::StoryItem> {
    let live = types::MessageMediaVideoStream {
        rtmp_stream: true,
        call: their_call(),
    };
    let skipped = types::StoryItemSkipped {
        close_friends: false,
        live: true,
        id: 4,
        date: 1,
        expire_date: 2,
    };
    vec![
        story(3, enums::MessageMedia::Empty),
        skipped.into(),
        story(5, live.into()),
    ]
}

/// For each type of answer a method that has it, the bytes of one, and what is read of them.
pub(super) fn answers() -> Vec<(Method, Vec<u8>, Response)> {
    let resolved = types::contacts::ResolvedPeer {
        peer: their_channel(),
        chats: vec![],
        users: vec![],
    };
    let live = LiveStories {
        live: vec![LiveStory {
            id: StoryId::new(5),
            call: named(),
            rtmp_stream: true,
        }],
        labels: vec![],
    };
    let of_peer = types::stories::PeerStories {
        stories: types::PeerStories {
            peer: peer(OTHER),
            max_read_id: None,
            stories: stories(),
        }
        .into(),
        chats: vec![],
        users: vec![],
    };
    let by_id = types::stories::Stories {
        count: 3,
        stories: stories(),
        pinned_to_top: None,
        chats: vec![],
        users: vec![],
    };
    let join_as = types::phone::JoinAsPeers {
        peers: vec![peer(OTHER), their_channel()],
        chats: vec![],
        users: vec![],
    };
    let invite = types::phone::ExportedGroupCallInvite {
        link: "https://t.me/some?videochat".to_owned(),
    };
    let channel_1 = types::GroupCallStreamChannel {
        channel: 1,
        scale: -2,
        last_timestamp_ms: 12345,
    };
    let channels = types::phone::GroupCallStreamChannels {
        channels: vec![channel_1.into()],
    };
    let url = types::phone::GroupCallStreamRtmpUrl {
        url: "rtmps://example.org".to_owned(),
        key: "a key".to_owned(),
    };
    let file = types::upload::File {
        r#type: enums::storage::FileType::FileUnknown,
        mtime: 0,
        bytes: vec![1, 2, 3],
    };
    vec![
        (
            Method::ResolveUsername,
            enums::contacts::ResolvedPeer::Peer(resolved).to_bytes(),
            Response::ResolvedPeer(ResolvedPeer {
                peer: channel(),
                labels: vec![],
            }),
        ),
        (
            Method::GetFullChat,
            chat_full().to_bytes(),
            Response::FullChat(FullChat {
                call: Some(named()),
                default_join_as: Some(channel()),
                labels: vec![],
            }),
        ),
        (
            Method::GetPeerStories,
            enums::stories::PeerStories::Stories(of_peer).to_bytes(),
            Response::LiveStories(live.clone()),
        ),
        (
            Method::GetStoriesById,
            enums::stories::Stories::Stories(by_id).to_bytes(),
            Response::LiveStories(live),
        ),
        (
            Method::GetGroupCallJoinAs,
            enums::phone::JoinAsPeers::Peers(join_as).to_bytes(),
            Response::JoinAsPeers(JoinAsPeers {
                peers: vec![Peer::User(OTHER), channel()],
                labels: vec![],
            }),
        ),
        (
            Method::ExportGroupCallInvite,
            enums::phone::ExportedGroupCallInvite::Invite(invite).to_bytes(),
            Response::InviteLink(InviteLink::new("https://t.me/some?videochat")),
        ),
        (
            Method::GetGroupCallStreamChannels,
            enums::phone::GroupCallStreamChannels::Channels(channels).to_bytes(),
            Response::StreamChannels(vec![StreamChannel {
                channel: 1,
                scale: -2,
                last_timestamp_ms: 12345,
            }]),
        ),
        (
            Method::GetGroupCallStreamRtmpUrl,
            enums::phone::GroupCallStreamRtmpUrl::Url(url).to_bytes(),
            Response::RtmpUrl(RtmpUrl {
                url: "rtmps://example.org".to_owned(),
                key: StreamKey::new("a key"),
            }),
        ),
        (
            Method::GetFile,
            enums::upload::File::File(file).to_bytes(),
            Response::FilePart(FilePart::Bytes(vec![1, 2, 3])),
        ),
    ]
}

#[test]
fn a_message_without_encryption_keeps_the_entities_that_lie_in_it() {
    let bold = |offset, length| types::MessageEntityBold { offset, length }.into();
    let text = types::TextWithEntities {
        text: "hello".to_owned(),
        entities: vec![
            bold(1, 2),
            bold(4, 2),
            bold(-1, 1),
            types::MessageEntityUrl {
                offset: 0,
                length: 1,
            }
            .into(),
        ],
    };
    let message = types::GroupCallMessage {
        from_admin: true,
        id: -2,
        from_id: their_channel(),
        date: 9,
        message: text.into(),
        paid_message_stars: Some(50),
    };
    let update = types::UpdateGroupCallMessage {
        call: their_call(),
        message: message.into(),
    };
    let expected = CallMessage {
        call: call(),
        id: CallMessageId::new(-2),
        from: channel(),
        date: 9,
        text: CallText {
            text: "hello".to_owned(),
            entities: vec![Entity {
                kind: EntityKind::Bold,
                offset: 1,
                length: 2,
            }],
        },
        from_admin: true,
        paid_stars: Some(50),
    };
    assert_eq!(read(update.into()), [Update::Message(expected)]);
    let deletion = types::UpdateDeleteGroupCallMessages {
        call: their_call(),
        messages: vec![-2, 3],
    };
    let (call, messages) = (call(), vec![CallMessageId::new(-2), CallMessageId::new(3)]);
    let expected = Update::MessagesDeleted { call, messages };
    assert_eq!(read(deletion.into()), [expected]);
}

#[test]
fn a_call_of_a_chat_or_a_story_is_read_with_whose_it_is() {
    let over = types::GroupCallDiscarded {
        id: -4,
        access_hash: 8,
        duration: 60,
    };
    let update = types::UpdateGroupCall {
        live_story: true,
        peer: Some(their_channel()),
        call: over.into(),
    };
    assert!(matches!(
        read(update.into())[..],
        [Update::GroupCall {
            peer: Some(peer),
            live_story: true,
            ..
        }] if peer == channel()
    ));
}
