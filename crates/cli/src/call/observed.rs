//! A transport that reports each request on the way into a call and out of it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use confcall::join::api::{Method, Response};
use confcall::join::policy::CheckedRequest;
use confcall::transport::UpdateStream;
use confcall::{CallError, Transport, UserId};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::report::{CallReport, RequestEnd};
use crate::limits;

/// A transport that reports its requests.
///
/// It reports all of them until the server accepted a join, and from then on only joins and the leave: the rest of a
/// member's requests are too many to be shown.
pub(super) struct ObservedTransport<T> {
    transport: T,
    reports: Sender<CallReport>,
    has_joined: AtomicBool,
}

impl<T> ObservedTransport<T> {
    pub(super) fn new(transport: T) -> (Self, Receiver<CallReport>) {
        let (reports, receiver) = channel(limits::SHOWN_REQUESTS);
        let observed = Self {
            transport,
            reports,
            has_joined: AtomicBool::new(false),
        };
        (observed, receiver)
    }

    fn report(&self, method: Method, report: CallReport) {
        let is_shown = is_join(method) || method == Method::LeaveGroupCall;
        if is_shown || !self.has_joined.load(Ordering::Relaxed) {
            // A slow screen must not hold up the call: a report without room is lost.
            let _ = self.reports.try_send(report);
        }
    }
}

impl<T: Transport> Transport for ObservedTransport<T> {
    async fn call(&self, request: CheckedRequest) -> Result<Response, CallError> {
        let (method, started) = (request.method(), Instant::now());
        self.report(method, CallReport::Request(method));
        let result = self.transport.call(request).await;
        let answer = match &result {
            Ok(_) => RequestEnd::Done,
            Err(CallError::Lost { reason }) => RequestEnd::Lost(reason.clone()),
            Err(error) => RequestEnd::Refused(error.to_string()),
        };
        let took = started.elapsed();
        let report = CallReport::Answer {
            method,
            answer,
            took,
        };
        // Before the join counts, so that its own answer is still reported.
        self.report(method, report);
        if is_join(method) && result.is_ok() {
            self.has_joined.store(true, Ordering::Relaxed);
        }
        result
    }

    fn updates(&self) -> UpdateStream {
        self.transport.updates()
    }

    fn own_user(&self) -> Option<UserId> {
        self.transport.own_user()
    }
}

fn is_join(method: Method) -> bool {
    matches!(method, Method::JoinGroupCall | Method::CreateConferenceCall)
}
