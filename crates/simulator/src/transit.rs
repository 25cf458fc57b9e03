//! Requests, answers and pushes on their way, and the clock by which they arrive.

use std::collections::VecDeque;
use std::time::Duration;

use confcall_join::api::{Request, Updates};
use confcall_join::engine::{Outcome, RequestId};
use confcall_state::UserId;

use crate::agenda::Agenda;
use crate::rule::Verdict;

/// The place of a client in its world.
pub type NodeId = usize;

/// The sender of a request: a client in one of its lives, which alone gets the answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sender {
    pub(crate) node: NodeId,
    pub(crate) life: u32,
    pub(crate) request: RequestId,
}

/// Something that arrives.
#[derive(Debug)]
pub(crate) enum Arrival {
    Request {
        sender: Sender,
        user: UserId,
        body: Box<Request>,
        verdict: Verdict,
    },
    Answer {
        sender: Sender,
        outcome: Outcome,
    },
    Push {
        node: NodeId,
        /// They share one fate, as the names of users do with the update that they are beside.
        updates: Updates,
    },
    Wake {
        node: NodeId,
    },
}

/// A request that waits until a script says what becomes of it.
#[derive(Debug)]
pub struct HeldRequest {
    pub(crate) sender: Sender,
    /// The user who sent it.
    pub user: UserId,
    /// The request itself.
    pub body: Request,
}

/// Requests and pushes in a network that delivers nothing by itself.
#[derive(Debug, Default)]
pub struct Held {
    /// The requests, in no order.
    pub requests: Vec<HeldRequest>,
    /// The pushes, in the order in which the server sent them.
    pub pushes: VecDeque<(NodeId, Updates)>,
}

/// A clock, and everything that is on its way.
#[derive(Debug)]
pub(crate) struct Transit {
    now: Duration,
    agenda: Agenda<(u32, Arrival)>,
    /// The number of times at which all connections ended.
    connection: u32,
}

impl Transit {
    pub(crate) fn new() -> Self {
        Self {
            now: Duration::ZERO,
            agenda: Agenda::new(),
            connection: 0,
        }
    }

    pub(crate) fn now(&self) -> Duration {
        self.now
    }

    pub(crate) fn add(&mut self, delay: Duration, arrival: Arrival) {
        self.add_at(self.now + delay, arrival);
    }

    pub(crate) fn add_at(&mut self, at: Duration, arrival: Arrival) {
        self.agenda.add(at, (self.connection, arrival));
    }

    /// Ends all connections: what is on its way does not arrive, and its senders learn that it was lost.
    pub(crate) fn disconnect(&mut self) {
        self.connection += 1;
    }

    /// Lets time pass up to the next arrival; `None` if nothing arrives by then.
    pub(crate) fn next(&mut self, until: Duration) -> Option<Arrival> {
        while let Some((at, (connection, arrival))) = self.agenda.next(until) {
            self.now = at;
            match arrival {
                Arrival::Wake { .. } => return Some(arrival),
                _ if connection == self.connection => return Some(arrival),
                Arrival::Request { sender, .. } | Arrival::Answer { sender, .. } => {
                    let outcome = Outcome::Lost;
                    return Some(Arrival::Answer { sender, outcome });
                }
                Arrival::Push { .. } => {}
            }
        }
        self.now = until;
        None
    }
}
