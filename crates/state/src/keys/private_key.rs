use core::fmt;

use rand_core::CryptoRng;
use zeroize::ZeroizeOnDrop;

use super::{NoSharedSecret, PublicKey, Seed, SharedSecret, Signature, with_wiped_stack};
use crate::primitives::SigningKey;

/// The private key of one membership.
///
/// It cannot be cloned or printed, and it is wiped when dropped: a key is made for one attempt to join and lives
/// exactly as long as that membership, which may go on after a restart from a sealed checkpoint.
///
/// The key has a place of its own in memory, so that no copy of it stays behind where a value that holds it is moved.
#[cfg_attr(any(fuzzing, confcall_testing), derive(Clone))]
pub struct PrivateKey(Box<SigningKey>);

impl PrivateKey {
    /// Draws a new key.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        // Wiped here: the key keeps a copy of its own behind its pointer.
        Self::from_seed(Seed::generate(rng).dangerous_bytes())
    }

    /// The key of an Ed25519 seed.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        // The library makes the key on the stack and hands it over by value.
        with_wiped_stack(|| Self(Box::new(SigningKey::from_seed(seed))))
    }

    /// The Ed25519 seed, for a sealed checkpoint and nothing else.
    pub fn dangerous_seed(&self) -> Seed {
        Seed::copy_of(self.0.seed())
    }

    /// The public key that belongs to it.
    pub fn public_key(&self) -> PublicKey {
        PublicKey::from_bytes(self.0.public_key())
    }

    /// Signs a message.
    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature::from_bytes(self.0.sign(message))
    }

    /// The secret that this key shares with another participant's.
    ///
    /// # Errors
    ///
    /// [`NoSharedSecret`] if the other key has a small order, or is 1 mod p.
    pub fn shared_secret(&self, key: &PublicKey) -> Result<SharedSecret, NoSharedSecret> {
        let mut shared = Err(NoSharedSecret { key: *key });
        self.for_each_shared_secret(core::iter::once(*key), |secret| shared = secret);
        shared
    }

    /// Hands over the secret that this key shares with each of `keys`, in their order, cheaper than one by one.
    pub(crate) fn for_each_shared_secret(
        &self,
        keys: impl ExactSizeIterator<Item = PublicKey> + Clone,
        mut take: impl FnMut(Result<SharedSecret, NoSharedSecret>),
    ) {
        let mut owners = keys.clone();
        let mac = SharedSecret::mac();
        let bytes = keys.map(|key| *key.as_bytes());
        self.0.for_each_shared(bytes, |coordinate| {
            let Some(key) = owners.next() else { return };
            take(SharedSecret::of_coordinate(&mac, coordinate).ok_or(NoSharedSecret { key }));
        });
    }
}

/// The key in it is.
impl ZeroizeOnDrop for PrivateKey where SigningKey: ZeroizeOnDrop {}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(..)")
    }
}
