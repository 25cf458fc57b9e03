use thiserror::Error;

use super::VerifyingKey;
use crate::types::public_bytes;

public_bytes! {
    /// The public key of a participant: 32 opaque bytes.
    ///
    /// They need not be a point of the curve. Such a key verifies no signature and may still yield a shared
    /// secret, and the chain accepts it like any other (`spec/protocol.md`, 1.2 and 1.4).
    PublicKey, 32
}

public_bytes! {
    /// An Ed25519 signature as it stands on the wire.
    Signature, 64
}

impl Signature {
    /// What stands in the place of the signature while a block or broadcast is signed.
    pub const ZERO: Self = Self([0; 64]);
}

/// The signature was not made by this key over this message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the signature is not one of {key} over this message")]
pub struct InvalidSignature {
    /// The key that should have signed.
    pub key: PublicKey,
}

impl PublicKey {
    /// Checks a signature over a message.
    ///
    /// The verdict is the reference's: cofactorless, `S` below the group order, small-order keys and
    /// non-canonical encodings of the key allowed, the encoding of `R` compared as bytes
    /// (`spec/protocol.md`, 1.4).
    ///
    /// # Errors
    ///
    /// [`InvalidSignature`], also when the key is not a point.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), InvalidSignature> {
        VerifyingKey::new(self).verify(message, signature)
    }
}
