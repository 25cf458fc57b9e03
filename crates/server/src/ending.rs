use confcall_join::api::{DiscardGroupCall, GroupCall, InputGroupCall, Update, Updates};
use confcall_state::UserId;

use crate::refusal::Refusal;
use crate::server::Server;

impl Server {
    /// Ends a call for everybody on behalf of its creator.
    ///
    /// Nothing finds the call afterwards, and its place is free for another one.
    pub(crate) fn discard(
        &mut self,
        from: UserId,
        request: &DiscardGroupCall,
    ) -> Result<Updates, Refusal> {
        let Some(call) = self.find(from, &request.call) else {
            return Err(self.not_found(&request.call));
        };
        if call.creator != Some(from) {
            return Err(Refusal::NotTheCreator(from));
        }
        let (id, access_hash) = (call.id(), call.access_hash());
        let slug = call.slug().clone();
        let discarded = Update::GroupCall(GroupCall::Discarded {
            id,
            access_hash,
            // A server without a clock does not know it.
            duration: 0,
        });
        self.tell_others(id, from, |_, _| [discarded.clone()]);
        self.calls.remove(&id);
        self.slugs.remove(&slug);
        self.creations.retain(|_, creation| creation.call != id);
        self.invitations.forget(id);
        self.ended.push_back((id, access_hash));
        if self.ended.len() > self.options.limits.calls {
            self.ended.pop_front();
        }
        Ok(Updates(vec![discarded]))
    }

    /// Why a call that cannot be found cannot be ended.
    fn not_found(&self, reference: &InputGroupCall) -> Refusal {
        match reference {
            InputGroupCall::Id { id, access_hash } if self.ended.contains(&(*id, *access_hash)) => {
                Refusal::EndedBefore
            }
            _ => Refusal::UnknownCall,
        }
    }
}
