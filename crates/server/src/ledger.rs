use std::collections::BTreeSet;

use confcall_state::chain::{Chain, ChainError, ChainState, StagedBlock};
use confcall_state::{Block, PublicKey};

use crate::item_list::ItemList;

/// The chain of a call with its trie, its blocks, and every key that was ever in it.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    chain: Chain,
    blocks: ItemList,
    used_keys: BTreeSet<PublicKey>,
}

impl Ledger {
    pub(crate) fn new() -> Self {
        Self {
            chain: Chain::full(),
            blocks: ItemList::default(),
            used_keys: BTreeSet::new(),
        }
    }

    pub(crate) fn state(&self) -> &ChainState {
        self.chain.state()
    }

    pub(crate) fn blocks(&self) -> &ItemList {
        &self.blocks
    }

    pub(crate) fn was_used(&self, key: &PublicKey) -> bool {
        self.used_keys.contains(key)
    }

    pub(crate) fn stage(&self, block: &Block) -> Result<StagedBlock, ChainError> {
        self.chain.stage(block)
    }

    pub(crate) fn append(&mut self, block: &Block, staged: StagedBlock) -> Result<(), ChainError> {
        let state = self.chain.merge(staged)?;
        let participants = &state.group_state().participants;
        self.used_keys
            .extend(participants.iter().map(|one| one.public_key));
        self.blocks.push(block.to_server());
        Ok(())
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
