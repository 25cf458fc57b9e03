use confcall_join::api::{PeerLabel, Update};
use confcall_state::UserId;
use confcall_state::tl::Writer;
use grammers_tl_types::{Identifiable as _, Serializable, enums, types};

use super::Layer;
use super::groups::write_chats;
use super::users::write_users;

const VECTOR: u32 = 0x1cb5_c415;
/// The bytes of two vectors without elements.
const NOBODY: usize = 16;

/// The groups, channels and users whom an answer names; in every answer their two vectors stand beside each other.
pub(super) struct People {
    chats: Vec<enums::Chat>,
    users: Vec<enums::User>,
}

/// Which of the two vectors is the first.
#[derive(Clone, Copy)]
pub(super) enum First {
    Chats,
    Users,
}

impl People {
    /// Those whom labels name, as `viewer` sees them.
    pub(super) fn of(labels: &[PeerLabel], viewer: UserId) -> Self {
        Self {
            chats: write_chats(labels),
            users: write_users(labels, viewer),
        }
    }

    /// Those whose names stand among updates.
    pub(super) fn of_updates(updates: &[Update], viewer: UserId) -> Self {
        let labels = updates.iter().filter_map(|update| match update {
            Update::Labels(labels) => Some(labels),
            _ => None,
        });
        let labels: Vec<_> = labels.flatten().cloned().collect();
        Self::of(&labels, viewer)
    }

    /// Writes them into an answer that was written as one that names nobody, before its last `tail` bytes.
    pub(super) fn write_into(
        &self,
        answer: &impl Serializable,
        first: First,
        tail: usize,
        layer: Layer,
    ) -> Vec<u8> {
        let answer = answer.to_bytes();
        let (head, tail) = answer.split_at(answer.len().saturating_sub(tail));
        let head = head.get(..head.len().saturating_sub(NOBODY));
        let (chats, users) = (self.chats(layer), write_users_in(&self.users, layer));
        let (one, other) = match first {
            First::Chats => (chats, users),
            First::Users => (users, chats),
        };
        [head.unwrap_or_default(), &one, &other, tail].concat()
    }

    fn chats(&self, layer: Layer) -> Vec<u8> {
        vector(&self.chats, |chat| match chat {
            enums::Chat::Channel(channel) => {
                let id = layer.id(types::Channel::CONSTRUCTOR_ID);
                [id.to_bytes(), channel.to_bytes()].concat()
            }
            other => other.to_bytes(),
        })
    }
}

/// Writes users as a vector in a layer.
pub fn write_users_in(users: &[enums::User], layer: Layer) -> Vec<u8> {
    vector(users, |user| write_user_in(user, layer))
}

/// Writes a user in a layer.
pub fn write_user_in(user: &enums::User, layer: Layer) -> Vec<u8> {
    match user {
        enums::User::User(user) => {
            let id = layer.id(types::User::CONSTRUCTOR_ID);
            [id.to_bytes(), user.to_bytes()].concat()
        }
        enums::User::Empty(_) => user.to_bytes(),
    }
}

fn vector<T>(elements: &[T], write: impl Fn(&T) -> Vec<u8>) -> Vec<u8> {
    Writer::encode(|writer| {
        writer.u32(VECTOR);
        writer.count(elements.len());
        elements.iter().for_each(|one| writer.raw(&write(one)));
    })
}
