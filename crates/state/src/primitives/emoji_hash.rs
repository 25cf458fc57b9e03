//! The hash of the emoji and words that people compare.

use hmac::{Hmac, KeyInit, Mac as _};
use sha2::Sha512;

/// `HMAC-SHA512(key, message)` of what is not secret.
pub(crate) fn hmac_sha512(key: &[u8], message: &[u8]) -> [u8; 64] {
    let mac = keyed::<Hmac<Sha512>>(key).chain_update(message);
    mac.finalize().into_bytes().into()
}

/// A MAC with a key in it.
#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
pub(super) fn keyed<M: KeyInit>(key: &[u8]) -> M {
    M::new_from_slice(key).expect("HMAC takes keys of any length")
}
