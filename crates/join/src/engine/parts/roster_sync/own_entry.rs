use crate::api::{GetGroupParticipants, GroupCallParticipant, Peer};
use crate::engine::context::Context;
use crate::engine::identity::Identity;
use crate::engine::purpose::Purpose;
use crate::engine::requests::Ticket;

/// Our own entry, which the pages that are read of a large roster may leave out: what an admin did to us is in it.
#[derive(Clone, Debug)]
pub(super) struct OwnEntry {
    us: Peer,
    /// The newest that the server has shown, until it is taken.
    newest: Option<GroupCallParticipant>,
    /// True while the server may have another one than we know.
    is_due: bool,
    /// The request for it.
    asked: Option<Ticket>,
}

impl OwnEntry {
    pub(super) fn of(us: Peer) -> Self {
        Self {
            us,
            newest: None,
            is_due: true,
            asked: None,
        }
    }

    /// Keeps the entry, if it is among these. One in part is not marked as ours.
    pub(super) fn note(&mut self, participants: &[GroupCallParticipant]) {
        let ours = || participants.iter().rev().filter(|one| one.peer == self.us);
        self.is_due &= ours().next().is_none();
        if let Some(own) = ours().find(|one| !one.left) {
            self.newest = Some(own.clone());
        }
    }

    /// The time at which the entry says that we joined, while it was not taken.
    pub(super) fn date(&self) -> Option<i32> {
        let own = self.newest.as_ref()?;
        Some(own.date).filter(|date| *date > 0)
    }

    pub(super) fn take(&mut self) -> Option<GroupCallParticipant> {
        self.newest.take()
    }

    /// Notes that changes were missed, of which some may have been about us.
    pub(super) fn may_have_changed(&mut self) {
        self.is_due = true;
    }

    /// Asks for the entry, unless the pages that were read have shown it.
    pub(super) fn ask(&mut self, ctx: &mut Context, us: Identity, was_read: bool) {
        self.is_due &= !was_read;
        if self.is_due {
            let by_source = GetGroupParticipants::by_sources(us.call.into(), vec![us.source]);
            self.asked = Some(ctx.send(Purpose::Roster, by_source));
        }
    }

    /// True if this is the request for the entry, which is answered by now.
    pub(super) fn is_answered(&mut self, ticket: Ticket) -> bool {
        self.asked.take_if(|sent| *sent == ticket).is_some()
    }

    /// True once if the entry was not shown since it was asked for: what is pushed meanwhile is newer.
    pub(super) fn take_due(&mut self) -> bool {
        core::mem::take(&mut self.is_due)
    }
}
