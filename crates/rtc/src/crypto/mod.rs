//! The cryptography of WebRTC: the DTLS handshake of the crate `dimpl`, and SRTP, HMAC and hashes of the RustCrypto crates.
//!
//! ```
//! use std::time::Instant;
//!
//! use str0m::RtcConfig;
//!
//! let config = RtcConfig::new().set_crypto_provider(confcall_rtc::crypto::provider());
//! let rtc = config.build(Instant::now());
//! ```
//!
//! A handshake is DTLS 1.2 or 1.3, as [`RtcConfig`](str0m::RtcConfig) says. Which SRTP profile it settles on is the choice of its
//! server, of those that the client offers: `AEAD_AES_256_GCM` before `AEAD_AES_128_GCM` before `AES128_CM_SHA1_80`. All three are
//! always offered.
//!
//! A certificate can come from randomness of the caller ([`certificate`]). The handshake itself takes that of the operating
//! system, as its nonces and its key exchange must not depend on anything that a caller may repeat.

mod certificate;
mod dtls;
mod hashes;
mod srtp;

use std::sync::Arc;

use str0m::config::CryptoProvider;

pub use certificate::certificate;

/// The provider for [`RtcConfig::set_crypto_provider`](str0m::RtcConfig::set_crypto_provider): the [`rust_crypto`] one, or that of
/// AWS-LC under the feature `aws-lc-rs`.
pub fn provider() -> Arc<CryptoProvider> {
    #[cfg(feature = "aws-lc-rs")]
    let provider = Arc::new(str0m_aws_lc_rs::default_provider());
    #[cfg(not(feature = "aws-lc-rs"))]
    let provider = rust_crypto();
    provider
}

/// The provider over the RustCrypto crates, whatever the features.
pub fn rust_crypto() -> Arc<CryptoProvider> {
    Arc::new(CryptoProvider {
        srtp_provider: &srtp::Srtp,
        sha1_hmac_provider: &hashes::Hashes,
        sha1_provider: &hashes::Hashes,
        sha256_provider: &hashes::Hashes,
        dtls_provider: &dtls::Handshakes,
    })
}
