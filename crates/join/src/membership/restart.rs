//! A membership that goes on after a restart.

use std::sync::Arc;

use confcall_media::{ChannelId, Cryptor, Moment, RemovalGrace, ReplayFloor};
use confcall_state::keys::Nonce;
use confcall_state::verification::{Progress, Verification};
use confcall_state::wire::Broadcast;
use confcall_state::{Block, Chain, PrivateKey, PublicKey, UserId};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{Membership, epoch};
use crate::engine::checkpoint::{
    RESERVE, RestoreError, SavedMembership, SavedSeqnos, SavedVerification,
};

impl Membership {
    /// What a checkpoint keeps of it.
    pub(crate) fn to_saved(&self) -> SavedMembership {
        let floors = self.cryptor.replay_floors().into_iter();
        SavedMembership {
            user_id: self.user_id.value(),
            key: self.key.dangerous_seed(),
            block: self.block.to_vec(),
            verification: saved_verification(&self.verification),
            counters: numbers(self.cryptor.counters().iter()),
            floors: floors
                .map(|one| (*one.sender.as_bytes(), numbers(one.newest.into_iter())))
                .collect(),
        }
    }

    /// Goes on from what was saved; the seqnos leave out [`RESERVE`] on every channel.
    pub(crate) fn resume(
        now: Moment,
        saved: SavedMembership,
        removal_grace: RemovalGrace,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Self, RestoreError> {
        let fault = |what| RestoreError::Content { what };
        let user_id = UserId::new(saved.user_id);
        let key = Arc::new(PrivateKey::from_seed(&saved.key));
        let block = Block::parse(&saved.block).map_err(|_| fault("its block cannot be read"))?;
        let chain = Chain::start_from(&block).map_err(|_| fault("its block shows no state"))?;
        let state = chain.state();
        let epoch_key = state.open_epoch_key(user_id, &key);
        let epoch_key = epoch_key.map_err(|_| fault("its key does not open its block"))?;
        let progress = progress_of(saved.verification)?;
        let cryptor = Cryptor::new(user_id, Arc::clone(&key), removal_grace);
        let verification = Verification::resume(user_id, state, &key, progress, rng);
        cryptor.add_epoch(now, epoch(verification.counts(), epoch_key));
        cryptor.resume(&channels(saved.counters)?.into_iter().collect(), RESERVE);
        cryptor.restore_replay_floors(&floors_of(saved.floors)?);
        Ok(Self {
            verification,
            user_id,
            key,
            block: saved.block.into(),
            chain,
            cryptor: Arc::new(cryptor),
            ended: None,
        })
    }

    /// Whether the newest block cannot be verified, because a restart has lost our nonce.
    pub(crate) fn has_lost_nonce(&self) -> bool {
        self.verification.has_lost_nonce()
    }
}

fn saved_verification(verification: &Verification) -> SavedVerification {
    let progress = verification.progress();
    let values = |values: Vec<(UserId, [u8; 32])>| {
        let values = values.into_iter();
        values.map(|(user, value)| (user.value(), value)).collect()
    };
    let early = progress.early.iter();
    SavedVerification {
        commits: values(progress.commits),
        reveals: values(progress.reveals),
        nonce: progress
            .nonce
            .map(|nonce| Zeroizing::new(*nonce.dangerous_bytes())),
        early: early.map(Broadcast::to_bytes).collect(),
    }
}

fn progress_of(saved: SavedVerification) -> Result<Progress, RestoreError> {
    let what = "a broadcast cannot be read";
    let values = |values: Vec<(i64, [u8; 32])>| {
        let values = values.into_iter();
        values
            .map(|(user, value)| (UserId::new(user), value))
            .collect()
    };
    let early = saved.early.iter().map(|bytes| Broadcast::parse(bytes));
    Ok(Progress {
        commits: values(saved.commits),
        reveals: values(saved.reveals),
        nonce: saved.nonce.map(|nonce| Nonce::from_bytes(*nonce)),
        early: early
            .collect::<Result<_, _>>()
            .map_err(|_| RestoreError::Content { what })?,
    })
}

fn numbers(channels: impl Iterator<Item = (ChannelId, u32)>) -> SavedSeqnos {
    // A channel is below 1024.
    let number = |channel: ChannelId| u16::try_from(channel.value()).unwrap_or_default();
    channels.map(|(id, seqno)| (number(id), seqno)).collect()
}

fn channels(numbers: SavedSeqnos) -> Result<Vec<(ChannelId, u32)>, RestoreError> {
    let what = "there is no such channel";
    let channels = numbers.into_iter().map(|(number, seqno)| {
        let channel = ChannelId::new(number.into()).map_err(|_| RestoreError::Content { what })?;
        Ok((channel, seqno))
    });
    channels.collect()
}

fn floors_of(saved: Vec<([u8; 32], SavedSeqnos)>) -> Result<Vec<ReplayFloor>, RestoreError> {
    let floors = saved.into_iter().map(|(sender, newest)| {
        Ok(ReplayFloor {
            sender: PublicKey::from_bytes(sender),
            newest: channels(newest)?,
        })
    });
    floors.collect()
}

#[cfg(test)]
mod tests {
    use chacha20::ChaCha20Rng;
    use confcall_state::{JoinBlock, Joiner};
    use proptest::prelude::*;
    use rand_core::SeedableRng as _;

    use super::*;
    use crate::engine::checkpoint::Content;

    fn content() -> Vec<u8> {
        let mut rng = ChaCha20Rng::from_seed([4; 32]);
        let user_id = UserId::new(1);
        let join = JoinBlock::first(Joiner::new(user_id), &mut rng).unwrap();
        let block = join.block().clone();
        let (now, key, removal_grace) = (
            Moment::default(),
            join.into_private_key(),
            RemovalGrace::WithGrace,
        );
        let member = Membership::start(now, user_id, key, &block, removal_grace, &mut rng).unwrap();
        let content = Content {
            membership: member.to_saved(),
            call: (1, 2),
            link: None,
            invite_link: None,
            payload: String::new(),
            past_sources: Vec::new(),
            next_block: 1,
            next_broadcast: 0,
        };
        content.to_bytes().unwrap().to_vec()
    }

    fn resumed(content: &[u8]) -> Result<Membership, RestoreError> {
        let content = Content::from_bytes(content)?;
        let mut rng = ChaCha20Rng::from_seed([5; 32]);
        Membership::resume(
            Moment::default(),
            content.membership,
            RemovalGrace::WithGrace,
            &mut rng,
        )
    }

    #[test]
    fn a_content_that_is_cut_or_continued_is_an_error() {
        let content = content();
        assert!(resumed(&content).is_ok());
        for length in 0..content.len() {
            assert!(resumed(&content[..length]).is_err());
        }
        assert!(resumed(&[&*content, &[0]].concat()).is_err());
    }

    proptest! {
        #[test]
        fn no_content_makes_it_panic(at: prop::sample::Index, byte: u8, garbage: Vec<u8>) {
            let mut changed = content();
            *at.get_mut(&mut changed) = byte;
            let _ = resumed(&changed);
            let _ = resumed(&garbage);
        }
    }
}
