//! Groups and channels, and what of their calls and stories an answer shows.

use confcall_join::api::{
    FullChat, JoinAsPeers, LiveStories, LiveStory, Peer, PeerLabel, ResolvedPeer,
};
use grammers_tl_types::{Identifiable as _, Serializable as _, enums, types};

use super::call::reference;
use super::participant::peer;
use super::people::People;
use super::{Layer, Occasion};

pub(super) fn resolved(found: &ResolvedPeer, occasion: Occasion) -> Vec<u8> {
    let mut bytes = types::contacts::ResolvedPeer::CONSTRUCTOR_ID.to_bytes();
    peer(found.peer).serialize(&mut bytes);
    with_people(bytes, &found.labels, occasion)
}

/// A group or channel, which is the first that the labels name.
pub(super) fn full(chat: &FullChat, occasion: Occasion) -> Vec<u8> {
    let own = chat.labels.iter().map(|label| label.peer);
    let mut own = own.filter(|peer| peer.user().is_none());
    let layer = occasion.layer;
    let mut bytes = types::messages::ChatFull::CONSTRUCTOR_ID.to_bytes();
    match own.next() {
        Some(Peer::Chat(id)) => layer.write(&full_group(id.value(), chat), &mut bytes),
        Some(Peer::Channel(id)) => layer.write(&full_channel(id.value(), chat), &mut bytes),
        Some(Peer::User(_)) | None => layer.write(&full_group(0, chat), &mut bytes),
    }
    with_people(bytes, &chat.labels, occasion)
}

/// The stories of a peer, who is the first that the labels name.
pub(super) fn stories_of_peer(stories: &LiveStories, occasion: Occasion) -> Vec<u8> {
    let of = stories.labels.first().map(|label| label.peer);
    let of = types::PeerStories {
        peer: peer(of.unwrap_or(Peer::User(occasion.viewer))),
        max_read_id: None,
        stories: items(stories, occasion.layer),
    };
    let mut bytes = types::stories::PeerStories::CONSTRUCTOR_ID.to_bytes();
    enums::PeerStories::from(of).serialize(&mut bytes);
    with_people(bytes, &stories.labels, occasion)
}

/// The stories that were asked for by their numbers.
pub(super) fn stories(stories: &LiveStories, occasion: Occasion) -> Vec<u8> {
    let items = items(stories, occasion.layer);
    let mut bytes = types::stories::Stories::CONSTRUCTOR_ID.to_bytes();
    // No flags, and the count of all.
    0_u32.serialize(&mut bytes);
    let count = i32::try_from(items.len()).unwrap_or(i32::MAX);
    count.serialize(&mut bytes);
    items.serialize(&mut bytes);
    with_people(bytes, &stories.labels, occasion)
}

pub(super) fn join_as(found: &JoinAsPeers, occasion: Occasion) -> Vec<u8> {
    let mut bytes = types::phone::JoinAsPeers::CONSTRUCTOR_ID.to_bytes();
    let peers: Vec<_> = found.peers.iter().copied().map(peer).collect();
    peers.serialize(&mut bytes);
    with_people(bytes, &found.labels, occasion)
}

/// All these answers end with those whom they name.
fn with_people(mut answer: Vec<u8>, labels: &[PeerLabel], occasion: Occasion) -> Vec<u8> {
    People::of(labels, occasion.viewer).write(occasion.layer, &mut answer);
    answer
}

/// The stories that there are in a layer.
fn items(stories: &LiveStories, layer: Layer) -> Vec<enums::StoryItem> {
    let live = match layer {
        Layer::Of214 => &[],
        Layer::Of227 | Layer::Newest => &stories.live[..],
    };
    let items = live.iter().map(story);
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
