//! The reactions of a client to the errors of the API.
//!
//! [`ROWS`] is the table of `spec/protocol.md`, 11.2, and the only place where the names of errors stand. An
//! error belongs to the first row that fits its name and its method. The code in a row is that which the server
//! sends with the name; the name alone decides, because it says all that the code says and more. The code decides for
//! names without a row, which the server may add.

mod kinds;
mod row;
mod table;

pub use kinds::{GiveUpReason, Reach, Reaction};
pub use row::{ErrorName, Row};
pub use table::ROWS;

use crate::api::{Method, RpcError};

impl RpcError {
    /// The reaction to the error when it answers `method`.
    pub fn reaction(&self, method: Method) -> Reaction {
        let mut reactions = ROWS.iter().filter_map(|row| row.reaction_to(self, method));
        reactions.next().unwrap_or(Reaction::Report)
    }
}

#[cfg(test)]
mod tests;
