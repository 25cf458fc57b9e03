//! Keys, signatures and shared secrets.
//!
//! ```text
//! PrivateKey ──public_key──▶ PublicKey      32 opaque bytes, not always a point
//!     │  └─────sign────────▶ Signature ◀──verify── PublicKey ──parsed once──▶ VerifyingKey
//!     └──shared_secret(PublicKey)──▶ SharedSecret ──▶ encrypts one header
//! ```
//!
//! Implements `spec/protocol.md`, 1.4.

mod private_key;
mod public_key;
mod secret;
mod seed;
mod shared_secret;
mod wiped_stack;

pub use private_key::PrivateKey;
pub use public_key::{InvalidSignature, PublicKey, Signature, VerifyingKey};
pub use secret::{EpochKey, Nonce, OneTimeSecret, RawKey};
pub use seed::Seed;
pub use shared_secret::{NoSharedSecret, SharedSecret};
pub use wiped_stack::with_wiped_stack;
