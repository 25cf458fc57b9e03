use confcall_join::api::{ChainBlocks, GetGroupCallChainBlocks, InputGroupCall, SubChain, Update};
use confcall_state::chain::{ChainError, ChainState};
use confcall_state::{PublicKey, UserId};

use super::broadcasts::Broadcasts;
use super::items::{ItemList, Page};
use super::ledger::{CheckedBlock, Ledger};
use crate::error::LoadError;
use crate::options::Limits;
use crate::refusal::Refusal;

/// The two subchains of a conference: its blocks, and the broadcasts that verify the newest one.
///
/// They are all that a conference has and other calls have not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subchains {
    ledger: Ledger,
    broadcasts: Broadcasts,
}

impl Subchains {
    /// Subchains without any item.
    pub(super) fn new() -> Self {
        Self {
            ledger: Ledger::new(),
            broadcasts: Broadcasts::new(),
        }
    }

    /// Recorded subchains, whose items are in server form; so many broadcasts were dropped before those that are left.
    ///
    /// Every block is validated with the whole trie, and broadcasts must be readable.
    pub(crate) fn load(
        blocks: &[impl AsRef<[u8]>],
        dropped: usize,
        broadcasts: &[impl AsRef<[u8]>],
        limits: &Limits,
    ) -> Result<Self, LoadError> {
        let ledger = Ledger::load(blocks, limits)?;
        let broadcasts = Broadcasts::load(ledger.state(), dropped, broadcasts, limits)?;
        Ok(Self { ledger, broadcasts })
    }

    /// The blocks, and the rules by which one more is taken.
    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The state after the last block.
    pub(crate) fn state(&self) -> &ChainState {
        self.ledger.state()
    }

    pub(crate) fn items(&self, sub_chain: SubChain) -> &ItemList {
        match sub_chain {
            SubChain::Blocks => self.ledger.blocks(),
            SubChain::Broadcasts => self.broadcasts.list(),
        }
    }

    /// The number of bytes of all items.
    pub(super) fn size(&self) -> usize {
        self.ledger.blocks().size() + self.broadcasts.list().size()
    }

    /// The newest block alone or no broadcast, and the offset of what comes next.
    pub(super) fn tip(&self, sub_chain: SubChain) -> Page<'_> {
        match sub_chain {
            SubChain::Blocks => self.ledger.blocks().last(),
            SubChain::Broadcasts => self.broadcasts.list().nothing(),
        }
    }

    /// Some items for the member with a key: of the blocks none before the one that brought it in.
    pub(super) fn page(&self, key: &PublicKey, request: &GetGroupCallChainBlocks) -> Page<'_> {
        let first = match request.sub_chain {
            // A client that takes its state from an earlier block does not find itself in it.
            SubChain::Blocks => self.ledger.first_with(key),
            SubChain::Broadcasts => 0,
        };
        let items = self.items(request.sub_chain);
        items.page_since(first, request.offset, request.limit)
    }

    /// A page as the update of a call that carries it.
    pub(super) fn update(call: InputGroupCall, sub_chain: SubChain, page: Page<'_>) -> Update {
        Update::ChainBlocks(ChainBlocks {
            call,
            sub_chain,
            blocks: page.items.to_vec(),
            next_offset: page.next_offset,
        })
    }

    /// Appends a block that was checked on this very state, and starts its verification.
    pub(super) fn append(&mut self, checked: CheckedBlock) -> Result<(), ChainError> {
        self.ledger.append(checked)?;
        self.broadcasts.restart(self.ledger.state());
        Ok(())
    }

    /// Takes a user's broadcast about the newest block.
    pub(super) fn broadcast(
        &mut self,
        from: UserId,
        bytes: &[u8],
        limits: &Limits,
    ) -> Result<(), Refusal> {
        self.broadcasts.accept(from, bytes, limits)
    }

    /// Drops the broadcasts about older blocks than the newest.
    pub(super) fn compact(&mut self) {
        let height = self.ledger.state().height();
        self.broadcasts.drop_older_than(height);
    }
}
