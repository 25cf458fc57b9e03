//! The message's JSON.
//!
//! ```text
//! {"_": "groupCallMessage", "random_id": "-12", "message":
//!   {"_": "textWithEntities", "text": "..", "entities":
//!     [{"_": "messageEntityCustomEmoji", "offset": 0, "length": 2, "document_id": "34"}]}}
//! ```
//!
//! This is what we write. Others write every number as a string, or those of 64 bits as numbers, and leave entities out; all
//! of that is read, and no number goes through floating point. An object of a newer layer is hidden before anything else in it
//! is looked at: the message with it, an entity alone. An entity that is unknown, malformed or outside the text is left out, and
//! one that ends behind the text ends with it, because people want the text. Unknown fields are ignored.

use serde_json::{Value, json};

use super::{DocumentId, Entity, EntityKind, GroupMessage, LAYER, MessageError, RandomId};
use crate::limits;

const MESSAGE: &str = "groupCallMessage";
const TEXT: &str = "textWithEntities";
const CUSTOM_EMOJI: &str = "messageEntityCustomEmoji";
/// The kinds that are a name and nothing else.
const KINDS: [(&str, EntityKind); 5] = [
    ("messageEntityBold", EntityKind::Bold),
    ("messageEntityItalic", EntityKind::Italic),
    ("messageEntityUnderline", EntityKind::Underline),
    ("messageEntityStrike", EntityKind::Strike),
    ("messageEntitySpoiler", EntityKind::Spoiler),
];

impl GroupMessage {
    /// Reads the plaintext of a message.
    ///
    /// # Errors
    ///
    /// [`MessageError`], for whatever bytes.
    pub fn from_json(plaintext: &[u8]) -> Result<Self, MessageError> {
        let length = plaintext.len();
        if length > limits::MESSAGE_BYTES {
            return Err(MessageError::TooLong { length });
        }
        let object: Value = serde_json::from_slice(plaintext).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            MessageError::NotJson { line, column }
        })?;
        // The layer is asked before the kind: a newer layer may have other kinds.
        check_kind(&object, MESSAGE)?;
        let message = object.get("message").ok_or(MessageError::NoText)?;
        check_kind(message, TEXT)?;
        let random_id = object.get("random_id").and_then(number);
        let random_id = RandomId::of_others(random_id.ok_or(MessageError::RandomId)?);
        let text = message.get("text").and_then(Value::as_str);
        let text = text.ok_or(MessageError::NoText)?;
        Self::new(random_id, text, read_entities(message, text)?)
    }

    /// Writes the plaintext of the message, UTF-8 without white space.
    pub fn to_json(&self) -> String {
        // Others know no type of programs here.
        let known = self
            .entities
            .iter()
            .filter(|one| one.kind != EntityKind::Code);
        let entities: Vec<_> = known.map(write_entity).collect();
        let message = json!({"_": TEXT, "text": self.text, "entities": entities});
        let random_id = self.random_id.to_string();
        json!({"_": MESSAGE, "random_id": random_id, "message": message}).to_string()
    }
}

fn write_entity(entity: &Entity) -> Value {
    let (offset, length) = (entity.offset, entity.length);
    match entity.kind {
        EntityKind::CustomEmoji { document_id } => json!({
            "_": CUSTOM_EMOJI,
            "offset": offset,
            "length": length,
            "document_id": document_id.to_string(),
        }),
        kind => {
            let known = KINDS.iter().find(|(_, known)| *known == kind);
            let name = known.map_or("", |(name, _)| *name);
            json!({"_": name, "offset": offset, "length": length})
        }
    }
}

fn read_entities(message: &Value, text: &str) -> Result<Vec<Entity>, MessageError> {
    let Some(entities) = message.get("entities").and_then(Value::as_array) else {
        return Ok(Vec::new());
    };
    // Counted before any is left out, so that a flood of unknown ones costs no more than its bytes.
    let count = entities.len();
    if count > limits::MESSAGE_ENTITIES {
        return Err(MessageError::TooManyEntities { count });
    }
    let units = text.encode_utf16().count();
    let read = entities.iter().filter_map(|one| read_entity(one, units));
    Ok(read.filter(|one| one.bytes_in(text).is_some()).collect())
}

/// Reads an entity of a text of so many UTF-16 units; one that ends behind the text ends with it.
fn read_entity(entity: &Value, units: usize) -> Option<Entity> {
    if newer_layer(entity).is_some() {
        return None;
    }
    let name = entity.get("_")?.as_str()?;
    let kind = if name == CUSTOM_EMOJI {
        let document_id = entity.get("document_id").and_then(number)?;
        let document_id = DocumentId::new(document_id);
        EntityKind::CustomEmoji { document_id }
    } else {
        KINDS.iter().find(|(known, _)| *known == name)?.1
    };
    let count = |name: &str| usize::try_from(entity.get(name).and_then(number)?).ok();
    let (offset, length) = (count("offset")?, count("length")?);
    Some(Entity {
        kind,
        offset,
        // Cut to the text; one that begins behind it has nothing to show.
        length: length.min(units.checked_sub(offset)?),
    })
}

/// Checks that an object is for our layer, and then that it is of the expected kind.
fn check_kind(object: &Value, expected: &str) -> Result<(), MessageError> {
    if let Some(min_layer) = newer_layer(object) {
        return Err(MessageError::NewerLayer { min_layer });
    }
    let name = object.get("_").and_then(Value::as_str);
    let is_expected = name == Some(expected);
    is_expected.then_some(()).ok_or(MessageError::UnknownKind)
}

/// The layer that an object is for, if it is newer than ours.
fn newer_layer(object: &Value) -> Option<i64> {
    let min_layer = object.get("_min_layer").and_then(number);
    min_layer.filter(|layer| *layer > LAYER)
}

/// A number of 64 bits, as a number or as a string of nothing but its digits and a minus.
fn number(value: &Value) -> Option<i64> {
    let (signed, unsigned) = match value {
        Value::String(text) => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let is_decimal = digits.bytes().all(|byte| byte.is_ascii_digit());
            let text = is_decimal.then_some(text)?;
            (text.parse().ok(), text.parse().ok())
        }
        _ => (value.as_i64(), value.as_u64()),
    };
    // Some write the 64 bits of a signed number unsigned.
    signed.or_else(|| unsigned.map(u64::cast_signed))
}
