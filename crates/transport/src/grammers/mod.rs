//! The adapter over the MTProto client `grammers`.
//!
//! ```text
//! call ── bytes ──▶ SenderPoolHandle ──▶ connection to the home data centre
//!   ◀── Response ── read_response ◀── answer, or InvocationError ── CallError
//!
//! pool's updates ── UpdatesLike ──▶ feed ──▶ UpdateStream, with a gap after each lost connection
//! ```
//!
//! A client that has no other use for the network opens a [`GrammersConnection`]. A client of grammers of its own makes a
//! [`GrammersTransport`] of its pool's handle, and passes on what it takes out of the pool's channel of updates.
//!
//! What else a client wants of the server it asks by [`GrammersTransport::invoke`], which takes every function of the API and
//! holds those of group calls to the policy.
//!
//! **Other data centres.** The parts of a stream may be at another data centre than the account's home. The pool opens a
//! connection there; where that data centre does not know the account, the home vouches for it once
//! (`auth.exportAuthorization`), as for files. One that does not take it, or that the session does not know, is a
//! [`CallError::OtherDataCentre`](crate::CallError).
//!
//! **Reconnecting.** The pool connects when a request needs it. An idle client therefore hears nothing after a lost
//! connection until it asks for something; a member of a call asks every few seconds (`spec/protocol.md`, 7), and
//! nothing else is sent for that purpose. After every lost connection, and again once the next request was answered, the
//! updates say that some may have been missed.
//!
//! **Silence.** grammers does not notice a peer that vanished without closing the connection, nor one that accepts a
//! connection and says nothing. Where a request is not answered and nothing else was heard for [`SILENCE`], the
//! connection is given up and the request is lost.
//!
//! **The clock.** A server takes no message whose id lies more than 30 s in the future, and grammers goes on with such ids
//! at the speed of the network, even after it learnt the time. So where a [`GrammersConnection`] has no answer to a first
//! request within half a second, it asks the data centre for its time, and gives the connection up if our clock is so far
//! ahead. It asks the address in the session by a connection of its own, which would go past a proxy and show the server the
//! client's address. So nothing is asked where grammers is built with its feature `proxy`, nor for a pool of the caller's own
//! ([`GrammersTransport::new`]): there a clock that is ahead is not noticed.
//!
//! **Twice.** The pool hands out the updates in an answer like pushed ones too, so a member gets them a second
//! time, at the same offsets and with the same versions. That changes nothing.

mod clock;
mod connection;
mod elsewhere;
mod error;
mod reachability;
#[cfg(feature = "session-file")]
pub mod session_file;
mod transport;

pub use connection::{GrammersConnection, signed_in_user};
pub use error::InvokeError;
pub use reachability::SILENCE;
pub use transport::GrammersTransport;
