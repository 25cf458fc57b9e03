//! The edits of participants, one at a time.
//!
//! ```text
//! edit ──▶ waiting, merged by participant ──▶ under way ──▶ its commands are answered
//! ```
//!
//! The newest wish for each field of a participant takes the place of one that was not sent yet; the commands of both are
//! answered together. Implements `spec/protocol.md`, 8.2.

use crate::api::{EditGroupCallParticipant, InputPeer, Response, Update, Updates};
use crate::engine::command::{CommandFailure, Order};
use crate::engine::context::Context;
use crate::engine::failure::Failure;
use crate::engine::identity::Identity;
use crate::engine::own_state::Switch;
use crate::engine::purpose::Purpose;
use crate::engine::requests::Ticket;
use crate::limits;

/// The edits that wait or are under way.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Edits {
    /// We ourselves, as edits name us.
    us: InputPeer,
    under_way: Option<(Ticket, Edit)>,
    waiting: Vec<Edit>,
}

/// A change of one participant, and the commands that want it.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Edit {
    participant: InputPeer,
    change: Change,
    orders: Vec<Order>,
}

/// The fields of a participant that change; the others stay as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::engine) struct Change {
    muted: Option<bool>,
    volume: Option<i32>,
    video_stopped: Option<bool>,
    video_paused: Option<bool>,
    presentation_paused: Option<bool>,
    raise_hand: Option<bool>,
}

/// An edit that came to an end.
#[derive(Debug)]
pub(in crate::engine) struct Edited {
    /// True if it was about ourselves.
    pub(in crate::engine) is_own: bool,
    /// The updates of the answer, or the failure.
    pub(in crate::engine) outcome: Result<Updates, Failure>,
}

impl Change {
    pub(in crate::engine) fn turn(switch: Switch, value: bool) -> Self {
        let (mut change, value) = (Self::default(), Some(value));
        match switch {
            Switch::Muted => change.muted = value,
            Switch::VideoStopped => change.video_stopped = value,
            Switch::VideoPaused => change.video_paused = value,
            Switch::PresentationPaused => change.presentation_paused = value,
        }
        change
    }

    pub(in crate::engine) fn volume(volume: i32) -> Self {
        Self {
            volume: Some(volume),
            ..Self::default()
        }
    }

    pub(in crate::engine) fn hand(raised: bool) -> Self {
        Self {
            raise_hand: Some(raised),
            ..Self::default()
        }
    }

    fn or(self, older: Self) -> Self {
        Self {
            muted: self.muted.or(older.muted),
            volume: self.volume.or(older.volume),
            video_stopped: self.video_stopped.or(older.video_stopped),
            video_paused: self.video_paused.or(older.video_paused),
            presentation_paused: self.presentation_paused.or(older.presentation_paused),
            raise_hand: self.raise_hand.or(older.raise_hand),
        }
    }
}

impl Edit {
    /// True if it was to mute a participant for all, and the server has muted it for us alone, as it does for who is no admin.
    fn is_ours_alone(&self, ctx: &Context, updates: &Updates) -> bool {
        let peer = self.participant.peer(ctx.config.joiner.user_id);
        let changes = updates.0.iter().filter_map(|update| match update {
            Update::Participants(change) => Some(&change.participants),
            _ => None,
        });
        let mut shown = changes.flatten().filter(|one| Some(one.peer) == peer);
        self.change.muted == Some(true) && shown.any(|one| one.muted_by_you && !one.muted)
    }
}

impl Edits {
    /// No edits, of one who is named so.
    pub(in crate::engine) fn new(us: InputPeer) -> Self {
        Self {
            us,
            under_way: None,
            waiting: Vec::new(),
        }
    }

    /// Adds an edit of our hand, unless too much waits already.
    pub(in crate::engine) fn add_hand(&mut self, ctx: &mut Context, raised: bool, order: Order) {
        let us = self.us.clone();
        self.add(ctx, us, Change::hand(raised), order);
    }

    /// True if an edit can be sent at once.
    pub(in crate::engine) fn are_free(&self) -> bool {
        self.under_way.is_none()
    }

    /// Adds an edit of another participant, unless too much waits already.
    pub(in crate::engine) fn add(
        &mut self,
        ctx: &mut Context,
        participant: InputPeer,
        change: Change,
        order: Order,
    ) {
        let orders = self.waiting.iter().map(|edit| edit.orders.len());
        if orders.sum::<usize>() >= limits::COMMANDS {
            return ctx.failed(order, CommandFailure::Busy);
        }
        let mut waiting = self.waiting.iter_mut();
        match waiting.find(|edit| edit.participant == participant) {
            Some(edit) => {
                edit.change = change.or(edit.change);
                edit.orders.push(order);
            }
            None => self.waiting.push(Edit {
                participant,
                change,
                orders: vec![order],
            }),
        }
    }

    /// Sends the next edit that waits, if none is under way.
    pub(in crate::engine) fn send_due(&mut self, ctx: &mut Context, us: Identity) {
        self.give_way(ctx);
        if self.are_free() && !self.waiting.is_empty() {
            let edit = self.waiting.remove(0);
            self.send(ctx, us, edit);
        }
    }

    /// Lets an edit that is still to be sent give way to a newer wish for the same participant; our switches are not among these.
    fn give_way(&mut self, ctx: &mut Context) {
        let Self {
            us,
            under_way,
            waiting,
        } = self;
        let is_hand = |edit: &Edit| edit.participant != *us || edit.change.raise_hand.is_some();
        let has_newer = |edit: &Edit| {
            let mut newer = waiting.iter();
            is_hand(edit) && newer.any(|one| one.participant == edit.participant)
        };
        let older = under_way.take_if(|(ticket, edit)| has_newer(edit) && ctx.take_back(*ticket));
        let Some((_, older)) = older else { return };
        let mut waiting = waiting.iter_mut();
        if let Some(newer) = waiting.find(|one| one.participant == older.participant) {
            newer.change = newer.change.or(older.change);
            newer.orders.splice(0..0, older.orders);
        }
    }

    /// Sends an edit of ourselves; none is under way.
    pub(in crate::engine) fn send_own(
        &mut self,
        ctx: &mut Context,
        us: Identity,
        change: Change,
        orders: Vec<Order>,
    ) {
        let participant = self.us.clone();
        let edit = Edit {
            participant,
            change,
            orders,
        };
        self.send(ctx, us, edit);
    }

    /// Takes an edit of ourselves back that is still to be sent; gives its commands.
    pub(in crate::engine) fn take_back_own(&mut self, ctx: &mut Context) -> Option<Vec<Order>> {
        let is_held_back = |(ticket, edit): &mut (Ticket, Edit)| {
            edit.participant == self.us && ctx.take_back(*ticket)
        };
        let (_, edit) = self.under_way.take_if(is_held_back)?;
        Some(edit.orders)
    }

    fn send(&mut self, ctx: &mut Context, us: Identity, edit: Edit) {
        let Change {
            muted,
            volume,
            video_stopped,
            video_paused,
            presentation_paused,
            raise_hand,
        } = edit.change;
        let body = EditGroupCallParticipant {
            muted,
            volume,
            video_stopped,
            video_paused,
            presentation_paused,
            raise_hand,
            ..EditGroupCallParticipant::new(us.call.into(), edit.participant.clone())
        };
        let ticket = ctx.send(Purpose::Edit, body);
        self.under_way = Some((ticket, edit));
    }

    /// Takes the answer to an edit, and answers its commands.
    pub(in crate::engine) fn answered(
        &mut self,
        ctx: &mut Context,
        ticket: Ticket,
        result: Result<Response, Failure>,
    ) -> Option<Edited> {
        let (_, edit) = self.under_way.take_if(|(sent, _)| *sent == ticket)?;
        let outcome =
            result.and_then(|response| response.into_updates().map_err(|_| Failure::Lost));
        let is_ours_alone = |updates| edit.is_ours_alone(ctx, updates);
        let is_ours_alone = outcome.as_ref().is_ok_and(is_ours_alone);
        for order in edit.orders {
            match &outcome {
                Ok(_) if is_ours_alone => ctx.failed(order, CommandFailure::NotAllowed),
                Ok(_) => ctx.done(order),
                Err(failure) => ctx.failed(order, failure.clone()),
            }
        }
        Some(Edited {
            is_own: edit.participant == self.us,
            outcome,
        })
    }

    /// The request that is under way.
    #[cfg(test)]
    pub(super) fn ticket(&self) -> Option<Ticket> {
        self.under_way.as_ref().map(|(ticket, _)| *ticket)
    }

    /// Answers the commands that wait in a membership that ends.
    pub(in crate::engine) fn give_up(&mut self, ctx: &mut Context) {
        if let Some((ticket, edit)) = self.under_way.take() {
            let why = match ctx.holds_back(ticket) {
                true => CommandFailure::NotJoined,
                false => CommandFailure::Unanswered,
            };
            let orders = edit.orders.into_iter();
            orders.for_each(|order| ctx.failed(order, why.clone()));
        }
        for edit in core::mem::take(&mut self.waiting) {
            let orders = edit.orders.into_iter();
            orders.for_each(|order| ctx.failed(order, CommandFailure::NotJoined));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{AccessHash, Request};
    use crate::engine::command::{CommandId, CommandKind};
    use crate::engine::testing::{US, answers, context, outputs, refused};
    use confcall_state::UserId;

    fn peer(user: i64) -> InputPeer {
        InputPeer::User {
            id: UserId::new(user),
            access_hash: AccessHash::new(user),
        }
    }

    fn order(id: u64) -> Order {
        Order {
            id: CommandId::new(id),
            kind: CommandKind::SetVolume,
        }
    }

    fn sent(ctx: &mut Context) -> Vec<EditGroupCallParticipant> {
        let requests = outputs(ctx).0.into_iter();
        let edits = requests.filter_map(|request| match request {
            Request::EditParticipant(edit) => Some(edit),
            _ => None,
        });
        edits.collect()
    }

    #[test]
    fn the_newest_wish_for_a_participant_is_sent_once_the_edit_before_it_is_answered() {
        let (mut edits, mut ctx) = (Edits::new(InputPeer::SelfUser), context());
        edits.add(&mut ctx, peer(2), Change::volume(1), order(1));
        let first = ctx.next_ticket();
        edits.send_due(&mut ctx, US);
        for number in 2..5 {
            edits.add(
                &mut ctx,
                peer(2),
                Change::volume(number),
                order(number as u64),
            );
            edits.send_due(&mut ctx, US);
        }
        let mute = Change::turn(Switch::Muted, true);
        edits.add(&mut ctx, peer(2), mute, order(5));
        let [edit] = &sent(&mut ctx)[..] else {
            panic!("one edit");
        };
        assert_eq!((edit.volume, edit.muted), (Some(1), None));

        let edited = edits.answered(&mut ctx, first, Ok(Updates::default().into()));
        assert!(!edited.unwrap().is_own);
        assert_eq!(answers(&mut ctx), [None]);
        let second = ctx.next_ticket();
        edits.send_due(&mut ctx, US);
        let [edit] = &sent(&mut ctx)[..] else {
            panic!("one edit");
        };
        assert_eq!((edit.volume, edit.muted), (Some(4), Some(true)));
        edits.answered(&mut ctx, second, refused(400, "USER_VOLUME_INVALID"));
        let answers = answers(&mut ctx);
        assert_eq!(answers.len(), 4);
        assert!(answers.iter().all(Option::is_some));
    }

    #[test]
    fn each_participant_has_an_edit_of_its_own() {
        let (mut edits, mut ctx) = (Edits::new(InputPeer::SelfUser), context());
        for user in [2, 3] {
            edits.add(&mut ctx, peer(user), Change::volume(7), order(1));
        }
        for user in [2, 3] {
            let ticket = ctx.next_ticket();
            edits.send_due(&mut ctx, US);
            assert_eq!(sent(&mut ctx)[0].participant, peer(user));
            edits.answered(&mut ctx, ticket, Ok(Updates::default().into()));
        }
        assert!(edits.are_free());
    }

    #[test]
    fn an_edit_that_waits_when_the_membership_ends_fails() {
        let (mut edits, mut ctx) = (Edits::new(InputPeer::SelfUser), context());
        for user in [2, 3] {
            edits.add(&mut ctx, peer(user), Change::volume(7), order(1));
        }
        edits.send_due(&mut ctx, US);
        edits.give_up(&mut ctx);
        let expected = [CommandFailure::Unanswered, CommandFailure::NotJoined].map(Some);
        assert_eq!(answers(&mut ctx), expected);
    }

    #[test]
    fn commands_beyond_the_bound_are_too_many() {
        let (mut edits, mut ctx) = (Edits::new(InputPeer::SelfUser), context());
        for _ in 0..=limits::COMMANDS {
            edits.add(&mut ctx, peer(2), Change::volume(7), order(1));
        }
        assert_eq!(answers(&mut ctx), [Some(CommandFailure::Busy)]);
    }
}
