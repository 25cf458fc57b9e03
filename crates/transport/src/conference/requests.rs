use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll};

use confcall_join::api::Method;
use confcall_join::engine::{Outcome, RequestId};

/// The requests that have no answer yet, in the order in which they were sent; the engine bounds how many.
///
/// They are polled in this order, so that a transport is asked for them in this order.
#[derive(Default)]
pub(super) struct Requests(Vec<UnderWay>);

struct UnderWay {
    request: RequestId,
    method: Method,
    outcome: Pin<Box<dyn Future<Output = Outcome> + Send>>,
}

impl Requests {
    pub(super) fn add(
        &mut self,
        request: RequestId,
        method: Method,
        outcome: impl Future<Output = Outcome> + Send + 'static,
    ) {
        let outcome = Box::pin(outcome);
        self.0.push(UnderWay {
            request,
            method,
            outcome,
        });
    }

    /// Gives up all requests of other methods.
    pub(super) fn keep_only(&mut self, method: Method) {
        self.0.retain(|one| one.method == method);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next request that has an outcome; never, if there is none. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> (RequestId, Outcome) {
        poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<(RequestId, Outcome)> {
        let mut under_way = self.0.iter_mut().enumerate();
        let ended = under_way.find_map(|(at, one)| match one.outcome.as_mut().poll(context) {
            Poll::Ready(outcome) => Some((at, outcome)),
            Poll::Pending => None,
        });
        let Some((at, outcome)) = ended else {
            return Poll::Pending;
        };
        let UnderWay { request, .. } = self.0.remove(at);
        Poll::Ready((request, outcome))
    }
}
