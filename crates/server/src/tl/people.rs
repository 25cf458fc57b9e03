use confcall_join::api::{PeerLabel, Update};
use confcall_state::UserId;
use grammers_tl_types::{Identifiable as _, Serializable, enums, types};

use super::groups::group_or_channel;
use super::users::user;
use super::{Layer, Occasion};

const VECTOR: u32 = 0x1cb5_c415;
/// The bytes of two vectors without elements.
const NOBODY: usize = 16;

/// The groups, channels and users whom an answer names; in every answer their two vectors stand beside each other.
pub(super) struct People {
    chats: Vec<enums::Chat>,
    users: Vec<types::User>,
}

/// Which of the two vectors is the first.
#[derive(Clone, Copy)]
pub(super) enum First {
    Chats,
    Users,
}

impl People {
    /// Those whom labels name, as `viewer` sees them.
    pub(super) fn of<'a>(labels: impl IntoIterator<Item = &'a PeerLabel>, viewer: UserId) -> Self {
        let (mut chats, mut users) = (Vec::new(), Vec::new());
        for label in labels {
            chats.extend(group_or_channel(label));
            users.extend(user(label, viewer));
        }
        Self { chats, users }
    }

    /// Those whose names stand among updates.
    pub(super) fn of_updates(updates: &[Update], viewer: UserId) -> Self {
        let labels = updates.iter().filter_map(|update| match update {
            Update::Labels(labels) => Some(labels),
            _ => None,
        });
        Self::of(labels.flatten(), viewer)
    }

    /// Writes them into an answer that was written as one that names nobody, before its last `tail` bytes.
    pub(super) fn write_into(
        &self,
        answer: &impl Serializable,
        first: First,
        tail: usize,
        layer: Layer,
    ) -> Vec<u8> {
        let mut bytes = answer.to_bytes();
        let tail = bytes.split_off(bytes.len().saturating_sub(tail));
        bytes.truncate(bytes.len().saturating_sub(NOBODY));
        match first {
            First::Chats => {
                self.write_chats(layer, &mut bytes);
                self.write_users(layer, &mut bytes);
            }
            First::Users => {
                self.write_users(layer, &mut bytes);
                self.write_chats(layer, &mut bytes);
            }
        }
        bytes.extend(tail);
        bytes
    }

    fn write_chats(&self, layer: Layer, to: &mut Vec<u8>) {
        write_head(self.chats.len(), to);
        for chat in &self.chats {
            match chat {
                enums::Chat::Channel(channel) => {
                    layer.id(types::Channel::CONSTRUCTOR_ID).serialize(to);
                    channel.serialize(to);
                }
                other => other.serialize(to),
            }
        }
    }

    fn write_users(&self, layer: Layer, to: &mut Vec<u8>) {
        write_head(self.users.len(), to);
        for user in &self.users {
            write_user_to(user, layer, to);
        }
    }
}

/// Writes the users among these peers as a vector.
pub fn write_users(labels: &[PeerLabel], occasion: Occasion) -> Vec<u8> {
    let mut bytes = Vec::new();
    People::of(labels, occasion.viewer).write_users(occasion.layer, &mut bytes);
    bytes
}

/// Writes a user; `None` for a group or channel.
pub fn write_user(label: &PeerLabel, occasion: Occasion) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    write_user_to(&user(label, occasion.viewer)?, occasion.layer, &mut bytes);
    Some(bytes)
}

fn write_user_to(user: &types::User, layer: Layer, to: &mut Vec<u8>) {
    layer.id(types::User::CONSTRUCTOR_ID).serialize(to);
    user.serialize(to);
}

/// Writes what a vector of so many elements begins with.
fn write_head(elements: usize, to: &mut Vec<u8>) {
    VECTOR.serialize(to);
    u32::try_from(elements).unwrap_or(u32::MAX).serialize(to);
}
