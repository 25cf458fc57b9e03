//! Blocks that start a call or enter one (`spec/protocol.md`, 6).
//!
//! The key is the driver's, which is why nothing here is a `JoinBlock`: that one draws its own.

use confcall_state::wire;
use confcall_state::{Block, Chain, PrivateKey, UserId};
use serde::Deserialize;

use super::objects::Peer;
use super::refusal::Refusal;
use super::request::operations;
use super::wire::Item;
use crate::hex_bytes::{Array, Bytes};
use crate::shapes::GroupState;

operations!(zero_block self_add);

/// The protocol version that `self_add` announces unless the request has one; the engine announces 0.
const DEFAULT_VERSION: i32 = 1;

#[derive(Deserialize)]
struct ZeroRequest {
    seed: Array<32>,
    group_state: GroupState,
}

fn zero_block(peer: &mut Peer, request: ZeroRequest) -> Result<Item, Refusal> {
    let key = PrivateKey::from_seed(&request.seed.0);
    let block =
        Chain::client().build_group_change(request.group_state.into(), &key, &mut *peer.rng)?;
    Ok(Item::from(&block))
}

#[derive(Deserialize)]
struct SelfAddRequest {
    seed: Array<32>,
    previous_block: Bytes,
    user_id: i64,
    flags: u32,
    version: Option<i32>,
}

fn self_add(peer: &mut Peer, request: SelfAddRequest) -> Result<Item, Refusal> {
    let key = PrivateKey::from_seed(&request.seed.0);
    let chain = Chain::start_from(&Block::from_server(&request.previous_block.0)?)?;
    let joiner = wire::Participant {
        user_id: UserId::new(request.user_id),
        public_key: key.public_key(),
        permissions: wire::Permissions::from_bits(request.flags),
        version: request.version.unwrap_or(DEFAULT_VERSION),
    };
    let mut group_state = wire::GroupState::clone(chain.state().group_state());
    let participants = &mut group_state.participants;
    // As joining does (6): an older entry of the user would be refused as a duplicate.
    participants.retain(|one| one.user_id != joiner.user_id);
    participants.push(joiner);
    let block = chain.build_group_change(group_state, &key, &mut *peer.rng)?;
    Ok(Item::from(&block))
}
