//! The server's side of MTProto 2.0 as values: bytes, packets, messages and sessions, without I/O.

pub(crate) mod auth_key;
pub(crate) mod framing;
pub(crate) mod gzip;
pub(crate) mod ige;
pub(crate) mod key_exchange;
pub(crate) mod message;
pub(crate) mod outbox;
pub(crate) mod query;
pub(crate) mod received;
pub(crate) mod salt;
pub(crate) mod sealing;
pub(crate) mod service;
pub(crate) mod session;
pub(crate) mod session_memory;
pub(crate) mod unencrypted;
