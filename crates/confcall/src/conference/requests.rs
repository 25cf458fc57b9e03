use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll};

use confcall_join::api::Method;

/// The requests that have no outcome `T` yet, in the order in which they were added.
///
/// They are polled in this order, so that a transport is asked for them in this order. There are few, because the
/// engine bounds how many it has under way.
pub(super) struct Requests<T>(Vec<UnderWay<T>>);

struct UnderWay<T> {
    method: Method,
    outcome: Pin<Box<dyn Future<Output = T> + Send>>,
}

impl<T> Requests<T> {
    pub(super) fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn add(
        &mut self,
        method: Method,
        outcome: impl Future<Output = T> + Send + 'static,
    ) {
        let outcome = Box::pin(outcome);
        self.0.push(UnderWay { method, outcome });
    }

    /// Gives up all requests of other methods.
    pub(super) fn keep_only(&mut self, method: Method) {
        self.0.retain(|one| one.method == method);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next outcome; never, if there is no request. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> T {
        poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<T> {
        for (at, one) in self.0.iter_mut().enumerate() {
            if let Poll::Ready(outcome) = one.outcome.as_mut().poll(context) {
                self.0.remove(at);
                return Poll::Ready(outcome);
            }
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn all_begin_in_their_order_and_end_in_any() {
        let begun = Arc::new(Mutex::new(Vec::new()));
        let mut requests = Requests::new();
        let mut answers = Vec::new();
        for number in 0..3 {
            let (answer, answered) = oneshot::channel::<()>();
            answers.push(answer);
            let begun = Arc::clone(&begun);
            requests.add(Method::GetGroupCall, async move {
                begun.lock().map(|mut begun| begun.push(number)).ok();
                answered.await.ok();
                number
            });
        }
        let mut answers = answers.into_iter();
        let (first, second, third) = (answers.next(), answers.next(), answers.next());
        for (answer, number) in [(third, 2), (first, 0), (second, 1)] {
            answer.map(|answer| answer.send(()));
            assert_eq!(requests.next().await, number);
        }
        assert!(requests.is_empty());
        assert_eq!(begun.lock().ok().as_deref(), Some(&vec![0, 1, 2]));
    }
}
