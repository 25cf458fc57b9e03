use core::time::Duration;

use super::kinds::Reaction;
use crate::api::{Method, RpcError};

/// One row of the table of errors.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The name of the error.
    pub name: ErrorName,
    /// The code that the server sends with it, where that is known.
    pub code: Option<i32>,
    /// The methods that the row is about.
    pub methods: &'static [Method],
    /// The reaction. In a row for [`ErrorName::Seconds`] the time is zero and the error's own time replaces it.
    pub reaction: Reaction,
}

/// The sign by which an error of the API is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorName {
    /// By its whole name.
    Exact(&'static str),
    /// By the start of its name.
    Prefix(&'static str),
    /// By the start of its name, which a number of seconds follows.
    Seconds(&'static str),
    /// By its code alone.
    Code(i32),
    /// By its code alone: the server failed, 500 to 599 or, for its own timeouts, -599 to -500.
    ServerFault,
}

impl Row {
    /// The reaction to an error, if the row is about it.
    pub(super) fn reaction_to(&self, error: &RpcError, method: Method) -> Option<Reaction> {
        if !self.methods.contains(&method) {
            return None;
        }
        let fits = match self.name {
            ErrorName::Exact(name) => error.message == name,
            ErrorName::Prefix(prefix) => error.message.starts_with(prefix),
            ErrorName::Seconds(prefix) => {
                let seconds = error.message.strip_prefix(prefix)?;
                return parse_seconds(seconds).map(Reaction::WaitThenRepeat);
            }
            ErrorName::Code(code) => error.code == code,
            ErrorName::ServerFault => (500..600).contains(&error.code.unsigned_abs()),
        };
        fits.then_some(self.reaction)
    }
}

/// Reads decimal digits and nothing else; the API's numbers end at 2^31.
fn parse_seconds(text: &str) -> Option<Duration> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = digits.then(|| text.parse::<i32>().ok())??;
    Some(Duration::from_secs(u64::from(seconds.unsigned_abs())))
}
