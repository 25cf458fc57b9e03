use confcall_state::UserId;

use super::{Response, RpcError, Updates};

/// Something that answers conference requests like the server does.
///
/// A request travels as its TL bytes, so that a loopback exercises the very bytes that would be sent.
/// The service has no clock and no socket: its owner calls [`Service::handle`] for each request and
/// then [`Service::poll_push`] until it gives `None`.
pub trait Service {
    /// Carries out one request of the user `from`.
    ///
    /// # Errors
    ///
    /// [`RpcError`] as the API's, also for bytes that are no request; then nothing has changed.
    fn handle(&mut self, from: UserId, request: &[u8]) -> Result<Response, RpcError>;

    /// Hands out what is to be pushed next, and to whom; `None` if all was handed out.
    ///
    /// The names of those whom an update is about come with it, before it.
    fn poll_push(&mut self) -> Option<(UserId, Updates)>;
}
