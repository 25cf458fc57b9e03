use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The server refused a request.
///
/// What to do about it depends on the method too: [`RpcError::reaction`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Error, Serialize, Deserialize)]
#[error("the server answered {} ({code})", printable(.message))]
pub struct RpcError {
    /// The class of the error: 400, 403, 420, 500 and so on.
    pub code: i32,
    /// The name of the error, such as `GROUPCALL_INVALID`.
    pub message: String,
}

/// The start of a text from the server, without what a terminal or a log would act on.
fn printable(text: &str) -> String {
    // The longest name of the API has about fifty characters; twice that shows whatever a server makes up.
    text.chars()
        .take(100)
        .flat_map(char::escape_debug)
        .collect()
}

impl RpcError {
    /// An error with this code and name.
    pub fn new(code: i32, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { code, message }
    }
}
