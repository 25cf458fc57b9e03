//! Ed25519 signatures.

use ed25519_dalek::ed25519::signature::MultipartVerifier as _;
use ed25519_dalek::{Signer as _, SigningKey as Key, VerifyingKey};
use zeroize::{ZeroizeOnDrop, Zeroizing};

#[cfg(feature = "aws-lc-rs")]
use super::aws_lc::Signer;
use super::x25519::for_each_shared;

/// The private key of an Ed25519 seed; wiped when dropped.
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
pub(crate) struct SigningKey {
    key: Key,
    #[cfg(feature = "aws-lc-rs")]
    signer: Option<Signer>,
}

impl SigningKey {
    pub(crate) fn from_seed(seed: &[u8; 32]) -> Self {
        Self {
            key: Key::from_bytes(seed),
            #[cfg(feature = "aws-lc-rs")]
            signer: Signer::new(seed),
        }
    }

    pub(crate) fn seed(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    pub(crate) fn public_key(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        #[cfg(feature = "aws-lc-rs")]
        if let Some(signature) = self.signer.as_ref().and_then(|one| one.sign(message)) {
            return signature;
        }
        self.key.sign(message).to_bytes()
    }

    /// Hands over the Montgomery coordinate that this key shares with each of `keys`, in their order; none with a key that is
    /// 1 mod p. A shared coordinate of a key of small order is zero. What is handed over is the taker's to wipe.
    pub(crate) fn for_each_shared(
        &self,
        keys: impl ExactSizeIterator<Item = [u8; 32]> + Clone,
        take: impl FnMut(Option<[u8; 32]>),
    ) {
        let scalar = Zeroizing::new(self.key.to_scalar_bytes());
        for_each_shared(&scalar, keys, take);
    }
}

/// The key in it is.
impl ZeroizeOnDrop for SigningKey where Key: ZeroizeOnDrop {}

/// A public key that is a point of the curve.
#[derive(Clone)]
pub(crate) struct Point(VerifyingKey);

impl Point {
    /// Decompresses a key, if it is a point; encodings that are not canonical are taken.
    pub(crate) fn from_bytes(key: &[u8; 32]) -> Option<Self> {
        VerifyingKey::from_bytes(key).ok().map(Self)
    }

    /// The bytes that it was read from.
    pub(crate) fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Whether a signature is one of this key over the concatenation of `parts`.
    pub(crate) fn verifies(&self, parts: &[&[u8]], signature: &[u8; 64]) -> bool {
        // Not `verify_strict`: it refuses keys of small order, which the reference takes (1.4).
        self.0.multipart_verify(parts, &signature.into()).is_ok()
    }
}
