use confcall_join::api::{RpcError, Service as _};
use confcall_state::UserId;

use crate::refusal::Refusal;
use crate::server::Server;
use crate::tl::{Layer, Occasion, read_request, write_push, write_response};

/// The server for clients that send and read bytes, without a socket.
impl Server {
    /// Carries out the bytes of one request of the user `from`, and gives those of its answer.
    ///
    /// They are the bytes inside an `rpc_result`, and the request is not wrapped in `invokeWithLayer` or the like.
    ///
    /// # Errors
    ///
    /// [`RpcError`] as the API's, also for bytes that are no request; then nothing has changed.
    pub fn handle_bytes(&mut self, from: UserId, request: &[u8]) -> Result<Vec<u8>, RpcError> {
        let request = read_request(request).map_err(Refusal::Unreadable)?;
        let answer = self.answer(from, &request)?;
        write_response(request.method(), &answer, self.occasion(from))
    }

    /// Hands out what is to be pushed next, as the bytes of one `Updates`, and to whom; `None` if all was handed out.
    ///
    /// The names of those whom it is about stand in it.
    pub fn poll_push_bytes(&mut self) -> Option<(UserId, Vec<u8>)> {
        let (to, updates) = self.poll_push()?;
        Some((to, write_push(&updates, self.occasion(to))))
    }

    fn occasion(&self, viewer: UserId) -> Occasion {
        let date = self.now;
        let layer = Layer::Newest;
        Occasion {
            viewer,
            date,
            layer,
        }
    }
}
