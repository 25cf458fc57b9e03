//! A message as it stands in a trace: its id and the number of its characters.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{GroupMessage, RandomId};
use crate::limits;

/// For `#[serde(with = ..)]`.
pub(crate) fn serialize<S: Serializer>(message: &GroupMessage, to: S) -> Result<S::Ok, S::Error> {
    form(message).serialize(to)
}

/// For `#[serde(with = ..)]`.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<GroupMessage, D::Error> {
    let (id, length) = read(<(i64, usize)>::deserialize(from)?).map_err(de::Error::custom)?;
    GroupMessage::new(id, "x".repeat(length), Vec::new()).map_err(de::Error::custom)
}

/// The id of a message and the number of its characters.
pub(crate) fn form(message: &GroupMessage) -> (i64, usize) {
    let length = message.text().chars().count();
    (message.random_id().value(), length)
}

/// The id and length of a message, checked.
pub(crate) fn read((id, length): (i64, usize)) -> Result<(RandomId, usize), String> {
    let most = limits::MESSAGE_CHARACTERS;
    match length {
        0 => Err("a message has a text".to_owned()),
        length if length > most => Err(format!("a message has at most {most} characters")),
        length => Ok((RandomId::of_others(id), length)),
    }
}
