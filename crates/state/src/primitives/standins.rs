//! Stand-ins for fuzzing: as fast as can be, and without any secrecy.
//!
//! They keep the laws that the rest of the crate builds on. A signature is one of its key over its message only; two keys share
//! one secret, and no others share it; a cipher is undone under its key and vector only; another key or message has another MAC.
//! There are keys that sign nothing, and keys that share nothing, and each is a valid value.

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::Derived;

/// What is hashed, so that no two uses come to the same bytes.
#[derive(Clone, Copy)]
enum Use {
    PublicKey,
    Signature,
    SharedSecret,
    Mac,
    Tag,
    Cipher,
}

/// A hash of the parts and of how long each is.
fn hash<const N: usize>(what: Use, parts: &[&[u8]]) -> [u8; N] {
    let mut state = mixed(what as u64);
    for part in parts {
        state = mixed(state ^ part.len() as u64);
        let (words, rest) = part.as_chunks();
        for word in words {
            state = mixed(state ^ u64::from_le_bytes(*word));
        }
        let rest = rest
            .iter()
            .fold(0, |rest, byte| rest << 8 | u64::from(*byte));
        state = mixed(state ^ rest);
    }
    let mut bytes = [0; N];
    for word in bytes.as_chunks_mut().0 {
        state = mixed(state);
        *word = state.to_le_bytes();
    }
    bytes
}

/// The step of the generator SplitMix64.
fn mixed(state: u64) -> u64 {
    let state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let state = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ state >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ state >> 31
}

#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct SigningKey {
    seed: [u8; 32],
    public: [u8; 32],
}

impl SigningKey {
    pub(crate) fn from_seed(seed: &[u8; 32]) -> Self {
        Self {
            seed: *seed,
            public: hash(Use::PublicKey, &[seed]),
        }
    }

    pub(crate) fn seed(&self) -> &[u8; 32] {
        &self.seed
    }

    pub(crate) fn public_key(&self) -> [u8; 32] {
        self.public
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        hash(Use::Signature, &[&self.public, message])
    }

    pub(crate) fn for_each_shared(
        &self,
        keys: impl ExactSizeIterator<Item = [u8; 32]> + Clone,
        mut take: impl FnMut(Option<[u8; 32]>),
    ) {
        for key in keys {
            let pair = [self.public.min(key), self.public.max(key)];
            let shared = hash(Use::SharedSecret, &[pair.as_flattened()]);
            take((fill(&key) != Some(0)).then_some(shared));
        }
    }
}

/// A key that has no fill but zeros.
#[derive(Clone)]
pub(crate) struct Point([u8; 32]);

impl Point {
    pub(crate) fn from_bytes(key: &[u8; 32]) -> Option<Self> {
        matches!(fill(key), None | Some(0)).then_some(Self(*key))
    }

    pub(crate) fn to_bytes(&self) -> [u8; 32] {
        self.0
    }

    pub(crate) fn verifies(&self, parts: &[&[u8]], signature: &[u8; 64]) -> bool {
        hash(Use::Signature, &[&self.0, &parts.concat()]) == *signature
    }
}

/// The byte with which an odd key is filled behind its first one. Zeros are for keys of small order, which share nothing, others
/// for bytes that are no point.
fn fill([_, fill, rest @ ..]: &[u8; 32]) -> Option<u8> {
    rest.iter().all(|byte| byte == fill).then_some(*fill)
}

#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct KeyedMac([u8; 32]);

impl KeyedMac {
    pub(crate) fn new(key: &[u8]) -> Self {
        Self(hash(Use::Mac, &[key]))
    }

    pub(crate) fn derive(self, message: &[u8]) -> Derived {
        let halves = [0, 1].map(|half| hash(Use::Mac, &[&self.0, message, &[half]]));
        let [left, right] = halves;
        Derived { left, right }
    }
}

pub(crate) fn tag<'a>(
    key: &[u8],
    first: &[u8],
    middle: impl Iterator<Item = &'a [u8]>,
    last: &[u8],
) -> [u8; 32] {
    let middle: Vec<&[u8]> = middle.collect();
    hash(Use::Tag, &[key, &[first, &middle.concat(), last].concat()])
}

pub(crate) mod cbc {
    use super::{Use, hash, mixed};

    pub(crate) fn encrypt(key: &[u8; 32], iv: &[u8; 16], data: &mut [u8]) {
        for_each_word(key, iv, data, u64::wrapping_add);
    }

    pub(crate) fn decrypt(key: &[u8; 32], iv: &[u8; 16], data: &mut [u8]) {
        for_each_word(key, iv, data, u64::wrapping_sub);
    }

    /// Takes the words of whole blocks with those of a stream, so that it matters which way.
    fn for_each_word(key: &[u8; 32], iv: &[u8; 16], data: &mut [u8], take: fn(u64, u64) -> u64) {
        let mut stream = u64::from_le_bytes(hash(Use::Cipher, &[key, iv]));
        let blocks: &mut [[u8; 16]] = data.as_chunks_mut().0;
        for word in blocks.as_flattened_mut().as_chunks_mut().0 {
            stream = mixed(stream);
            *word = take(u64::from_le_bytes(*word), stream).to_le_bytes();
        }
    }
}
