use aes::cipher::consts::U32;
use hmac::{Hmac, KeyInit, Mac as _};
use sha2::{Sha256, Sha512};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The 64 bytes of a derived key, as their two halves.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct Derived {
    pub(crate) left: [u8; 32],
    pub(crate) right: [u8; 32],
}

impl Derived {
    /// The halves joined again, for what is not secret.
    pub(crate) fn joined(&self) -> [u8; 64] {
        let mut bytes = [0; 64];
        let halves = self.left.iter().chain(&self.right);
        bytes
            .iter_mut()
            .zip(halves)
            .for_each(|(to, from)| *to = *from);
        bytes
    }
}

/// HMAC-SHA512 with its key already in it; a clone saves half of the work of each derivation under that key.
pub(super) type KeyedMac = Hmac<Sha512>;

/// `HMAC-SHA512(key, message)`.
pub(crate) fn kdf(key: &[u8], message: &[u8]) -> Derived {
    derive(keyed(key), message)
}

/// The derivation from a message under a key that is already in the MAC.
pub(super) fn derive(mac: KeyedMac, message: &[u8]) -> Derived {
    let mut bytes = mac.chain_update(message).finalize().into_bytes();
    let (left, right) = bytes.split_ref::<U32>();
    let derived = Derived {
        left: (*left).into(),
        right: (*right).into(),
    };
    // The library wipes its states and not what it hands out.
    bytes.zeroize();
    derived
}

/// `HMAC-SHA256(key, first || middle || last)`.
pub(super) fn hmac_sha256<'a>(
    key: &[u8],
    first: &[u8],
    middle: impl Iterator<Item = &'a [u8]>,
    last: &[u8],
) -> [u8; 32] {
    let mut mac = keyed::<Hmac<Sha256>>(key).chain_update(first);
    middle.for_each(|part| mac.update(part));
    mac.chain_update(last).finalize().into_bytes().into()
}

/// A MAC with a key in it.
#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
pub(super) fn keyed<M: KeyInit>(key: &[u8]) -> M {
    M::new_from_slice(key).expect("HMAC takes keys of any length")
}
