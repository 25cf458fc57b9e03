//! Invitations to conferences: the calls that ring, those that we invited others to, and how each goes on.
//!
//! ```text
//!              ┌── declined, or nobody came ──▶ missed
//! pending ─────┼── somebody joined ───────────▶ answered, here or on another device ──▶ over
//!              └── deleted
//! ```
//!
//! The server keeps the state in the message that invites, and edits it. A call rings once, however many messages invite to
//! it, and until none of them is pending. Implements `spec/protocol.md`, 12.

use core::fmt;
use std::collections::BTreeMap;
use std::sync::Arc;

use confcall_state::UserId;
use serde::{Serialize, Serializer};

use crate::api::{CallId, Invitation, InvitationState, MessageId, Peer, Update};
use crate::labels::{Label, Labels};
use crate::limits;
use crate::shown;

/// The time for which an invitation rings if the server's configuration names none, in seconds.
const RING_SECONDS: i64 = 45;

/// The invitations that one user got and sent.
///
/// A value without a clock: hand in what the server pushes, and the time in seconds since 1970.
///
/// # Example
///
/// ```
/// use confcall_join::api::{CallId, Invitation, InvitationState, MessageId, Update};
/// use confcall_join::joining::{InvitationChange, Invitations};
/// use confcall_join::labels::Labels;
/// use confcall_state::UserId;
///
/// let [alice, bob] = [1, 2].map(UserId::new);
/// let mut invitations = Invitations::new(bob);
/// let now = 1_800_000_000;
/// let update = Update::Invitation(Invitation {
///     message: MessageId::new(7),
///     call_id: CallId::new(1),
///     from: alice,
///     to: bob,
///     video: false,
///     date: now,
///     state: InvitationState::Pending,
/// });
/// let events = invitations.handle_update(&update, &Labels::new(), now.into());
/// assert_eq!(events[0].change, InvitationChange::Ringing);
/// // To decline the call, decline all of these.
/// assert_eq!(invitations.pending(CallId::new(1)), [MessageId::new(7)]);
/// ```
#[derive(Clone, Debug)]
pub struct Invitations {
    us: UserId,
    ring_seconds: i64,
    known: BTreeMap<MessageId, Known>,
    /// The calls that ring, and the end of that.
    ringing: BTreeMap<CallId, i64>,
    /// The call that we are in.
    entered: Option<CallId>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    invitation: Invitation,
    /// True if it is one of those for which the call rings.
    rings: bool,
}

/// A change of an invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct InvitationEvent {
    /// The change.
    pub change: InvitationChange,
    /// The call.
    #[serde(serialize_with = "shown::form")]
    pub call: CallId,
    /// The message, by which the invited user joins.
    pub message: MessageId,
    /// The one who invites.
    #[serde(serialize_with = "shown::form")]
    pub from: UserId,
    /// The one who is invited.
    #[serde(serialize_with = "shown::form")]
    pub to: UserId,
    /// The label of the other user of the two, if the server has shown one.
    #[serde(serialize_with = "label")]
    pub label: Option<Arc<Label>>,
    /// True if the invitation is shown as one to a video call.
    pub video: bool,
}

/// The thing that happened to an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InvitationChange {
    /// We invited the other user, for whom it rings.
    Created,
    /// The other user invites us, and the call begins to ring.
    Ringing,
    /// It was answered: by the other user, or by us, here or on another device.
    Answered,
    /// It was declined, or not answered in time.
    Missed,
    /// The call is over.
    Over,
    /// The message was deleted.
    Deleted,
}

impl fmt::Display for InvitationEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, .. } = self;
        write!(f, "the invitation of user {to} by user {from} ")?;
        f.write_str(match self.change {
            InvitationChange::Created => "was sent",
            InvitationChange::Ringing => "rings",
            InvitationChange::Answered => "was answered",
            InvitationChange::Missed => "was missed or declined",
            InvitationChange::Over => "is over with its call",
            InvitationChange::Deleted => "was deleted",
        })
    }
}

fn label<S: Serializer>(label: &Option<Arc<Label>>, to: S) -> Result<S::Ok, S::Error> {
    label.as_deref().serialize(to)
}

impl Invitations {
    /// Those of the user `us`.
    pub fn new(us: UserId) -> Self {
        Self {
            us,
            ring_seconds: RING_SECONDS,
            known: BTreeMap::new(),
            ringing: BTreeMap::new(),
            entered: None,
        }
    }

    /// Sets the time for which invitations ring, `call_ring_timeout_ms` of the server's configuration.
    pub fn set_ring_timeout_ms(&mut self, timeout: u32) {
        self.ring_seconds = i64::from(timeout.div_ceil(1000));
    }

    /// The calls that ring.
    pub fn ringing(&self) -> impl Iterator<Item = CallId> {
        self.ringing.keys().copied()
    }

    /// The messages that invite us to a call and are pending, the oldest first: to decline the call, decline all of them.
    pub fn pending(&self, call: CallId) -> Vec<MessageId> {
        let pending = self
            .known
            .values()
            .filter(|one| one.is_pending_for(self.us));
        let pending = pending.filter(|one| one.invitation.call_id == call);
        pending.map(|one| one.invitation.message).collect()
    }

    /// The time at which [`handle_time`](Self::handle_time) is due, in seconds since 1970.
    pub fn next_timeout(&self) -> Option<i64> {
        self.ringing.values().min().copied()
    }

    /// Takes in an update; one that is about something else changes nothing.
    pub fn handle_update(
        &mut self,
        update: &Update,
        labels: &Labels,
        now: i64,
    ) -> Vec<InvitationEvent> {
        let events = match update {
            Update::Invitation(invitation) => self.see(*invitation, now),
            Update::Deleted(messages) => messages
                .iter()
                .flat_map(|message| self.delete(*message))
                .collect(),
            _ => Vec::new(),
        };
        self.named(events, labels)
    }

    /// Ends what has rung for long enough.
    pub fn handle_time(&mut self, labels: &Labels, now: i64) -> Vec<InvitationEvent> {
        let late = self.ringing.iter().filter(|(_, until)| **until <= now);
        let late: Vec<_> = late.map(|(call, _)| *call).collect();
        let events = late.into_iter().filter_map(|call| self.silence(call));
        let events = events.map(|one| (one, InvitationChange::Missed)).collect();
        self.named(events, labels)
    }

    /// Notes that we are in a call, or in none any more: to that call nothing rings.
    pub fn handle_entered(
        &mut self,
        call: Option<CallId>,
        labels: &Labels,
    ) -> Vec<InvitationEvent> {
        self.entered = call;
        let answered = call.and_then(|call| self.silence(call));
        let events = answered.map(|one| (one, InvitationChange::Answered));
        self.named(events.into_iter().collect(), labels)
    }

    fn named(
        &self,
        events: Vec<(Invitation, InvitationChange)>,
        labels: &Labels,
    ) -> Vec<InvitationEvent> {
        let named = |(one, change): (Invitation, _)| {
            let other = if one.from == self.us {
                one.to
            } else {
                one.from
            };
            InvitationEvent {
                change,
                call: one.call_id,
                message: one.message,
                from: one.from,
                to: one.to,
                label: labels.of(Peer::User(other)).cloned(),
                video: one.video,
            }
        };
        events.into_iter().map(named).collect()
    }

    fn see(&mut self, invitation: Invitation, now: i64) -> Vec<(Invitation, InvitationChange)> {
        let is_own = invitation.from == self.us;
        // A message that is neither to nor from us is of another chat, and one to ourselves is no invitation.
        if is_own == (invitation.to == self.us) {
            return Vec::new();
        }
        let known = Known {
            invitation,
            rings: false,
        };
        let before = self.known.insert(invitation.message, known);
        let mut events = match is_own {
            true => sent(invitation, before),
            false => self.received(invitation, before, now),
        };
        // What rings no more by that is missed, so that no client rings without end.
        let missed = self.forget_oldest();
        events.extend(missed.map(|one| (one, InvitationChange::Missed)));
        events
    }

    fn received(
        &mut self,
        invitation: Invitation,
        before: Option<Known>,
        now: i64,
    ) -> Vec<(Invitation, InvitationChange)> {
        let call = invitation.call_id;
        let rang = before.is_some_and(|before| before.rings);
        if invitation.state == InvitationState::Pending {
            let until = self.rings_until(&invitation, now);
            let Some(until) = until.filter(|_| before.is_none() || rang) else {
                return Vec::new();
            };
            if let Some(known) = self.known.get_mut(&invitation.message) {
                known.rings = true;
            }
            let was_silent = !self.ringing.contains_key(&call);
            let end = self.ringing.entry(call).or_insert(until);
            *end = until.max(*end);
            let ringing = (invitation, InvitationChange::Ringing);
            return was_silent.then_some(ringing).into_iter().collect();
        }
        let change = change_to(invitation.state);
        let is_news = match change {
            InvitationChange::Over => before.is_some_and(|before| !before.is_over()),
            // One of several that is missed leaves the others.
            InvitationChange::Missed => rang && !self.still_rings(call),
            _ => rang,
        };
        if rang && is_news {
            self.silence(call);
        }
        let event = is_news.then_some((invitation, change));
        event.into_iter().collect()
    }

    /// The end of the time for which a new invitation rings; `None` for one that does not.
    fn rings_until(&self, invitation: &Invitation, now: i64) -> Option<i64> {
        // The date may be unknown, and the clocks may differ.
        let began = match i64::from(invitation.date) {
            0 => now,
            date => date.min(now),
        };
        let until = began.saturating_add(self.ring_seconds);
        (self.entered != Some(invitation.call_id) && until > now).then_some(until)
    }

    fn still_rings(&self, call: CallId) -> bool {
        let mut others = self.known.values().filter(|one| one.rings);
        others.any(|one| one.invitation.call_id == call)
    }

    /// Lets a call ring no more; gives the first invitation for which it rang.
    fn silence(&mut self, call: CallId) -> Option<Invitation> {
        self.ringing.remove(&call);
        let mut first = None;
        for one in self.known.values_mut() {
            if one.rings && one.invitation.call_id == call {
                one.rings = false;
                first.get_or_insert(one.invitation);
            }
        }
        first
    }

    fn delete(&mut self, message: MessageId) -> Option<(Invitation, InvitationChange)> {
        let (invitation, is_silent) = self.forget(message)?;
        let is_own = invitation.from == self.us;
        let is_end = match is_own {
            true => invitation.state == InvitationState::Pending,
            false => is_silent,
        };
        is_end.then_some((invitation, InvitationChange::Deleted))
    }

    /// Takes an invitation out; gives it, and whether its call rings no more by that.
    fn forget(&mut self, message: MessageId) -> Option<(Invitation, bool)> {
        let Known { invitation, rings } = self.known.remove(&message)?;
        let call = invitation.call_id;
        let is_silent = rings && !self.still_rings(call);
        if is_silent {
            self.ringing.remove(&call);
        }
        Some((invitation, is_silent))
    }

    /// Forgets the oldest invitation where there are too many, rather one that does not ring; gives it if its call rings no more
    /// by that.
    fn forget_oldest(&mut self) -> Option<Invitation> {
        if self.known.len() <= limits::INVITATIONS {
            return None;
        }
        let silent = self.known.iter().find(|(_, one)| !one.rings);
        let (&oldest, _) = silent.or(self.known.iter().next())?;
        let (invitation, is_silent) = self.forget(oldest)?;
        is_silent.then_some(invitation)
    }
}

impl Known {
    fn is_over(&self) -> bool {
        matches!(self.invitation.state, InvitationState::Over { .. })
    }

    fn is_pending_for(&self, us: UserId) -> bool {
        self.invitation.to == us && self.invitation.state == InvitationState::Pending
    }
}

/// The change of an invitation that we sent.
fn sent(invitation: Invitation, before: Option<Known>) -> Vec<(Invitation, InvitationChange)> {
    let was = before.map(|before| before.invitation.state);
    if was == Some(invitation.state) {
        return Vec::new();
    }
    let change = match (was, invitation.state) {
        (None, InvitationState::Pending) => Some(InvitationChange::Created),
        // It never goes back.
        (Some(_), InvitationState::Pending) => None,
        (_, state) => Some(change_to(state)),
    };
    change
        .map(|change| (invitation, change))
        .into_iter()
        .collect()
}

/// The change to a state that is not pending.
fn change_to(state: InvitationState) -> InvitationChange {
    match state {
        InvitationState::Pending => InvitationChange::Ringing,
        InvitationState::Active => InvitationChange::Answered,
        InvitationState::Missed => InvitationChange::Missed,
        InvitationState::Over { .. } => InvitationChange::Over,
    }
}

#[cfg(test)]
mod tests {
    use super::InvitationChange::{Answered, Created, Deleted, Missed, Over, Ringing};
    use super::InvitationState::{Active, Missed as MissedState, Pending};
    use super::*;

    const US: UserId = UserId::new(1);
    const ALICE: UserId = UserId::new(2);
    const BOB: UserId = UserId::new(3);
    const CALL: CallId = CallId::new(7);
    const NOW: i64 = 1_800_000_000;

    fn invitation(message: i32, from: UserId, state: InvitationState) -> Invitation {
        Invitation {
            message: MessageId::new(message),
            call_id: CALL,
            from,
            to: if from == US { ALICE } else { US },
            video: false,
            date: i32::try_from(NOW).unwrap(),
            state,
        }
    }

    fn changes(events: Vec<InvitationEvent>) -> Vec<InvitationChange> {
        events.into_iter().map(|event| event.change).collect()
    }

    fn show(invitations: &mut Invitations, invitation: Invitation) -> Vec<InvitationChange> {
        let update = Update::Invitation(invitation);
        changes(invitations.handle_update(&update, &Labels::new(), NOW))
    }

    fn delete(invitations: &mut Invitations, message: i32) -> Vec<InvitationChange> {
        let update = Update::Deleted(vec![MessageId::new(message)]);
        changes(invitations.handle_update(&update, &Labels::new(), NOW))
    }

    #[test]
    fn a_call_rings_once_and_until_it_is_answered_here_or_elsewhere() {
        let mut invitations = Invitations::new(US);
        let (first, second) = (invitation(1, ALICE, Pending), invitation(2, BOB, Pending));
        assert_eq!(show(&mut invitations, first), [Ringing]);
        assert_eq!(show(&mut invitations, first), []);
        assert_eq!(show(&mut invitations, second), []);
        let both = [1, 2].map(MessageId::new);
        assert_eq!(invitations.pending(CALL), both);
        assert_eq!(
            show(&mut invitations, invitation(2, BOB, Active)),
            [Answered]
        );
        assert_eq!(invitations.ringing().count(), 0);
        // An edit that comes later does not make it ring again.
        assert_eq!(show(&mut invitations, first), []);
        assert_eq!(invitations.ringing().count(), 0);
    }

    #[test]
    fn a_call_rings_until_the_last_invitation_to_it_is_missed_or_deleted() {
        let mut invitations = Invitations::new(US);
        show(&mut invitations, invitation(1, ALICE, Pending));
        show(&mut invitations, invitation(2, BOB, Pending));
        show(&mut invitations, invitation(3, BOB, Pending));
        let missed = |message, from| invitation(message, from, MissedState);
        assert_eq!(show(&mut invitations, missed(1, ALICE)), []);
        assert_eq!(delete(&mut invitations, 2), []);
        assert_eq!(invitations.ringing().count(), 1);
        assert_eq!(show(&mut invitations, missed(3, BOB)), [Missed]);
        assert_eq!(invitations.next_timeout(), None);
        show(&mut invitations, invitation(4, BOB, Pending));
        assert_eq!(delete(&mut invitations, 4), [Deleted]);
        assert_eq!(delete(&mut invitations, 4), []);
    }

    #[test]
    fn an_invitation_that_is_old_or_not_new_or_to_the_call_that_we_are_in_does_not_ring() {
        let mut invitations = Invitations::new(US);
        let old = Invitation {
            date: i32::try_from(NOW - RING_SECONDS).unwrap(),
            ..invitation(1, ALICE, Pending)
        };
        assert_eq!(show(&mut invitations, old), []);
        assert_eq!(show(&mut invitations, invitation(2, ALICE, Active)), []);
        assert_eq!(show(&mut invitations, invitation(2, ALICE, Pending)), []);
        invitations.handle_entered(Some(CALL), &Labels::new());
        assert_eq!(show(&mut invitations, invitation(3, ALICE, Pending)), []);
        let to_another = Invitation {
            to: BOB,
            ..invitation(4, ALICE, Pending)
        };
        assert_eq!(show(&mut invitations, to_another), []);
        assert_eq!(invitations.known.len(), 3);
    }

    #[test]
    fn ringing_ends_with_its_time_and_by_entering_the_call() {
        let mut invitations = Invitations::new(US);
        invitations.set_ring_timeout_ms(9_500);
        show(&mut invitations, invitation(1, ALICE, Pending));
        assert_eq!(invitations.next_timeout(), Some(NOW + 10));
        assert_eq!(invitations.handle_time(&Labels::new(), NOW + 9), []);
        let late = invitations.handle_time(&Labels::new(), NOW + 10);
        assert_eq!(changes(late), [Missed]);
        // What was said by then is not said again.
        assert_eq!(
            show(&mut invitations, invitation(1, ALICE, MissedState)),
            []
        );
        show(&mut invitations, invitation(2, ALICE, Pending));
        let entered = invitations.handle_entered(Some(CALL), &Labels::new());
        assert_eq!(changes(entered), [Answered]);
        assert_eq!(show(&mut invitations, invitation(2, ALICE, Active)), []);
        let over = InvitationState::Over { duration: 9 };
        for expected in [vec![Over], vec![]] {
            assert_eq!(show(&mut invitations, invitation(2, ALICE, over)), expected);
        }
    }

    #[test]
    fn an_invitation_that_we_sent_is_followed_to_its_end() {
        let mut invitations = Invitations::new(US);
        let over = InvitationState::Over { duration: 9 };
        for (state, expected) in [
            (Pending, vec![Created]),
            (Pending, vec![]),
            (Active, vec![Answered]),
            (Pending, vec![]),
            (over, vec![Over]),
        ] {
            assert_eq!(show(&mut invitations, invitation(1, US, state)), expected);
        }
        assert_eq!(invitations.ringing().count(), 0);
        assert_eq!(delete(&mut invitations, 1), []);
        // Of one that was sent before a restart only the end is seen.
        assert_eq!(
            show(&mut invitations, invitation(2, US, MissedState)),
            [Missed]
        );
    }

    #[test]
    fn there_are_so_many_invitations_and_those_that_ring_stay() {
        let mut invitations = Invitations::new(US);
        show(&mut invitations, invitation(0, ALICE, Pending));
        let last = i32::try_from(limits::INVITATIONS).unwrap() + 9;
        for message in 1..=last {
            show(&mut invitations, invitation(message, ALICE, MissedState));
        }
        assert_eq!(invitations.known.len(), limits::INVITATIONS);
        assert_eq!(invitations.pending(CALL), [MessageId::new(0)]);
        assert_eq!(invitations.ringing().count(), 1);
    }
}
