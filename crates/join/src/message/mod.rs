//! Messages and reactions that members write to each other during a call.
//!
//! ```text
//! GroupMessage ── to_json ──▶ plaintext ── seal ──▶ packet on channel 0 ── open, from_json ──▶ GroupMessage
//!      ▲                                                                 │   └─▶ reaction ──▶ EmojiReaction
//!      └── of_reaction ── EmojiReaction                                  │
//!                                                                        └──▶ Deduplicator ──▶ new or seen
//! ```
//!
//! A message that is built obeys the rules that others read by, so that they show it; a message that is read is taken in
//! every form that others write. The text is for the members only: neither `Debug` nor an error holds any of it.
//!
//! Implements `spec/protocol.md`, 9.

mod deduplicator;
mod entity;
mod error;
#[cfg(any(fuzzing, confcall_testing))]
#[doc(hidden)]
pub mod fuzzing;
mod json;
mod random_id;
mod reaction;
mod seal;
pub(crate) mod traced;

use core::fmt;

use serde::Serialize;

use crate::limits;
use crate::shown;

pub use deduplicator::{Deduplicator, Novelty};
pub use entity::{DocumentId, Entity, EntityKind};
pub use error::{LAYER, MessageError};
pub use random_id::RandomId;
pub use reaction::EmojiReaction;
pub use seal::OpenMessageError;

/// A message that a member writes to all others.
///
/// Its text has at most [`limits::MESSAGE_CHARACTERS`], its entities are at most
/// [`limits::MESSAGE_ENTITIES`] and lie inside the text.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct GroupMessage {
    #[serde(serialize_with = "shown::form")]
    random_id: RandomId,
    text: String,
    entities: Vec<Entity>,
}

impl GroupMessage {
    /// Takes the parts of a message.
    ///
    /// # Errors
    ///
    /// [`MessageError::Empty`], [`MessageError::TextTooLong`], [`MessageError::TooManyEntities`] and
    /// [`MessageError::Bounds`].
    pub fn new(
        random_id: RandomId,
        text: impl Into<String>,
        entities: Vec<Entity>,
    ) -> Result<Self, MessageError> {
        let text = text.into();
        if text.is_empty() {
            return Err(MessageError::Empty);
        }
        // In characters, as the server counts; entities count UTF-16 units of the same text.
        let length = text.chars().count();
        if length > limits::MESSAGE_CHARACTERS {
            return Err(MessageError::TextTooLong { length });
        }
        let count = entities.len();
        if count > limits::MESSAGE_ENTITIES {
            return Err(MessageError::TooManyEntities { count });
        }
        match entities.iter().find(|one| one.bytes_in(&text).is_none()) {
            Some(&Entity { offset, length, .. }) => Err(MessageError::Bounds {
                offset,
                length,
                units: text.encode_utf16().count(),
            }),
            None => Ok(Self {
                random_id,
                text,
                entities,
            }),
        }
    }

    /// A message of a call without encryption, as the server shows it, within bounds.
    pub(crate) fn unencrypted(text: &str, entities: Vec<Entity>) -> Self {
        let text: String = text
            .chars()
            .take(limits::PLAIN_MESSAGE_CHARACTERS)
            .collect();
        let entities = entities.into_iter().take(limits::MESSAGE_ENTITIES);
        Self {
            random_id: RandomId::of_others(0),
            entities: entities
                .filter(|one| one.bytes_in(&text).is_some())
                .collect(),
            text,
        }
    }

    /// The number by which copies of the message are known.
    pub fn random_id(&self) -> RandomId {
        self.random_id
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The entities, in the order of the message; those that we do not know are left out.
    pub fn entities(&self) -> &[Entity] {
        &self.entities
    }
}

/// Shows how much there is, and none of the text.
impl fmt::Debug for GroupMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { random_id, .. } = self;
        let (bytes, entities) = (self.text.len(), self.entities.len());
        write!(
            f,
            "GroupMessage({random_id}, {bytes} bytes, {entities} entities)"
        )
    }
}

#[cfg(test)]
mod tests;
