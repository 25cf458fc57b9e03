//! Commands, and those that do not hang on one membership: a rejoin ends one, and whoever declines may be in none.

use std::collections::BTreeMap;

use super::context::Context;
use super::event::{CommandFailure, CommandKind, Event};
use super::io::{CommandId, Outcome, RequestId};
use super::waits::Patience;
use crate::api::reaction::Reaction;
use crate::api::{DeclineConferenceCallInvite, MessageId, Method};
use crate::limits;

const DECLINE: Method = Method::DeclineConferenceCallInvite;

/// A command that the caller waits for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    pub(super) id: CommandId,
    pub(super) kind: CommandKind,
}

/// The commands that outlive a membership.
#[derive(Clone, Debug, Default)]
pub(super) struct Orders {
    rejoin: Option<Order>,
    declines: BTreeMap<RequestId, Decline>,
}

/// An invitation that is declined, which need not be to this call.
#[derive(Clone, Debug)]
struct Decline {
    order: Order,
    message: MessageId,
    patience: Patience,
}

impl Orders {
    /// Whether a command waits for the answer to this request.
    pub(super) fn wait_for(&self, request: RequestId) -> bool {
        self.declines.contains_key(&request)
    }
}

impl Context {
    pub(super) fn done(&mut self, Order { id, kind }: Order) {
        self.event(Event::Done { id, command: kind });
    }

    pub(super) fn failed(&mut self, Order { id, kind }: Order, why: CommandFailure) {
        self.event(Event::Failed {
            id,
            command: kind,
            why,
        });
    }

    /// Notes that the caller waits for the next membership.
    pub(super) fn await_rejoin(&mut self, order: Order) {
        self.orders.rejoin = Some(order);
    }

    /// A membership has begun.
    pub(super) fn rejoin_done(&mut self) {
        if let Some(order) = self.orders.rejoin.take() {
            self.done(order);
        }
    }

    /// Declines an invitation.
    pub(super) fn decline(&mut self, order: Order, message: MessageId) {
        if self.orders.declines.len() >= limits::COMMANDS {
            return self.failed(order, CommandFailure::Busy);
        }
        let patience = Patience::default();
        self.send_decline(Decline {
            order,
            message,
            patience,
        });
    }

    fn send_decline(&mut self, decline: Decline) {
        let message = decline.message;
        let request = self.send(DeclineConferenceCallInvite { message });
        self.orders.declines.insert(request, decline);
    }

    /// Takes the answer to a request of a command that no membership answers.
    pub(super) fn order_answered(&mut self, request: RequestId, outcome: &Outcome) {
        let Some(mut decline) = self.orders.declines.remove(&request) else {
            return;
        };
        let order = decline.order;
        match outcome {
            Outcome::Done(_) => self.done(order),
            Outcome::Lost => self.failed(order, CommandFailure::Unanswered),
            Outcome::Refused(error) => match error.reaction(DECLINE) {
                Reaction::Ignore => self.done(order),
                Reaction::WaitThenRepeat(wait) if decline.patience.bears(wait) => {
                    self.told_to_wait(DECLINE, wait);
                    self.send_decline(decline);
                }
                _ => self.failed(order, CommandFailure::Refused(error.clone())),
            },
        }
    }

    /// Answers what still waits, at the end.
    pub(super) fn give_up_orders(&mut self) {
        let Orders { rejoin, declines } = core::mem::take(&mut self.orders);
        for Decline { order, .. } in declines.into_values() {
            self.failed(order, CommandFailure::Unanswered);
        }
        if let Some(order) = rejoin {
            self.failed(order, CommandFailure::NotJoined);
        }
    }
}
