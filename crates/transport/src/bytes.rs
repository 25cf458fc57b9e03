//! The adapter over any MTProto stack that carries bytes, and what other adapters share with it.

use core::future::Future;

use confcall_join::api::Response;
use confcall_join::policy::CheckedRequest;
use confcall_state::UserId;
use grammers_tl_types::enums;

use crate::adapter::{CallError, Transport};
use crate::tl::{Unpacked, read_pushed, read_response, read_updates};
use crate::updates::{UpdateSender, UpdateStream};

/// A [`Transport`] over any MTProto stack that sends bytes and gets bytes.
///
/// A stack that reaches the account's home alone is enough for all but streams, whose parts may be elsewhere:
/// [`ByteTransport::to_data_centres`].
///
/// It needs a function that sends the bytes of one request and gives those of its answer, which is what stands in the
/// `rpc_result`, unpacked; and it needs what the server pushes, put into its [`Feed`] as bytes or as values. The
/// stack wraps requests in `invokeWithLayer` and `initConnection` as it does for its own, with layer
/// [`LAYER`](crate::tl::LAYER). It does not repeat them.
///
/// ```
/// # use std::sync::Arc;
/// # use confcall_state::UserId;
/// use confcall_join::api::RpcError;
/// use confcall_transport::{ByteTransport, CallError, Feed};
/// # enum Failure { Rpc { code: i32, message: String }, Disconnected }
/// # enum Pushed { Updates(Vec<u8>), Reconnected }
/// # struct Stack;
/// # impl Stack {
/// #     async fn invoke(&self, _: Vec<u8>) -> Result<Vec<u8>, Failure> { Err(Failure::Disconnected) }
/// #     fn on_push(&self, _: impl Fn(Pushed) + 'static) {}
/// # }
///
/// # fn adapt(stack: Arc<Stack>, own: UserId) -> impl confcall_transport::Transport {
/// let feed = Feed::new(own);
/// let pushed = feed.clone();
/// stack.on_push(move |push| match push {
///     Pushed::Updates(bytes) => pushed.send_bytes(&bytes),
///     Pushed::Reconnected => pushed.sender().gap(),
/// });
/// ByteTransport::new(feed, move |request| {
///     let stack = Arc::clone(&stack);
///     async move {
///         stack.invoke(request).await.map_err(|failure| match failure {
///             Failure::Rpc { code, message } => RpcError::new(code, message).into(),
///             Failure::Disconnected => CallError::Lost {
///                 reason: "the connection was closed".to_owned(),
///             },
///         })
///     }
/// })
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ByteTransport<F> {
    feed: Feed,
    send: F,
}

impl<F, Answer> ByteTransport<F>
where
    F: Fn(Vec<u8>) -> Answer,
    Answer: Future<Output = Result<Vec<u8>, CallError>>,
{
    /// Sends by this function, for the user of the feed.
    pub fn new(feed: Feed, send: F) -> Self {
        Self { feed, send }
    }
}

impl<F, Answer> ByteTransport<ToDataCentres<F>>
where
    F: Fn(Option<i32>, Vec<u8>) -> Answer,
    Answer: Future<Output = Result<Vec<u8>, CallError>>,
{
    /// Sends by this function, which is given the [data centre](CheckedRequest::data_centre) of each request beside its bytes.
    pub fn to_data_centres(feed: Feed, send: F) -> Self {
        let send = ToDataCentres(send);
        Self { feed, send }
    }
}

/// The function of a [`ByteTransport`] that reaches other data centres than the account's home.
#[derive(Clone, Debug)]
pub struct ToDataCentres<F>(F);

impl<F, Answer> Transport for ByteTransport<F>
where
    F: Fn(Vec<u8>) -> Answer + Send + Sync,
    Answer: Future<Output = Result<Vec<u8>, CallError>> + Send,
{
    async fn call(&self, request: CheckedRequest) -> Result<Response, CallError> {
        // The stack alone knows which one is the home.
        if let Some(data_centre) = request.data_centre() {
            return Err(CallError::OtherDataCentre { data_centre });
        }
        exchange(self.feed.own(), request, &self.send).await
    }

    fn updates(&self) -> UpdateStream {
        self.feed.subscribe()
    }

    fn own_user(&self) -> Option<UserId> {
        Some(self.feed.own())
    }
}

impl<F, Answer> Transport for ByteTransport<ToDataCentres<F>>
where
    F: Fn(Option<i32>, Vec<u8>) -> Answer + Send + Sync,
    Answer: Future<Output = Result<Vec<u8>, CallError>> + Send,
{
    async fn call(&self, request: CheckedRequest) -> Result<Response, CallError> {
        let (data_centre, ToDataCentres(send)) = (request.data_centre(), &self.send);
        exchange(self.feed.own(), request, |bytes| send(data_centre, bytes)).await
    }

    fn updates(&self) -> UpdateStream {
        self.feed.subscribe()
    }

    fn own_user(&self) -> Option<UserId> {
        Some(self.feed.own())
    }
}

/// Sends a request, and reads the answer that the user `own` gets; one that cannot be read is lost.
pub(crate) async fn exchange<Answer>(
    own: UserId,
    request: CheckedRequest,
    send: impl FnOnce(Vec<u8>) -> Answer,
) -> Result<Response, CallError>
where
    Answer: Future<Output = Result<Vec<u8>, CallError>>,
{
    let method = request.method();
    let answer = send(request.into_bytes()).await?;
    read_response(method, &answer, own).map_err(|unexpected| CallError::Lost {
        reason: unexpected.to_string(),
    })
}

/// The way in for what the server pushes to a user; clones share the readers.
///
/// Everything may be put here: what is not about a conference is left out.
#[derive(Clone, Debug)]
pub struct Feed {
    own: UserId,
    pushed: UpdateSender,
}

impl Feed {
    /// A feed of this user without readers.
    pub fn new(own: UserId) -> Self {
        Self {
            own,
            pushed: UpdateSender::new(),
        }
    }

    /// The user whose updates these are.
    pub fn own(&self) -> UserId {
        self.own
    }

    /// The end for typed updates, and for saying that some may have been missed.
    pub fn sender(&self) -> &UpdateSender {
        &self.pushed
    }

    /// The updates from now on.
    pub fn subscribe(&self) -> UpdateStream {
        self.pushed.subscribe()
    }

    /// Passes on what a value of `Updates` holds.
    pub fn send(&self, updates: &enums::Updates) {
        self.pass_on(read_updates(updates, self.own));
    }

    /// Passes on what the bytes of an `Updates` hold; bytes that cannot be read are a gap.
    pub fn send_bytes(&self, bytes: &[u8]) {
        match read_pushed(bytes, self.own) {
            Ok(unpacked) => self.pass_on(unpacked),
            Err(error) => {
                tracing::debug!(length = bytes.len(), %error, "updates that cannot be read");
                self.pushed.gap();
            }
        }
    }

    fn pass_on(&self, unpacked: Unpacked) {
        for update in unpacked.updates {
            self.pushed.send(update);
        }
        if unpacked.gap {
            self.pushed.gap();
        }
    }
}
