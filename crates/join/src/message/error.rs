use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::limits;

/// The layer of the API that we read: an object with a larger `_min_layer` is not for us.
pub const LAYER: i64 = 230;

/// Something is not a message that members show; the error holds none of its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MessageError {
    /// The plaintext is too long to be a message.
    #[error("a message has at most {max} bytes, not {length}", max = limits::MESSAGE_BYTES)]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// The plaintext is not JSON in UTF-8.
    #[error("a message is JSON, which fails in line {line} at column {column}")]
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The column, from 1; 0 where the line before ended too early.
        column: usize,
    },
    /// The message is for clients of a newer layer, and ours does not show it.
    #[error("the message is for layer {min_layer}, ours is {LAYER}")]
    NewerLayer {
        /// The lowest layer that shows it.
        min_layer: i64,
    },
    /// The message is none of a text.
    #[error("the message is of a kind that is not known")]
    UnknownKind,
    /// The number by which copies are known is missing, or no number.
    #[error("random_id is no number of 64 bits")]
    RandomId,
    /// There is no text.
    #[error("the message has no text")]
    NoText,
    /// The text has no character.
    #[error("an empty text is no message")]
    Empty,
    /// The text is too long.
    #[error("a text has at most {max} characters, not {length}", max = limits::MESSAGE_CHARACTERS)]
    TextTooLong {
        /// Its length in characters.
        length: usize,
    },
    /// There are too many entities.
    #[error("a message has at most {max} entities, not {count}", max = limits::MESSAGE_ENTITIES)]
    TooManyEntities {
        /// The number of entities.
        count: usize,
    },
    /// An entity does not lie inside the text, or cuts a character in two.
    #[error(
        "an entity of {length} units at {offset} does not fit whole characters of {units} units"
    )]
    Bounds {
        /// The place where it begins, in UTF-16 units.
        offset: usize,
        /// Its length in UTF-16 units.
        length: usize,
        /// The length of the text in UTF-16 units.
        units: usize,
    },
    /// The text of a reaction is not one standard emoji, or there is none under its custom emoji.
    #[error("a reaction is one emoji")]
    NotOneEmoji,
}
