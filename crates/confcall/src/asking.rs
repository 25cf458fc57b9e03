//! Requests of a user who need not be in a call.

use core::time::Duration;

use confcall_join::api::{Request, Response, ResponseKind, RpcError};
use confcall_join::policy::{CallKind, CheckedRequest, PolicyViolation};
use confcall_transport::{CallError, Transport};
use thiserror::Error;
use tokio::time::timeout;

/// The number of times that a request without an answer is sent: the server carries out the same one once.
const TRIES: u32 = 3;
/// The time for each answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request of a user who need not be in a call was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The server refused.
    #[error("the server refused: {0}")]
    Refused(RpcError),
    /// There was no answer; it may have been carried out.
    #[error("the server did not answer")]
    Unanswered,
    /// The answer is none to this request.
    #[error("the answer of the server is {0}")]
    OtherAnswer(ResponseKind),
    /// The clock of the device is ahead of the server's.
    #[error("the clock of this device is {} s ahead of the server's", by.as_secs())]
    ClockAhead {
        /// By how much.
        by: Duration,
    },
    /// The request was not sent: it breaks the policy.
    #[error("the request was not sent: {0}")]
    Policy(#[from] PolicyViolation),
}

/// Sends a request that may be sent again, and waits for its answer.
pub(crate) async fn ask<T: Transport>(
    transport: &T,
    kind: CallKind,
    request: &Request,
) -> Result<Response, RequestError> {
    let request = CheckedRequest::new(kind, request)?;
    for _ in 0..TRIES {
        match timeout(PATIENCE, transport.call(request.clone())).await {
            Ok(Ok(response)) => return Ok(response),
            Ok(Err(CallError::Rpc(error))) => return Err(RequestError::Refused(error)),
            Ok(Err(CallError::ClockAhead { by })) => return Err(RequestError::ClockAhead { by }),
            // It names no other data centre, so that nothing but the way there can have failed.
            Ok(Err(CallError::Lost { .. } | CallError::OtherDataCentre { .. })) | Err(_) => {}
        }
    }
    Err(RequestError::Unanswered)
}
