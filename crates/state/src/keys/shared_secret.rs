use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::montgomery::MontgomeryPoint;
use subtle::ConstantTimeEq as _;
use thiserror::Error;
use zeroize::Zeroize as _;

use super::{PrivateKey, PublicKey, montgomery, secret::secret_bytes};
use crate::encryption::kdf;

secret_bytes! {
    /// The secret that two keys share; it encrypts the header of one recipient.
    SharedSecret
}

/// No secret can be shared with this key: it has a small order, or is 1 mod p.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("no secret can be shared with the public key {key}")]
pub struct NoSharedSecret {
    /// The key.
    pub key: PublicKey,
}

/// Hands over the secret that `private` shares with each of `keys`, in their order.
///
/// ```text
/// on the curve   decompress ─▶ [s]P, Edwards ─▶ u, inversions batched ─┐
/// off the curve  u mod p ────▶ [s]u, ladder ───────────────────────────┴▶ HMAC ─▶ secret
/// ```
///
/// Both ways compute X25519 on `u`; the Edwards multiplication takes half the time of the ladder, and the
/// ladder is defined where there is no point to decompress. No collection of the secrets is made: taking one apart
/// leaves copies behind in the memory that it had.
pub(crate) fn for_each_shared_secret(
    private: &PrivateKey,
    keys: impl ExactSizeIterator<Item = PublicKey> + Clone,
    mut take: impl FnMut(Result<SharedSecret, NoSharedSecret>),
) {
    let scalar = private.scalar_bytes();
    let mut points: Vec<EdwardsPoint> = Vec::with_capacity(keys.len());
    let mut on_curve = Vec::with_capacity(keys.len());
    for key in keys.clone() {
        let point = CompressedEdwardsY(*key.as_bytes()).decompress();
        on_curve.push(point.is_some());
        points.extend(point.map(|point| point.mul_clamped(*scalar)));
    }
    let mut coordinates = EdwardsPoint::to_montgomery_batch(&points);
    let mut shared = coordinates.iter();
    for (key, on_curve) in keys.zip(on_curve) {
        let x = if on_curve {
            shared.next().copied()
        } else {
            montgomery::coordinate(key.as_bytes()).map(|u| u.mul_clamped(*scalar))
        };
        take(secret_of(x).ok_or(NoSharedSecret { key }));
    }
    points.zeroize();
    coordinates.zeroize();
}

/// The secret made of a shared Montgomery coordinate, unless that is missing or zero.
fn secret_of(x: Option<MontgomeryPoint>) -> Option<SharedSecret> {
    let mut x = x?;
    // That it is zero is no secret; how much of it is zero would be.
    let is_zero = x.0.ct_eq(&[0; 32]);
    let derived = kdf(b"tde2e_shared_secret", x.as_bytes());
    x.zeroize();
    (!bool::from(is_zero)).then(|| SharedSecret::from_bytes(derived.left))
}
