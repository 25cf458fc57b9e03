//! The media of one connection, from the join payload to frames.
//!
//! ```text
//!      ConferenceOffer, ChatOffer ── payload ──▶ engine ──▶ server
//!                  │
//!   answer, cryptor│accept
//!                  ▼            ┌─ datagrams ─▶ socket
//! datagrams ─▶ MediaSession ────┼─ frames ────▶ decoder
//! time, frames, ▲               ├─ events ────▶ engine (unknown sources, the state of the connection)
//! sources, wishes               └─ timeout
//! ```
//!
//! An offer has secrets for one connection: it is made for each join, each rejoin, and for each screen that is shared, which is a second
//! session. In a conference every frame is sealed and opened by the [`Cryptor`](confcall_media::Cryptor) of the membership, without
//! which there is no such session.
//!
//! ```
//! use confcall_rtc::session::{ConferenceOffer, Sharing};
//! # use chacha20::{ChaCha20Rng, rand_core::SeedableRng};
//! # let mut rng = ChaCha20Rng::from_seed([7; 32]);
//! let offer = ConferenceOffer::new(Sharing::Camera, &mut rng)?;
//! let payload = offer.payload();
//! assert_eq!(payload.ssrc_groups().len(), 1);
//! # Ok::<(), confcall_rtc::session::OfferError>(())
//! ```

mod address;
mod answer;
mod assembly;
mod clock;
mod colibri;
mod datagram;
mod jitter;
mod key_frames;
mod life;
mod link;
mod media_session;
mod offer;
mod opus;
mod output;
mod pictures;
mod protection;
mod queue;
mod sending;
mod sizes;
mod sources;
mod voices;
mod vp8;

pub use address::Network;
pub use answer::AnswerError;
pub use jitter::JitterFigures;
pub use life::{ConnectionFailure, ConnectionState};
pub use media_session::MediaSession;
pub use offer::{ChatOffer, ConferenceOffer, Connecting, OfferError, Sharing};
pub use output::{Content, Datagram, Dropped, Event, Frame, Output, SendError};
pub use sizes::longest_audio_frame;
pub use sources::{Height, PictureKind, Source, SourceMedia};
pub use voices::VoiceFigures;
