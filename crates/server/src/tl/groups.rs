use confcall_join::api::{AccessHash, Peer, PeerLabel};
use grammers_tl_types::{enums, types};

/// A group or channel; `None` for a user.
pub(super) fn group_or_channel(label: &PeerLabel) -> Option<enums::Chat> {
    match label.peer {
        Peer::User(_) => None,
        Peer::Chat(id) => Some(group(id.value(), label).into()),
        Peer::Channel(id) => Some(channel(id.value(), label).into()),
    }
}

fn group(id: i64, label: &PeerLabel) -> types::Chat {
    types::Chat {
        creator: false,
        left: false,
        deactivated: false,
        call_active: false,
        call_not_empty: false,
        noforwards: false,
        id,
        title: label.name.clone(),
        photo: enums::ChatPhoto::Empty,
        participants_count: 0,
        date: 0,
        version: 0,
        migrated_to: None,
        admin_rights: None,
        default_banned_rights: None,
    }
}

fn channel(id: i64, label: &PeerLabel) -> types::Channel {
    types::Channel {
        creator: false,
        left: false,
        broadcast: false,
        verified: false,
        megagroup: false,
        restricted: false,
        signatures: false,
        min: false,
        scam: false,
        has_link: false,
        has_geo: false,
        slowmode_enabled: false,
        call_active: false,
        call_not_empty: false,
        fake: false,
        gigagroup: false,
        noforwards: false,
        join_to_send: false,
        join_request: false,
        forum: false,
        stories_hidden: false,
        stories_hidden_min: false,
        stories_unavailable: false,
        signature_profiles: false,
        autotranslation: false,
        broadcast_messages_allowed: false,
        monoforum: false,
        forum_tabs: false,
        id,
        access_hash: label.access_hash.map(AccessHash::value),
        title: label.name.clone(),
        username: label.username.clone(),
        photo: enums::ChatPhoto::Empty,
        date: 0,
        restriction_reason: None,
        admin_rights: None,
        banned_rights: None,
        default_banned_rights: None,
        participants_count: None,
        usernames: None,
        stories_max_id: None,
        color: None,
        profile_color: None,
        emoji_status: None,
        level: None,
        subscription_until_date: None,
        bot_verification_icon: None,
        send_paid_messages_stars: None,
        linked_monoforum_id: None,
        linked_community_id: None,
    }
}
