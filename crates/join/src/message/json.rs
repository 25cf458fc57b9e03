//! The message's JSON.
//!
//! ```text
//! {"_": "groupCallMessage", "random_id": "-12", "message":
//!   {"_": "textWithEntities", "text": "..", "entities":
//!     [{"_": "messageEntityCustomEmoji", "offset": 0, "length": 2, "document_id": "34"}]}}
//! ```
//!
//! Numbers of 64 bits are strings, and none goes through floating point. An object of a newer layer is hidden
//! before anything else in it is looked at: the message with it, an entity alone. Unknown fields are ignored, and
//! so are entities of kinds that we do not know, bounds included.

use serde_json::{Value, json};

use super::random_id::decimal;
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
        expect(&object, "the plaintext", MESSAGE)?;
        let message = field(&object, "message")?;
        expect(message, "message", TEXT)?;
        let random_id = string(&object, "random_id")?;
        let random_id = RandomId::parse(random_id).ok_or(MessageError::WrongType {
            field: "random_id",
            expected: "a signed 64-bit number in decimal that is not zero",
        })?;
        Self::new(random_id, string(message, "text")?, read_entities(message)?)
    }

    /// Writes the plaintext of the message, UTF-8 without white space.
    pub fn to_json(&self) -> String {
        let entities: Vec<_> = self.entities().iter().map(write_entity).collect();
        let message = json!({"_": TEXT, "text": self.text(), "entities": entities});
        let random_id = self.random_id().to_string();
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

fn read_entities(message: &Value) -> Result<Vec<Entity>, MessageError> {
    let (field, expected) = ("entities", "a list");
    let Some(entities) = message.get(field) else {
        return Ok(Vec::new());
    };
    let entities = entities.as_array();
    let entities = entities.ok_or(MessageError::WrongType { field, expected })?;
    let count = entities.len();
    if count > limits::MESSAGE_ENTITIES {
        return Err(MessageError::TooManyEntities { count });
    }
    let read = entities.iter().map(read_entity);
    read.filter_map(Result::transpose).collect()
}

/// Reads an entity; none if it is for a newer layer or of a kind that we do not know.
fn read_entity(entity: &Value) -> Result<Option<Entity>, MessageError> {
    if !entity.is_object() {
        let (field, expected) = ("entities", "a list of objects");
        return Err(MessageError::WrongType { field, expected });
    }
    if newer_layer(entity)?.is_some() {
        return Ok(None);
    }
    let name = string(entity, "_")?;
    let kind = if name == CUSTOM_EMOJI {
        let document_id = decimal(string(entity, "document_id")?);
        let document_id = document_id.ok_or(MessageError::WrongType {
            field: "document_id",
            expected: "a signed 64-bit number in decimal",
        })?;
        EntityKind::CustomEmoji {
            document_id: DocumentId::new(document_id),
        }
    } else if let Some((_, kind)) = KINDS.iter().find(|(known, _)| *known == name) {
        *kind
    } else {
        return Ok(None);
    };
    Ok(Some(Entity {
        kind,
        offset: units(entity, "offset")?,
        length: units(entity, "length")?,
    }))
}

/// Checks that an object is for our layer, and then that it is of the expected kind.
fn expect(object: &Value, field: &'static str, expected: &'static str) -> Result<(), MessageError> {
    if let Some(min_layer) = newer_layer(object)? {
        return Err(MessageError::NewerLayer { min_layer });
    }
    let name = object.get("_").and_then(Value::as_str);
    let is_expected = name == Some(expected);
    is_expected
        .then_some(())
        .ok_or(MessageError::Constructor { field, expected })
}

/// The layer that an object is for, if it is newer than ours.
fn newer_layer(object: &Value) -> Result<Option<i64>, MessageError> {
    let Some(min_layer) = object.get("_min_layer") else {
        return Ok(None);
    };
    let (field, expected) = ("_min_layer", "a whole number");
    let min_layer = min_layer.as_i64();
    let min_layer = min_layer.ok_or(MessageError::WrongType { field, expected })?;
    Ok(Some(min_layer).filter(|layer| *layer > LAYER))
}

fn field<'a>(object: &'a Value, field: &'static str) -> Result<&'a Value, MessageError> {
    object.get(field).ok_or(MessageError::Missing { field })
}

fn string<'a>(object: &'a Value, name: &'static str) -> Result<&'a str, MessageError> {
    let text = field(object, name)?.as_str();
    text.ok_or(MessageError::WrongType {
        field: name,
        expected: "a string",
    })
}

fn units(object: &Value, name: &'static str) -> Result<usize, MessageError> {
    let number = field(object, name)?.as_u64();
    let number = number.ok_or(MessageError::WrongType {
        field: name,
        expected: "a whole number that is not negative",
    })?;
    // No text is that long, so what does not fit lies outside it in any case.
    Ok(usize::try_from(number).unwrap_or(usize::MAX))
}
