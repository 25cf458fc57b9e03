//! Whole memberships of a call (`spec/protocol.md`, 2.3 and 3 to 5).

use confcall_join::membership::Membership;
use confcall_media::RemovalGrace;
use confcall_state::{Block, PrivateKey, UserId, verification};
use serde::{Deserialize, Serialize};

use super::enc::{Frame, Opened, Packet, Sealed};
use super::membership::Call;
use super::objects::Peer;
use super::refusal::Refusal;
use super::request::{Nothing, operations};
use super::wire::Item;
use crate::hex_bytes::{Array, Bytes};
use crate::shapes::{CallProgress, GroupState, emoji_hash};

operations! {
    call_create call_apply call_change_state call_encrypt call_decrypt
    call_outbound call_inbound call_verification call_drop
}

/// The call as a member sees it after a block.
#[derive(Serialize)]
struct View {
    height: i32,
    /// The key of the epoch.
    shared_key: Array<32>,
    group_state: GroupState,
}

impl View {
    fn of(call: &Call) -> Result<Self, Refusal> {
        let state = call.membership.state();
        let key = PrivateKey::from_seed(&call.seed);
        let epoch_key = state.open_epoch_key(call.membership.user_id(), &key)?;
        Ok(Self {
            height: state.height().value(),
            shared_key: Array(*epoch_key.dangerous_bytes()),
            group_state: GroupState::from(&**state.group_state()),
        })
    }
}

#[derive(Deserialize)]
struct CreateRequest {
    call: String,
    user_id: i64,
    seed: Array<32>,
    last_block: Bytes,
}

fn call_create(peer: &mut Peer, request: CreateRequest) -> Result<View, Refusal> {
    let Array(seed) = request.seed;
    let membership = Membership::start(
        peer.now(),
        UserId::new(request.user_id),
        PrivateKey::from_seed(&seed),
        &Block::from_server(&request.last_block.0)?,
        RemovalGrace::WithGrace,
        &mut *peer.rng,
    )?;
    // The name is taken after the key was opened: a refused creation replaces no call.
    let call = Call { membership, seed };
    let view = View::of(&call)?;
    peer.calls.put(request.call, call);
    Ok(view)
}

#[derive(Deserialize)]
struct ApplyRequest {
    call: String,
    block: Bytes,
}

fn call_apply(peer: &mut Peer, request: ApplyRequest) -> Result<View, Refusal> {
    let now = peer.now();
    let call = peer.calls.named_mut(&request.call)?;
    let membership = &mut call.membership;
    // Not through `alive`: the membership itself answers 601 after its end.
    membership.apply_from_server(now, &request.block.0, &mut *peer.rng)?;
    View::of(call)
}

#[derive(Deserialize)]
struct ChangeRequest {
    call: String,
    group_state: GroupState,
}

fn call_change_state(peer: &mut Peer, request: ChangeRequest) -> Result<Item, Refusal> {
    let membership = peer.calls.named_mut(&request.call)?.alive()?;
    let block = membership.change_group(request.group_state.into(), &mut *peer.rng)?;
    Ok(Item::from(&block))
}

#[derive(Deserialize)]
struct EncryptRequest {
    call: String,
    #[serde(flatten)]
    frame: Frame,
}

fn call_encrypt(peer: &mut Peer, request: EncryptRequest) -> Result<Sealed, Refusal> {
    let now = peer.now();
    let membership = peer.calls.named_mut(&request.call)?.alive()?;
    let cryptor = membership.cryptor();
    request.frame.seal(cryptor, now, &mut *peer.rng)
}

#[derive(Deserialize)]
struct DecryptRequest {
    call: String,
    #[serde(flatten)]
    packet: Packet,
}

fn call_decrypt(peer: &mut Peer, request: DecryptRequest) -> Result<Opened, Refusal> {
    let now = peer.now();
    let membership = peer.calls.named_mut(&request.call)?.alive()?;
    request.packet.open(membership.cryptor(), now)
}

#[derive(Deserialize)]
struct CallRequest {
    call: String,
}

#[derive(Serialize)]
struct Outbound {
    messages: Vec<Bytes>,
}

fn call_outbound(peer: &mut Peer, request: CallRequest) -> Result<Outbound, Refusal> {
    let membership = peer.calls.named_mut(&request.call)?.alive()?;
    let messages = membership.take_outbound();
    let messages = messages.iter().map(|one| Bytes(one.to_bytes())).collect();
    Ok(Outbound { messages })
}

#[derive(Deserialize)]
struct InboundRequest {
    call: String,
    message: Bytes,
}

fn call_inbound(peer: &mut Peer, request: InboundRequest) -> Result<CallProgress, Refusal> {
    let membership = peer.calls.named_mut(&request.call)?.alive()?;
    membership.receive_broadcast(&request.message.0)?;
    Ok(CallProgress::from(membership.verification()))
}

#[derive(Serialize)]
struct Verification {
    height: i32,
    words: [&'static str; 24],
    #[serde(skip_serializing_if = "Option::is_none")]
    emoji_hash: Option<Array<64>>,
}

fn call_verification(peer: &mut Peer, request: CallRequest) -> Result<Verification, Refusal> {
    let membership = peer.calls.named_mut(&request.call)?.alive()?;
    let counts = membership.verification();
    Ok(Verification {
        height: counts.height().value(),
        words: verification::words(&counts.block_hash()),
        emoji_hash: emoji_hash(counts),
    })
}

fn call_drop(peer: &mut Peer, request: CallRequest) -> Result<Nothing, Refusal> {
    peer.calls.take(&request.call)?;
    Ok(Nothing {})
}
