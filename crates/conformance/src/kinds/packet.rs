use core::time::Duration;
use std::sync::Arc;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall_media::{ChannelId, Cryptor, Epoch, Moment, Sending};
use confcall_state::wire::{self, Permissions};
use confcall_state::{BlockHash, EpochKey, PrivateKey, PublicKey, UserId};
use serde::Deserialize;

use crate::case::Fields;
use crate::check::Check;
use crate::error::CaseFault;
use crate::hex_bytes::{Array, Bytes};
use crate::outcome::Outcome;
use crate::shapes::{CodedError, GroupState};

/// The vectors have no time: everything happens at once.
const NOW: Moment = Moment::new(Duration::ZERO);
/// What our own packets are sealed with; nothing that is checked depends on it.
const SEED: [u8; 32] = [4; 32];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct User {
    user_id: i64,
    seed: Array<32>,
}

impl User {
    /// This user, as a member who knows these epochs.
    fn cryptor(&self, epochs: &[KnownEpoch], group_state: &Arc<wire::GroupState>) -> Cryptor {
        let key = Arc::new(PrivateKey::from_seed(&self.seed.0));
        let cryptor = Cryptor::new(UserId::new(self.user_id), key, Sending::WithGrace);
        for one in epochs {
            let own = one
                .group_state
                .as_ref()
                .map(|group| Arc::new(group_of(group)));
            let epoch = Epoch {
                hash: BlockHash::from_bytes(one.hash.0),
                key: EpochKey::from_bytes(one.secret.0),
                group_state: own.unwrap_or_else(|| group_state.clone()),
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
        let data = fields.take_optional("data")?;
        let outcome = match data {
            Some(data) => Outcome::Ok(data),
            None => fields.outcome()?,
        };
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
    let group_state = Arc::new(group_of(&case.take("group_state")?));
    let sender_epochs: Vec<KnownEpoch> = case.take("sender_epochs")?;
    let receiver_epochs: Vec<KnownEpoch> = case.take("receiver_epochs")?;
    let steps = case.objects("steps")?.into_iter().enumerate();
    let steps: Result<Vec<_>, _> = steps
        .map(|(step, fields)| {
            Step::read(fields).map_err(|fault| CaseFault::Step {
                step,
                fault: Box::new(fault),
            })
        })
        .collect();

    let opening = receiver.cryptor(&receiver_epochs, &group_state);
    let sealing = sender.cryptor(&sender_epochs, &group_state);
    let peer = receiver.cryptor(&sender_epochs, &group_state);
    for (number, step) in steps?.iter().enumerate() {
        check.enter_step(format!("step {number} ({})", step.what));
        open(step, &opening, check);
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

/// Seals the same data ourselves; somebody who knows the sender's epochs opens it.
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

fn group_of(group_state: &GroupState) -> wire::GroupState {
    let participants = group_state.participants.iter();
    wire::GroupState {
        participants: participants
            .map(|one| wire::Participant {
                user_id: UserId::new(one.user_id),
                public_key: PublicKey::from_bytes(one.public_key.0),
                permissions: Permissions::from_bits(one.flags),
                version: one.version,
            })
            .collect(),
        external_permissions: Permissions::from_bits(
            group_state.external_permissions.cast_unsigned(),
        ),
    }
}
