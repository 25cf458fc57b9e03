//! The things that every state and part of the engine works with: time, randomness, timers and the way out.

use core::time::Duration;
use std::collections::VecDeque;

use chacha20::ChaCha20Rng;
use confcall_media::Moment;
use rand_core::Rng as _;

use super::command::{CommandFailure, Order};
use super::config::{Config, Payloads};
use super::event::{Event, Trouble};
use super::io::{Outcome, Output, RequestId};
use super::own_state::{MediaConnection, PayloadReason, Wishes};
use super::past::PastMemberships;
use super::purpose::Purpose;
use super::rejoins::Rejoins;
use super::requests::{Answer, Handled, Requests, Ticket};
use super::secrets::Secrets;
use super::timers::{Timer, Timers};
use crate::api::{CallRef, Method, Request, Response, Update};
use crate::joining::{Invitations, JoinPayload};
use crate::labels::Labels;
use crate::policy::CallKind;

/// The clock of a device that is no further from the server's is taken for it: the server's time comes in seconds, and late.
const CLOCKS_APART: Duration = Duration::from_millis(2_500);

/// The things that states and parts share.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) config: Config,
    pub(super) now: Moment,
    pub(super) timers: Timers,
    /// Keys, nonces and everything else that must stay secret.
    pub(super) secrets: Secrets,
    /// Pauses and payloads, which the server sees.
    pub(super) public_rng: ChaCha20Rng,
    pub(super) past: PastMemberships,
    pub(super) rejoins: Rejoins,
    /// The names of peers, which outlive a membership.
    pub(super) labels: Labels,
    /// The invitations that we sent to the call, which outlive a membership as well.
    invitations: Invitations,
    pub(super) wishes: Wishes,
    /// The server's time when the engine began, in Unix milliseconds, where the clock of the device says another one or none.
    server_start_ms: Option<i64>,
    requests: Requests,
    outputs: VecDeque<Output>,
}

#[cfg(any(fuzzing, confcall_testing))]
impl Clone for Context {
    fn clone(&self) -> Self {
        Self {
            config: self.config.clone(),
            now: self.now,
            timers: self.timers.clone(),
            secrets: self.secrets.clone(),
            public_rng: super::testing::same_generator(&self.public_rng),
            past: self.past.clone(),
            rejoins: self.rejoins.clone(),
            labels: self.labels.clone(),
            invitations: self.invitations.clone(),
            wishes: self.wishes.clone(),
            server_start_ms: self.server_start_ms,
            requests: self.requests.clone(),
            outputs: self.outputs.clone(),
        }
    }
}

impl Context {
    pub(super) fn new(
        config: Config,
        now: Moment,
        secrets: Secrets,
        public_rng: ChaCha20Rng,
    ) -> Self {
        let invitations = Invitations::new(config.joiner.user_id);
        let past = PastMemberships::new(config.last_known.clone());
        let wishes = Wishes::new(&config);
        Self {
            config,
            now,
            timers: Timers::default(),
            secrets,
            public_rng,
            past,
            rejoins: Rejoins::default(),
            labels: Labels::new(),
            invitations,
            wishes,
            server_start_ms: None,
            requests: Requests::default(),
            outputs: VecDeque::new(),
        }
    }

    /// Notes the server's time now, in Unix seconds, unless the clock of the device agrees with it, or the answer that says it to
    /// a request sent then came too late to say it.
    pub(super) fn server_says(&mut self, unix_seconds: i32, sent: Moment) {
        if self.now.since(sent) > CLOCKS_APART {
            return;
        }
        let start = i64::from(unix_seconds)
            .saturating_mul(1000)
            .saturating_sub(self.elapsed_ms());
        let by_device = self.config.unix_ms;
        let agrees = by_device
            .is_some_and(|device| u128::from(device.abs_diff(start)) <= CLOCKS_APART.as_millis());
        self.server_start_ms = (!agrees).then_some(start);
    }

    /// The server's time in Unix milliseconds: as the server said it, or by the clock of the device.
    pub(super) fn server_ms(&self) -> Option<i64> {
        let start = self.server_start_ms.or(self.config.unix_ms)?;
        Some(start.saturating_add(self.elapsed_ms()))
    }

    /// The time since the engine began.
    fn elapsed_ms(&self) -> i64 {
        let elapsed = self.now.since(Moment::default()).as_millis();
        i64::try_from(elapsed).unwrap_or(i64::MAX)
    }

    /// The kind of the call.
    pub(super) fn kind(&self) -> CallKind {
        self.requests.route().kind
    }

    /// Notes the kind of the call, by whose policy requests are checked.
    pub(super) fn kind_is(&mut self, kind: CallKind) {
        self.requests.route_mut().kind = kind;
    }

    /// The data centre that has the parts of the stream, if it is not that of the account.
    pub(super) fn stream_place(&self) -> Option<i32> {
        self.requests.route().stream
    }

    /// Notes the data centre that has the parts of the stream.
    pub(super) fn stream_is_at(&mut self, data_centre: Option<i32>) {
        self.requests.route_mut().stream = data_centre;
    }

    /// Sends a request, as soon as its method need not wait.
    pub(super) fn send(&mut self, purpose: Purpose, body: impl Into<Request>) -> Ticket {
        let (requests, outputs) = (&mut self.requests, &mut self.outputs);
        let ticket = requests.send(self.now, purpose, body.into(), outputs);
        self.set_release();
        ticket
    }

    /// Takes the outcome of a request; gives the answer for its part, unless the request is sent again by itself.
    pub(super) fn answered(&mut self, request: RequestId, outcome: Outcome) -> Option<Answer> {
        let (requests, outputs) = (&mut self.requests, &mut self.outputs);
        match requests.answered(self.now, request, outcome, outputs) {
            Handled::Unknown => None,
            Handled::Answered(answer) => {
                if let Ok(response) = &answer.result {
                    self.learn(response);
                }
                Some(answer)
            }
            Handled::Repeated {
                method,
                pause,
                attempt,
            } => {
                self.set_release();
                self.retrying(Trouble::Flood { method }, pause, attempt);
                None
            }
        }
    }

    /// Learns the names that an answer carries, whatever it is an answer to.
    fn learn(&mut self, response: &Response) {
        match response {
            Response::GroupCall(info) => self.labels.learn(&info.labels),
            Response::Participants(page) => self.labels.learn(&page.labels),
            Response::Updates(updates) => {
                for update in &updates.0 {
                    if let Update::Labels(labels) = update {
                        self.labels.learn(labels);
                    }
                }
            }
            Response::ResolvedPeer(found) => self.labels.learn(&found.labels),
            Response::FullChat(chat) => self.labels.learn(&chat.labels),
            Response::LiveStories(stories) => self.labels.learn(&stories.labels),
            Response::JoinAsPeers(peers) => self.labels.learn(&peers.labels),
            Response::Bool(_)
            | Response::Sources(_)
            | Response::AppConfig(_)
            | Response::InviteLink(_)
            | Response::StreamChannels(_)
            | Response::RtmpUrl(_)
            | Response::FilePart(_) => {}
        }
    }

    /// Holds back what names the call by a reference that leads nowhere, until another one is found.
    pub(super) fn reference_is_stale(&mut self, stale: CallRef) {
        self.requests.reference_is_stale(stale);
        self.set_release();
    }

    /// Sends with this reference what was held back for it.
    pub(super) fn reference_is(&mut self, found: CallRef) {
        let outputs = &mut self.outputs;
        self.requests.reference_is(self.now, found, outputs);
        self.set_release();
    }

    /// Sends what need not wait any more.
    pub(super) fn send_held_back(&mut self) {
        self.requests.send_due(self.now, &mut self.outputs);
        self.set_release();
    }

    fn set_release(&mut self) {
        match self.requests.next_due() {
            Some(due) => self.timers.set(Timer::HeldBack, due),
            None => self.timers.cancel(Timer::HeldBack),
        }
    }

    /// The method of each request that waits because the server wants time to pass, and until when.
    pub(super) fn waits(&self) -> impl Iterator<Item = (Method, Moment)> {
        self.requests.waits()
    }

    /// Notes that nothing waits for a request any more; gives whether it was sent.
    pub(super) fn abandon(&mut self, ticket: Ticket) -> bool {
        self.requests.abandon(ticket)
    }

    /// True if a request has not been sent, or was refused until later.
    pub(super) fn holds_back(&self, ticket: Ticket) -> bool {
        self.requests.holds_back(ticket)
    }

    /// Takes a request back that has not been sent, or was refused until later; false for any other.
    pub(super) fn take_back(&mut self, ticket: Ticket) -> bool {
        self.requests.take_back(ticket)
    }

    /// Replaces a request that has not been sent, or was refused until later.
    pub(super) fn rewrite(&mut self, ticket: Ticket, body: impl Into<Request>) {
        self.requests.rewrite(ticket, body.into());
    }

    /// The number of requests without an answer, but for those of the caller, which have bounds of their own.
    pub(super) fn under_way(&self) -> usize {
        self.requests.of_the_engine()
    }

    /// The name of the next request that is sent.
    pub(super) fn next_ticket(&self) -> Ticket {
        self.requests.next_ticket()
    }

    /// Gives up everything that was to be done later, but for the commands that need no membership.
    pub(super) fn cancel_all(&mut self) {
        self.timers.cancel_all();
        self.requests.retain(Purpose::Decline);
        self.set_release();
    }

    /// Gives up everything, so that nothing comes after the end.
    pub(super) fn forget_all(&mut self) {
        self.timers.cancel_all();
        let route = self.requests.route();
        self.requests = Requests::default();
        *self.requests.route_mut() = route;
    }

    pub(super) fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    /// Shows the caller how an invitation that we sent goes on.
    pub(super) fn follow_invitations(&mut self, update: &Update) {
        // None of them rings here, so that the time does not matter.
        let events = self.invitations.handle_update(update, &self.labels, 0);
        events
            .into_iter()
            .for_each(|event| self.event(Event::Invitation(event)));
    }

    pub(super) fn retrying(&mut self, why: Trouble, pause: Duration, attempt: u32) {
        self.event(Event::Retrying {
            why,
            pause,
            attempt,
        });
    }

    pub(super) fn done(&mut self, Order { id, kind }: Order) {
        self.event(Event::Done { id, command: kind });
    }

    pub(super) fn failed(&mut self, Order { id, kind }: Order, why: impl Into<CommandFailure>) {
        self.event(Event::Failed {
            id,
            command: kind,
            why: why.into(),
        });
    }

    /// Sets a timer to go off after a time.
    pub(super) fn after(&mut self, timer: Timer, time: Duration) {
        self.timers.set(timer, self.now + time);
    }

    /// Sets a timer to go off after a time, unless it goes off earlier.
    pub(super) fn within(&mut self, timer: Timer, time: Duration) {
        self.timers.set_earlier(timer, self.now + time);
    }

    /// A time between one and two of `least`, so that many who wait for the same do not act at once.
    pub(super) fn spread(&mut self, least: Duration) -> Duration {
        let part = f64::from(self.public_rng.next_u32()) / f64::from(u32::MAX);
        least.mul_f64(1.0 + part)
    }

    /// The payload with new sources; `None` if the client is asked for another one, which is to come before the timer goes off.
    pub(super) fn renewed(
        &mut self,
        connection: MediaConnection,
        payload: JoinPayload,
        why: PayloadReason,
        timer: Timer,
    ) -> Option<JoinPayload> {
        match self.config.payloads {
            Payloads::Generated => Some(payload.with_new_sources(&mut self.public_rng)),
            Payloads::Client { within } => {
                self.event(Event::PayloadWanted {
                    connection,
                    why,
                    within,
                });
                self.after(timer, within);
                None
            }
        }
    }

    /// Takes another payload of the main connection for what is done after a pause, when the timer of entering goes off; false if
    /// the client is asked for it.
    pub(super) fn renew_main(
        &mut self,
        payload: &mut JoinPayload,
        why: PayloadReason,
        pause: Duration,
    ) -> bool {
        let main = MediaConnection::Main;
        let Some(renewed) = self.renewed(main, payload.clone(), why, Timer::Entry) else {
            return false;
        };
        *payload = renewed;
        self.after(Timer::Entry, pause);
        true
    }

    pub(super) fn take_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    pub(super) fn has_output(&self) -> bool {
        !self.outputs.is_empty()
    }
}
