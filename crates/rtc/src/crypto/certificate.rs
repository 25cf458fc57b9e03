//! Self-signed certificates, of which a peer compares the fingerprint and reads nothing but the key.

use der::asn1::GeneralizedTime;
use der::{DateTime, Encode as _};
use p256::ecdsa::{DerSignature, SigningKey};
use p256::elliptic_curve::Generate as _;
use p256::pkcs8::EncodePrivateKey as _;
use rand_core::CryptoRng;
use str0m::config::DtlsCert;
use str0m::crypto::CryptoError;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{self, Builder as _, CertificateBuilder};
use x509_cert::certificate::TbsCertificate;
use x509_cert::ext::pkix::BasicConstraints;
use x509_cert::ext::{Extension, ToExtension as _};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{SubjectPublicKeyInfo, SubjectPublicKeyInfoRef};
use x509_cert::time::{Time, Validity};

/// A certificate for one connection, with a fresh ECDSA key on P-256: the same one from the same randomness.
///
/// Its fingerprint is that of [`str0m::change::DirectApi::local_dtls_fingerprint`], once it is given to
/// [`RtcConfig::set_dtls_cert`](str0m::RtcConfig::set_dtls_cert). The private key in it is not wiped.
///
/// # Errors
///
/// [`CryptoError::Other`] if the certificate cannot be encoded.
pub fn certificate(rng: &mut impl CryptoRng) -> Result<DtlsCert, CryptoError> {
    let key = SigningKey::generate_from_rng(rng);
    let mut serial = [0; 16];
    rng.fill_bytes(&mut serial);
    signed(&key, serial).map_err(|error| CryptoError::Other(error.to_string()))
}

fn signed(key: &SigningKey, mut serial: [u8; 16]) -> builder::Result<DtlsCert> {
    // A positive number of all 16 bytes.
    serial[0] = serial[0] & 0x3f | 0x40;
    // No clock: valid whenever it is looked at.
    let from = GeneralizedTime::from_date_time(DateTime::new(2000, 1, 1, 0, 0, 0)?);
    let until = GeneralizedTime::from_date_time(DateTime::INFINITY);
    let validity = Validity::new(Time::GeneralTime(from), Time::GeneralTime(until));
    let public = SubjectPublicKeyInfo::from_key(key.verifying_key())?;
    let serial = SerialNumber::new(&serial)?;
    let builder = CertificateBuilder::new(SelfSigned::named()?, serial, validity, public)?;
    let private_key = key.to_pkcs8_der().map_err(x509_cert::spki::Error::from)?;
    Ok(DtlsCert {
        certificate: builder.build::<_, DerSignature>(key)?.to_der()?,
        private_key: private_key.as_bytes().to_vec(),
    })
}

/// A name that browsers give their certificates too, and no right to sign others.
struct SelfSigned(Name);

impl SelfSigned {
    fn named() -> der::Result<Self> {
        "CN=WebRTC".parse().map(Self)
    }
}

impl BuilderProfile for SelfSigned {
    fn get_issuer(&self, subject: &Name) -> Name {
        subject.clone()
    }

    fn get_subject(&self) -> Name {
        self.0.clone()
    }

    fn build_extensions(
        &self,
        _key: SubjectPublicKeyInfoRef<'_>,
        _issuer: SubjectPublicKeyInfoRef<'_>,
        certificate: &TbsCertificate,
    ) -> builder::Result<Vec<Extension>> {
        let constraints = BasicConstraints {
            ca: false,
            path_len_constraint: None,
        };
        Ok(vec![constraints.to_extension(certificate.subject(), &[])?])
    }
}
