use core::fmt;
use std::sync::Arc;

use str0m::config::{CryptoProvider, DtlsCert};

/// The certificate of an SFU, which is that of all its connections, and the cryptography that it uses.
#[derive(Clone)]
pub(super) struct Identity {
    pub(super) provider: Arc<CryptoProvider>,
    pub(super) certificate: DtlsCert,
}

impl Identity {
    /// Draws a certificate; `None` if the system gives no randomness.
    pub(super) fn draw() -> Option<Self> {
        let provider = confcall_rtc::crypto::provider();
        let certificate = provider.dtls_provider.generate_certificate()?;
        Some(Self {
            provider,
            certificate,
        })
    }

    /// The SHA-256 of the certificate.
    pub(super) fn digest(&self) -> [u8; 32] {
        let provider = self.provider.sha256_provider;
        provider.sha256(&self.certificate.certificate)
    }

    /// True if a message of STUN was made with this password.
    pub(super) fn verify(&self, message: &str0m::ice::StunMessage<'_>, password: &str) -> bool {
        let hmac = self.provider.sha1_hmac_provider;
        message.verify(password.as_bytes(), |key, parts| hmac.sha1_hmac(key, parts))
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}
