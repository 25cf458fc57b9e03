use std::sync::LazyLock;

use crypto_bigint::modular::{FixedMontyForm, FixedMontyParams};
use crypto_bigint::{Odd, U2048};
use rand_core::CryptoRng;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::mtproto::auth_key::{AuthKey, LENGTH};

/// The generator, in the group of squares modulo the prime, which is 2 modulo 3.
pub(super) const GENERATOR: u8 = 3;

/// The limbs of a number of the length of a key.
const LIMBS: usize = U2048::LIMBS;

/// The prime that clients know already, and whose half is a prime too; another one they would have to test.
pub(super) const PRIME: Odd<U2048> = Odd::<U2048>::from_be_hex(concat!(
    "c71caeb9c6b1c9048e6c522f70f13f73980d40238e3e21c14934d037563d930f",
    "48198a0aa7c14058229493d22530f4dbfa336f6e0ac925139543aed44cce7c37",
    "20fd51f69458705ac68cd4fe6b6b13abdc9746512969328454f18faf8c595f64",
    "2477fe96bb2a941d5bcd1d4ac8cc49880708fa9b378e3c4f3a9060bee67cf9a4",
    "a4a695811051907e162753b56b0f6b410dba74d8a84b2a14b3144e0ef1284754",
    "fd17ed950d5965b4b9dd46582db1178d169c6bc465b0d6ff9ca3928fef5b9ae4",
    "e418fc15e83ebea0f87fa9ff5eed70050ded2849f47bf959d956850ce929851f",
    "0d8115f635b105ee2e4e15d04b2454bf6f4fadf034b10403119cd8e3b92fcc5b",
));

/// The distance that a half keeps from zero and from the prime: 2 to the power of 2048 - 64.
const MARGIN: U2048 = U2048::ONE.shl_vartime(2048 - 64);

static PARAMETERS: LazyLock<FixedMontyParams<LIMBS>> =
    LazyLock::new(|| FixedMontyParams::new_vartime(PRIME));

/// The secret of the server, and the half that comes from it.
#[derive(ZeroizeOnDrop)]
pub(super) struct Exponent {
    secret: U2048,
    half: U2048,
}

/// The half that a client sent, within the bounds of the protocol.
pub(super) struct ClientHalf(U2048);

impl Exponent {
    /// Draws an exponent whose half keeps its distance, as every client checks.
    pub(super) fn generate(rng: &mut impl CryptoRng) -> Self {
        loop {
            let mut bytes = Zeroizing::new([0; LENGTH]);
            rng.fill_bytes(&mut *bytes);
            let secret = U2048::from_be_slice(&*bytes);
            let half = raise(&U2048::from_u8(GENERATOR), &secret);
            let exponent = Self { secret, half };
            if is_within_bounds(&half) {
                return exponent;
            }
        }
    }

    /// The half for the client.
    pub(super) fn half(&self) -> [u8; LENGTH] {
        bytes(&self.half)
    }

    /// The key that comes from both halves.
    pub(super) fn agree(&self, half: &ClientHalf) -> AuthKey {
        let shared = Zeroizing::new(raise(&half.0, &self.secret));
        AuthKey::from_bytes(bytes(&shared))
    }
}

fn raise(base: &U2048, exponent: &U2048) -> U2048 {
    let power = Zeroizing::new(FixedMontyForm::new(base, &PARAMETERS).pow(exponent));
    power.retrieve()
}

impl ClientHalf {
    /// Reads a half; `None` if it is not within the bounds.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut whole = [0; LENGTH];
        let start = LENGTH.checked_sub(bytes.len())?;
        whole.get_mut(start..)?.copy_from_slice(bytes);
        let half = U2048::from_be_slice(&whole);
        is_within_bounds(&half).then_some(Self(half))
    }
}

/// True for a number that is neither below the margin nor above the prime less the margin.
fn is_within_bounds(half: &U2048) -> bool {
    *half >= MARGIN && *half <= PRIME.as_ref().wrapping_sub(&MARGIN)
}

fn bytes(number: &U2048) -> [u8; LENGTH] {
    let encoded = Zeroizing::new(number.to_be_bytes());
    let mut bytes = [0; LENGTH];
    bytes.copy_from_slice(encoded.as_slice());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(number: U2048) -> bool {
        ClientHalf::read(number.to_be_bytes().as_slice()).is_some()
    }

    #[test]
    fn a_half_keeps_its_distance_from_zero_and_from_the_prime() {
        let top = PRIME.as_ref().wrapping_sub(&MARGIN);
        assert!(read(MARGIN) && read(top));
        let one = U2048::ONE;
        let outside = [
            U2048::ZERO,
            one,
            MARGIN.wrapping_sub(&one),
            top.wrapping_add(&one),
            PRIME.as_ref().wrapping_sub(&one),
            *PRIME.as_ref(),
            U2048::MAX,
        ];
        assert_eq!(outside.map(read), [false; 7]);
        assert!(ClientHalf::read(&[1; LENGTH + 1]).is_none());
        assert!(ClientHalf::read(&[]).is_none());
    }
}
