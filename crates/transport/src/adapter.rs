use core::future::Future;
use core::time::Duration;
use std::sync::Arc;

use confcall_join::api::{Response, RpcError};
use confcall_join::policy::CheckedRequest;
use confcall_state::UserId;
use thiserror::Error;

use crate::updates::UpdateStream;

/// The network of one user: requests go out, answers and updates come in.
///
/// An implementation sends what it is given, once: it neither repeats requests nor waits out flood waits, for its caller
/// decides that. It sends requests in the order in which the futures of [`Transport::call`] are polled first. A
/// [`CheckedRequest`] has passed the policy, so there is nothing left to check.
///
/// A request that names a [data centre](CheckedRequest::data_centre) goes there, and all others to the account's home; an adapter
/// that knows only the one says [`CallError::OtherDataCentre`].
///
/// An answer is mapped to the variant of [`Response`] that has its type in the API, and updates to the kinds of
/// `Update`, in their order; all others are left out. An answer to a join holds the
/// connection, the call as an active one, and, for a conference, the items of both subchains once.
///
/// ```
/// use confcall_join::api::{Response, RpcError};
/// use confcall_join::policy::CheckedRequest;
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
///     async fn call(&self, request: CheckedRequest) -> Result<Response, CallError> {
///         match self.client.invoke(request.into_bytes()).await {
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
    fn call(
        &self,
        request: CheckedRequest,
    ) -> impl Future<Output = Result<Response, CallError>> + Send;

    /// The updates that are pushed from now on.
    fn updates(&self) -> UpdateStream;

    /// The user who is logged in, if the adapter knows it; else the caller of a conference has to.
    fn own_user(&self) -> Option<UserId> {
        None
    }
}

/// One network for several callers.
impl<T: Transport> Transport for Arc<T> {
    async fn call(&self, request: CheckedRequest) -> Result<Response, CallError> {
        T::call(self, request).await
    }

    fn updates(&self) -> UpdateStream {
        T::updates(self)
    }

    fn own_user(&self) -> Option<UserId> {
        T::own_user(self)
    }
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
        /// The network's own words.
        reason: String,
    },
    /// The request is for another data centre, which the adapter cannot reach; it was not sent.
    #[error("the adapter cannot reach data centre {data_centre}")]
    OtherDataCentre {
        /// The data centre.
        data_centre: i32,
    },
    /// The clock of this device is ahead of the server's, which takes no message from the future.
    ///
    /// No request has a chance before the clock is set.
    #[error("the clock of this device is {} s ahead of the server's", by.as_secs())]
    ClockAhead {
        /// By how much.
        by: Duration,
    },
}
