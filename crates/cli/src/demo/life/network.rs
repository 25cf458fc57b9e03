//! The network of the second act: a server at a fixed distance, under a virtual clock.

use core::time::Duration;
use std::collections::BTreeMap;

use confcall::join::api::{Request, Service as _};
use confcall::join::engine::{Input, Outcome, RequestId};
use confcall::{Moment, UserId};
use confcall_server::{Call, Server, ServerOptions};

/// How long everything takes from a client to the server, and back.
pub(super) const LATENCY: Duration = Duration::from_millis(50);

/// The number of a client: each has its own, also one that goes on where another stopped.
pub(super) type ClientId = u32;

/// Whom something reaches.
#[derive(Clone, Copy)]
pub(super) enum Recipient {
    Client(ClientId),
    User(UserId),
}

/// What is under way.
enum Parcel {
    Request {
        client: ClientId,
        user_id: UserId,
        request: RequestId,
        body: Vec<u8>,
    },
    Input {
        to: Recipient,
        input: Input,
    },
}

/// A server, and what is under way to it and from it.
pub(super) struct Network {
    server: Server,
    now: Duration,
    /// In order of time, and of sending.
    parcels: BTreeMap<(Duration, u64), Parcel>,
    sent: u64,
}

impl Network {
    pub(super) fn new(options: ServerOptions) -> Self {
        Self {
            server: Server::new(options),
            now: Duration::ZERO,
            parcels: BTreeMap::new(),
            sent: 0,
        }
    }

    /// The time since the act began.
    pub(super) fn now(&self) -> Duration {
        self.now
    }

    /// The same as the moment that engines are told.
    pub(super) fn moment(&self) -> Moment {
        Moment::new(self.now)
    }

    /// The only call.
    pub(super) fn call(&self) -> Option<&Call> {
        self.server.calls().next()
    }

    /// Sends a request to the server.
    pub(super) fn send(
        &mut self,
        client: ClientId,
        user_id: UserId,
        request: RequestId,
        body: &Request,
    ) {
        let parcel = Parcel::Request {
            client,
            user_id,
            request,
            body: body.to_tl(),
        };
        self.add(self.now + LATENCY, parcel);
    }

    /// Wakes a client at a moment.
    pub(super) fn wake(&mut self, client: ClientId, at: Moment) {
        let at = at.since(Moment::default()).max(self.now);
        let (to, input) = (Recipient::Client(client), Input::Tick);
        self.add(at, Parcel::Input { to, input });
    }

    /// Lets time pass until something reaches a client; `None` if nothing does up to that time.
    pub(super) fn next(&mut self, until: Duration) -> Option<(Recipient, Input)> {
        while let Some(first) = self.parcels.first_entry() {
            let (at, _) = *first.key();
            if at > until {
                break;
            }
            self.now = at;
            match first.remove() {
                Parcel::Input { to, input } => return Some((to, input)),
                Parcel::Request {
                    client,
                    user_id,
                    request,
                    body,
                } => {
                    let outcome = match self.server.handle(user_id, &body) {
                        Ok(response) => Outcome::Done(response),
                        Err(error) => Outcome::Refused(error),
                    };
                    let input = Input::Answer { request, outcome };
                    self.deliver(Recipient::Client(client), input);
                    self.push_out();
                }
            }
        }
        self.now = until;
        None
    }

    fn push_out(&mut self) {
        while let Some((user_id, update)) = self.server.poll_push() {
            self.deliver(Recipient::User(user_id), Input::Update(update));
        }
    }

    fn deliver(&mut self, to: Recipient, input: Input) {
        self.add(self.now + LATENCY, Parcel::Input { to, input });
    }

    fn add(&mut self, at: Duration, parcel: Parcel) {
        self.sent += 1;
        self.parcels.insert((at, self.sent), parcel);
    }
}
