use std::collections::BTreeSet;

use confcall_join::api::{
    GetGroupCall, GetGroupParticipants, GroupCallInfo, GroupCallParticipant, InputPeer,
    ParticipantsPage,
};
use confcall_state::UserId;

use crate::call::Call;
use crate::limits;
use crate::member::News;
use crate::refusal::Refusal;
use crate::server::Server;

impl Server {
    /// Shows a call and the start of its roster to anybody who can name it (`spec/protocol.md`, 12).
    pub(crate) fn look_up(
        &self,
        from: UserId,
        request: &GetGroupCall,
    ) -> Result<GroupCallInfo, Refusal> {
        let call = self.find(from, &request.call).ok_or(Refusal::UnknownCall)?;
        let limit = request.limit.clamp(0, limits::PAGE_PARTICIPANTS);
        let (participants, next_offset) = call.roster_page(from, None, limit);
        Ok(GroupCallInfo {
            call: call.shown_to(from),
            participants,
            next_offset,
        })
    }

    /// Shows a page of the roster, or the participants that are asked for, to a member (`spec/protocol.md`, 8).
    pub(crate) fn read_roster(
        &self,
        from: UserId,
        request: &GetGroupParticipants,
    ) -> Result<ParticipantsPage, Refusal> {
        let (call, _) = self.find_joined(from, &request.call)?;
        let limit = request.limit.clamp(1, limits::PAGE_PARTICIPANTS);
        let (participants, next_offset) = if request.ids.is_empty() && request.sources.is_empty() {
            call.roster_page(from, read_offset(&request.offset)?, limit)
        } else {
            (call.asked_for(from, request), None)
        };
        Ok(ParticipantsPage {
            count: call.members_count(),
            participants,
            next_offset,
            version: call.roster.version(),
        })
    }
}

/// An offset is the user id after which the page starts, so that it holds while others come and go.
fn read_offset(offset: &str) -> Result<Option<UserId>, Refusal> {
    if offset.is_empty() {
        return Ok(None);
    }
    let user_id = offset.parse().map_err(|_| Refusal::Offset)?;
    Ok(Some(UserId::new(user_id)))
}

impl Call {
    /// The members after a user as `viewer` sees them, and the offset of the next page if there is one.
    fn roster_page(
        &self,
        viewer: UserId,
        after: Option<UserId>,
        limit: i32,
    ) -> (Vec<GroupCallParticipant>, Option<String>) {
        let limit = usize::try_from(limit).unwrap_or_default();
        let mut members = self.roster.members_after(after);
        let page: Vec<_> = members.by_ref().take(limit).collect();
        let last = page.last().filter(|_| members.next().is_some());
        let next_offset = last.map(|last| last.user_id().to_string());
        let shown = page.iter().map(|one| one.shown_to(viewer, News::None));
        (shown.collect(), next_offset)
    }

    /// The members that a request names by user or by source, each once.
    fn asked_for(
        &self,
        viewer: UserId,
        request: &GetGroupParticipants,
    ) -> Vec<GroupCallParticipant> {
        let users = request.ids.iter().filter_map(|peer| match peer {
            InputPeer::SelfUser => Some(viewer),
            InputPeer::User { id, .. } | InputPeer::UserFromMessage { id, .. } => Some(*id),
            _ => None,
        });
        let owners = request.sources.iter();
        let owners = owners.filter_map(|source| Some(self.roster.owner(*source)?.user_id()));
        let asked: BTreeSet<_> = users.chain(owners).collect();
        let members = self.members().filter(|one| asked.contains(&one.user_id()));
        let shown = members.map(|one| one.shown_to(viewer, News::None));
        shown.collect()
    }
}
