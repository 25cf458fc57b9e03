use confcall_join::api::{
    DeclineConferenceCallInvite, InputUser, Invitation, InviteConferenceCallParticipant, Update,
    Updates,
};
use confcall_state::UserId;

use crate::call::Call;
use crate::refusal::Refusal;
use crate::server::Server;

impl Server {
    /// Invites a user on behalf of a member (`spec/protocol.md`, 12).
    ///
    /// An invitation by the creator lets somebody back in who was kicked.
    pub(crate) fn invite_by(
        &mut self,
        from: UserId,
        request: &InviteConferenceCallParticipant,
    ) -> Result<Updates, Refusal> {
        let (call, _) = self.find_joined(from, &request.call)?;
        let to = match request.user {
            InputUser::Empty => return Err(Refusal::NobodyToInvite),
            InputUser::SelfUser => from,
            InputUser::User { id, .. } => id,
        };
        call.check_invitation(from, to)?;
        let call_id = call.id();
        let message = self.invite(call_id, to)?;
        if let Some(call) = self.calls.get_mut(&call_id) {
            call.kicked.remove(&to);
        }
        let invitation = Update::Invitation(Invitation {
            message,
            call_id,
            from,
            to,
            video: request.video,
        });
        self.tell(to, invitation.clone());
        Ok(Updates(vec![invitation]))
    }

    /// Takes an invitation back that its user declines; nobody is told.
    pub(crate) fn decline(
        &mut self,
        from: UserId,
        request: &DeclineConferenceCallInvite,
    ) -> Result<Updates, Refusal> {
        let declined = self.invitations.take(from, request.message);
        declined.ok_or(Refusal::NotAnInvitation(request.message))?;
        Ok(Updates::default())
    }
}

impl Call {
    fn check_invitation(&self, from: UserId, to: UserId) -> Result<(), Refusal> {
        if self.member(to).is_some() {
            return Err(Refusal::AlreadyMember(to));
        }
        if self.kicked.contains(&to) && self.creator != Some(from) {
            return Err(Refusal::InvitedKicked(to));
        }
        Ok(())
    }
}
