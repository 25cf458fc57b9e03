//! Items of a subchain, recognised by their first bytes.

use super::form::ItemForm;
use super::malformed::Malformed;
use confcall::state::Block;
use confcall::state::wire::Broadcast;

// The constructor ids of `spec/e2e.tl`; the server adds one (`spec/protocol.md`, 1.3).
const BLOCK: u32 = 0x639a_3db6;
const COMMIT: u32 = 0xd151_2ae7;
const REVEAL: u32 = 0x83f4_f9d8;

/// The content of an item.
pub(crate) enum ItemContent {
    Block(Block),
    Broadcast(Broadcast),
}

/// A block or broadcast, and the form that it came in.
pub(crate) struct Item {
    pub(super) form: ItemForm,
    pub(crate) content: ItemContent,
}

#[derive(Clone, Copy)]
enum ItemKind {
    Block,
    Broadcast,
}

impl Item {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let Some((kind, form)) = detect(bytes) else {
            return Err(Malformed::of_unknown_id(bytes));
        };
        let content = match (kind, form) {
            (ItemKind::Block, ItemForm::Local) => Block::parse(bytes).map(ItemContent::Block),
            (ItemKind::Block, ItemForm::Server) => {
                Block::from_server(bytes).map(ItemContent::Block)
            }
            (ItemKind::Broadcast, ItemForm::Local) => {
                Broadcast::parse(bytes).map(ItemContent::Broadcast)
            }
            (ItemKind::Broadcast, ItemForm::Server) => {
                Broadcast::from_server(bytes).map(ItemContent::Broadcast)
            }
        };
        let what = match kind {
            ItemKind::Block => "block",
            ItemKind::Broadcast => "broadcast",
        };
        match content {
            Ok(content) => Ok(Self { form, content }),
            Err(error) => Err(Malformed::of_item(what, form, error)),
        }
    }
}

/// True if the bytes start as a block or broadcast does.
pub(super) fn starts_like_one(bytes: &[u8]) -> bool {
    detect(bytes).is_some()
}

fn detect(bytes: &[u8]) -> Option<(ItemKind, ItemForm)> {
    let id = u32::from_le_bytes(*bytes.first_chunk()?);
    let form = |canonical: u32| match id.wrapping_sub(canonical) {
        0 => Some(ItemForm::Local),
        1 => Some(ItemForm::Server),
        _ => None,
    };
    let block = form(BLOCK).map(|form| (ItemKind::Block, form));
    let broadcast = form(COMMIT).or_else(|| form(REVEAL));
    block.or_else(|| broadcast.map(|form| (ItemKind::Broadcast, form)))
}
