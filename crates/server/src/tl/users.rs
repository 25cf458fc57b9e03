use confcall_join::api::{AccessHash, Peer, PeerLabel, PeerPhoto};
use confcall_state::UserId;
use grammers_tl_types::{enums, types};

/// A user as `viewer` sees it; `None` for a group or channel.
pub(super) fn user(label: &PeerLabel, viewer: UserId) -> Option<types::User> {
    let Peer::User(id) = label.peer else {
        return None;
    };
    Some(types::User {
        is_self: id == viewer,
        contact: false,
        mutual_contact: false,
        deleted: false,
        bot: false,
        bot_chat_history: false,
        bot_nochats: false,
        verified: false,
        restricted: false,
        min: false,
        bot_inline_geo: false,
        support: false,
        scam: false,
        apply_min_photo: false,
        fake: false,
        bot_attach_menu: false,
        premium: false,
        attach_menu_enabled: false,
        bot_can_edit: false,
        close_friend: false,
        stories_hidden: false,
        stories_unavailable: false,
        contact_require_premium: false,
        bot_business: false,
        bot_has_main_app: false,
        bot_forum_view: false,
        bot_forum_can_manage_topics: false,
        bot_can_manage_bots: false,
        bot_guestchat: false,
        bot_guard: false,
        id: id.value(),
        access_hash: label.access_hash.map(AccessHash::value),
        first_name: Some(label.name.clone()),
        last_name: None,
        username: label.username.clone(),
        phone: None,
        photo: label.photo.map(photo),
        status: None,
        bot_info_version: None,
        restriction_reason: None,
        bot_inline_placeholder: None,
        lang_code: None,
        emoji_status: None,
        usernames: None,
        stories_max_id: None,
        color: None,
        profile_color: None,
        bot_active_users: None,
        bot_verification_icon: None,
        send_paid_messages_stars: None,
        linked_community_id: None,
    })
}

fn photo(photo: PeerPhoto) -> enums::UserProfilePhoto {
    enums::UserProfilePhoto::Photo(types::UserProfilePhoto {
        has_video: false,
        personal: false,
        photo_id: photo.id,
        stripped_thumb: None,
        dc_id: photo.data_centre,
    })
}
