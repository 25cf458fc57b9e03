//! The people of a drawn call: few enough to meet again, enough for a crowd, odd enough to hurt.

use std::sync::LazyLock;

use arbitrary::{Result, Unstructured};
use confcall_state::PrivateKey;

/// Ids at the ends of int64 and around zero.
const USERS: [i64; 16] = [
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
    0,
    -1,
    -2,
    i64::MAX,
    i64::MAX - 1,
    i64::MIN,
];
/// The number of keys; a user can have any of them.
const KEYS: u8 = 24;

struct Owned {
    private: PrivateKey,
    public: [u8; 32],
}

// Made once: a key costs more than everything else that is drawn.
static ALL: LazyLock<Vec<Owned>> = LazyLock::new(|| (1..=KEYS).map(owned).collect());

fn owned(seed: u8) -> Owned {
    let private = PrivateKey::from_seed(&[seed; 32]);
    let public = *private.public_key().as_bytes();
    Owned { private, public }
}

/// A user.
pub(crate) fn user(u: &mut Unstructured<'_>) -> Result<i64> {
    u.choose(&USERS).copied()
}

/// A public key, rarely one without a private key.
pub(crate) fn public(u: &mut Unstructured<'_>) -> Result<[u8; 32]> {
    if u.ratio(1, 40)? {
        // No point, the neutral element, 1 mod p, bytes of all ones.
        let odd = [[2; 32], first(1), [0xff; 32], [0; 32]];
        return u.choose(&odd).copied();
    }
    Ok(u.choose(&ALL)?.public)
}

fn first(byte: u8) -> [u8; 32] {
    let mut key = [0; 32];
    key[0] = byte;
    key
}

/// The private half of a public key, if anybody has it.
pub(crate) fn private(public: &[u8; 32]) -> Option<&'static PrivateKey> {
    let owned = ALL.iter().find(|one| one.public == *public);
    owned.map(|one| &one.private)
}
