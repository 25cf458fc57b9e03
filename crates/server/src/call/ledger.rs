use std::collections::BTreeMap;

use confcall_state::chain::{
    Chain, ChainError, ChainState, StagedBlock, check_removal, check_self_add,
};
use confcall_state::wire::SharedKey;
use confcall_state::{Block, PrivateKey, PublicKey, UserId};

use super::items::ItemList;
use crate::error::LoadError;
use crate::options::Limits;
use crate::refusal::Refusal;

/// The chain of a call with its trie, its blocks, and every key that was ever in it.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    chain: Chain,
    blocks: ItemList,
    /// Each with the offset of the block that brought it in.
    used_keys: BTreeMap<PublicKey, i32>,
}

/// A block that was found to be in order on the newest one.
#[derive(Debug)]
#[must_use = "the chain is as it was until the block is appended"]
pub(crate) struct CheckedBlock {
    block: Block,
    staged: StagedBlock,
}

impl Ledger {
    pub(super) fn new() -> Self {
        Self {
            chain: Chain::full(),
            blocks: ItemList::default(),
            used_keys: BTreeMap::new(),
        }
    }

    /// Validates recorded blocks in server form, one after the other.
    pub(super) fn load(items: &[impl AsRef<[u8]>], limits: &Limits) -> Result<Self, LoadError> {
        let limit = limits.chain_length;
        if items.len() > limit {
            return Err(LoadError::TooLong { limit });
        }
        let mut ledger = Self::new();
        for (index, item) in items.iter().enumerate() {
            let (bytes, limit) = (item.as_ref(), limits.block_size);
            if bytes.len() > limit {
                return Err(LoadError::BlockTooLarge { index, limit });
            }
            let block = Block::from_server(bytes);
            let block = block.map_err(|error| LoadError::Block { index, error })?;
            let appended = ledger.stage(block).and_then(|block| ledger.append(block));
            appended.map_err(|error| LoadError::Chain { index, error })?;
        }
        let limit = limits.participants;
        match ledger.state().group_state().participants.len() > limit {
            true => Err(LoadError::TooManyParticipants { limit }),
            false => Ok(ledger),
        }
    }

    pub(super) fn state(&self) -> &ChainState {
        self.chain.state()
    }

    pub(super) fn blocks(&self) -> &ItemList {
        &self.blocks
    }

    /// The offset of the block that brought in a key; zero for one that was never there.
    pub(super) fn first_with(&self, key: &PublicKey) -> i32 {
        self.used_keys.get(key).copied().unwrap_or_default()
    }

    /// Checks that there is room for one more user; the entry of an earlier membership makes room for the next one.
    pub(super) fn check_room(&self, user_id: UserId, limits: &Limits) -> Result<(), Refusal> {
        let participants = &self.state().group_state().participants;
        let others = participants.iter().filter(|one| one.user_id != user_id);
        let limit = limits.participants;
        match others.count() >= limit {
            true => Err(Refusal::Full { limit }),
            false => self.check_length(limits),
        }
    }

    /// Checks a block by which a user joins under an announced key, and nothing else happens.
    pub(super) fn check_join(
        &self,
        bytes: &[u8],
        user_id: UserId,
        announced: PublicKey,
        limits: &Limits,
    ) -> Result<CheckedBlock, Refusal> {
        // Only what is in canonical form counts, so that every member computes the hash of the same bytes.
        let block = read_block(bytes, limits)?;
        let signer = block.fields().signature_public_key;
        let checked = match self.stage(block) {
            // A block that lost a race is no mistake of its writer, whatever else is wrong with it by now.
            Err(lost @ (ChainError::Height { .. } | ChainError::PreviousHash { .. })) => {
                return Err(lost.into());
            }
            _ if signer != Some(announced) => return Err(Refusal::NotTheSigner { announced }),
            checked => checked?,
        };
        // A key that returned would open what was sealed to the membership that had it before.
        if self.used_keys.contains_key(&announced) {
            return Err(Refusal::KeyUsed(announced));
        }
        let after = checked.staged.state();
        check_self_add(self.state(), &checked.block, after, user_id, announced)?;
        if any_key().shared_secret(&announced).is_err() {
            return Err(Refusal::KeyUnusable(announced));
        }
        check_usable(after.shared_key())?;
        Ok(checked)
    }

    /// Checks a block by which the participant with a key removes some users, and nothing else happens.
    pub(super) fn check_removal(
        &self,
        bytes: &[u8],
        remover: PublicKey,
        users: &[UserId],
        limits: &Limits,
    ) -> Result<CheckedBlock, Refusal> {
        self.check_length(limits)?;
        let checked = self.stage(read_block(bytes, limits)?)?;
        if checked.block.fields().signature_public_key != Some(remover) {
            return Err(Refusal::NotTheRemover);
        }
        let after = checked.staged.state();
        check_removal(self.state(), &checked.block, after, users)?;
        check_usable(after.shared_key())?;
        Ok(checked)
    }

    /// Appends a block that was checked on this very state; any other state refuses it and stays as it was.
    pub(super) fn append(&mut self, checked: CheckedBlock) -> Result<(), ChainError> {
        let state = self.chain.merge(checked.staged)?;
        // The keys of all: a recorded block 0 can bring in several.
        let participants = &state.group_state().participants;
        let offset = self.blocks.end();
        for one in participants {
            self.used_keys.entry(one.public_key).or_insert(offset);
        }
        self.blocks.push(checked.block.to_server());
        Ok(())
    }

    fn stage(&self, block: Block) -> Result<CheckedBlock, ChainError> {
        let staged = self.chain.stage(&block)?;
        Ok(CheckedBlock { block, staged })
    }

    fn check_length(&self, limits: &Limits) -> Result<(), Refusal> {
        let limit = limits.chain_length;
        match self.blocks.items().len() >= limit {
            true => Err(Refusal::ChainFull { limit }),
            false => Ok(()),
        }
    }
}

/// Chains are equal if their states and tries are.
impl PartialEq for Ledger {
    fn eq(&self, other: &Self) -> bool {
        let Self {
            chain,
            blocks,
            used_keys,
        } = self;
        let same_chain =
            chain.state() == other.chain.state() && chain.values() == other.chain.values();
        same_chain && *blocks == other.blocks && *used_keys == other.used_keys
    }
}

impl Eq for Ledger {}

fn read_block(bytes: &[u8], limits: &Limits) -> Result<Block, Refusal> {
    let (size, limit) = (bytes.len(), limits.block_size);
    if size > limit {
        return Err(Refusal::BlockTooLarge { size, limit });
    }
    Block::parse(bytes).map_err(Refusal::BlockUnreadable)
}

/// Refuses a shared key that no participant could open.
fn check_usable(shared_key: &SharedKey) -> Result<(), Refusal> {
    // The chain takes such a key, as it must; a server need not let a participant lock a call with it.
    let is_usable = any_key().shared_secret(&shared_key.ephemeral_key).is_ok()
        && shared_key.encrypted_shared_key.len() == 64
        && shared_key.headers.iter().all(|header| header.len() == 32);
    match is_usable {
        true => Ok(()),
        false => Err(Refusal::SharedKeyUnusable),
    }
}

/// A private key to try public keys with: sharing a secret fails for all private keys or for none.
fn any_key() -> PrivateKey {
    PrivateKey::from_seed(&[1; 32])
}
