//! HMAC of STUN and of SRTP without AEAD, and the hashes of fingerprints.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use str0m::crypto::{Sha1HmacProvider, Sha1Provider, Sha256Provider};

#[derive(Debug)]
pub(super) struct Hashes;

impl Sha1HmacProvider for Hashes {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    fn sha1_hmac(&self, key: &[u8], payloads: &[&[u8]]) -> [u8; 20] {
        let mut mac = Hmac::<Sha1>::new_from_slice(key).expect("HMAC takes keys of any length");
        payloads.iter().for_each(|payload| mac.update(payload));
        mac.finalize().into_bytes().into()
    }
}

impl Sha1Provider for Hashes {
    fn sha1(&self, data: &[u8]) -> [u8; 20] {
        Sha1::digest(data).into()
    }
}

impl Sha256Provider for Hashes {
    fn sha256(&self, data: &[u8]) -> [u8; 32] {
        Sha256::digest(data).into()
    }
}
