use core::future::Future;

use confcall_join::api::{Request, Response, RpcError, Update};
use confcall_join::policy::PolicyViolation;
use thiserror::Error;
use tokio::sync::broadcast;

use crate::limits;

/// The network of one user: requests go out, answers and updates come in.
///
/// An implementation checks every request against the policy with
/// [`policy::check_bytes`](confcall_join::policy::check_bytes), whoever built it, and sends nothing that breaks
/// it. It neither repeats requests nor waits out flood waits: who calls it decides that. It sends requests in the order
/// in which the futures of [`Transport::call`] are polled first.
///
/// An answer is mapped to the variant of [`Response`] that has its type in the API, and updates to the kinds of
/// [`Update`], in their order; all others are left out. An answer to a join holds the connection, the call as an
/// active conference, and the items of both subchains once.
///
/// ```
/// use confcall_join::api::{Request, Response, RpcError};
/// use confcall_join::policy::{self, CallKind};
/// use confcall_transport::{CallError, Transport, UpdateSender, UpdateStream};
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
///     pushed: UpdateSender,
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
///         self.pushed.subscribe()
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

/// Updates were missed: dropped because nobody took them in time, or pushed while there was no connection.
///
/// Who follows a call reads the chain and the roster again to catch up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{} were missed", how_many(.count))]
pub struct Missed {
    /// How many were dropped; `None` if only the server knows.
    pub count: Option<u64>,
}

fn how_many(count: &Option<u64>) -> String {
    count.map_or_else(
        || "perhaps some updates".to_owned(),
        |count| format!("{count} updates"),
    )
}

/// Where an adapter puts what the server pushes to one user; clones share the readers.
#[derive(Clone, Debug)]
pub struct UpdateSender(broadcast::Sender<Pushed>);

#[derive(Clone, Debug)]
enum Pushed {
    Update(Update),
    Gap,
}

impl UpdateSender {
    /// A sender that nobody listens to yet.
    pub fn new() -> Self {
        Self(broadcast::Sender::new(limits::UPDATES))
    }

    /// Passes on an update; nobody listening is no fault, for then nobody follows a call.
    pub fn send(&self, update: Update) {
        let _ = self.0.send(Pushed::Update(update));
    }

    /// Says that the server may have pushed what did not arrive, after a new connection for example.
    pub fn gap(&self) {
        let _ = self.0.send(Pushed::Gap);
    }

    /// The updates that are pushed from now on.
    pub fn subscribe(&self) -> UpdateStream {
        UpdateStream(self.0.subscribe())
    }
}

impl Default for UpdateSender {
    fn default() -> Self {
        Self::new()
    }
}

/// Pushed updates in the order of their arrival, from the moment that the stream was made.
///
/// It holds a bounded number of them: a reader that falls behind misses the oldest and is told how many.
#[derive(Debug)]
pub struct UpdateStream(broadcast::Receiver<Pushed>);

impl UpdateStream {
    /// The next update, or `None` once all of the adapter's senders are gone.
    ///
    /// Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Result<Update, Missed>> {
        match self.0.recv().await {
            Ok(Pushed::Update(update)) => Some(Ok(update)),
            Ok(Pushed::Gap) => Some(Err(Missed { count: None })),
            Err(broadcast::error::RecvError::Lagged(count)) => {
                Some(Err(Missed { count: Some(count) }))
            }
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use confcall_join::api::{CallConnection, DataJson};

    #[tokio::test]
    async fn a_reader_that_falls_behind_misses_the_oldest_and_learns_how_many() {
        let sender = UpdateSender::new();
        let mut stream = sender.subscribe();
        let numbered = |number: usize| {
            Update::Connection(CallConnection {
                presentation: false,
                params: DataJson::new(number.to_string()),
            })
        };
        let last = limits::UPDATES + 10;
        (1..=last).for_each(|number| sender.send(numbered(number)));
        let missed = Missed { count: Some(10) };
        assert_eq!(stream.next().await, Some(Err(missed)));
        for number in 11..=last {
            assert_eq!(stream.next().await, Some(Ok(numbered(number))));
        }
    }
}
