use confcall_join::api::{PeerLabel, Update};
use confcall_state::UserId;
use grammers_tl_types::{Serializable as _, enums, types};

use super::groups::group_or_channel;
use super::users::user;
use super::{Layer, Occasion};

const VECTOR: u32 = 0x1cb5_c415;

/// The groups, channels and users whom an answer names.
pub(super) struct People {
    chats: Vec<enums::Chat>,
    users: Vec<types::User>,
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

    /// Writes the groups and channels, then the users, as most answers end.
    pub(super) fn write(&self, layer: Layer, to: &mut Vec<u8>) {
        self.write_chats(layer, to);
        self.write_users(layer, to);
    }

    /// Writes the groups and channels as a vector.
    pub(super) fn write_chats(&self, layer: Layer, to: &mut Vec<u8>) {
        write_head(self.chats.len(), to);
        for chat in &self.chats {
            match chat {
                enums::Chat::Channel(channel) => layer.write(channel, to),
                other => other.serialize(to),
            }
        }
    }

    /// Writes the users as a vector.
    pub(super) fn write_users(&self, layer: Layer, to: &mut Vec<u8>) {
        write_head(self.users.len(), to);
        for user in &self.users {
            layer.write(user, to);
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
    Some(occasion.layer.bytes(&user(label, occasion.viewer)?))
}

/// Writes what a vector of so many elements begins with.
pub(super) fn write_head(elements: usize, to: &mut Vec<u8>) {
    VECTOR.serialize(to);
    u32::try_from(elements).unwrap_or(u32::MAX).serialize(to);
}
