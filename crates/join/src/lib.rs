//! Being in a Telegram conference call: the engine, and everything that it is made of.
//!
//! ```text
//!            ┌─ engine ──────────────────────────────────────────────────────────┐
//! Input ────▶│ entering ──▶ member ──▶ leaving                                   │──▶ Output
//!            │    │            └── membership: chain, verification, epochs       │
//!            └────┼──────────────────────────────────────────────────────────────┘
//!                 ▼
//! link ──▶ Target ──▶ InputGroupCall ─┐
//! JoinPayload ────────────────────────┼──▶ ConferenceJoin ──▶ JoinGroupCall ──policy──▶ bytes
//! key and block of confcall-state ────┘
//!                  RpcError ──▶ Reaction          Updates ──▶ JoinAnswer, chain blocks
//! ```
//!
//! Start with [`Engine`](engine::Engine), which decides what to ask the server and when. Everything below it can be
//! used alone; this is how one request to join comes about:
//!
//! ```
//! use chacha20::{ChaCha20Rng, rand_core::SeedableRng};
//! use confcall_join::api::Request;
//! use confcall_join::joining::{CheckedJoin, Fingerprint, JoinPayload, Target};
//! use confcall_join::policy::{self, CallKind, ConferenceJoin, Media};
//! use confcall_state::{JoinBlock, Joiner, UserId};
//! # let mut rng = ChaCha20Rng::from_seed([7; 32]);
//! # let certificate = [7; 32];
//! # let tip = JoinBlock::first(Joiner::new(UserId::new(1)), &mut rng)?.block().clone();
//! let target: Target = "t.me/call/Wx5f-8PqKJk".parse()?;
//! let payload = JoinPayload::generate(Fingerprint::sha256(certificate), None, &mut rng);
//! let block = JoinBlock::add_self(&tip, Joiner::new(UserId::new(2)), &mut rng)?;
//! let join = ConferenceJoin {
//!     call: target.reference().ok_or("there is no call yet")?,
//!     block: CheckedJoin::new(Some(&tip), &block)?,
//!     media: Media { payload, muted: true, video_stopped: true },
//! };
//! let request = join.into_request();
//! policy::check(CallKind::Conference, &request)?;
//! let bytes = Request::from(request).to_tl();
//! # assert!(policy::check_bytes(CallKind::Conference, &bytes).is_ok());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Everything here is a value or a pure function: no socket, no clock, no randomness but what the caller
//! lends. Implements `spec/protocol.md`, 6 to 12 and 14.

pub mod api;
pub mod engine;
pub mod joining;
pub mod labels;
pub mod limits;
pub mod membership;
pub mod message;
pub mod policy;
pub mod shown;
pub mod stream;
pub mod trace;

pub use api::{Slug, SlugError, Ssrc};
