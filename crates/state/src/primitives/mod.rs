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
//!
//! The fuzz targets whose object is a sequence of steps take [`standins`] for what stands before `verification`: curve
//! arithmetic would be nearly all that they do. `fuzz/targets.sh` asks for them by `--cfg confcall_standins`, and CI does.

#[cfg(all(confcall_standins, not(fuzzing)))]
compile_error!(
    "`confcall_standins` takes the cryptography out; only a build with `--cfg fuzzing` may have it"
);

#[cfg(all(feature = "aws-lc-rs", not(confcall_standins)))]
mod aws_lc;
#[cfg(not(confcall_standins))]
pub(crate) mod cbc;
mod derived;
#[cfg(not(confcall_standins))]
mod ed25519;
mod emoji_hash;
#[cfg(not(confcall_standins))]
mod hmac;
#[cfg(not(confcall_standins))]
mod montgomery;
#[cfg(confcall_standins)]
mod standins;
#[cfg(not(confcall_standins))]
mod x25519;

pub(crate) use derived::Derived;
#[cfg(not(confcall_standins))]
pub(crate) use ed25519::{Point, SigningKey};
pub(crate) use emoji_hash::hmac_sha512;
#[cfg(not(confcall_standins))]
pub(crate) use hmac::{KeyedMac, tag};
#[cfg(confcall_standins)]
pub(crate) use standins::{KeyedMac, Point, SigningKey, cbc, tag};
