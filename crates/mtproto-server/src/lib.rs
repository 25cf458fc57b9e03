//! The server over MTProto 2.0: TCP connections of any client whose authorisation key it issued, and, where its settings say so,
//! of those that agree on one with it and log in by a code, as on a test server.
//!
//! It is made to develop and test clients: it knows nothing of users but their numbers and names, and keeps nothing beyond
//! its end that is not in a snapshot or a key file; logins, too, last as long as it runs.
//!
//! ```text
//! socket ─▶ Framer ─▶ KeyExchange ─▶ key of a guest, which a login gives to a user
//! socket ─▶ Framer ─▶ sealing::open ─▶ Session ─▶ Query ─▶ api ─▶ Hub { Server } ─▶ answer ─┐
//!           packets     plaintext      messages    method                  └─ pushes ─▶ pipes of a user's connections
//! socket ◀─ Framer ◀─ sealing::seal ◀─ Session ◀──────────────────────────────────┴──────────────────┘
//! ```
//!
//! Everything from the `Framer` to the `Query` is a value without I/O; a `Connection` is the task that moves bytes
//! between them and a socket. All connections share a `Hub`, which holds the server behind a lock. [`ConnectionLimits`]
//! bound what a client can make the server keep: one that breaks a rule of the transport or of the encryption is
//! disconnected, one that breaks a rule of the session is notified, and the others notice nothing.
//!
//! ```no_run
//! use confcall_mtproto_server::{Config, Keys, Listener};
//! use confcall_server::{ServerOptions, Server};
//! use confcall_state::UserId;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let mut keys = Keys::create("server.keys")?;
//! // A client of the user needs this key and the address.
//! let key = keys.issue(UserId::new(1))?;
//! let server = Server::new(ServerOptions::default());
//! let listener = Listener::bind(Config::default(), keys, server).await?;
//! let server = listener.run(std::future::pending()).await;
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! None is on by default.
//!
//! - `sfu`: the media of calls, over one UDP socket beside the TCP one, if [`Config`] has it.
//! - `session-file`: `write_session`, which writes the key and the address as a session file of grammers, a SQLite
//!   database.

mod api;
mod chaos;
mod client;
mod clock;
mod config;
mod connection;
mod desk;
mod exchanged_keys;
#[cfg(any(fuzzing, confcall_testing))]
#[doc(hidden)]
pub mod fuzzing;
mod hub;
mod key_ring;
mod keys;
pub mod limits;
mod listener;
mod login;
#[cfg(feature = "sfu")]
mod media;
mod mtproto;
mod observer;
mod overview;
mod pending;
pub mod private_file;
mod push_queue;
mod randomness;
mod requester;
#[cfg(feature = "session-file")]
mod session_file;
mod snapshot_file;
mod startup;
mod unidentified;

#[cfg(feature = "sfu")]
pub use config::MediaConfig;
pub use config::{Config, ConnectionLimits, Login, Reach};
pub use keys::{Keys, KeysError, PublicKey};
pub use listener::{BindError, Listener};
#[cfg(feature = "sfu")]
pub use media::MediaError;
pub use mtproto::auth_key::AuthKey;
pub use observer::Observer;
pub use overview::{CallOverview, HostedOverview, Overview};
pub use private_file::ExposedFile;
#[cfg(feature = "session-file")]
pub use session_file::{WriteSessionError, write_session};
pub use snapshot_file::{SnapshotFile, SnapshotFileError};
