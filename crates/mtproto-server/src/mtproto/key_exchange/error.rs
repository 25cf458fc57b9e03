use confcall_state::tl::ReadError;
use thiserror::Error;

use crate::limits;

/// A client broke a rule of the exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum KeyExchangeError {
    #[error("a message of a key exchange cannot be read: {0}")]
    Unreadable(#[from] ReadError),
    #[error("{0:08x} is not what a key exchange goes on with")]
    OutOfOrder(u32),
    #[error("a connection has at most {} key exchanges", limits::KEY_EXCHANGES)]
    TooMany,
    #[error("the {0} of a key exchange changed on the way")]
    Changed(&'static str),
    #[error("no key of this server has the fingerprint {0:016x}")]
    Fingerprint(i64),
    #[error("nothing in a key exchange is encrypted to {0} bytes")]
    Length(usize),
    #[error("what a client sent in a key exchange is not encrypted for this server")]
    NotForTheServer,
    #[error("the hash does not fit what a client sent in a key exchange")]
    Hash,
    #[error("a temporary key cannot be good for {0} seconds")]
    Lifetime(i32),
    #[error("the client's half of a key is too near to zero or to the prime")]
    OutOfBounds,
}
