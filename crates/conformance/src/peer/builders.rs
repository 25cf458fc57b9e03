//! Blocks that start a call or enter one, and broadcasts (`spec/protocol.md`, 5 and 6).
//!
//! The key is the driver's, which is why nothing here is a `JoinBlock`: that one draws its own.

use std::sync::Arc;

use confcall_state::keys::Signature;
use confcall_state::wire::{self, Broadcast, BroadcastContent, SharedKey};
use confcall_state::{Block, BlockHash, Chain, Height, PrivateKey, UserId};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use super::wire::Item;
use super::{Peer, Refusal, operations};
use crate::hex_bytes::{Array, Bytes};
use crate::shapes::GroupState;

operations!(zero_block self_add broadcast_make);

/// The protocol version that `self_add` announces unless it is told one; the engine announces 0.
const DEFAULT_VERSION: i32 = 1;

#[derive(Deserialize)]
struct ZeroRequest {
    seed: Array<32>,
    group_state: GroupState,
}

fn zero_block(peer: &mut Peer, request: ZeroRequest) -> Result<Item, Refusal> {
    let key = PrivateKey::from_seed(&request.seed.0);
    let group_state = request.group_state.into();
    let block = rekey(&Chain::client(), group_state, &key, &mut *peer.rng)?;
    Ok(local(&block))
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
    let newcomer = wire::Participant {
        user_id: UserId::new(request.user_id),
        public_key: key.public_key(),
        permissions: wire::Permissions::from_bits(request.flags),
        version: request.version.unwrap_or(DEFAULT_VERSION),
    };
    let mut group_state = wire::GroupState::clone(chain.state().group_state());
    let participants = &mut group_state.participants;
    participants.retain(|one| one.user_id != newcomer.user_id);
    participants.push(newcomer);
    let block = rekey(&chain, group_state, &key, &mut *peer.rng)?;
    Ok(local(&block))
}

/// The block that replaces the group state and writes a new shared key for it.
fn rekey(
    chain: &Chain,
    group_state: wire::GroupState,
    key: &PrivateKey,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Block, Refusal> {
    let shared_key = SharedKey::for_participants(&group_state.participants, rng)?;
    let changes = vec![
        wire::Change::SetGroupState(Arc::new(group_state)),
        wire::Change::SetSharedKey(Arc::new(shared_key)),
    ];
    Ok(chain.build(changes, key)?)
}

fn local(block: &Block) -> Item {
    let block = Bytes(block.bytes().to_vec());
    Item { block }
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Commit,
    Reveal,
}

#[derive(Deserialize)]
struct BroadcastRequest {
    kind: Kind,
    seed: Array<32>,
    user_id: i64,
    height: i32,
    hash: Array<32>,
    value: Array<32>,
}

#[derive(Serialize)]
struct Message {
    message: Bytes,
}

fn broadcast_make(_: &mut Peer, request: BroadcastRequest) -> Result<Message, Refusal> {
    let Array(value) = request.value;
    let unsigned = Broadcast {
        signature: Signature::ZERO,
        user_id: UserId::new(request.user_id),
        height: Height::new(request.height),
        block_hash: BlockHash::from_bytes(request.hash.0),
        content: match request.kind {
            Kind::Commit => BroadcastContent::Commit { nonce_hash: value },
            Kind::Reveal => BroadcastContent::Reveal { nonce: value },
        },
    };
    let signed = unsigned.sign(&PrivateKey::from_seed(&request.seed.0));
    Ok(Message {
        message: Bytes(signed.to_bytes()),
    })
}
