use core::fmt;

use sha1::{Digest as _, Sha1};
use zeroize::ZeroizeOnDrop;

/// The number of bytes of an authorisation key.
pub(crate) const LENGTH: usize = 256;

/// The secret that a client and the server share, by which the server knows the user.
#[derive(ZeroizeOnDrop)]
pub struct AuthKey {
    bytes: [u8; LENGTH],
    /// Made once, since every packet names it.
    #[zeroize(skip)]
    id: AuthKeyId,
}

impl AuthKey {
    /// Wraps the bytes of a key.
    pub fn from_bytes(bytes: [u8; LENGTH]) -> Self {
        let digest: [u8; 20] = Sha1::digest(bytes).into();
        let [.., a, b, c, d, e, f, g, h] = digest;
        let id = AuthKeyId([a, b, c, d, e, f, g, h]);
        Self { bytes, id }
    }

    /// The bytes, for a session file or another client.
    pub fn expose(&self) -> &[u8; LENGTH] {
        &self.bytes
    }

    /// The public name of the key, which starts every encrypted packet.
    pub(crate) fn id(&self) -> AuthKeyId {
        self.id
    }
}

impl fmt::Debug for AuthKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthKey(..)")
    }
}

/// The public name of an authorisation key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AuthKeyId(pub(crate) [u8; 8]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_not_printed() {
        let key = AuthKey::from_bytes([7; LENGTH]);
        assert_eq!(format!("{key:?}"), "AuthKey(..)");
    }
}
