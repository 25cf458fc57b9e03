use confcall_join::api::{DeleteConferenceCallParticipants, Removal, Updates};
use confcall_state::chain::{StagedBlock, check_removal};
use confcall_state::{Block, ChainError, UserId};

use crate::admission::{check_usable, read_block};
use crate::call::Call;
use crate::member::{Member, News};
use crate::options::Limits;
use crate::refusal::Refusal;
use crate::server::Server;

/// A removal that was found to be in order, and what it makes of the chain.
#[derive(Debug)]
#[must_use = "nobody is removed until the removal is carried out"]
pub(crate) struct CheckedRemoval {
    block: Block,
    staged: StagedBlock,
}

impl Server {
    /// Removes participants by a block of a member (`spec/protocol.md`, 8).
    ///
    /// Those who were connected are told, and are members no more.
    pub(crate) fn remove(
        &mut self,
        from: UserId,
        request: &DeleteConferenceCallParticipants,
    ) -> Result<Updates, Refusal> {
        let limits = self.options.limits;
        let (_, remover) = self.find_joined(from, &request.call)?;
        let remover = remover.clone();
        self.check_space(request.block.len())?;
        let call = self.find_mut(from, &request.call)?;
        let checked = call.check_removal(&remover, request, &limits)?;
        let gone = call.remove(checked, request)?;
        let (id, answer) = (call.id(), call.block_news(from, &gone, News::Left));
        let farewells = gone.iter().filter_map(|one| {
            let user_id = one.user_id();
            let update = call.roster_news(user_id, &gone, News::Left)?;
            Some((user_id, update))
        });
        for (user_id, update) in farewells.collect::<Vec<_>>() {
            self.tell(user_id, update);
        }
        self.tell_others(id, from, |call, viewer| {
            call.block_news(viewer, &gone, News::Left)
        });
        Ok(Updates(answer))
    }
}

impl Call {
    /// Checks everything about a removal, and changes nothing.
    ///
    /// Only a block on the newest one is judged for itself, as for a join.
    fn check_removal(
        &self,
        remover: &Member,
        request: &DeleteConferenceCallParticipants,
        limits: &Limits,
    ) -> Result<CheckedRemoval, Refusal> {
        self.check_length(limits)?;
        let block = read_block(&request.block, limits)?;
        let staged = self.ledger.stage(&block)?;
        if block.fields().signature_public_key != Some(remover.public_key()) {
            return Err(Refusal::NotTheRemover);
        }
        let connected = |user: &&UserId| self.member(**user).is_some();
        match (request.removal, request.ids.iter().find(connected)) {
            (Removal::OnlyLeft, Some(user)) => return Err(Refusal::NotLeft(*user)),
            (Removal::OnlyLeft, None) | (Removal::Kick, _) => {}
        }
        check_removal(self.chain_state(), &block, staged.state(), &request.ids)?;
        check_usable(staged.state().shared_key())?;
        Ok(CheckedRemoval { block, staged })
    }

    /// Carries out a removal that was checked on this very state of the call, and gives who was connected.
    fn remove(
        &mut self,
        checked: CheckedRemoval,
        request: &DeleteConferenceCallParticipants,
    ) -> Result<Vec<Member>, ChainError> {
        self.append(&checked.block, checked.staged)?;
        if request.removal == Removal::Kick {
            self.kicked.extend(&request.ids);
        }
        Ok(self.roster.remove(&request.ids))
    }
}
