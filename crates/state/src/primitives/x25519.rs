//! X25519 on Ed25519 keys.

use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use x25519_dalek::x25519;
use zeroize::Zeroize as _;

#[cfg(feature = "aws-lc-rs")]
use super::aws_lc::Ladder;
use super::montgomery;

/// Hands over the coordinate that a private scalar, before clamping, shares with each of `keys`, in their order.
///
/// Each is handed over as it is made: taking a collection of secrets apart leaves copies behind in the memory that it had.
pub(super) fn for_each_shared(
    scalar: &[u8; 32],
    keys: impl ExactSizeIterator<Item = [u8; 32]> + Clone,
    take: impl FnMut(Option<[u8; 32]>),
) {
    #[cfg(feature = "aws-lc-rs")]
    // Its ladder is made with a multiplication of its own, which a single key does not pay back.
    if let Some(ladder) = (keys.len() > 1).then(|| Ladder::new(scalar)).flatten() {
        return by_coordinates(scalar, &ladder, keys, take);
    }
    by_points(scalar, keys, take);
}

/// ```text
/// on the curve   decompress ─▶ [s]P, Edwards ─▶ u, inversions batched ─┬▶ shared coordinate
/// off the curve  u mod p ────▶ [s]u, ladder ───────────────────────────┘
/// ```
///
/// Both ways compute X25519 on `u`; the Edwards multiplication takes half the time of the ladder, and the
/// ladder is defined where there is no point to decompress.
fn by_points(
    scalar: &[u8; 32],
    keys: impl ExactSizeIterator<Item = [u8; 32]> + Clone,
    mut take: impl FnMut(Option<[u8; 32]>),
) {
    let mut points: Vec<EdwardsPoint> = Vec::with_capacity(keys.len());
    let mut on_curve = Vec::with_capacity(keys.len());
    for key in keys.clone() {
        // It decodes what the reference decodes, non-canonical bytes included, so that no key is lost to the slow way.
        let point = CompressedEdwardsY(key).decompress();
        on_curve.push(point.is_some());
        points.extend(point.map(|point| point.mul_clamped(*scalar)));
    }
    // One inversion for all; one for each would take a tenth of the time of its multiplication.
    let mut coordinates = EdwardsPoint::to_montgomery_batch(&points);
    let mut shared = coordinates.iter();
    for (key, on_curve) in keys.zip(on_curve) {
        take(if on_curve {
            shared.next().map(|x| x.to_bytes())
        } else {
            montgomery::coordinate(&key).map(|u| x25519(*scalar, u))
        });
    }
    points.zeroize();
    coordinates.zeroize();
}

/// ```text
/// u mod p, inversions batched ─▶ [s]u, ladder of AWS-LC ─▶ shared coordinate
/// ```
#[cfg(feature = "aws-lc-rs")]
fn by_coordinates(
    scalar: &[u8; 32],
    ladder: &Ladder,
    keys: impl Iterator<Item = [u8; 32]>,
    mut take: impl FnMut(Option<[u8; 32]>),
) {
    for u in montgomery::coordinates(keys) {
        // None where it is zero, which the other ladder says.
        take(u.map(|u| ladder.climb(&u).unwrap_or_else(|| x25519(*scalar, u))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// The coordinate by the ladder alone, as `spec/protocol.md`, 1.4, words it; zero where the neutral element has none.
    fn by_the_ladder(scalar: &[u8; 32], key: &[u8; 32]) -> [u8; 32] {
        montgomery::coordinate(key).map_or([0; 32], |u| x25519(*scalar, u))
    }

    /// Every key whose `y` is at most 40 away from 0 mod p, in any encoding: those of small order with 0, 1 and -1
    /// are among them, and all that are not canonical.
    fn around_zero() -> impl Strategy<Value = [u8; 32]> {
        (-40..=40_i8, any::<bool>(), any::<bool>()).prop_map(|(y, above, sign)| {
            // p in little-endian bytes, or zero.
            let mut bytes = [if above || y < 0 { 0xff } else { 0 }; 32];
            if above || y < 0 {
                bytes[0] = 0xed;
                bytes[31] = 0x7f;
            }
            let mut carry = i16::from(y);
            for byte in &mut bytes {
                carry += i16::from(*byte);
                *byte = carry.rem_euclid(256) as u8;
                carry = carry.div_euclid(256);
            }
            bytes[31] = bytes[31] & 0x7f | if sign { 0x80 } else { 0 };
            bytes
        })
    }

    /// The two keys of order 8, of which the others are negatives.
    const ORDER_8: [&str; 2] = [
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    ];

    fn keys() -> impl Strategy<Value = [u8; 32]> {
        let order_8 = (0..ORDER_8.len(), any::<bool>()).prop_map(|(which, sign)| {
            let digits = ORDER_8[which];
            let byte = |at: usize| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap();
            let mut bytes: [u8; 32] = core::array::from_fn(byte);
            bytes[31] |= if sign { 0x80 } else { 0 };
            bytes
        });
        prop_oneof![4 => any::<[u8; 32]>(), 4 => around_zero(), 1 => order_8]
    }

    proptest! {
        #[test]
        fn every_way_agrees_with_the_ladder_for_every_key(scalar: [u8; 32], keys in vec(keys(), 1..6)) {
            let mut shared = Vec::new();
            for_each_shared(&scalar, keys.iter().copied(), |x| shared.push(x.unwrap_or_default()));
            let expected: Vec<_> = keys.iter().map(|key| by_the_ladder(&scalar, key)).collect();
            prop_assert_eq!(&shared, &expected);
            shared.clear();
            by_points(&scalar, keys.iter().copied(), |x| shared.push(x.unwrap_or_default()));
            prop_assert_eq!(shared, expected);
        }

        #[test]
        fn the_coordinates_of_points_are_those_of_the_curve_s_library(keys in vec(keys(), 1..6)) {
            let coordinates = montgomery::coordinates(keys.iter().copied());
            prop_assert_eq!(coordinates.len(), keys.len());
            for (key, coordinate) in keys.into_iter().zip(coordinates) {
                match CompressedEdwardsY(key).decompress() {
                    // The neutral element has none, and the library says zero.
                    Some(point) if coordinate.is_none() => prop_assert_eq!(point.to_montgomery().to_bytes(), [0; 32]),
                    Some(point) => prop_assert_eq!(coordinate, Some(point.to_montgomery().to_bytes())),
                    None => prop_assert!(coordinate.is_some(), "y = 1 is on the curve"),
                }
            }
        }
    }
}
