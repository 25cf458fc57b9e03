//! The task that an engine lives in.
//!
//! ```text
//! handles, pushes ── Inbox ──▶ ┌────────┐ ── Outlet ──▶ callers, the reader of the events, the view
//! time ──────────────────────▶ │ Engine │
//! outcomes ── Requests ──────▶ └────────┘ ── Transport::call ──▶ Requests
//! ```

use core::time::Duration;
use std::future::pending;
use std::sync::Arc;

use confcall_join::api::{Method, Request};
use confcall_join::engine::{Engine, Input, Outcome, Output, RequestId};
use confcall_media::Moment;
use tokio::time::{sleep_until, timeout};
use tracing::{debug, error};

use super::clock::Clock;
use super::inbox::{Heard, Inbox};
use super::orders::Order;
use super::outlet::Outlet;
use super::requests::Requests;
use confcall_transport::{CallError, Transport};

/// For how long a last request to leave, whose answer changes nothing, may be under way.
const FAREWELL: Duration = Duration::from_secs(3);

/// An engine and all that comes and goes for it.
pub(super) struct Driver<T> {
    pub(super) engine: Engine,
    pub(super) clock: Clock,
    pub(super) transport: Arc<T>,
    pub(super) answer_timeout: Duration,
    pub(super) inbox: Inbox,
    pub(super) outlet: Outlet,
    pub(super) requests: Requests<(RequestId, Outcome)>,
    /// When the engine wants to be woken.
    pub(super) wake: Option<Moment>,
}

impl<T: Transport + 'static> Driver<T> {
    /// Drives the engine to its end.
    pub(super) async fn run(mut self) {
        self.drain();
        while !self.engine.has_ended() {
            // Outcomes come first, of which there are no more than requests.
            tokio::select! {
                biased;
                (request, outcome) = self.requests.next() => {
                    self.hand_in(Input::Answer { request, outcome });
                }
                heard = self.inbox.next() => self.hear(heard),
                () = sleep(self.clock, self.wake) => self.hand_in(Input::Tick),
            }
        }
        self.part().await;
    }

    /// Lets a last request to leave go out, and tells of the end.
    async fn part(mut self) {
        // Who still wants something learns that there is no call any more.
        drop(self.inbox);
        self.requests.keep_only(Method::LeaveGroupCall);
        let farewell = async {
            while !self.requests.is_empty() {
                self.requests.next().await;
            }
        };
        let _ = timeout(FAREWELL, farewell).await;
        self.outlet.end();
    }

    fn hear(&mut self, heard: Heard) {
        match heard {
            Heard::Update(update) => self.hand_in(Input::Update(update)),
            Heard::Missed(missed) => {
                debug!("{missed}");
                self.hand_in(Input::Missed);
            }
            Heard::Wishes(commands) => {
                for command in commands {
                    let id = self.outlet.waiting.number();
                    self.hand_in(Input::Command { id, command });
                }
            }
            Heard::Order(Order::Command { command, done }) => {
                let id = self.outlet.waiting.add(done);
                self.hand_in(Input::Command { id, command });
            }
            Heard::Order(Order::Checkpoint { key, number, done }) => {
                // A caller who has gone does not mind.
                let _ = done.send(self.engine.checkpoint(key.dangerous_bytes(), number));
            }
        }
    }

    fn hand_in(&mut self, input: Input) {
        if let Err(misuse) = self.engine.handle_input(self.clock.now(), input) {
            error!(%misuse, "an input was lost");
        }
        self.drain();
    }

    /// Takes everything that the engine wants.
    fn drain(&mut self) {
        let mut events = Vec::new();
        self.wake = loop {
            match self.engine.poll_output() {
                Output::Request { request, body } => self.send(request, body),
                Output::Event(event) => events.push(event),
                Output::Timeout(wake) => break wake,
                _ => {}
            }
        };
        self.outlet.tell(&self.engine, events);
    }

    fn send(&mut self, request: RequestId, body: Request) {
        let method = body.method();
        debug!(%method, %request, "sending");
        let transport = Arc::clone(&self.transport);
        let patience = self.answer_timeout;
        self.requests.add(method, async move {
            (request, outcome_of(&*transport, body, patience).await)
        });
    }
}

/// Sends a request; what has no answer in time is lost.
async fn outcome_of(transport: &impl Transport, body: Request, patience: Duration) -> Outcome {
    let method = body.method();
    match timeout(patience, transport.call(body)).await {
        Ok(Ok(response)) => Outcome::Done(response),
        Ok(Err(CallError::Rpc(error))) => {
            debug!(%method, %error, "refused");
            Outcome::Refused(error)
        }
        Ok(Err(CallError::Lost { reason })) => {
            debug!(%method, reason, "lost");
            Outcome::Lost
        }
        // The engine builds no such request. It ends after a few tries, as if nobody could be reached.
        Ok(Err(error @ CallError::Policy(_))) => {
            error!(%method, %error);
            Outcome::Lost
        }
        Err(_) => {
            debug!(%method, ?patience, "no answer");
            Outcome::Lost
        }
    }
}

/// Sleeps until a moment; for ever, if there is none.
async fn sleep(clock: Clock, wake: Option<Moment>) {
    match wake.and_then(|wake| clock.instant(wake)) {
        Some(instant) => sleep_until(instant).await,
        None => pending().await,
    }
}
