//! The verification of a call by emoji and words (`spec/protocol.md`, 5).

use confcall_state::keys::Signature;
use confcall_state::verification::{self, EarlyBroadcasts, EmojiHash, RoundCounts};
use confcall_state::wire::{Broadcast, BroadcastContent};
use confcall_state::{BlockHash, Height, PrivateKey, UserId};
use serde::{Deserialize, Serialize};

use super::objects::Peer;
use super::refusal::Refusal;
use super::request::{Nothing, operations};
use crate::hex_bytes::{Array, Bytes};
use crate::shapes::RoundProgress;

operations!(words emoji broadcast_new broadcast_block broadcast_apply broadcast_make);

#[derive(Deserialize)]
struct WordsRequest {
    hash: Array<32>,
}

#[derive(Serialize)]
struct Words {
    words: [&'static str; 24],
}

fn words(_: &mut Peer, request: WordsRequest) -> Result<Words, Refusal> {
    let words = verification::words(&BlockHash::from_bytes(request.hash.0));
    Ok(Words { words })
}

#[derive(Deserialize)]
struct EmojiRequest {
    emoji_hash: Array<64>,
}

#[derive(Serialize)]
struct Emoji {
    emoji: [&'static str; 4],
}

fn emoji(_: &mut Peer, request: EmojiRequest) -> Result<Emoji, Refusal> {
    let emoji = EmojiHash::from_bytes(request.emoji_hash.0).emoji();
    Ok(Emoji { emoji })
}

#[derive(Deserialize)]
struct NewRequest {
    broadcast: String,
    allow_delay: Option<bool>,
}

fn broadcast_new(peer: &mut Peer, request: NewRequest) -> Result<Nothing, Refusal> {
    let early = match request.allow_delay {
        Some(true) => EarlyBroadcasts::Keep,
        Some(false) | None => EarlyBroadcasts::Refuse,
    };
    peer.broadcasts
        .put(request.broadcast, RoundCounts::new(early));
    Ok(Nothing {})
}

#[derive(Deserialize)]
struct BlockRequest {
    broadcast: String,
    chain: String,
}

fn broadcast_block(peer: &mut Peer, request: BlockRequest) -> Result<Nothing, Refusal> {
    let chain = peer.chains.named(&request.chain)?;
    let counts = peer.broadcasts.named_mut(&request.broadcast)?;
    // What was kept and does not count is dropped, as the reference drops it.
    counts.restart(chain.state());
    Ok(Nothing {})
}

#[derive(Deserialize)]
struct ApplyRequest {
    broadcast: String,
    message: Bytes,
}

fn broadcast_apply(peer: &mut Peer, request: ApplyRequest) -> Result<RoundProgress, Refusal> {
    let counts = peer.broadcasts.named_mut(&request.broadcast)?;
    counts.receive(&Broadcast::parse(&request.message.0)?)?;
    Ok(RoundProgress::from(&*counts))
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
