use std::sync::Arc;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall_media::{ChannelId, Cryptor, Epoch, RemovalGrace};
use confcall_state::wire;
use confcall_state::{BlockHash, EpochKey, ParticipantKeys, PrivateKey, UserId};
use serde::Deserialize;

use super::fixed::{NOW, SEED};
use crate::case::Fields;
use crate::check::Check;
use crate::error::CaseFault;
use crate::hex_bytes::{Array, Bytes};
use crate::outcome::Outcome;
use crate::shapes::{CodedError, GroupState};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct User {
    user_id: i64,
    seed: Array<32>,
}

impl User {
    /// This user, as a member who knows these epochs.
    fn cryptor(&self, epochs: &[KnownEpoch], group_state: &wire::GroupState) -> Cryptor {
        let key = Arc::new(PrivateKey::from_seed(&self.seed.0));
        let cryptor = Cryptor::new(UserId::new(self.user_id), key, RemovalGrace::WithGrace);
        for one in epochs {
            // An epoch without a group of its own has that of the case.
            let own = one.group_state.clone().map(wire::GroupState::from);
            let epoch = Epoch {
                hash: BlockHash::from_bytes(one.hash.0),
                key: EpochKey::from_bytes(&one.secret.0),
                participants: ParticipantKeys::new(own.as_ref().unwrap_or(group_state)),
            };
            cryptor.add_epoch(NOW, epoch);
        }
        cryptor
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KnownEpoch {
    /// The number by which the reference orders epochs; the vectors list them in that order.
    #[serde(rename = "epoch")]
    _number: i32,
    hash: Array<32>,
    secret: Array<32>,
    group_state: Option<GroupState>,
}

/// A packet and what the reference made of it.
struct Step {
    what: String,
    user_id: UserId,
    packet: Vec<u8>,
    outcome: Outcome<Bytes>,
}

impl Step {
    fn read(mut fields: Fields) -> Result<Self, CaseFault> {
        let what = fields.take("what")?;
        let user_id = UserId::new(fields.take("user_id")?);
        // The receiver reads the channel from the packet.
        let _expected: i32 = fields.take("channel_id")?;
        let Bytes(packet) = fields.take("packet")?;
        let outcome = fields.outcome_of("data")?;
        fields.finish()?;
        Ok(Self {
            what,
            user_id,
            packet,
            outcome,
        })
    }
}

pub(super) fn run(case: &mut Fields, check: &mut Check) -> Result<(), CaseFault> {
    let receiver: User = case.take("receiver")?;
    let sender: User = case.take("sender")?;
    let group_state = case.take::<GroupState>("group_state")?.into();
    let sender_epochs: Vec<KnownEpoch> = case.take("sender_epochs")?;
    let receiver_epochs: Vec<KnownEpoch> = case.take("receiver_epochs")?;
    let steps = case.steps("steps", Step::read)?;

    let opening = receiver.cryptor(&receiver_epochs, &group_state);
    let sealing = sender.cryptor(&sender_epochs, &group_state);
    let peer = receiver.cryptor(&sender_epochs, &group_state);
    for (number, step) in steps.iter().enumerate() {
        check.enter_step(format!("step {number} ({})", step.what));
        open(step, &opening, check);
        // Sealing is random, so it is checked by opening, not by bytes.
        if let Outcome::Ok(Bytes(data)) = &step.outcome {
            seal(data, &sealing, &peer, UserId::new(sender.user_id), check);
        }
    }
    Ok(())
}

fn open(step: &Step, receiver: &Cryptor, check: &mut Check) {
    let mut packet = step.packet.clone();
    let got = receiver.open_in_place(NOW, step.user_id, &mut packet);
    if got.is_err() {
        check.holds("a refused packet is left as it was", packet == step.packet);
    }
    let got = got
        .map(|_| Bytes(packet))
        .map_err(|error| CodedError::new(error.reference_code(), &error));
    check.outcome(&step.outcome, &got);
}

/// Seals the same data ourselves; a member who knows the sender's epochs opens it.
fn seal(data: &[u8], sender: &Cryptor, peer: &Cryptor, from: UserId, check: &mut Check) {
    let mut rng = ChaCha20Rng::from_seed(SEED);
    let prefix = data.len().min(4);
    let sealed = sender.seal(NOW, ChannelId::MAIN, prefix, data, &mut rng);
    let Some(packet) = check.succeeds("sealing it ourselves", sealed) else {
        return;
    };
    let opened = peer.open(NOW, from, &packet);
    if let Some(opened) = check.succeeds("opening what we sealed", opened) {
        check.holds("what we sealed comes back", *opened.data == *data);
    }
}
