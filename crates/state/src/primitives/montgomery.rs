//! The Montgomery coordinate of a public key, also of one that is not on the curve.
//!
//! The library of the curve does not lend its field, and one of big integers takes longer to build than the curve.
//! Public keys are no secret, so nothing here needs to run in constant time.

/// `u = (1 + y) / (1 - y) mod p`, or `None` where `y = 1 mod p`.
///
/// `y` is the key's 255-bit little-endian integer, the sign bit cleared (`spec/protocol.md`, 1.4).
pub(super) fn coordinate(key: &[u8; 32]) -> Option<[u8; 32]> {
    let y = Residue::from_bytes(key);
    let divisor = Residue::ONE.minus(y);
    (divisor.to_bytes() != [0; 32])
        .then(|| Residue::ONE.plus(y).times(divisor.inverse()).to_bytes())
}

/// A number mod `p = 2^255 - 19`, in limbs of 51 bits, the least significant first.
///
/// A sum or difference has limbs of up to 53 bits, of which products still fit.
#[derive(Clone, Copy)]
struct Residue([u128; 5]);

const LIMB: u32 = 51;
const MASK: u128 = (1 << LIMB) - 1;
/// `2^255 mod p`: what a carry out of the last limb counts in the first.
const WRAP: u128 = 19;
/// The first limb of `p`; the others are all ones.
const FIRST_OF_P: u128 = MASK + 1 - WRAP;

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
        Self(limbs.map(|limb| limb & MASK))
    }

    /// The bytes of the number below `p`.
    fn to_bytes(self) -> [u8; 32] {
        // Of a product the first carry leaves 67 bits, the second one bit too much, the third none.
        let Self([mut a, mut b, mut c, mut d, mut e]) = self.carried().carried().carried();
        if [b, c, d, e] == [MASK; 4] && a >= FIRST_OF_P {
            [a, b, c, d, e] = [a - FIRST_OF_P, 0, 0, 0, 0];
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
        let product = [
            a * v + WRAP * (b * z + c * y + d * x + e * w),
            a * w + b * v + WRAP * (c * z + d * y + e * x),
            a * x + b * w + c * v + WRAP * (d * z + e * y),
            a * y + b * x + c * w + d * v + WRAP * (e * z),
            a * z + b * y + c * x + d * w + e * v,
        ];
        Self(product).carried().carried()
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

    fn carried(self) -> Self {
        let mut carry = 0;
        let [first, b, c, d, e] = self.0.map(|limb| {
            let sum = limb + carry;
            carry = sum >> LIMB;
            sum & MASK
        });
        Self([first + WRAP * carry, b, c, d, e])
    }
}
