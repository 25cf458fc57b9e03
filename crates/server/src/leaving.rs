use confcall_join::Ssrc;
use confcall_join::api::{CallId, CheckGroupCall, LeaveGroupCall, Updates};
use confcall_state::UserId;

use crate::member::News;
use crate::refusal::Refusal;
use crate::server::Server;

impl Server {
    /// Disconnects a member, as the API does when a client has not been heard of for a while.
    ///
    /// The others are told that the member left. The chain keeps the participant until somebody prunes it.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownCall`] and [`Refusal::NotAMember`]
    pub fn drop_member(&mut self, call: CallId, user_id: UserId) -> Result<(), Refusal> {
        self.disconnect(call, user_id).map(drop)
    }

    /// Lets a member leave (`spec/protocol.md`, 8).
    ///
    /// The source tells the membership from an earlier one of the same user, which may end late.
    pub(crate) fn leave(
        &mut self,
        from: UserId,
        request: &LeaveGroupCall,
    ) -> Result<Updates, Refusal> {
        let call = self.find(from, &request.call).ok_or(Refusal::UnknownCall)?;
        let member = call.member(from).ok_or(Refusal::NotJoined)?;
        if member.source() != request.source {
            return Err(Refusal::NotJoined);
        }
        self.disconnect(call.id(), from)
    }

    /// Which of a member's sources are joined (`spec/protocol.md`, 10).
    pub(crate) fn check_sources(
        &self,
        from: UserId,
        request: &CheckGroupCall,
    ) -> Result<Vec<Ssrc>, Refusal> {
        let call = self.find(from, &request.call).ok_or(Refusal::UnknownCall)?;
        let member = call.member(from).ok_or(Refusal::NotJoined)?;
        let asked = request.sources.iter().copied();
        let joined = asked.filter(|source| member.sources().any(|one| one == *source));
        Ok(joined.collect())
    }

    /// Takes a member out of the roster, and tells everybody; what the leaver is told is the result.
    fn disconnect(&mut self, id: CallId, user_id: UserId) -> Result<Updates, Refusal> {
        let call = self.calls.get_mut(&id).ok_or(Refusal::UnknownCall)?;
        let gone = call.roster.remove(&[user_id]);
        let news = call.roster_news(user_id, &gone, News::Left);
        let news = news.ok_or(Refusal::NotAMember(user_id))?;
        self.tell_others(id, user_id, |call, viewer| {
            call.roster_news(viewer, &gone, News::Left)
        });
        Ok(Updates(vec![news]))
    }
}
