use core::future::Future;

use confcall_join::api::{Request, Response};
use confcall_join::policy::{self, CallKind};
use confcall_state::UserId;

use crate::adapter::{CallError, Transport, UpdateStream};
use crate::tl::{Feed, read_response};

/// A [`Transport`] over any MTProto stack that sends bytes and gets bytes.
///
/// It needs a function that sends the bytes of one request and gives those of its answer, which is what stands in the
/// `rpc_result`, unpacked; and it needs what the server pushes, put into its [`Feed`] as bytes or as values. The
/// stack wraps requests in `invokeWithLayer` and `initConnection` as it does for its own, with layer
/// [`LAYER`](grammers_tl_types::LAYER). It does not repeat them.
///
/// ```
/// # use std::sync::Arc;
/// # use confcall_state::UserId;
/// use confcall_join::api::RpcError;
/// use confcall_transport::tl::Feed;
/// use confcall_transport::{ByteTransport, CallError};
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

impl<F, Answer> Transport for ByteTransport<F>
where
    F: Fn(Vec<u8>) -> Answer + Send + Sync,
    Answer: Future<Output = Result<Vec<u8>, CallError>> + Send,
{
    async fn call(&self, request: Request) -> Result<Response, CallError> {
        exchange(self.feed.own(), &request, &self.send).await
    }

    fn updates(&self) -> UpdateStream {
        self.feed.subscribe()
    }
}

/// Sends what the policy allows, and reads the answer; one that cannot be read is lost.
pub(crate) async fn exchange<Answer>(
    own: UserId,
    request: &Request,
    send: impl FnOnce(Vec<u8>) -> Answer,
) -> Result<Response, CallError>
where
    Answer: Future<Output = Result<Vec<u8>, CallError>>,
{
    let bytes = request.to_tl();
    policy::check_bytes(CallKind::Conference, &bytes)?;
    let answer = send(bytes).await?;
    read_response(request.method(), &answer, own).map_err(|unexpected| CallError::Lost {
        reason: unexpected.to_string(),
    })
}
