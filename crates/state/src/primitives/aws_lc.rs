//! What AWS-LC computes faster than the libraries of the default build, to the same bytes.
//!
//! Checking signatures is not among it: it takes as long, and its verdicts on odd keys would be another library's. Nor is
//! HMAC-SHA512, whose short messages take longer behind the interface of AWS-LC. Where AWS-LC fails, as it may without memory,
//! the caller falls back on the library of the default build.

use std::sync::Arc;

use aws_lc_rs::agreement::{PrivateKey, UnparsedPublicKey, X25519, agree};
use aws_lc_rs::signature::Ed25519KeyPair;
use zeroize::ZeroizeOnDrop;

/// Signs with the key of one seed.
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
pub(super) struct Signer(Arc<Ed25519KeyPair>);

impl Signer {
    pub(super) fn new(seed: &[u8; 32]) -> Option<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).ok()?;
        Some(Self(Arc::new(pair)))
    }

    pub(super) fn sign(&self, message: &[u8]) -> Option<[u8; 64]> {
        let signature = self.0.try_sign(message).ok()?;
        signature.as_ref().try_into().ok()
    }
}

/// AWS-LC wipes what it frees.
impl ZeroizeOnDrop for Signer {}

/// X25519 by one scalar.
pub(super) struct Ladder(PrivateKey);

impl Ladder {
    /// The ladder of a scalar before clamping, whose public half it computes.
    pub(super) fn new(scalar: &[u8; 32]) -> Option<Self> {
        PrivateKey::from_private_key(&X25519, scalar).ok().map(Self)
    }

    /// The coordinate that the scalar makes of another; none where it is zero.
    pub(super) fn climb(&self, u: &[u8; 32]) -> Option<[u8; 32]> {
        let key = UnparsedPublicKey::new(&X25519, u);
        agree(&self.0, key, (), |shared| shared.try_into().map_err(drop)).ok()
    }
}

/// AWS-LC wipes what it frees.
impl ZeroizeOnDrop for Ladder {}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::{Signer as _, SigningKey};
    use proptest::prelude::*;
    use x25519_dalek::x25519;

    proptest! {
        #[test]
        fn signatures_are_those_of_the_default_build(seed: [u8; 32], message: Vec<u8>) {
            let expected = SigningKey::from_bytes(&seed).sign(&message).to_bytes();
            let signer = Signer::new(&seed).unwrap();
            prop_assert_eq!(signer.sign(&message), Some(expected));
        }

        /// Beyond p and with its highest bit set too, which no caller hands in.
        #[test]
        fn a_ladder_is_that_of_the_default_build(scalar: [u8; 32], u: [u8; 32]) {
            let ladder = Ladder::new(&scalar).unwrap();
            prop_assert_eq!(ladder.climb(&u), Some(x25519(scalar, u)));
        }
    }

    #[test]
    fn a_ladder_has_no_coordinate_for_zero() {
        let ladder = Ladder::new(&[9; 32]).unwrap();
        assert_eq!(ladder.climb(&[0; 32]), None);
    }
}
