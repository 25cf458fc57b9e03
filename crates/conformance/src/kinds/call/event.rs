use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::case::Fields;
use crate::error::CaseFault;
use crate::hex_bytes::{Array, Bytes};
use crate::outcome::Outcome;
use crate::shapes::CallProgress;

/// The views of the users, by user id.
pub(super) type Views<T> = BTreeMap<i64, T>;

/// Something that happens in a call, with its outcome in the reference.
pub(super) enum Event {
    Block(BlockEvent),
    Refused(RefusedEvent),
    Verification(VerificationEvent),
    Packet(PacketEvent),
}

/// A block that the chain takes.
pub(super) struct BlockEvent {
    pub(super) block: Vec<u8>,
    pub(super) tip: Tip,
    pub(super) views: Views<BlockView>,
}

/// The state of the chain after a block.
#[derive(PartialEq, Serialize)]
pub(super) struct Tip {
    pub(super) height: i32,
    pub(super) hash: Array<32>,
    pub(super) members: Vec<i64>,
}

/// A block that the chain refuses.
pub(super) struct RefusedEvent {
    pub(super) block: Vec<u8>,
    pub(super) views: Views<BlockView>,
}

/// The outcome of a block for one user.
pub(super) struct BlockView {
    /// The user joins and starts from it; all others are in the call and follow.
    pub(super) starts: bool,
    pub(super) outcome: Outcome<Epoch>,
}

/// The epoch that a block starts.
#[derive(PartialEq, Serialize)]
pub(super) struct Epoch {
    pub(super) shared_key: Array<32>,
}

/// Broadcasts of the verification, and its state after the last of them.
pub(super) struct VerificationEvent {
    pub(super) messages: Vec<Message>,
    pub(super) verified: Verified,
}

/// A broadcast.
pub(super) struct Message {
    pub(super) message: Vec<u8>,
    pub(super) views: Views<Outcome<CallProgress>>,
}

/// The values that the members of a call compare.
#[derive(PartialEq, Serialize)]
pub(super) struct Verified {
    pub(super) words: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) emoji_hash: Option<Array<64>>,
}

/// A packet from one user to another.
pub(super) struct PacketEvent {
    pub(super) what: String,
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) packet: Vec<u8>,
    pub(super) outcome: Outcome<Content>,
}

/// The content of an opened packet.
#[derive(PartialEq, Serialize)]
pub(super) struct Content {
    pub(super) channel_id: i32,
    pub(super) prefix: usize,
    pub(super) data: Bytes,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum EventType {
    Block,
    Refused,
    Verification,
    Packet,
}

impl Event {
    pub(super) fn read(mut fields: Fields) -> Result<Self, CaseFault> {
        let event = match fields.take("type")? {
            EventType::Block => Self::Block(BlockEvent {
                block: bytes(&mut fields, "block")?,
                tip: Tip {
                    height: fields.take("height")?,
                    hash: fields.take("hash")?,
                    members: fields.take("members")?,
                },
                views: views(&mut fields, BlockView::read)?,
            }),
            EventType::Refused => Self::Refused(RefusedEvent {
                block: bytes(&mut fields, "block")?,
                views: views(&mut fields, BlockView::read)?,
            }),
            EventType::Verification => Self::Verification(VerificationEvent {
                messages: fields.steps("messages", Message::read)?,
                verified: Verified {
                    words: fields.take("words")?,
                    emoji_hash: fields.take_optional("emoji_hash")?,
                },
            }),
            EventType::Packet => Self::Packet(PacketEvent::read(&mut fields)?),
        };
        fields.finish()?;
        Ok(event)
    }
}

impl BlockView {
    fn read(fields: &mut Fields) -> Result<Self, CaseFault> {
        let starts = fields.take_optional("create")?.unwrap_or(false);
        let shared_key = fields.outcome_of("shared_key")?;
        let outcome = shared_key.map(|shared_key| Epoch { shared_key });
        Ok(Self { starts, outcome })
    }
}

impl Message {
    fn read(mut fields: Fields) -> Result<Self, CaseFault> {
        let message = bytes(&mut fields, "message")?;
        let views = views(&mut fields, Fields::outcome)?;
        fields.finish()?;
        Ok(Self { message, views })
    }
}

impl PacketEvent {
    fn read(fields: &mut Fields) -> Result<Self, CaseFault> {
        let channel_id = fields.take("channel_id")?;
        let prefix = fields.take("prefix")?;
        let content = |data| Content {
            channel_id,
            prefix,
            data,
        };
        Ok(Self {
            what: fields.take("what")?,
            from: fields.take("from")?,
            to: fields.take("to")?,
            packet: bytes(fields, "packet")?,
            outcome: fields.outcome_of("data")?.map(content),
        })
    }
}

fn bytes(fields: &mut Fields, field: &str) -> Result<Vec<u8>, CaseFault> {
    fields.take(field).map(|Bytes(bytes)| bytes)
}

/// Takes the views, each read by `read`.
fn views<T>(
    fields: &mut Fields,
    read: impl Fn(&mut Fields) -> Result<T, CaseFault>,
) -> Result<Views<T>, CaseFault> {
    let views: Views<Value> = fields.take("views")?;
    let views = views.into_iter().map(|(user, view)| {
        let mut view = Fields::new(view, &format!("the view of {user}"))?;
        let read = read(&mut view)?;
        view.finish()?;
        Ok((user, read))
    });
    views.collect()
}
