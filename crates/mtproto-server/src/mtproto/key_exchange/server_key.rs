use core::fmt;

use confcall_state::tl::Writer;
use rand_core::CryptoRng;
use rsa::PrivateKey;
use rsa::hazmat::rsa_decrypt_and_check;
use rsa::pkcs1::{
    DecodeRsaPrivateKey as _, EncodeRsaPrivateKey as _, EncodeRsaPublicKey as _, LineEnding,
};
use rsa::traits::PublicKeyParts as _;
use sha1::{Digest as _, Sha1};
use thiserror::Error;
use zeroize::Zeroizing;

/// The number of bytes of the modulus, and of what is encrypted under the key.
pub(super) const MODULUS: usize = 256;

/// The RSA key by which clients know the server when they agree on a key with it.
pub(crate) struct ServerKey {
    private: PrivateKey,
    fingerprint: i64,
    pem: String,
}

/// An RSA key is none of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum ServerKeyError {
    #[error("the RSA key cannot be read")]
    Unreadable,
    #[error("the RSA key is not of 2048 bits")]
    Size,
    #[error("no RSA key was found")]
    NotFound,
}

impl ServerKey {
    /// Searches for a key, which takes a good part of a second.
    pub(crate) fn generate(rng: &mut impl CryptoRng) -> Result<Self, ServerKeyError> {
        let private = PrivateKey::new(rng, MODULUS * 8);
        Self::new(private.map_err(|_| ServerKeyError::NotFound)?)
    }

    /// Reads a key in PKCS#1 PEM.
    pub(crate) fn from_pem(pem: &str) -> Result<Self, ServerKeyError> {
        let private = PrivateKey::from_pkcs1_pem(pem);
        Self::new(private.map_err(|_| ServerKeyError::Unreadable)?)
    }

    /// The private key in PKCS#1 PEM, for the file.
    pub(crate) fn to_pem(&self) -> Result<Zeroizing<String>, ServerKeyError> {
        let pem = self.private.to_pkcs1_pem(LineEnding::LF);
        pem.map_err(|_| ServerKeyError::Unreadable)
    }

    /// The public key in PKCS#1 PEM.
    pub(crate) fn public_pem(&self) -> &str {
        &self.pem
    }

    /// The modulus, the highest byte first.
    pub(crate) fn modulus(&self) -> Vec<u8> {
        self.private.n_bytes().into_vec()
    }

    /// The name of the key in an exchange.
    pub(crate) fn fingerprint(&self) -> i64 {
        self.fingerprint
    }

    /// Decrypts a number that was encrypted under the public key; `None` if it is none.
    pub(super) fn decrypt(
        &self,
        encrypted: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Option<Zeroizing<[u8; MODULUS]>> {
        let precision = self.private.n_bits_precision();
        let number = rsa::BoxedUint::from_be_slice(encrypted, precision).ok()?;
        let number = rsa_decrypt_and_check(&self.private, Some(rng), &number);
        let number = Zeroizing::new(number.ok()?);
        let bytes = Zeroizing::new(number.to_be_bytes());
        let mut whole = Zeroizing::new([0; MODULUS]);
        whole
            .get_mut(MODULUS.checked_sub(bytes.len())?..)?
            .copy_from_slice(&bytes);
        Some(whole)
    }

    fn new(private: PrivateKey) -> Result<Self, ServerKeyError> {
        let modulus = private.n_bytes();
        if modulus.len() != MODULUS {
            return Err(ServerKeyError::Size);
        }
        let exponent = private.e_bytes();
        let named = Writer::encode(|writer| {
            writer.string(&modulus);
            writer.string(&exponent);
        });
        let digest: [u8; 20] = Sha1::digest(named).into();
        let [.., a, b, c, d, e, f, g, h] = digest;
        let pem = private.as_public_key().to_pkcs1_pem(LineEnding::LF);
        Ok(Self {
            fingerprint: i64::from_le_bytes([a, b, c, d, e, f, g, h]),
            pem: pem.map_err(|_| ServerKeyError::Unreadable)?,
            private,
        })
    }
}

impl fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerKey")
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}
