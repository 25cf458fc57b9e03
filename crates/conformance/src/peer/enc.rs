//! A packet cryptor alone, without a chain (`spec/protocol.md`, 4).

use std::sync::Arc;

use confcall_media::{ChannelId, Cryptor, Epoch, Moment, RemovalGrace};
use confcall_state::{BlockHash, EpochKey, ParticipantKeys, PrivateKey, UserId};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use super::objects::Peer;
use super::refusal::Refusal;
use super::request::{Nothing, operations};
use crate::hex_bytes::{Array, Bytes};
use crate::shapes::GroupState;

operations!(enc_new enc_add enc_forget enc_encrypt enc_decrypt);

#[derive(Deserialize)]
struct NewRequest {
    enc: String,
    user_id: i64,
    seed: Array<32>,
}

fn enc_new(peer: &mut Peer, request: NewRequest) -> Result<Nothing, Refusal> {
    let key = Arc::new(PrivateKey::from_seed(&request.seed.0));
    let user_id = UserId::new(request.user_id);
    let cryptor = Cryptor::new(user_id, key, RemovalGrace::WithGrace);
    peer.encs.put(request.enc, cryptor);
    Ok(Nothing {})
}

/// The number of the epoch that comes with it says nothing that the hash does not.
#[derive(Deserialize)]
struct AddRequest {
    enc: String,
    hash: Array<32>,
    secret: Array<32>,
    group_state: GroupState,
}

fn enc_add(peer: &mut Peer, request: AddRequest) -> Result<Nothing, Refusal> {
    let epoch = Epoch {
        hash: BlockHash::from_bytes(request.hash.0),
        key: EpochKey::from_bytes(&request.secret.0),
        participants: ParticipantKeys::new(&request.group_state.into()),
    };
    let cryptor = peer.encs.named(&request.enc)?;
    cryptor.add_epoch(peer.now(), epoch);
    Ok(Nothing {})
}

#[derive(Deserialize)]
struct ForgetRequest {
    enc: String,
    hash: Array<32>,
}

fn enc_forget(peer: &mut Peer, request: ForgetRequest) -> Result<Nothing, Refusal> {
    let cryptor = peer.encs.named(&request.enc)?;
    cryptor.forget_epoch(peer.now(), &BlockHash::from_bytes(request.hash.0));
    Ok(Nothing {})
}

/// The frame to seal, for a cryptor alone and for that of a call.
#[derive(Deserialize)]
pub(super) struct Frame {
    channel_id: i32,
    data: Bytes,
    prefix: usize,
}

#[derive(Serialize)]
pub(super) struct Sealed {
    packet: Bytes,
}

/// The packet to open; its channel is in it, so one that comes beside says nothing.
#[derive(Deserialize)]
pub(super) struct Packet {
    user_id: i64,
    packet: Bytes,
}

#[derive(Serialize)]
pub(super) struct Opened {
    data: Bytes,
}

#[derive(Deserialize)]
struct EncryptRequest {
    enc: String,
    #[serde(flatten)]
    frame: Frame,
}

fn enc_encrypt(peer: &mut Peer, request: EncryptRequest) -> Result<Sealed, Refusal> {
    let now = peer.now();
    let cryptor = peer.encs.named(&request.enc)?;
    request.frame.seal(cryptor, now, &mut *peer.rng)
}

#[derive(Deserialize)]
struct DecryptRequest {
    enc: String,
    #[serde(flatten)]
    packet: Packet,
}

fn enc_decrypt(peer: &mut Peer, request: DecryptRequest) -> Result<Opened, Refusal> {
    let cryptor = peer.encs.named(&request.enc)?;
    request.packet.open(cryptor, peer.now())
}

impl Frame {
    pub(super) fn seal(
        &self,
        cryptor: &Cryptor,
        now: Moment,
        rng: &mut dyn CryptoRng,
    ) -> Result<Sealed, Refusal> {
        let channel = match ChannelId::new(self.channel_id) {
            Ok(channel) => channel,
            // The channel comes last: a fault of the prefix or of the epochs is named before it.
            Err(invalid) => {
                cryptor.check_seal(now, self.prefix, &self.data.0)?;
                return Err(invalid.into());
            }
        };
        // The generator is the peer's: a fixed one would repeat one-time secrets between packets.
        let packet = cryptor.seal(now, channel, self.prefix, &self.data.0, rng)?;
        let packet = Bytes(packet);
        Ok(Sealed { packet })
    }
}

impl Packet {
    pub(super) fn open(&self, cryptor: &Cryptor, now: Moment) -> Result<Opened, Refusal> {
        let opened = cryptor.open(now, UserId::new(self.user_id), &self.packet.0)?;
        let data = Bytes(opened.data.to_vec());
        Ok(Opened { data })
    }
}
