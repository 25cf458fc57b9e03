use core::pin::Pin;
use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::Arc;

use confcall_join::api::{Method, Request, RpcError};
use confcall_join::engine::{EndReason, Outcome, RequestId};
use confcall_join::policy::{CallKind, CheckedRequest};
use confcall_transport::{CallError, Transport};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, timeout};
use tracing::{debug, error};

/// The requests of one engine that are under way, which bounds them.
///
/// They begin in the order in which they were sent, and each passes the policy first, whichever adapter carries it.
pub(crate) struct Requests<T> {
    transport: Arc<T>,
    answer_timeout: Duration,
    under_way: FuturesUnordered<Pin<Box<dyn Future<Output = Answered> + Send>>>,
    /// The method of each of them, and the moment at which it was sent.
    sent: BTreeMap<RequestId, (Method, Instant)>,
}

/// The outcome of a request.
pub(crate) struct Answered {
    pub(crate) request: RequestId,
    /// The moment at which it was sent.
    pub(crate) sent: Instant,
    /// The outcome, or the reason why no request has a chance.
    pub(crate) outcome: Result<Outcome, EndReason>,
}

impl<T: Transport + 'static> Requests<T> {
    pub(crate) fn new(transport: T, answer_timeout: Duration) -> Self {
        Self {
            transport: Arc::new(transport),
            answer_timeout,
            under_way: FuturesUnordered::new(),
            sent: BTreeMap::new(),
        }
    }

    pub(crate) fn send(
        &mut self,
        request: RequestId,
        kind: CallKind,
        data_centre: Option<i32>,
        body: Request,
    ) {
        let method = body.method();
        debug!(%method, %request, "sending");
        let transport = Arc::clone(&self.transport);
        let (patience, sent) = (self.answer_timeout, Instant::now());
        self.sent.insert(request, (method, sent));
        self.under_way.push(Box::pin(async move {
            let outcome = outcome_of(&*transport, kind, data_centre, &body, patience).await;
            Answered {
                request,
                sent,
                outcome,
            }
        }));
    }

    /// The next outcome; `None` if there is no request. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> Option<Answered> {
        let answered = self.under_way.next().await?;
        self.sent.remove(&answered.request);
        Some(answered)
    }

    /// The method of the request that has waited for longest, and the moment at which it was sent.
    pub(crate) fn oldest(&self) -> Option<(Method, Instant)> {
        self.sent.values().next().copied()
    }

    /// Waits for the outcome of the requests to leave.
    pub(crate) async fn leave(&mut self) {
        let is_leave = |(method, _): &(Method, Instant)| *method == Method::LeaveGroupCall;
        while self.sent.values().any(is_leave) && self.next().await.is_some() {}
    }
}

/// Sends a request that keeps to the policy; what has no answer in time is lost.
async fn outcome_of(
    transport: &impl Transport,
    kind: CallKind,
    data_centre: Option<i32>,
    body: &Request,
    patience: Duration,
) -> Result<Outcome, EndReason> {
    let method = body.method();
    let request = match CheckedRequest::new(kind, body) {
        Ok(request) => request.to_data_centre(data_centre),
        // The engine builds no such request. It ends after a few tries, as if the server could not be reached.
        Err(violation) => {
            error!(%method, %violation, "not sent");
            return Ok(Outcome::Lost);
        }
    };
    Ok(match timeout(patience, transport.call(request)).await {
        Ok(Ok(response)) => Outcome::Done(response),
        Ok(Err(CallError::Rpc(error))) => {
            debug!(%method, %error, "refused");
            Outcome::Refused(error)
        }
        // The server may have carried it out: the engine looks before it repeats what cannot be repeated.
        Ok(Err(CallError::Lost { reason })) => {
            debug!(%method, reason, "lost");
            Outcome::Lost
        }
        // As the server says it of what was asked of the wrong one.
        Ok(Err(CallError::OtherDataCentre { data_centre })) => {
            let name = format!("FILE_MIGRATE_{data_centre}");
            Outcome::Refused(RpcError::new(303, name))
        }
        Ok(Err(CallError::ClockAhead { by })) => {
            let seconds = by.as_secs();
            return Err(EndReason::ClockAhead { seconds });
        }
        Err(_) => {
            debug!(%method, ?patience, "no answer");
            Outcome::Lost
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use confcall_join::api::{CreateConferenceCall, DataJson, Response, Updates};
    use confcall_state::keys::PublicKey;
    use confcall_transport::{UpdateSender, UpdateStream};
    use std::sync::Mutex;
    use tokio::sync::oneshot;

    /// An adapter that sends whatever it is given.
    #[derive(Default)]
    struct Careless {
        sent: Mutex<Vec<Vec<u8>>>,
        pushed: UpdateSender,
    }

    impl Transport for Careless {
        async fn call(&self, request: CheckedRequest) -> Result<Response, CallError> {
            let mut sent = self.sent.lock().map_err(|_| lost())?;
            sent.push(request.into_bytes());
            Ok(Updates(Vec::new()).into())
        }

        fn updates(&self) -> UpdateStream {
            self.pushed.subscribe()
        }
    }

    fn lost() -> CallError {
        let reason = String::new();
        CallError::Lost { reason }
    }

    /// A request to create a call by a payload.
    fn creation(params: &str) -> Request {
        let creation = CreateConferenceCall {
            muted: false,
            video_stopped: false,
            random_id: 1,
            public_key: Some(PublicKey::from_bytes([1; 32])),
            block: Some(vec![1]),
            params: Some(DataJson::new(params)),
        };
        creation.into()
    }

    #[tokio::test]
    async fn a_careless_adapter_is_given_nothing_that_the_policy_forbids() {
        let adapter = Careless::default();
        let patience = Duration::from_secs(1);
        let forbidden = creation("{}");
        let outcome = outcome_of(&adapter, CallKind::Conference, None, &forbidden, patience).await;
        assert!(matches!(outcome, Ok(Outcome::Lost)));
        assert!(adapter.sent.lock().is_ok_and(|sent| sent.is_empty()));

        let allowed = creation(
            r#"{"ssrc": 1, "ufrag": "abcd", "pwd": "0123456789012345678901", "fingerprints": [
                {"hash": "sha-256", "setup": "passive", "fingerprint": "FINGERPRINT"}]}"#
                .replace("FINGERPRINT", &["07"; 32].join(":"))
                .as_str(),
        );
        let outcome = outcome_of(&adapter, CallKind::Conference, None, &allowed, patience).await;
        assert!(matches!(outcome, Ok(Outcome::Done(_))));
        let sent = adapter.sent.into_inner().unwrap_or_default();
        assert_eq!(sent, [allowed.to_tl()]);
    }

    /// `FuturesUnordered` does not promise it, and a join must not overtake the request before it.
    #[tokio::test]
    async fn requests_begin_in_their_order_and_end_in_any() {
        let begun = Arc::new(Mutex::new(Vec::new()));
        let mut requests = FuturesUnordered::new();
        let mut answers = Vec::new();
        for number in 0..3 {
            let (answer, answered) = oneshot::channel::<()>();
            answers.push(answer);
            let begun = Arc::clone(&begun);
            requests.push(async move {
                begun.lock().map(|mut begun| begun.push(number)).ok();
                answered.await.ok();
                number
            });
        }
        let mut answers = answers.into_iter();
        let (first, second, third) = (answers.next(), answers.next(), answers.next());
        for (answer, number) in [(third, 2), (first, 0), (second, 1)] {
            answer.map(|answer| answer.send(()));
            assert_eq!(requests.next().await, Some(number));
        }
        assert!(requests.is_empty());
        assert_eq!(begun.lock().ok().as_deref(), Some(&vec![0, 1, 2]));
    }
}
