//! Networks that do what the loopback does not.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use confcall_join::api::{Method, Request, Response};
use confcall_join::policy::CheckedRequest;
use confcall_server::Server;
use confcall_server::loopback::LoopbackTransport;
use confcall_state::UserId;
use confcall_transport::{CallError, Transport, UpdateSender, UpdateStream};

/// The test's answers, in place of the server's.
pub(crate) type Answer = dyn Fn(&Request) -> Option<Result<Response, CallError>> + Send + Sync;

/// The test's changes of the server's answers.
pub(crate) type Change = dyn Fn(&Request, Response) -> Result<Response, CallError> + Send + Sync;

/// A connection on which everything takes its time, and some is answered by the test.
pub(crate) struct Network<T = LoopbackTransport<Server>> {
    connection: T,
    /// How long a request is under way, and then its answer.
    delay: Duration,
    /// The answers of the test; everything else goes to the server.
    answer: Box<Answer>,
    change: Box<Change>,
    /// The method that is never answered.
    unanswered: Option<Method>,
    /// The requests that were sent.
    pub(crate) sent: Arc<Mutex<VecDeque<Request>>>,
    /// The updates of the test in place of the server's, if there are any.
    pushed: Option<UpdateSender>,
}

impl<T> Network<T> {
    pub(crate) fn new(connection: T) -> Self {
        Self {
            connection,
            delay: Duration::ZERO,
            answer: Box::new(|_| None),
            change: Box::new(|_, response| Ok(response)),
            unanswered: None,
            sent: Arc::default(),
            pushed: None,
        }
    }

    pub(crate) fn delayed(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    pub(crate) fn answering(
        self,
        answer: impl Fn(&Request) -> Option<Result<Response, CallError>> + Send + Sync + 'static,
    ) -> Self {
        let answer = Box::new(answer);
        Self { answer, ..self }
    }

    pub(crate) fn changing(
        self,
        change: impl Fn(&Request, Response) -> Result<Response, CallError> + Send + Sync + 'static,
    ) -> Self {
        let change = Box::new(change);
        Self { change, ..self }
    }

    pub(crate) fn never_answering(self, method: Method) -> Self {
        let unanswered = Some(method);
        Self { unanswered, ..self }
    }

    pub(crate) fn pushing(self, pushed: UpdateSender) -> Self {
        let pushed = Some(pushed);
        Self { pushed, ..self }
    }
}

impl<T: Transport> Transport for Network<T> {
    async fn call(&self, checked: CheckedRequest) -> Result<Response, CallError> {
        let request = checked.request().clone();
        self.sent.lock().unwrap().push_back(request.clone());
        if self.unanswered == Some(request.method()) {
            return std::future::pending().await;
        }
        tokio::time::sleep(self.delay).await;
        let answer = match (self.answer)(&request) {
            Some(answer) => answer,
            None => {
                let answer = self.connection.call(checked).await;
                answer.and_then(|response| (self.change)(&request, response))
            }
        };
        tokio::time::sleep(self.delay).await;
        answer
    }

    fn updates(&self) -> UpdateStream {
        match &self.pushed {
            Some(pushed) => pushed.subscribe(),
            None => self.connection.updates(),
        }
    }

    fn own_user(&self) -> Option<UserId> {
        self.connection.own_user()
    }
}

/// The number of requests of a method.
pub(crate) fn count(sent: &Mutex<VecDeque<Request>>, method: Method) -> usize {
    let sent = sent.lock().unwrap();
    sent.iter().filter(|one| one.method() == method).count()
}

pub(crate) fn lost() -> CallError {
    let reason = "the connection was reset".to_owned();
    CallError::Lost { reason }
}
