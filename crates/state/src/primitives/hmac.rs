//! The MACs of packets and keys: HMAC-SHA512 and HMAC-SHA256.

use aes::cipher::consts::U32;
use hmac::{Hmac, Mac as _};
use sha2::{Sha256, Sha512};
use zeroize::{Zeroize as _, ZeroizeOnDrop};

use super::Derived;
use super::emoji_hash::keyed;

/// HMAC-SHA512 with its key already in it; a clone saves half of the work of each derivation under that key.
#[derive(Clone)]
pub(crate) struct KeyedMac(Hmac<Sha512>);

impl KeyedMac {
    /// The MAC under a key of any length.
    pub(crate) fn new(key: &[u8]) -> Self {
        Self(keyed(key))
    }

    /// What it derives from a message.
    pub(crate) fn derive(self, message: &[u8]) -> Derived {
        let mut bytes = self.0.chain_update(message).finalize().into_bytes();
        let (left, right) = bytes.split_ref::<U32>();
        let derived = Derived {
            left: (*left).into(),
            right: (*right).into(),
        };
        // The library wipes its states and not what it hands out.
        bytes.zeroize();
        derived
    }
}

/// The states of SHA-512 in it are.
impl ZeroizeOnDrop for KeyedMac where sha2::block_api::Sha512VarCore: ZeroizeOnDrop {}

/// `HMAC-SHA256(key, first || middle || last)`.
pub(crate) fn tag<'a>(
    key: &[u8],
    first: &[u8],
    middle: impl Iterator<Item = &'a [u8]>,
    last: &[u8],
) -> [u8; 32] {
    let mut mac = keyed::<Hmac<Sha256>>(key).chain_update(first);
    middle.for_each(|part| mac.update(part));
    mac.chain_update(last).finalize().into_bytes().into()
}
