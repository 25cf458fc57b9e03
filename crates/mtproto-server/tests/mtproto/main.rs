//! The server over TCP, as clients of `grammers` and hostile ones see it.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what the tests share fails by panicking"
)]

mod calls;
mod chaos;
mod chats;
mod client;
mod connecting;
#[path = "../../src/fuzzing/exchange_client.rs"]
mod exchange;
mod files;
mod first_version;
mod hostile;
mod life;
mod login;
#[cfg(feature = "sfu")]
mod media;
#[cfg(feature = "sfu")]
#[path = "../../../server/src/tests/sfu/client.rs"]
#[expect(dead_code, reason = "the tests of the SFU itself use more of it")]
mod media_client;
mod raw;
mod scene;
#[cfg(feature = "session-file")]
mod session_files;
mod sessions;
mod snapshot_files;
