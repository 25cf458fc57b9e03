//! The last look at a join block before it is sent.
//!
//! The server and every member would check the same, but only after the block has cost an attempt, and a
//! block that enters the chain without a key for us can no longer be taken back. What is checked is what would
//! be sent: the bytes and the key that is announced with them.

use confcall_state::chain::{SelfAddFault, check_self_add};
use confcall_state::keys::PublicKey;
use confcall_state::tl::ReadError;
use confcall_state::{Block, Chain, ChainError, EpochKeyError, JoinBlock, PrivateKey, UserId};
use thiserror::Error;

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
    NoKey(#[from] EpochKeyError),
}

/// A join block that was looked at and may be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedJoin {
    public_key: PublicKey,
    block: Block,
}

impl CheckedJoin {
    /// Checks that a block adds exactly us to the call at `tip`, or starts the call if there is no tip.
    ///
    /// # Errors
    ///
    /// The first rule that the block breaks.
    pub fn new(tip: Option<&Block>, join: &JoinBlock) -> Result<Self, PresendError> {
        Self::of_bytes(
            tip,
            join.block().bytes(),
            join.user_id(),
            join.private_key(),
        )
    }

    /// Checks the very bytes that would be sent, however they were built.
    ///
    /// # Errors
    ///
    /// The first rule that the block breaks.
    pub fn of_bytes(
        tip: Option<&Block>,
        bytes: &[u8],
        user_id: UserId,
        key: &PrivateKey,
    ) -> Result<Self, PresendError> {
        let announced = key.public_key();
        // Read again from the bytes: what is checked is what is sent, not what was meant.
        let block = Block::parse(bytes)?;
        if block.fields().signature_public_key != Some(announced) {
            return Err(PresendError::SignedByAnother { announced });
        }
        // Without a tip it must be block 0 of an empty chain.
        let chain = tip.map_or_else(|| Ok(Chain::client()), Chain::start_from)?;
        let staged = chain.stage(&block)?;
        let (before, after) = (chain.state(), staged.state());
        check_self_add(before, &block, after, user_id, announced)?;
        // The one thing that cannot be mended once the block is in the chain.
        after.open_epoch_key(user_id, key)?;
        Ok(Self {
            public_key: announced,
            block,
        })
    }

    /// The block of a trace, whose key is not here to check it with; `None` for bytes that are no signed block.
    pub(crate) fn of_trace(block: &[u8]) -> Option<Self> {
        let block = Block::parse(block).ok()?;
        let public_key = block.fields().signature_public_key?;
        Some(Self { public_key, block })
    }

    /// The key that is announced with the block.
    pub fn public_key(&self) -> PublicKey {
        self.public_key
    }

    /// The block.
    pub fn block(&self) -> &Block {
        &self.block
    }

    /// The key to announce, and the bytes of the block.
    pub fn into_parts(self) -> (PublicKey, Vec<u8>) {
        (self.public_key, self.block.bytes().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use chacha20::ChaCha20Rng;
    use confcall_state::chain::MemberChangeFault;
    use confcall_state::wire::{BlockFields, Change, GroupState, Permissions};
    use confcall_state::{Joiner, KvHash};
    use rand_core::SeedableRng as _;

    use super::*;

    const ALICE: UserId = UserId::new(1);
    const BOB: UserId = UserId::new(2);

    /// Block 0 of Alice's call, and Bob's block on it.
    fn call() -> (JoinBlock, JoinBlock) {
        let mut rng = ChaCha20Rng::from_seed([5; 32]);
        let alice = JoinBlock::first(Joiner::new(ALICE), &mut rng).unwrap();
        let bob = JoinBlock::add_self(alice.block(), Joiner::new(BOB), &mut rng).unwrap();
        (alice, bob)
    }

    /// The verdict of the check on Bob's block after a change that Bob signs.
    fn forged(change: impl FnOnce(&mut BlockFields)) -> Result<CheckedJoin, PresendError> {
        let (alice, bob) = call();
        let mut fields = bob.block().fields().clone();
        change(&mut fields);
        let block = fields.sign(bob.private_key());
        CheckedJoin::of_bytes(Some(alice.block()), block.bytes(), BOB, bob.private_key())
    }

    fn with_group(fields: &mut BlockFields, change: impl FnOnce(&mut GroupState)) {
        let Some(Change::SetGroupState(group_state)) = fields.changes.first_mut() else {
            panic!("a join block sets the group state first");
        };
        let mut changed = GroupState::clone(group_state);
        change(&mut changed);
        *group_state = changed.into();
    }

    #[test]
    fn a_block_that_adds_exactly_us_may_be_sent() {
        let (alice, bob) = call();
        assert!(CheckedJoin::new(None, &alice).is_ok());
        let checked = CheckedJoin::new(Some(alice.block()), &bob).unwrap();
        assert_eq!(
            checked.into_parts(),
            (bob.public_key(), bob.block().bytes().to_vec())
        );
    }

    #[test]
    fn a_block_on_another_tip_is_not_sent() {
        let (alice, bob) = call();
        assert!(matches!(
            CheckedJoin::new(Some(bob.block()), &bob),
            Err(PresendError::Chain(ChainError::Height { .. }))
        ));
        assert!(matches!(
            CheckedJoin::new(Some(alice.block()), &alice),
            Err(PresendError::Chain(ChainError::Height { .. }))
        ));
    }

    #[test]
    fn a_block_that_another_key_signed_is_not_sent() {
        let (alice, bob) = call();
        let bytes = bob.block().bytes();
        let announced = alice.public_key();
        assert_eq!(
            CheckedJoin::of_bytes(Some(alice.block()), bytes, BOB, alice.private_key()),
            Err(PresendError::SignedByAnother { announced })
        );
    }

    #[test]
    fn a_block_that_changes_somebody_else_is_not_sent() {
        let others =
            |change: fn(&mut GroupState)| forged(|fields| with_group(fields, change)).unwrap_err();
        let version = others(|group| group.participants[0].version = 9);
        assert_eq!(version, PresendError::NotExactlyUs(SelfAddFault::Others));
        let last = others(|group| group.participants.swap(0, 1));
        assert_eq!(last, PresendError::NotExactlyUs(SelfAddFault::NotLast));
        let narrowed = others(|group| group.external_permissions = Permissions::ADD_USERS);
        assert_eq!(
            narrowed,
            PresendError::NotExactlyUs(MemberChangeFault::ExternalPermissions.into())
        );
    }

    #[test]
    fn a_block_without_a_key_for_all_or_with_a_wrong_one_is_not_sent() {
        let keyless = forged(|fields| fields.changes.truncate(1));
        assert_eq!(
            keyless,
            Err(PresendError::NotExactlyUs(
                MemberChangeFault::NoSharedKey.into()
            ))
        );
        let unopened = forged(|fields| {
            if let Some(Change::SetSharedKey(key)) = fields.changes.get_mut(1) {
                let mut wrong = confcall_state::wire::SharedKey::clone(key);
                wrong.encrypted_shared_key.reverse();
                *key = wrong.into();
            }
        });
        assert!(matches!(unopened, Err(PresendError::NoKey(_))));
    }

    #[test]
    fn a_block_that_changes_the_trie_is_not_sent() {
        let zero = forged(|fields| fields.state_proof.kv_hash = KvHash::from_bytes([0; 32]));
        assert_eq!(
            zero,
            Err(PresendError::NotExactlyUs(MemberChangeFault::KvHash.into()))
        );
    }

    #[test]
    fn bytes_that_are_no_block_are_not_sent() {
        let (alice, bob) = call();
        let server_form = bob.block().to_server();
        assert!(matches!(
            CheckedJoin::of_bytes(Some(alice.block()), &server_form, BOB, bob.private_key()),
            Err(PresendError::Unreadable(_))
        ));
    }
}
