//! A transport that tells of each step on the way into a call and out of it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use confcall::join::api::{Method, Request, Response};
use confcall::transport::UpdateStream;
use confcall::{CallError, Transport};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::told::{Answer, Told};
use crate::limits;

/// A transport, and where its requests and answers are told.
///
/// Everything is told until the server took a join, and from then on only further joins and that we leave: what else a
/// member asks for comes too often to be shown.
pub(super) struct Watched<T> {
    transport: T,
    steps: Sender<Told>,
    has_joined: AtomicBool,
}

impl<T> Watched<T> {
    pub(super) fn new(transport: T) -> (Self, Receiver<Told>) {
        let (steps, told) = channel(limits::STEPS);
        let watched = Self {
            transport,
            steps,
            has_joined: AtomicBool::new(false),
        };
        (watched, told)
    }

    fn tell(&self, method: Method, told: Told) {
        let is_door = is_join(method) || method == Method::LeaveGroupCall;
        if is_door || !self.has_joined.load(Ordering::Relaxed) {
            // Whoever listens no more, or not fast enough, misses only what is shown.
            let _ = self.steps.try_send(told);
        }
    }
}

impl<T: Transport> Transport for Watched<T> {
    async fn call(&self, request: Request) -> Result<Response, CallError> {
        let (method, started) = (request.method(), Instant::now());
        self.tell(method, Told::Request(method));
        let result = self.transport.call(request).await;
        let answer = match &result {
            Ok(_) => Answer::Done,
            Err(CallError::Lost { reason }) => Answer::Lost(reason.clone()),
            Err(error) => Answer::Refused(error.to_string()),
        };
        let took = started.elapsed();
        let told = Told::Answer {
            method,
            answer,
            took,
        };
        self.tell(method, told);
        if is_join(method) && result.is_ok() {
            self.has_joined.store(true, Ordering::Relaxed);
        }
        result
    }

    fn updates(&self) -> UpdateStream {
        self.transport.updates()
    }
}

fn is_join(method: Method) -> bool {
    matches!(method, Method::JoinGroupCall | Method::CreateConferenceCall)
}
