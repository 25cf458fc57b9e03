//! One user's stay in a call, driven on a tokio runtime.
//!
//! ```text
//!            ┌─ one task ──────────────────────────────────────────┐
//! Conference ── commands ──▶                 ── requests ──▶       │
//!  (clones)  ◀── results ───  Engine, clock  ◀── answers ──── Transport
//!            ◀── view ──────                 ◀── updates ──        │
//!            └──────────────────────┬──────────────────────────────┘
//!                                   └── events ──▶ Events (one reader)
//! ```
//!
//! A [`Conference`] is a handle to the task; it goes to media threads as well, which take the
//! [`Cryptor`](confcall_media::Cryptor) from it. [`Events`] tells what happens. Neither a slow reader nor a caller who
//! stops waiting holds the task up, and what it keeps for them has bounds.
//!
//! The task logs by `tracing`, within a span `conference` that knows the call and the height: never keys, and users
//! only at the level `debug`.
//!
//! # Example
//!
//! Two users meet, on a server in this process:
//!
//! ```
//! use chacha20::{ChaCha20Rng, rand_core::SeedableRng};
//! use confcall_join::engine::{Event, MediaState};
//! use confcall_join::joining::{Fingerprint, JoinPayload, Link, Target};
//! use confcall_join::policy::Media;
//! use confcall_media::{ChannelId, Codec, EncodedFrame};
//! use confcall_server::{ServerOptions, Server};
//! use confcall_state::keys::Seed;
//! use confcall_state::verification::EmojiHash;
//! use confcall_state::{Joiner, UserId};
//! use confcall::conference::{Conference, Events, Notice, Options};
//! use confcall_server::loopback::Hub;
//!
//! fn options(user: UserId, seed: u8) -> Options {
//!     // A client fills the seeds with `getrandom::fill`; the fingerprint is that of its DTLS certificate.
//!     let mut rng = ChaCha20Rng::from_seed([seed; 32]);
//!     let payload = JoinPayload::generate(Fingerprint::sha256([7; 32]), None, &mut rng);
//!     let media = Media { payload, muted: true, video_stopped: true };
//!     Options::new(Joiner::new(user), media, Seed::copy_of(&[seed + 1; 32]))
//! }
//!
//! async fn emoji(events: &mut Events) -> Option<EmojiHash> {
//!     while let Some(notice) = events.next().await {
//!         match notice {
//!             // The height of a call with two members.
//!             Notice::Event(Event::Emoji { height, hash }) if height.value() == 1 => return Some(hash),
//!             Notice::Event(event) => println!("{event:?}"),
//!             Notice::Dropped { messages, .. } => println!("{messages} messages were not read"),
//!             _ => {}
//!         }
//!     }
//!     None
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
//! let server = Hub::new(Server::new(ServerOptions::default()));
//! let (alice, bob) = (UserId::new(1), UserId::new(2));
//! let network = server.connect(alice);
//! let (a, mut a_events) = Conference::join(network, Target::Create, options(alice, 10)).await?;
//! let link = server.with(|server| server.calls().next().map(|call| call.invite_link()));
//! let target = Target::try_from(Link::parse(link.ok_or("no call")?.as_str())?)?;
//! let (b, mut b_events) = Conference::join(server.connect(bob), target, options(bob, 20)).await?;
//!
//! // The users compare what they see.
//! let seen = emoji(&mut a_events).await.ok_or("ended")?;
//! assert_eq!(emoji(&mut b_events).await, Some(seen));
//!
//! // A media thread seals and opens frames, while its connection is up.
//! b.media(MediaState::Connected);
//! let mut rng = ChaCha20Rng::from_seed([30; 32]);
//! let sealing = b.cryptor().ok_or("not in the call")?;
//! let frame = EncodedFrame::Vp8(b"an encoded frame");
//! let packet = sealing.seal_frame(b.now(), ChannelId::MAIN, frame, &mut rng)?;
//! let opening = a.cryptor().ok_or("not in the call")?;
//! let opened = opening.open_frame(a.now(), bob, Codec::Vp8, &packet)?;
//! assert_eq!(*opened.frame, b"an encoded frame");
//!
//! a.kick(vec![bob]).await?;
//! println!("bob: {}", b.close().await.reason);
//! println!("alice: {}", a.close().await.reason);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod backlog;
mod clock;
mod driver;
mod handle;
mod inbox;
mod log;
mod notices;
mod options;
mod orders;
mod outlet;
mod requests;
mod restored;
mod view;
mod wishes;

pub use handle::Conference;
pub use notices::{Events, Notice};
pub use options::Options;
pub use restored::Restored;
pub use view::View;
