use subtle::ConstantTimeEq as _;
use thiserror::Error;
use zeroize::Zeroize as _;

use super::{PublicKey, secret::secret_bytes};
use crate::primitives::KeyedMac;

secret_bytes! {
    /// The secret that two keys share; it encrypts the header of one recipient.
    SharedSecret in [u8; 32]
}

/// No secret can be shared with this key: it has a small order, or is 1 mod p.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("no secret can be shared with the public key {key}")]
pub struct NoSharedSecret {
    /// The key.
    pub key: PublicKey,
}

impl SharedSecret {
    /// The MAC that makes secrets of coordinates. Keyed once for many of them, it takes half of the time for each.
    pub(super) fn mac() -> KeyedMac {
        KeyedMac::new(b"tde2e_shared_secret")
    }

    /// The secret made of a shared Montgomery coordinate by [`Self::mac`], unless that is missing or zero.
    pub(super) fn of_coordinate(mac: &KeyedMac, x: Option<[u8; 32]>) -> Option<Self> {
        let mut x = x?;
        // That it is zero is no secret; how much of it is zero would be.
        let is_zero = x.ct_eq(&[0; 32]);
        let derived = mac.clone().derive(&x);
        x.zeroize();
        (!bool::from(is_zero)).then(|| Self::from_bytes(&derived.left))
    }
}
