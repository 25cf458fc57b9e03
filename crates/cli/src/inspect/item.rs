//! Which kind of item the bytes are, in which form.

use confcall::state::Block;
use confcall::state::wire::Broadcast;
use serde::Serialize;

use super::malformed::Malformed;

const BLOCK: u32 = 0x639a_3db6;
const COMMIT: u32 = 0xd151_2ae7;
const REVEAL: u32 = 0x83f4_f9d8;

/// Whose constructor id the item carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Form {
    /// The canonical id, as clients send it.
    Local,
    /// The incremented id, as the server sends it.
    Server,
}

impl Form {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Local => "local form",
            Self::Server => "server form",
        }
    }
}

/// What was read.
pub(crate) enum Content {
    Block(Block),
    Broadcast(Broadcast),
}

/// A block or broadcast, and the form that it came in.
pub(crate) struct Item {
    pub(super) form: Form,
    pub(crate) content: Content,
}

#[derive(Clone, Copy)]
enum Kind {
    Block,
    Broadcast,
}

impl Item {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let Some((kind, form)) = detect(bytes) else {
            return Err(Malformed::of_unknown_id(bytes));
        };
        let content = match (kind, form) {
            (Kind::Block, Form::Local) => Block::parse(bytes).map(Content::Block),
            (Kind::Block, Form::Server) => Block::from_server(bytes).map(Content::Block),
            (Kind::Broadcast, Form::Local) => Broadcast::parse(bytes).map(Content::Broadcast),
            (Kind::Broadcast, Form::Server) => {
                Broadcast::from_server(bytes).map(Content::Broadcast)
            }
        };
        let what = match kind {
            Kind::Block => "block",
            Kind::Broadcast => "broadcast",
        };
        match content {
            Ok(content) => Ok(Self { form, content }),
            Err(error) => Err(Malformed::of_item(what, form, error)),
        }
    }
}

/// Whether the bytes start as a block or broadcast does.
pub(super) fn starts_like_one(bytes: &[u8]) -> bool {
    detect(bytes).is_some()
}

fn detect(bytes: &[u8]) -> Option<(Kind, Form)> {
    let id = u32::from_le_bytes(*bytes.first_chunk()?);
    let form = |canonical: u32| match id.wrapping_sub(canonical) {
        0 => Some(Form::Local),
        1 => Some(Form::Server),
        _ => None,
    };
    let block = form(BLOCK).map(|form| (Kind::Block, form));
    let broadcast = form(COMMIT).or_else(|| form(REVEAL));
    block.or_else(|| broadcast.map(|form| (Kind::Broadcast, form)))
}
