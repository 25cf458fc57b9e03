use subtle::ConstantTimeEq as _;
use thiserror::Error;
use zeroize::Zeroize as _;

use super::{PublicKey, secret::secret_bytes};
use crate::encryption::kdf;

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
    /// The secret made of a shared Montgomery coordinate, unless that is missing or zero.
    pub(super) fn of_coordinate(x: Option<[u8; 32]>) -> Option<Self> {
        let mut x = x?;
        // That it is zero is no secret; how much of it is zero would be.
        let is_zero = x.ct_eq(&[0; 32]);
        let derived = kdf(b"tde2e_shared_secret", &x);
        x.zeroize();
        (!bool::from(is_zero)).then(|| Self::from_bytes(&derived.left))
    }
}
