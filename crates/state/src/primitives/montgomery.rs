//! The Montgomery coordinate of a public key, also of one that is not on the curve.
//!
//! The library of the curve does not lend its field, and one of big integers takes longer to build than the curve.
//! Public keys are no secret, so nothing here needs to run in constant time.

use core::iter::once;

/// The coordinate of one key, as [`coordinates`] has it.
pub(super) fn coordinate(key: &[u8; 32]) -> Option<[u8; 32]> {
    coordinates(once(*key)).pop().flatten()
}

/// `u = (1 + y) / (1 - y) mod p` of each key, or `None` where `y = 1 mod p`; one inversion serves all.
///
/// `y` is the key's 255-bit little-endian integer, the sign bit cleared (`spec/protocol.md`, 1.4).
pub(super) fn coordinates(keys: impl Iterator<Item = [u8; 32]>) -> Vec<Option<[u8; 32]>> {
    let mut product = Residue::ONE;
    let fractions = keys.map(|key| {
        let y = Residue::from_bytes(&key);
        let divisor = Residue::ONE.minus(y);
        let divisor = (divisor.to_bytes() != [0; 32]).then_some(divisor);
        let before = product;
        product = divisor.map_or(product, |divisor| product.times(divisor));
        (Residue::ONE.plus(y), divisor, before)
    });
    let fractions: Vec<_> = fractions.collect();
    // Of the divisors that are left, from the last to the first.
    let mut inverse = product.inverse();
    let coordinates = fractions
        .into_iter()
        .rev()
        .map(|(dividend, divisor, before)| {
            let quotient = dividend.times(inverse.times(before));
            inverse = inverse.times(divisor?);
            Some(quotient.to_bytes())
        });
    let mut coordinates: Vec<_> = coordinates.collect();
    coordinates.reverse();
    coordinates
}

/// A number mod `p = 2^255 - 19`, in limbs of 51 bits, the least significant first.
///
/// A sum or difference has limbs of up to 53 bits, of which products still fit.
#[derive(Clone, Copy)]
struct Residue([u64; 5]);

const LIMB: u32 = 51;
const MASK: u64 = (1 << LIMB) - 1;
/// `2^255 mod p`: what a carry out of the last limb counts in the first.
const WRAP: u64 = 19;
/// The first limb of `p`; the others are all ones.
const FIRST_OF_P: u64 = MASK + 1 - WRAP;

impl Residue {
    const ONE: Self = Self([1, 0, 0, 0, 0]);

    /// Reads 255 bits and leaves the last one out.
    fn from_bytes(bytes: &[u8; 32]) -> Self {
        let read = |half: &[u8]| {
            half.iter()
                .rev()
                .fold(0, |read, byte| read << 8 | u128::from(*byte))
        };
        let (low, high) = bytes.split_at(16);
        let (low, high) = (read(low), read(high));
        let limbs = [
            low,
            low >> 51,
            low >> 102 | high << 26,
            high >> 25,
            high >> 76,
        ];
        Self(limbs.map(|limb| limb as u64 & MASK))
    }

    /// The bytes of the number below `p`.
    fn to_bytes(self) -> [u8; 32] {
        // Of a sum the first carry leaves one bit too much, the second none.
        let limbs = carried(carried(self.0.map(u128::from)));
        let [mut a, mut b, mut c, mut d, mut e] = limbs;
        let ones = u128::from(MASK);
        if [b, c, d, e] == [ones; 4] && a >= u128::from(FIRST_OF_P) {
            [a, b, c, d, e] = [a - u128::from(FIRST_OF_P), 0, 0, 0, 0];
        }
        let halves = [a | b << 51 | c << 102, c >> 26 | d << 25 | e << 76];
        let mut bytes = [0; 32];
        for (half, place) in halves.iter().zip(bytes.as_chunks_mut().0) {
            *place = half.to_le_bytes();
        }
        bytes
    }

    fn plus(self, Self([v, w, x, y, z]): Self) -> Self {
        let Self([a, b, c, d, e]) = self;
        Self([a + v, b + w, c + x, d + y, e + z])
    }

    /// The difference to a number that was just read or multiplied; twice `p` keeps the limbs positive.
    fn minus(self, Self([v, w, x, y, z]): Self) -> Self {
        let other = [
            2 * FIRST_OF_P - v,
            2 * MASK - w,
            2 * MASK - x,
            2 * MASK - y,
            2 * MASK - z,
        ];
        self.plus(Self(other))
    }

    fn times(self, Self([v, w, x, y, z]): Self) -> Self {
        let Self([a, b, c, d, e]) = self;
        let wrap = u128::from(WRAP);
        let product = [
            by(a, v) + wrap * (by(b, z) + by(c, y) + by(d, x) + by(e, w)),
            by(a, w) + by(b, v) + wrap * (by(c, z) + by(d, y) + by(e, x)),
            by(a, x) + by(b, w) + by(c, v) + wrap * (by(d, z) + by(e, y)),
            by(a, y) + by(b, x) + by(c, w) + by(d, v) + wrap * by(e, z),
            by(a, z) + by(b, y) + by(c, x) + by(d, w) + by(e, v),
        ];
        // The first carry leaves 67 bits, the second 52, of which the last is in the first limb alone.
        Self(carried(carried(product)).map(|limb| limb as u64))
    }

    /// The number to the power of `p - 2`, whose bits are all ones but the third and the fifth of its 255.
    fn inverse(self) -> Self {
        (0..255).rev().fold(Self::ONE, |power, bit| {
            let square = power.times(power);
            match bit {
                2 | 4 => square,
                _ => square.times(self),
            }
        })
    }
}

fn by(one: u64, other: u64) -> u128 {
    u128::from(one) * u128::from(other)
}

fn carried(limbs: [u128; 5]) -> [u128; 5] {
    let mut carry = 0;
    let [first, b, c, d, e] = limbs.map(|limb| {
        let sum = limb + carry;
        carry = sum >> LIMB;
        sum & u128::from(MASK)
    });
    [first + u128::from(WRAP) * carry, b, c, d, e]
}
