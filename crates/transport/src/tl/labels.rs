use confcall_join::api::{AccessHash, ChannelId, ChatId, Peer, PeerLabel, PeerPhoto};
use confcall_state::UserId;
use grammers_tl_types::{enums, types};

/// The names of users and chats that stand beside updates or in an answer.
pub(super) fn read_labels(users: &[enums::User], chats: &[enums::Chat]) -> Vec<PeerLabel> {
    let users = users.iter().filter_map(read_user);
    users.chain(chats.iter().filter_map(read_chat)).collect()
}

fn read_user(user: &enums::User) -> Option<PeerLabel> {
    let enums::User::User(user) = user else {
        return None;
    };
    let names = [&user.first_name, &user.last_name];
    let names: Vec<_> = names.into_iter().flatten().map(String::as_str).collect();
    let photo = match &user.photo {
        Some(enums::UserProfilePhoto::Photo(photo)) => Some(PeerPhoto {
            id: photo.photo_id,
            data_centre: photo.dc_id,
        }),
        Some(enums::UserProfilePhoto::Empty) | None => None,
    };
    Some(PeerLabel {
        peer: Peer::User(UserId::new(user.id)),
        name: names.join(" "),
        username: username(user.username.as_ref(), user.usernames.as_deref()),
        // The hash of a user who is shown in part cannot be used.
        access_hash: user.access_hash.filter(|_| !user.min).map(AccessHash::new),
        photo,
    })
}

fn read_chat(chat: &enums::Chat) -> Option<PeerLabel> {
    Some(match chat {
        enums::Chat::Chat(chat) => PeerLabel {
            peer: Peer::Chat(ChatId::new(chat.id)),
            name: chat.title.clone(),
            username: None,
            access_hash: None,
            photo: chat_photo(&chat.photo),
        },
        enums::Chat::Channel(chat) => PeerLabel {
            peer: Peer::Channel(ChannelId::new(chat.id)),
            name: chat.title.clone(),
            username: username(chat.username.as_ref(), chat.usernames.as_deref()),
            access_hash: chat.access_hash.filter(|_| !chat.min).map(AccessHash::new),
            photo: chat_photo(&chat.photo),
        },
        enums::Chat::Forbidden(chat) => PeerLabel {
            peer: Peer::Chat(ChatId::new(chat.id)),
            name: chat.title.clone(),
            username: None,
            access_hash: None,
            photo: None,
        },
        enums::Chat::ChannelForbidden(chat) => PeerLabel {
            peer: Peer::Channel(ChannelId::new(chat.id)),
            name: chat.title.clone(),
            username: None,
            access_hash: Some(AccessHash::new(chat.access_hash)),
            photo: None,
        },
        _ => return None,
    })
}

/// The public name: the one that can be changed, or the first of those that were bought.
fn username(own: Option<&String>, others: Option<&[enums::Username]>) -> Option<String> {
    let bought = others.into_iter().flatten().find_map(|name| match name {
        enums::Username::Username(types::Username {
            active: true,
            username,
            ..
        }) => Some(username),
        enums::Username::Username(_) => None,
    });
    own.or(bought).cloned()
}

fn chat_photo(photo: &enums::ChatPhoto) -> Option<PeerPhoto> {
    match photo {
        enums::ChatPhoto::Photo(photo) => Some(PeerPhoto {
            id: photo.photo_id,
            data_centre: photo.dc_id,
        }),
        enums::ChatPhoto::Empty => None,
    }
}
