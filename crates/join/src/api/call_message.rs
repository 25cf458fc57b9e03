use core::fmt;

use confcall_state::tl::{ReadError, ReadErrorKind, Reader, Writer};
use serde::{Deserialize, Serialize};

use super::codec::{Fields, flag, optional, strict_flags, text};
use super::traced;
use super::{CallMessageId, InputGroupCall, InputPeer, Method, Peer};
use crate::message::{DocumentId, Entity, EntityKind};

const TEXT_WITH_ENTITIES: u32 = 0x751f_3146;
const CUSTOM_EMOJI: u32 = 0xc8cf_05f8;
/// The entities that are nothing but a place in the text.
const PLAIN: [(u32, EntityKind); 6] = [
    (0xbd61_0bc9, EntityKind::Bold),
    (0x826f_8b60, EntityKind::Italic),
    (0x9c4e_7e8b, EntityKind::Underline),
    (0xbf06_93d4, EntityKind::Strike),
    (0x32ca_960f, EntityKind::Spoiler),
    (0x28a2_0571, EntityKind::Code),
];

const ALLOW_PAID_STARS: u32 = 1;
const SEND_AS: u32 = 1 << 1;
const REPORT_SPAM: u32 = 1;

/// A message to a call without encryption, as the server shows it, the API's `groupCallMessage` (`spec/group-calls.md`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallMessage {
    /// The call.
    pub call: InputGroupCall,
    /// The server's number for it.
    pub id: CallMessageId,
    /// The writer.
    pub from: Peer,
    /// The time at which it was written, in seconds since 1970.
    pub date: i32,
    /// The text.
    pub text: CallText,
    /// True if an admin wrote it.
    #[serde(default)]
    pub from_admin: bool,
    /// The stars that were paid for it.
    #[serde(default)]
    pub paid_stars: Option<i64>,
}

/// A text with the parts of it that are shown in a way of their own, the API's `textWithEntities`.
///
/// `Debug` shows how much there is, and none of the text.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CallText {
    /// The text; empty where stars were given without a word.
    #[serde(with = "traced::masked")]
    pub text: String,
    /// The entities that we know, in the order of the message.
    #[serde(skip)]
    pub entities: Vec<Entity>,
}

/// The request `phone.sendGroupCallMessage` (`spec/group-calls.md`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SendGroupCallMessage {
    /// The call.
    pub call: InputGroupCall,
    /// The number by which the server recognises the same message sent twice.
    pub random_id: i64,
    /// The text.
    pub message: CallText,
    /// The stars that the user pays for it, in a live story.
    pub allow_paid_stars: Option<i64>,
    /// As whom a live story is commented on, if not as the call has it.
    pub send_as: Option<InputPeer>,
}

/// The request `phone.deleteGroupCallMessages` (`spec/group-calls.md`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeleteGroupCallMessages {
    /// True to report the writer as well.
    pub report_spam: bool,
    /// The call.
    pub call: InputGroupCall,
    /// The messages: our own, or any for an admin.
    pub messages: Vec<CallMessageId>,
}

/// The request `phone.deleteGroupCallParticipantMessages`, for admins (`spec/group-calls.md`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeleteGroupCallParticipantMessages {
    /// True to report the participant as well.
    pub report_spam: bool,
    /// The call.
    pub call: InputGroupCall,
    /// The participant whose messages are deleted.
    pub participant: InputPeer,
}

impl fmt::Debug for CallText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bytes, entities) = (self.text.len(), self.entities.len());
        write!(f, "CallText({bytes} bytes, {entities} entities)")
    }
}

impl CallText {
    /// As many letters that say nothing.
    pub(crate) fn masked(&self) -> Self {
        Self {
            text: traced::mask(&self.text),
            entities: Vec::new(),
        }
    }

    fn write(&self, writer: &mut Writer) {
        writer.u32(TEXT_WITH_ENTITIES);
        writer.string(self.text.as_bytes());
        writer.boxed_vector(&self.entities, write_entity);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        reader.constructor(TEXT_WITH_ENTITIES, "textWithEntities")?;
        Ok(Self {
            text: text(reader, "the text of a message")?,
            entities: reader.boxed_vector("the entities of a message", 12, read_entity)?,
        })
    }
}

fn write_entity(writer: &mut Writer, entity: &Entity) {
    let plain = PLAIN.iter().find(|(_, kind)| *kind == entity.kind);
    writer.u32(plain.map_or(CUSTOM_EMOJI, |(constructor, _)| *constructor));
    // A text is much shorter than what a place in it can be.
    for place in [entity.offset, entity.length] {
        writer.i32(i32::try_from(place).unwrap_or(i32::MAX));
    }
    if let EntityKind::CustomEmoji { document_id } = entity.kind {
        writer.i64(document_id.value());
    }
}

fn read_entity(reader: &mut Reader<'_>) -> Result<Entity, ReadError> {
    let what = "MessageEntity";
    let constructor = reader.u32(what)?;
    let plain = PLAIN.iter().find(|(known, _)| *known == constructor);
    if plain.is_none() && constructor != CUSTOM_EMOJI {
        let kind = ReadErrorKind::UnexpectedConstructor {
            what,
            found: constructor,
        };
        return Err(reader.error_before(4, kind));
    }
    let offset = read_place(reader)?;
    let length = read_place(reader)?;
    let kind = match plain {
        Some((_, kind)) => *kind,
        None => EntityKind::CustomEmoji {
            document_id: DocumentId::new(reader.i64("the id of a custom emoji")?),
        },
    };
    Ok(Entity {
        kind,
        offset,
        length,
    })
}

fn read_place(reader: &mut Reader<'_>) -> Result<usize, ReadError> {
    let what = "a place in a text";
    let place = usize::try_from(reader.i32(what)?);
    place.map_err(|_| reader.error_before(4, ReadErrorKind::InvalidValue { what }))
}

impl Fields for SendGroupCallMessage {
    const ID: u32 = 0xb1d1_1410;
    const METHOD: Method = Method::SendGroupCallMessage;

    fn write_fields(&self, writer: &mut Writer) {
        writer.u32(
            flag(self.allow_paid_stars.is_some(), ALLOW_PAID_STARS)
                | flag(self.send_as.is_some(), SEND_AS),
        );
        self.call.write(writer);
        writer.i64(self.random_id);
        self.message.write(writer);
        if let Some(stars) = self.allow_paid_stars {
            writer.i64(stars);
        }
        if let Some(peer) = &self.send_as {
            peer.write(writer);
        }
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let known = ALLOW_PAID_STARS | SEND_AS;
        let flags = strict_flags(reader, known, "the flags of phone.sendGroupCallMessage")?;
        Ok(Self {
            call: InputGroupCall::read(reader)?,
            random_id: reader.i64("random_id")?,
            message: CallText::read(reader)?,
            allow_paid_stars: optional(reader, flags, ALLOW_PAID_STARS, |r| {
                r.i64("allow_paid_stars")
            })?,
            send_as: optional(reader, flags, SEND_AS, InputPeer::read)?,
        })
    }
}

impl Fields for DeleteGroupCallMessages {
    const ID: u32 = 0xf64f_54f7;
    const METHOD: Method = Method::DeleteGroupCallMessages;

    fn write_fields(&self, writer: &mut Writer) {
        writer.u32(flag(self.report_spam, REPORT_SPAM));
        self.call.write(writer);
        writer.boxed_vector(&self.messages, |writer, id| writer.i32(id.value()));
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let what = "the flags of phone.deleteGroupCallMessages";
        let flags = strict_flags(reader, REPORT_SPAM, what)?;
        let call = InputGroupCall::read(reader)?;
        let messages = reader.boxed_vector("messages", 4, |reader| {
            reader.i32("the id of a message").map(CallMessageId::new)
        })?;
        Ok(Self {
            report_spam: flags & REPORT_SPAM != 0,
            call,
            messages,
        })
    }
}

impl Fields for DeleteGroupCallParticipantMessages {
    const ID: u32 = 0x1dbf_eca0;
    const METHOD: Method = Method::DeleteGroupCallParticipantMessages;

    fn write_fields(&self, writer: &mut Writer) {
        writer.u32(flag(self.report_spam, REPORT_SPAM));
        self.call.write(writer);
        self.participant.write(writer);
    }

    fn read_fields(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let what = "the flags of phone.deleteGroupCallParticipantMessages";
        let flags = strict_flags(reader, REPORT_SPAM, what)?;
        Ok(Self {
            report_spam: flags & REPORT_SPAM != 0,
            call: InputGroupCall::read(reader)?,
            participant: InputPeer::read(reader)?,
        })
    }
}
