use confcall_join::api::{CallId, DiscardGroupCall, GroupCall, InputGroupCall, Update, Updates};
use confcall_state::UserId;

use crate::call::Attendance;
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
        let discarded = Update::GroupCall(GroupCall::Discarded {
            id,
            access_hash,
            // A server without a clock does not know it.
            duration: 0,
        });
        self.tell_others(id, from, |_, _| [discarded.clone()]);
        self.end(id);
        Ok(Updates(vec![discarded]))
    }

    /// Ends the calls in which nobody has been since this was done before, and gives their ids.
    ///
    /// Whoever has a clock does it at intervals. A call that nobody joins, or that everybody left, then lasts for one
    /// interval at least and two at most; there is nobody in it to be told.
    pub fn discard_idle(&mut self) -> Vec<CallId> {
        let empty = self
            .calls
            .values_mut()
            .filter(|call| call.roster.is_empty());
        let idle = empty.filter_map(|call| {
            let before = core::mem::replace(&mut call.attendance, Attendance::Unattended);
            (before == Attendance::Unattended).then(|| call.id())
        });
        let idle: Vec<_> = idle.collect();
        idle.iter().for_each(|id| self.end(*id));
        idle
    }

    /// Forgets a call, but for what tells that it has ended.
    fn end(&mut self, id: CallId) {
        let Some(call) = self.calls.remove(&id) else {
            return;
        };
        self.slugs.remove(call.slug());
        self.creations.retain(|_, creation| creation.call != id);
        self.invitations.forget(id);
        self.ended.push_back((id, call.access_hash()));
        if self.ended.len() > self.options.limits.calls {
            self.ended.pop_front();
        }
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
