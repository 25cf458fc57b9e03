use std::collections::BTreeSet;

use confcall_join::api::{GroupCallParticipant, Peer, Update};
use confcall_state::UserId;
use grammers_tl_types::{enums, types};

use super::occasion::Occasion;

/// The users whom updates name, each once.
pub(super) fn of_updates(updates: &[Update], occasion: Occasion) -> Vec<enums::User> {
    users(updates.iter().flat_map(named), occasion)
}

/// The users whom a part of a roster names, each once.
pub(super) fn of_participants(
    participants: &[GroupCallParticipant],
    occasion: Occasion,
) -> Vec<enums::User> {
    let named = participants
        .iter()
        .filter_map(GroupCallParticipant::user_id);
    users(named, occasion)
}

fn users(named: impl IntoIterator<Item = UserId>, occasion: Occasion) -> Vec<enums::User> {
    let named: BTreeSet<_> = named.into_iter().collect();
    let named = named.into_iter();
    named.map(|one| user(one, occasion.viewer).into()).collect()
}

fn named(update: &Update) -> Vec<UserId> {
    match update {
        Update::Participants(change) => {
            let participants = change.participants.iter();
            participants
                .filter_map(GroupCallParticipant::user_id)
                .collect()
        }
        Update::EncryptedMessage(message) => match message.from {
            Peer::User(from) => vec![from],
            Peer::Chat(_) | Peer::Channel(_) => Vec::new(),
        },
        Update::Invitation(invitation) => vec![invitation.from, invitation.to],
        _ => Vec::new(),
    }
}

/// A user as `viewer` sees it.
///
/// The name is made up. The access hash is the id again, since this server asks for none.
pub(crate) fn user(id: UserId, viewer: UserId) -> types::User {
    types::User {
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
        access_hash: Some(id.value()),
        first_name: Some(format!("User {id}")),
        last_name: None,
        username: None,
        phone: None,
        photo: None,
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
    }
}
