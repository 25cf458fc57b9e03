use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::montgomery::MontgomeryPoint;
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

/// The secrets that `private` shares with each of `keys`, in their order.
///
/// ```text
/// on the curve   decompress ─▶ [s]P, Edwards ─▶ u, inversions batched ─┐
/// off the curve  u mod p ────▶ [s]u, ladder ───────────────────────────┴▶ HMAC ─▶ secret
/// ```
///
/// Both ways compute X25519 on `u`; the Edwards multiplication takes half the time of the ladder, and the
/// ladder is defined where there is no point to decompress.
pub(crate) fn shared_secrets(
    private: &PrivateKey,
    keys: &[PublicKey],
) -> Vec<Result<SharedSecret, NoSharedSecret>> {
    let scalar = private.scalar_bytes();
    let mut points: Vec<EdwardsPoint> = Vec::with_capacity(keys.len());
    let mut on_curve = Vec::with_capacity(keys.len());
    for key in keys {
        let point = CompressedEdwardsY(*key.as_bytes()).decompress();
        on_curve.push(point.is_some());
        points.extend(point.map(|point| point.mul_clamped(*scalar)));
    }
    let mut coordinates = EdwardsPoint::to_montgomery_batch(&points);
    let mut shared = coordinates.iter();
    let secrets = keys
        .iter()
        .zip(on_curve)
        .map(|(key, on_curve)| {
            let x = if on_curve {
                shared.next().copied()
            } else {
                montgomery::coordinate(key.as_bytes()).map(|u| u.mul_clamped(*scalar))
            };
            secret_of(x).ok_or(NoSharedSecret { key: *key })
        })
        .collect();
    points.zeroize();
    coordinates.zeroize();
    secrets
}

/// The secret made of a shared Montgomery coordinate, unless that is missing or zero.
fn secret_of(x: Option<MontgomeryPoint>) -> Option<SharedSecret> {
    let mut x = x.filter(|x| x.0 != [0; 32])?;
    let derived = kdf(b"tde2e_shared_secret", x.as_bytes());
    x.zeroize();
    Some(SharedSecret::from_bytes(derived.left))
}
