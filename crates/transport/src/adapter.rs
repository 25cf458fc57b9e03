use core::future::Future;

use confcall_join::api::{Request, Response, RpcError, Update};
use confcall_join::policy::PolicyViolation;
use thiserror::Error;
use tokio::sync::broadcast;

/// The network of one user: requests go out, answers and updates come in.
///
/// An implementation checks every request against the policy with
/// [`policy::check_bytes`](confcall_join::policy::check_bytes), whoever built it, and sends nothing that breaks
/// it. It neither repeats requests nor waits out flood waits: who calls it decides that.
///
/// An answer is mapped to the variant of [`Response`] that has its type in the API, and updates to the kinds of
/// [`Update`], in their order; all others are left out. An answer to a join holds the connection, the call as an
/// active conference, and the items of both subchains once. [`join_once`](crate::join_once) reads answers only;
/// [`Transport::updates`] is for whoever follows the call.
///
/// ```
/// use confcall_join::api::{Request, Response, RpcError, Update};
/// use confcall_join::policy::{self, CallKind};
/// use confcall_transport::{CallError, Transport, UpdateStream};
/// # enum Failure { Rpc(i32, String), Disconnected }
/// # struct Client;
/// # impl Client {
/// #     async fn invoke(&self, _: Vec<u8>) -> Result<Response, Failure> { Ok(Response::from(true)) }
/// # }
///
/// struct Net {
///     /// The client's MTProto stack.
///     client: Client,
///     /// Where it puts what the server pushes.
///     pushed: tokio::sync::broadcast::Sender<Update>,
/// }
///
/// impl Transport for Net {
///     async fn call(&self, request: Request) -> Result<Response, CallError> {
///         let bytes = request.to_tl();
///         policy::check_bytes(CallKind::Conference, &bytes)?;
///         match self.client.invoke(bytes).await {
///             Ok(response) => Ok(response),
///             Err(Failure::Rpc(code, name)) => Err(RpcError::new(code, name).into()),
///             Err(Failure::Disconnected) => Err(CallError::Lost {
///                 reason: "the connection was closed".to_owned(),
///             }),
///         }
///     }
///
///     fn updates(&self) -> UpdateStream {
///         UpdateStream::new(self.pushed.subscribe())
///     }
/// }
/// ```
pub trait Transport: Send + Sync {
    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    ///
    /// [`CallError`]
    fn call(&self, request: Request) -> impl Future<Output = Result<Response, CallError>> + Send;

    /// The updates that are pushed from now on.
    fn updates(&self) -> UpdateStream;
}

/// A request has no answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CallError {
    /// The server refused the request.
    #[error(transparent)]
    Rpc(#[from] RpcError),
    /// The connection or the time ended first; the request may have been carried out.
    #[error("the answer was lost: {reason}")]
    Lost {
        /// What the network says of it.
        reason: String,
    },
    /// The request breaks the policy and was not sent.
    #[error("the request was not sent: {0}")]
    Policy(#[from] PolicyViolation),
}

/// Updates were dropped because nobody took them in time; poll the chain to catch up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{count} updates were missed")]
pub struct Missed {
    /// How many were dropped.
    pub count: u64,
}

/// Pushed updates in the order of their arrival, from the moment that the stream was made.
///
/// It holds a bounded number of them: a reader that falls behind misses the oldest and is told how many.
#[derive(Debug)]
pub struct UpdateStream(broadcast::Receiver<Update>);

impl UpdateStream {
    /// Wraps the receiving end of an adapter's channel.
    pub fn new(receiver: broadcast::Receiver<Update>) -> Self {
        Self(receiver)
    }

    /// The next update, or `None` once the connection is gone.
    ///
    /// Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Result<Update, Missed>> {
        match self.0.recv().await {
            Ok(update) => Some(Ok(update)),
            Err(broadcast::error::RecvError::Lagged(count)) => Some(Err(Missed { count })),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}
