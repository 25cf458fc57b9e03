use std::future::pending;

use confcall_join::api::Update;
use confcall_join::engine::Command;
use tokio::sync::{mpsc, watch};

use super::orders::Order;
use super::wishes::Wishes;
use confcall_transport::{Missed, UpdateStream};

/// What comes to a driver without being asked for.
pub(super) struct Inbox {
    /// `None` once there is no handle any more.
    orders: Option<mpsc::Receiver<Order>>,
    wishes: watch::Receiver<Wishes>,
    /// The wishes that were given out.
    told: Wishes,
    /// `None` once the adapter pushes nothing any more.
    updates: Option<UpdateStream>,
}

/// One thing that came.
pub(super) enum Heard {
    Order(Order),
    Wishes(Vec<Command>),
    Update(Update),
    Missed(Missed),
}

impl Inbox {
    pub(super) fn new(
        orders: mpsc::Receiver<Order>,
        wishes: watch::Receiver<Wishes>,
        updates: UpdateStream,
    ) -> Self {
        Self {
            orders: Some(orders),
            wishes,
            told: Wishes::default(),
            updates: Some(updates),
        }
    }

    /// The next thing. Dropping the future loses nothing.
    ///
    /// The caller comes first, so that a server that pushes without a pause cannot keep a user from leaving.
    pub(super) async fn next(&mut self) -> Heard {
        loop {
            tokio::select! {
                biased;
                Ok(()) = self.wishes.changed() => return self.new_wishes(),
                order = next_order(&mut self.orders) => match order {
                    Some(order) => return Heard::Order(order),
                    None => {
                        self.orders = None;
                        return Heard::Wishes(vec![Command::Leave]);
                    }
                },
                update = next_update(&mut self.updates) => match update {
                    Some(Ok(update)) => return Heard::Update(update),
                    Some(Err(missed)) => return Heard::Missed(missed),
                    None => self.updates = None,
                },
            }
        }
    }

    fn new_wishes(&mut self) -> Heard {
        let wishes = self.wishes.borrow_and_update().clone();
        let commands = wishes.commands_since(&self.told);
        self.told = wishes;
        Heard::Wishes(commands)
    }
}

async fn next_order(orders: &mut Option<mpsc::Receiver<Order>>) -> Option<Order> {
    match orders {
        Some(orders) => orders.recv().await,
        None => pending().await,
    }
}

async fn next_update(updates: &mut Option<UpdateStream>) -> Option<Result<Update, Missed>> {
    match updates {
        Some(updates) => updates.next().await,
        None => pending().await,
    }
}
