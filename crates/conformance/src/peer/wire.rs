//! Blocks as bytes, as fields, and in their two forms (`spec/protocol.md`, 1).

use confcall_state::wire::{self, ITEM_IDS};
use confcall_state::{Block, PrivateKey};
use serde::{Deserialize, Serialize};

use super::objects::Peer;
use super::refusal::Refusal;
use super::request::operations;
use crate::hex_bytes::{Array, Bytes};
use crate::shapes::{self, ParsedBlock};

operations!(block_parse block_make to_server from_server);

/// A request or result that is an item in some form.
#[derive(Serialize, Deserialize)]
pub(super) struct Item {
    pub(super) block: Bytes,
}

impl From<&Block> for Item {
    fn from(block: &Block) -> Self {
        let block = Bytes(block.bytes().to_vec());
        Self { block }
    }
}

/// A block in canonical form and its hash.
#[derive(Serialize)]
pub(super) struct Made {
    block: Bytes,
    hash: Array<32>,
}

impl From<Block> for Made {
    fn from(block: Block) -> Self {
        Self {
            block: Bytes(block.bytes().to_vec()),
            hash: Array(*block.hash().as_bytes()),
        }
    }
}

fn block_parse(_: &mut Peer, request: Item) -> Result<ParsedBlock, Refusal> {
    let block = Block::parse(&request.block.0)?;
    Ok(ParsedBlock::from(&block))
}

#[derive(Deserialize)]
struct MakeRequest {
    fields: shapes::Block,
    seed: Option<Array<32>>,
}

fn block_make(_: &mut Peer, request: MakeRequest) -> Result<Made, Refusal> {
    let fields = wire::BlockFields::from(request.fields);
    let block = match request.seed {
        Some(Array(seed)) => fields.sign(&PrivateKey::from_seed(&seed)),
        None => fields.into_block(),
    };
    Ok(block.into())
}

fn to_server(_: &mut Peer, request: Item) -> Result<Item, Refusal> {
    with_id(request, |id| {
        ITEM_IDS.contains(&id).then(|| id.wrapping_add(1))
    })
}

fn from_server(_: &mut Peer, request: Item) -> Result<Item, Refusal> {
    with_id(request, |id| {
        let canonical = id.wrapping_sub(1);
        ITEM_IDS.contains(&canonical).then_some(canonical)
    })
}

/// Changes an item's id alone; whether the rest can be read is no matter of the form.
fn with_id(mut item: Item, change: impl Fn(u32) -> Option<u32>) -> Result<Item, Refusal> {
    let Some(first) = item.block.0.first_chunk_mut() else {
        return Err(Refusal::uncoded(&"an item has at least 4 bytes"));
    };
    // The id alone decides the form, so that bad items can be passed on as a server does.
    let id = change(u32::from_le_bytes(*first));
    let id = id.ok_or_else(|| Refusal::uncoded(&"the id is not that of an item in this form"))?;
    *first = id.to_le_bytes();
    Ok(item)
}
