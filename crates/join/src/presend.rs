//! The last look at a join block before it is sent.
//!
//! The server and every member would check the same, but only after the block has cost an attempt, and a
//! block that enters the chain without a key for us can no longer be taken back. What is checked is what would
//! be sent: the bytes and the key that is announced with them.

use confcall_state::chain::{SelfAddFault, check_self_add};
use confcall_state::keys::PublicKey;
use confcall_state::tl::ReadError;
use confcall_state::{Block, Chain, ChainError, JoinBlock, OpenError};
use thiserror::Error;

use crate::api::InputGroupCall;
use crate::payload::JoinPayload;
use crate::policy::{ConferenceJoin, FirstJoin};

/// A join block must not be sent; each variant is one rule.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PresendError {
    /// The bytes are no block in canonical form.
    #[error("the join block cannot be read: {0}")]
    Unreadable(#[from] ReadError),
    /// The block is signed by another key than the one that is announced.
    #[error("the join block is signed by another key than the announced {announced}")]
    SignedByAnother {
        /// The key that is announced.
        announced: PublicKey,
    },
    /// The chain would refuse the block.
    #[error("the join block does not stand on the tip: {0}")]
    Chain(#[from] ChainError),
    /// The block does more or less than to add us and write a key for all.
    #[error("the join block does not add exactly us: {0}")]
    NotExactlyUs(#[from] SelfAddFault),
    /// The block holds no key for us.
    #[error("the join block holds no key for us: {0}")]
    NoKey(#[from] OpenError),
}

/// A join block that was looked at and may be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedJoin {
    public_key: PublicKey,
    block: Vec<u8>,
}

impl CheckedJoin {
    /// Checks that a block adds exactly us to the call at `tip`, or starts the call if there is no tip.
    ///
    /// # Errors
    ///
    /// The first rule that the block breaks.
    pub fn new(tip: Option<&Block>, join: &JoinBlock) -> Result<Self, PresendError> {
        let announced = join.public_key();
        let block = Block::parse(join.block().bytes())?;
        if block.fields().signature_public_key != Some(announced) {
            return Err(PresendError::SignedByAnother { announced });
        }
        let chain = tip.map_or_else(|| Ok(Chain::client()), Chain::start_from)?;
        let staged = chain.stage(&block)?;
        let (before, after) = (chain.state(), staged.state());
        check_self_add(before, &block, after, join.user_id(), announced)?;
        after.open_epoch_key(join.user_id(), join.private_key())?;
        Ok(Self {
            public_key: announced,
            block: join.block().bytes().to_vec(),
        })
    }

    /// The request to join a call with this block.
    pub fn into_join(self, call: InputGroupCall, media: Media) -> ConferenceJoin {
        ConferenceJoin {
            call,
            public_key: self.public_key,
            block: self.block,
            payload: media.payload,
            muted: media.muted,
            video_stopped: media.video_stopped,
        }
    }

    /// How to join a call while creating it with this block.
    pub fn into_first_join(self, media: Media) -> FirstJoin {
        FirstJoin {
            public_key: self.public_key,
            block: self.block,
            payload: media.payload,
            muted: media.muted,
            video_stopped: media.video_stopped,
        }
    }
}

/// What a joining user says of its sound and picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// The join payload.
    pub payload: JoinPayload,
    /// Whether to join with the microphone off.
    pub muted: bool,
    /// Whether to join with the camera off.
    pub video_stopped: bool,
}

#[cfg(test)]
mod tests {
    use chacha20::ChaCha20Rng;
    use confcall_state::{Newcomer, UserId};
    use rand_core::SeedableRng as _;

    use super::*;

    const ALICE: UserId = UserId::new(1);
    const BOB: UserId = UserId::new(2);

    #[test]
    fn a_block_that_adds_exactly_us_may_be_sent() {
        let mut rng = ChaCha20Rng::from_seed([5; 32]);
        let first = JoinBlock::first(Newcomer::new(ALICE), &mut rng).unwrap();
        assert!(CheckedJoin::new(None, &first).is_ok());
        let tip = first.block();
        let join = JoinBlock::add_self(tip, Newcomer::new(BOB), &mut rng).unwrap();
        let checked = CheckedJoin::new(Some(tip), &join).unwrap();
        assert_eq!(checked.public_key, join.public_key());
        assert_eq!(checked.block, join.block().bytes());
    }

    #[test]
    fn a_block_on_another_tip_is_not_sent() {
        let mut rng = ChaCha20Rng::from_seed([5; 32]);
        let first = JoinBlock::first(Newcomer::new(ALICE), &mut rng).unwrap();
        let other = JoinBlock::first(Newcomer::new(ALICE), &mut rng).unwrap();
        let join = JoinBlock::add_self(first.block(), Newcomer::new(BOB), &mut rng).unwrap();
        assert!(matches!(
            CheckedJoin::new(Some(other.block()), &join),
            Err(PresendError::Chain(ChainError::PreviousHash { .. }))
        ));
        assert!(matches!(
            CheckedJoin::new(None, &join),
            Err(PresendError::Chain(ChainError::Height { .. }))
        ));
    }
}
