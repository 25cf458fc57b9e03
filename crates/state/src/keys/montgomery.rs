//! The Montgomery coordinate of a key that is not on the curve.

use crypto_bigint::{Odd, U256};
use curve25519_dalek::montgomery::MontgomeryPoint;

/// 2^255 - 19.
const P: Odd<U256> =
    Odd::<U256>::from_be_hex("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed");

/// `u = (1 + y) / (1 - y) mod p`, or `None` where `y = 1 mod p`.
///
/// `y` is the key's 255-bit little-endian integer, the sign bit cleared. The key is public, so nothing here
/// needs to run in constant time.
pub(super) fn coordinate(key: &[u8; 32]) -> Option<MontgomeryPoint> {
    let p = P.as_nz_ref();
    let mut y = *key;
    let [.., last] = &mut y;
    *last &= 0x7f;
    let y = U256::from_le_slice(&y).rem_vartime(p);
    let inverse: Option<U256> = U256::ONE.sub_mod(&y, p).invert_odd_mod_vartime(&P).into();
    let u = U256::ONE.add_mod(&y, p).mul_mod_vartime(&inverse?, p);
    Some(MontgomeryPoint(u.to_le_bytes().into()))
}
