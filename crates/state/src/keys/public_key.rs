use core::fmt;

use thiserror::Error;

use crate::primitives::Point;
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
    /// The zeros in the place of the signature while a block or broadcast is signed.
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

/// A public key that is parsed once, to check many signatures.
///
/// It may be bytes that are not a point: such a key verifies nothing, and is as good a value as any other
/// (`spec/protocol.md`, 1.4).
#[derive(Clone)]
pub struct VerifyingKey(Parsed);

#[derive(Clone)]
enum Parsed {
    Point(Point),
    NotAPoint(PublicKey),
}

impl VerifyingKey {
    /// Parses a key: one point decompression.
    pub fn new(key: &PublicKey) -> Self {
        Self(match Point::from_bytes(key.as_bytes()) {
            Some(point) => Parsed::Point(point),
            None => Parsed::NotAPoint(*key),
        })
    }

    /// The key as it stands on the wire.
    pub fn public_key(&self) -> PublicKey {
        match &self.0 {
            Parsed::Point(point) => PublicKey::from_bytes(point.to_bytes()),
            Parsed::NotAPoint(key) => *key,
        }
    }

    /// Checks a signature over a message, with the verdict of [`PublicKey::verify`].
    ///
    /// # Errors
    ///
    /// [`InvalidSignature`], also when the key is not a point.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), InvalidSignature> {
        self.verify_parts(&[message], signature)
    }

    /// Checks a signature over the concatenation of `parts`, without joining them in memory.
    ///
    /// # Errors
    ///
    /// [`InvalidSignature`], also when the key is not a point.
    pub fn verify_parts(
        &self,
        parts: &[&[u8]],
        signature: &Signature,
    ) -> Result<(), InvalidSignature> {
        match &self.0 {
            Parsed::Point(point) if point.verifies(parts, signature.as_bytes()) => Ok(()),
            _ => Err(InvalidSignature {
                key: self.public_key(),
            }),
        }
    }
}

impl From<&PublicKey> for VerifyingKey {
    fn from(key: &PublicKey) -> Self {
        Self::new(key)
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({})", self.public_key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::PrivateKey;

    #[test]
    fn a_key_that_is_no_point_keeps_its_bytes_and_verifies_nothing() {
        let no_point = PublicKey::from_bytes([2; 32]);
        assert!(Point::from_bytes(no_point.as_bytes()).is_none());
        let key = VerifyingKey::new(&no_point);
        assert_eq!(key.public_key(), no_point);
        let refused = Err(InvalidSignature { key: no_point });
        assert_eq!(key.verify(b"", &Signature::ZERO), refused);
    }

    #[test]
    fn a_message_may_come_in_parts() {
        let private = PrivateKey::from_seed(&[1; 32]);
        let key = VerifyingKey::new(&private.public_key());
        let signature = private.sign(b"whole");
        assert_eq!(key.verify_parts(&[b"wh", b"", b"ole"], &signature), Ok(()));
        assert!(key.verify_parts(&[b"ole", b"wh"], &signature).is_err());
    }
}
