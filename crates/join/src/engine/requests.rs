//! The requests under way, and the waits that the server imposes on their methods.
//!
//! ```text
//! send ──┬─────────────────────────────────────────┬──▶ sent ──▶ answer, for the part that asked
//!        └──▶ held back ── the method's wait ends ─┘      │
//!                 ▲                                       │ the server wants time to pass
//!                 └────────── while patience lasts ◀──────┘
//! ```
//!
//! No other place knows of such waits: the sender of a request learns its answer, or that patience is at its end. So too
//! while the reference to the call is looked up: what names the call by a reference that leads nowhere is held back, and
//! sent with the new one.
//!
//! Implements `FLOOD_WAIT_n` of `spec/protocol.md`, 11.2.

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use confcall_media::Moment;

use super::end::EndReason;
use super::failure::Failure;
use super::io::{Outcome, Output, RequestId};
use super::purpose::{Patience, Purpose};
use crate::api::reaction::{Reach, Reaction};
use crate::api::{CallRef, Method, Request, Response};
use crate::policy::CallKind;

/// The name of a request inside the engine, which it keeps when it is sent again under another number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket(u64);

/// The answer to a request, for the part that sent it.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) purpose: Purpose,
    pub(super) ticket: Ticket,
    pub(super) method: Method,
    /// The moment at which it was sent, the last time if more than once.
    pub(super) sent: Moment,
    /// For how long it was held back in all.
    pub(super) waited: Duration,
    /// The number of times that it was sent again after a wait.
    pub(super) repeats: u32,
    pub(super) result: Result<Response, Failure>,
}

impl Answer {
    /// The end by a refusal that is about more than the request, and about this at least: the session, the account or the
    /// connection.
    pub(super) fn end(&self, least: Reach) -> Option<EndReason> {
        let failure = self.result.as_ref().err()?;
        let (reach, reason) = failure.for_good(self.method)?;
        (reach >= least).then_some(reason)
    }
}

/// The meaning of an outcome.
#[derive(Debug)]
pub(super) enum Handled {
    /// The request is not waited for any more.
    Unknown,
    /// It is sent again after a pause, as attempt number so and so.
    Repeated {
        method: Method,
        pause: Duration,
        attempt: u32,
    },
    /// Its part takes the answer.
    Answered(Answer),
}

/// All requests that have no answer yet.
///
/// Those who send bound how many there are.
#[derive(Clone, Debug, Default)]
pub(super) struct Requests {
    under_way: BTreeMap<RequestId, UnderWay>,
    /// The end of the wait of each method that was ever made to wait.
    waits: BTreeMap<Method, Moment>,
    /// The reference to the call that leads nowhere, while another one is looked up.
    stale: Option<CallRef>,
    route: Route,
    next: u64,
}

/// The things that every request of a call has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Route {
    /// The kind of the call.
    pub(super) kind: CallKind,
    /// The data centre that has the parts of the call's stream, if it is not that of the account.
    pub(super) stream: Option<i32>,
}

impl Default for Route {
    fn default() -> Self {
        Self {
            kind: CallKind::Conference,
            stream: None,
        }
    }
}

impl Route {
    fn output(self, request: RequestId, body: Request) -> Output {
        let is_of_stream = matches!(
            body.method(),
            Method::GetFile | Method::GetGroupCallStreamChannels
        );
        Output::Request {
            request,
            kind: self.kind,
            data_centre: self.stream.filter(|_| is_of_stream),
            body,
        }
    }
}

#[derive(Clone, Debug)]
struct UnderWay {
    ticket: Ticket,
    purpose: Purpose,
    body: Request,
    /// The moment at which it was sent, if it is not held back.
    sent: Moment,
    /// Since when it is held back, if it is.
    held_since: Option<Moment>,
    /// True if it is held back because it names the call by the reference that leads nowhere.
    is_stale: bool,
    waited: Duration,
    /// The number of times that the server wanted it to wait.
    waits: u32,
    /// Nothing waits for it: it is not sent again, and its answer is still heard.
    abandoned: bool,
}

impl Requests {
    /// The things that every request has from now on.
    pub(super) fn route_mut(&mut self) -> &mut Route {
        &mut self.route
    }

    pub(super) fn route(&self) -> Route {
        self.route
    }

    /// Sends a request, as soon as its method need not wait.
    pub(super) fn send(
        &mut self,
        now: Moment,
        purpose: Purpose,
        body: Request,
        outputs: &mut VecDeque<Output>,
    ) -> Ticket {
        let ticket = Ticket(self.next);
        let request = UnderWay {
            ticket,
            purpose,
            body,
            sent: now,
            held_since: None,
            is_stale: false,
            waited: Duration::ZERO,
            waits: 0,
            abandoned: false,
        };
        self.dispatch(now, request, outputs);
        ticket
    }

    /// Gives a request a number, and sends it or holds it back.
    fn dispatch(&mut self, now: Moment, mut one: UnderWay, outputs: &mut VecDeque<Output>) {
        // Also one that is sent again: a driver answers each number once.
        let request = RequestId(self.next);
        self.next += 1;
        one.sent = now;
        one.is_stale = self.stale.is_some_and(|stale| one.names(stale));
        let until = self.until(one.body.method());
        if one.is_stale || until.is_some_and(|until| until > now) {
            one.held_since = Some(now);
        } else {
            outputs.push_back(self.route.output(request, one.body.clone()));
        }
        self.under_way.insert(request, one);
    }

    /// Holds back what names the call by a reference that leads nowhere, until another one is found.
    pub(super) fn reference_is_stale(&mut self, stale: CallRef) {
        self.stale = Some(stale);
        for one in self.under_way.values_mut() {
            one.is_stale = one.held_since.is_some() && one.names(stale);
        }
    }

    /// Sends with this reference what was held back for it.
    pub(super) fn reference_is(
        &mut self,
        now: Moment,
        found: CallRef,
        outputs: &mut VecDeque<Output>,
    ) {
        self.stale = None;
        for one in self.under_way.values_mut() {
            if core::mem::take(&mut one.is_stale)
                && let Some(call) = one.body.call_mut()
            {
                *call = found.into();
            }
        }
        self.send_due(now, outputs);
    }

    /// Sends what need not wait any more.
    pub(super) fn send_due(&mut self, now: Moment, outputs: &mut VecDeque<Output>) {
        for (request, one) in &mut self.under_way {
            if one.is_stale {
                continue;
            }
            let until = self.waits.get(&one.body.method()).copied();
            let Some(since) = one.held_since.filter(|_| until.is_none_or(|at| at <= now)) else {
                continue;
            };
            one.held_since = None;
            one.sent = now;
            one.waited = one.waited.saturating_add(now.since(since));
            outputs.push_back(self.route.output(*request, one.body.clone()));
        }
    }

    /// The moment at which the first request need not wait any more.
    pub(super) fn next_due(&self) -> Option<Moment> {
        self.waits().map(|(_, until)| until).min()
    }

    /// The method of each request that waits because the server wants time to pass, and until when.
    pub(super) fn waits(&self) -> impl Iterator<Item = (Method, Moment)> {
        let all = self.under_way.values();
        let held_back = all.filter(|one| one.held_since.is_some() && !one.is_stale);
        held_back.filter_map(|one| {
            let method = one.body.method();
            Some((method, self.until(method)?))
        })
    }

    /// Takes the outcome of a request. If the server wants time to pass, everything of its method waits for that long.
    pub(super) fn answered(
        &mut self,
        now: Moment,
        request: RequestId,
        outcome: Outcome,
        outputs: &mut VecDeque<Output>,
    ) -> Handled {
        let Some(mut one) = self.under_way.remove(&request) else {
            return Handled::Unknown;
        };
        let method = one.body.method();
        let result = match outcome {
            Outcome::Done(response) => Ok(response),
            Outcome::Lost => Err(Failure::Lost),
            Outcome::Refused(error) => {
                // What a stream is refused says when to ask for the next part, and nothing about the method.
                if let Reaction::WaitThenRepeat(asked) = error.reaction(method)
                    && one.purpose != Purpose::StreamPart
                {
                    let wait = Patience::of(one.purpose).wait(asked, one.waits);
                    // The whole method waits, also for an abandoned request: the server counts what it is asked.
                    let until = self.impose(method, now + wait.pause);
                    if wait.is_borne && !one.abandoned {
                        one.waits += 1;
                        let (pause, attempt) = (until.since(now), one.waits.saturating_add(1));
                        self.dispatch(now, one, outputs);
                        return Handled::Repeated {
                            method,
                            pause,
                            attempt,
                        };
                    }
                }
                Err(Failure::Refused(error))
            }
        };
        Handled::Answered(Answer {
            purpose: one.purpose,
            ticket: one.ticket,
            method,
            sent: one.sent,
            waited: one.waited,
            repeats: one.waits,
            result,
        })
    }

    /// Notes that nothing waits for a request any more; gives whether it was sent.
    pub(super) fn abandon(&mut self, ticket: Ticket) -> bool {
        let mut all = self.under_way.iter_mut();
        let Some((&request, one)) = all.find(|(_, one)| one.ticket == ticket) else {
            return false;
        };
        // One that was sent stays: it takes up room at the server until it is answered.
        one.abandoned = true;
        let is_sent = one.held_since.is_none();
        if !is_sent {
            self.under_way.remove(&request);
        }
        is_sent
    }

    /// True if a request has not been sent, or was refused until later.
    pub(super) fn holds_back(&self, ticket: Ticket) -> bool {
        let mut all = self.under_way.values();
        all.any(|one| one.ticket == ticket && one.held_since.is_some())
    }

    /// Takes a request back that has not been sent, or was refused until later; false for any other.
    pub(super) fn take_back(&mut self, ticket: Ticket) -> bool {
        self.holds_back(ticket) && !self.abandon(ticket)
    }

    /// Replaces a request that has not been sent, or was refused until later; changes nothing else.
    pub(super) fn rewrite(&mut self, ticket: Ticket, body: Request) {
        let mut all = self.under_way.values_mut();
        let held_back = all.find(|one| one.ticket == ticket && one.held_since.is_some());
        if let Some(one) = held_back {
            one.body = body;
        }
    }

    /// Forgets all requests but those of a purpose, and what is known of the reference.
    pub(super) fn retain(&mut self, purpose: Purpose) {
        self.stale = None;
        self.under_way.retain(|_, one| one.purpose == purpose);
    }

    /// The number of requests that the engine sends by itself, so that a caller's commands leave room for them.
    pub(super) fn of_the_engine(&self) -> usize {
        let all = self.under_way.values();
        all.filter(|one| !matches!(one.purpose, Purpose::Command | Purpose::Decline))
            .count()
    }

    pub(super) fn next_ticket(&self) -> Ticket {
        Ticket(self.next)
    }

    fn until(&self, method: Method) -> Option<Moment> {
        self.waits.get(&method).copied()
    }

    /// Notes a wait and gives its end; one that ends earlier than another changes nothing.
    fn impose(&mut self, method: Method, until: Moment) -> Moment {
        let known = self.waits.entry(method).or_insert(until);
        *known = until.max(*known);
        *known
    }
}

impl UnderWay {
    /// True if it names the call by this reference. Leaving does not wait: it is the last request.
    fn names(&mut self, call: CallRef) -> bool {
        let named = self.body.call_mut().map(|named| &*named);
        self.purpose != Purpose::Leave && named == Some(&call.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{
        AccessHash, CheckGroupCall, DeclineConferenceCallInvite, LeaveGroupCall, MessageId,
        RpcError, Ssrc,
    };
    use crate::engine::testing::{CALL, US};

    const SECOND: Duration = Duration::from_secs(1);

    fn at(seconds: u64) -> Moment {
        Moment::new(Duration::from_secs(seconds))
    }

    fn decline(message: i32) -> Request {
        let message = MessageId::new(message);
        DeclineConferenceCallInvite { message }.into()
    }

    fn wait(seconds: u32) -> Outcome {
        Outcome::Refused(RpcError::new(420, format!("FLOOD_WAIT_{seconds}")))
    }

    /// The numbers of the requests that came out.
    fn sent(outputs: &mut VecDeque<Output>) -> Vec<u64> {
        let numbers = outputs.drain(..).filter_map(|output| match output {
            Output::Request { request, .. } => Some(request.value()),
            _ => None,
        });
        numbers.collect()
    }

    #[test]
    fn a_request_that_must_wait_is_sent_again_unchanged_and_holds_back_its_kind() {
        let (mut requests, mut out) = (Requests::default(), VecDeque::new());
        let first = requests.send(at(0), Purpose::Decline, decline(1), &mut out);
        let handled = requests.answered(at(1), RequestId(0), wait(7), &mut out);
        assert!(matches!(
            handled,
            Handled::Repeated { pause, attempt: 2, .. } if pause == 7 * SECOND
        ));
        let second = requests.send(at(2), Purpose::Decline, decline(2), &mut out);
        assert_eq!(sent(&mut out), [0]);
        assert!(requests.holds_back(first) && requests.holds_back(second));
        assert_eq!(requests.next_due(), Some(at(8)));
        requests.send_due(at(8), &mut out);
        let again = out.iter().map(|output| match output {
            Output::Request { body, .. } => body.clone(),
            _ => panic!("{output:?}"),
        });
        assert_eq!(again.collect::<Vec<_>>(), [decline(1), decline(2)]);
        // A number is given out once.
        assert_eq!(sent(&mut out), [1, 2]);
        let handled = requests.answered(at(9), RequestId(1), Outcome::Lost, &mut out);
        assert!(matches!(
            handled,
            Handled::Answered(answer) if answer.ticket == first && answer.waited == 7 * SECOND
        ));
    }

    #[test]
    fn patience_ends_after_five_waits_or_one_that_is_too_long_and_the_method_waits_all_the_same() {
        let (mut requests, mut out) = (Requests::default(), VecDeque::new());
        requests.send(at(0), Purpose::Command, decline(1), &mut out);
        for wait_number in 0..5 {
            let now = at(wait_number);
            let handled = requests.answered(now, RequestId(wait_number), wait(0), &mut out);
            assert!(matches!(handled, Handled::Repeated { pause, .. } if pause == SECOND));
            requests.send_due(at(wait_number + 1), &mut out);
        }
        let handled = requests.answered(at(5), RequestId(5), wait(1), &mut out);
        assert!(matches!(handled, Handled::Answered(_)));
        sent(&mut out);

        requests.send(at(6), Purpose::Command, decline(1), &mut out);
        let handled = requests.answered(at(6), RequestId(6), wait(301), &mut out);
        assert!(matches!(handled, Handled::Answered(_)));
        assert_eq!(sent(&mut out), [6]);
        requests.send(at(306), Purpose::Command, decline(2), &mut out);
        assert!(sent(&mut out).is_empty());
        assert_eq!(requests.next_due(), Some(at(307)));
    }

    #[test]
    fn what_a_member_always_asks_for_waits_as_long_as_the_server_wants() {
        let (mut requests, mut out) = (Requests::default(), VecDeque::new());
        requests.send(at(0), Purpose::Check, decline(1), &mut out);
        for number in 0..20 {
            let now = at(number * 4000);
            let handled = requests.answered(now, RequestId(number), wait(3600), &mut out);
            assert!(matches!(handled, Handled::Repeated { .. }), "{number}");
            requests.send_due(at((number + 1) * 4000), &mut out);
        }
    }

    #[test]
    fn what_is_abandoned_is_not_sent_and_not_sent_again() {
        let (mut requests, mut out) = (Requests::default(), VecDeque::new());
        let first = requests.send(at(0), Purpose::Command, decline(1), &mut out);
        assert!(requests.abandon(first));
        let handled = requests.answered(at(0), RequestId(0), wait(7), &mut out);
        assert!(matches!(handled, Handled::Answered(_)));
        let second = requests.send(at(1), Purpose::Command, decline(2), &mut out);
        assert!(!requests.abandon(second));
        assert_eq!((requests.under_way.len(), requests.next_due()), (0, None));
        requests.send_due(at(9), &mut out);
        assert_eq!(sent(&mut out), [0]);
    }
    #[test]
    fn what_a_caller_asks_for_leaves_room_for_what_the_engine_sends() {
        let (mut requests, mut out) = (Requests::default(), VecDeque::new());
        for purpose in [Purpose::Command, Purpose::Decline, Purpose::Check] {
            requests.send(at(0), purpose, decline(1), &mut out);
        }
        assert_eq!(requests.of_the_engine(), 1);
    }

    #[test]
    fn what_names_the_call_by_a_reference_that_leads_nowhere_waits_for_the_new_one() {
        let (mut requests, mut out) = (Requests::default(), VecDeque::new());
        let check = |call: CallRef| CheckGroupCall {
            call: call.into(),
            sources: vec![US.source],
        };
        requests.send(at(0), Purpose::Check, check(CALL).into(), &mut out);
        // It is under way, and its answer is to be heard.
        requests.reference_is_stale(CALL);
        requests.send(at(1), Purpose::Check, check(CALL).into(), &mut out);
        requests.answered(at(1), RequestId(0), wait(7), &mut out);
        requests.send(at(1), Purpose::Decline, decline(1), &mut out);
        let leave = LeaveGroupCall {
            call: CALL.into(),
            source: Ssrc::new(1),
        };
        requests.send(at(1), Purpose::Leave, leave.into(), &mut out);
        assert_eq!(sent(&mut out), [0, 3, 4]);
        requests.send_due(at(8), &mut out);
        assert_eq!((sent(&mut out), requests.next_due()), (vec![], None));

        let found = CallRef {
            access_hash: AccessHash::new(9),
            ..CALL
        };
        requests.reference_is(at(8), found, &mut out);
        let bodies = out.iter().map(|output| match output {
            Output::Request { body, .. } => body.clone(),
            _ => panic!("{output:?}"),
        });
        let both = [Request::from(check(found)), check(found).into()];
        assert_eq!(bodies.collect::<Vec<_>>(), both);
    }
}
