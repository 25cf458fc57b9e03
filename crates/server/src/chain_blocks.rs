use confcall_join::api::{GetGroupCallChainBlocks, SubChain, Updates};
use confcall_state::UserId;

use crate::call::Call;
use crate::refusal::Refusal;
use crate::server::Server;

impl Server {
    pub(crate) fn read_chain(
        &self,
        from: UserId,
        request: &GetGroupCallChainBlocks,
    ) -> Result<Updates, Refusal> {
        let call = self.find(from, &request.call).ok_or(Refusal::UnknownCall)?;
        Ok(call.chain_answer(from, request))
    }
}

impl Call {
    /// Some items of a subchain (`spec/protocol.md`, 7).
    ///
    /// Whoever is not a member gets the newest block whatever they ask for, and no broadcast.
    fn chain_answer(&self, from: UserId, request: &GetGroupCallChainBlocks) -> Updates {
        let sub_chain = request.sub_chain;
        let list = match sub_chain {
            SubChain::Blocks => self.ledger.blocks(),
            SubChain::Broadcasts => self.broadcasts.list(),
        };
        let page = match (self.member(from), sub_chain) {
            (Some(_), _) => list.page(request.offset, request.limit),
            (None, SubChain::Blocks) => list.last(),
            (None, SubChain::Broadcasts) => list.nothing(),
        };
        Updates(vec![self.chain_blocks(sub_chain, page)])
    }
}
