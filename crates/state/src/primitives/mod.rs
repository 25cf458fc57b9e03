//! The primitives: curve, MACs and cipher, each behind the least that the rest of the crate needs of it.
//!
//! ```text
//! keys         ──▶ SigningKey, Point       Ed25519, and X25519 on the same keys
//! encryption   ──▶ KeyedMac, tag           HMAC-SHA512, HMAC-SHA256
//!              ──▶ cbc                     AES-256-CBC
//! verification ──▶ hmac_sha512
//! ```
//!
//! Which library computes them is decided here and nowhere else. SHA-256 is `sha2`'s wherever a hash is taken.

#[cfg(feature = "aws-lc-rs")]
mod aws_lc;
pub(crate) mod cbc;
mod ed25519;
mod hmac;
mod montgomery;
mod x25519;

pub(crate) use ed25519::{Point, SigningKey};
pub(crate) use hmac::{Derived, KeyedMac, hmac_sha512, tag};
