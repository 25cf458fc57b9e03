//! Groups and channels, and what of their calls and stories an answer shows.

use confcall_join::api::{
    FullChat, JoinAsPeers, LiveStories, LiveStory, Peer, PeerLabel, ResolvedPeer,
};
use grammers_tl_types::{Serializable, enums, types};

use super::Occasion;
use super::call::reference;
use super::participant::peer;
use super::people::{First, People};

pub(super) fn resolved(found: &ResolvedPeer, occasion: Occasion) -> Vec<u8> {
    let answer = enums::contacts::ResolvedPeer::from(types::contacts::ResolvedPeer {
        peer: peer(found.peer),
        chats: Vec::new(),
        users: Vec::new(),
    });
    with_people(&answer, &found.labels, occasion)
}

/// A group or channel, which is the first that the labels name.
pub(super) fn full(chat: &FullChat, occasion: Occasion) -> Vec<u8> {
    let own = chat.labels.iter().map(|label| label.peer);
    let mut own = own.filter(|peer| peer.user().is_none());
    let full_chat = match own.next() {
        Some(Peer::Chat(id)) => full_group(id.value(), chat).into(),
        Some(Peer::Channel(id)) => full_channel(id.value(), chat).into(),
        Some(Peer::User(_)) | None => full_group(0, chat).into(),
    };
    let answer = enums::messages::ChatFull::from(types::messages::ChatFull {
        full_chat,
        chats: Vec::new(),
        users: Vec::new(),
    });
    with_people(&answer, &chat.labels, occasion)
}

/// The stories of a peer, who is the first that the labels name.
pub(super) fn stories_of_peer(stories: &LiveStories, occasion: Occasion) -> Vec<u8> {
    let of = stories.labels.first().map(|label| label.peer);
    let of = types::PeerStories {
        peer: peer(of.unwrap_or(Peer::User(occasion.viewer))),
        max_read_id: None,
        stories: items(stories),
    };
    let answer = enums::stories::PeerStories::from(types::stories::PeerStories {
        stories: of.into(),
        chats: Vec::new(),
        users: Vec::new(),
    });
    with_people(&answer, &stories.labels, occasion)
}

/// The stories that were asked for by their numbers.
pub(super) fn stories(stories: &LiveStories, occasion: Occasion) -> Vec<u8> {
    let answer = enums::stories::Stories::from(types::stories::Stories {
        count: i32::try_from(stories.live.len()).unwrap_or(i32::MAX),
        stories: items(stories),
        pinned_to_top: None,
        chats: Vec::new(),
        users: Vec::new(),
    });
    with_people(&answer, &stories.labels, occasion)
}

pub(super) fn join_as(found: &JoinAsPeers, occasion: Occasion) -> Vec<u8> {
    let answer = enums::phone::JoinAsPeers::from(types::phone::JoinAsPeers {
        peers: found.peers.iter().copied().map(peer).collect(),
        chats: Vec::new(),
        users: Vec::new(),
    });
    with_people(&answer, &found.labels, occasion)
}

/// All these answers end with those whom they name.
fn with_people(answer: &impl Serializable, labels: &[PeerLabel], occasion: Occasion) -> Vec<u8> {
    People::of(labels, occasion.viewer).write_into(answer, First::Chats, 0, occasion.layer)
}

fn items(stories: &LiveStories) -> Vec<enums::StoryItem> {
    let items = stories.live.iter().map(story);
    items.map(enums::StoryItem::from).collect()
}

fn full_group(id: i64, chat: &FullChat) -> types::ChatFull {
    let participants = types::ChatParticipants {
        chat_id: id,
        participants: Vec::new(),
        version: 0,
    };
    types::ChatFull {
        can_set_username: false,
        has_scheduled: false,
        translations_disabled: false,
        has_welcome_messages: false,
        id,
        about: String::new(),
        participants: participants.into(),
        chat_photo: None,
        notify_settings: notify_settings().into(),
        exported_invite: None,
        bot_info: None,
        pinned_msg_id: None,
        folder_id: None,
        call: chat.call.map(|call| reference(&call.into())),
        ttl_period: None,
        groupcall_default_join_as: chat.default_join_as.map(peer),
        theme_emoticon: None,
        requests_pending: None,
        recent_requesters: None,
        available_reactions: None,
        reactions_limit: None,
    }
}

fn full_channel(id: i64, chat: &FullChat) -> types::ChannelFull {
    types::ChannelFull {
        can_view_participants: false,
        can_set_username: false,
        can_set_stickers: false,
        hidden_prehistory: false,
        can_set_location: false,
        has_scheduled: false,
        can_view_stats: false,
        blocked: false,
        can_delete_channel: false,
        antispam: false,
        participants_hidden: false,
        translations_disabled: false,
        stories_pinned_available: false,
        view_forum_as_messages: false,
        restricted_sponsored: false,
        can_view_revenue: false,
        paid_media_allowed: false,
        can_view_stars_revenue: false,
        paid_reactions_available: false,
        stargifts_available: false,
        paid_messages_available: false,
        has_welcome_messages: false,
        id,
        about: String::new(),
        participants_count: None,
        admins_count: None,
        kicked_count: None,
        banned_count: None,
        online_count: None,
        read_inbox_max_id: 0,
        read_outbox_max_id: 0,
        unread_count: 0,
        chat_photo: types::PhotoEmpty { id: 0 }.into(),
        notify_settings: notify_settings().into(),
        exported_invite: None,
        bot_info: Vec::new(),
        migrated_from_chat_id: None,
        migrated_from_max_id: None,
        pinned_msg_id: None,
        stickerset: None,
        available_min_id: None,
        folder_id: None,
        linked_chat_id: None,
        location: None,
        slowmode_seconds: None,
        slowmode_next_send_date: None,
        stats_dc: None,
        pts: 0,
        call: chat.call.map(|call| reference(&call.into())),
        ttl_period: None,
        pending_suggestions: None,
        groupcall_default_join_as: chat.default_join_as.map(peer),
        theme_emoticon: None,
        requests_pending: None,
        recent_requesters: None,
        default_send_as: None,
        available_reactions: None,
        reactions_limit: None,
        stories: None,
        wallpaper: None,
        boosts_applied: None,
        boosts_unrestrict: None,
        emojiset: None,
        bot_verification: None,
        stargifts_count: None,
        send_paid_messages_stars: None,
        main_tab: None,
        guard_bot_id: None,
    }
}

fn story(story: &LiveStory) -> types::StoryItem {
    let media = types::MessageMediaVideoStream {
        rtmp_stream: story.rtmp_stream,
        call: reference(&story.call.into()),
    };
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
        id: story.id.value(),
        date: 0,
        from_id: None,
        fwd_from: None,
        expire_date: 0,
        caption: None,
        entities: None,
        media: media.into(),
        media_areas: None,
        privacy: None,
        views: None,
        sent_reaction: None,
        albums: None,
        music: None,
    }
}

fn notify_settings() -> types::PeerNotifySettings {
    types::PeerNotifySettings {
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
}
