use thiserror::Error;

/// The server refused a request.
///
/// What to do about it depends on the method too: [`RpcError::reaction`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Error)]
#[error("the server answered {message} ({code})")]
pub struct RpcError {
    /// The class of the error: 400, 403, 420, 500 and so on.
    pub code: i32,
    /// The name of the error, such as `GROUPCALL_INVALID`.
    pub message: String,
}

impl RpcError {
    /// An error with this code and name.
    pub fn new(code: i32, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { code, message }
    }
}
