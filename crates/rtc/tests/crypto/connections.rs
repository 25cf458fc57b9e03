//! Connections of two ends of ours.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall_rtc::crypto::{certificate, rust_crypto};
use confcall_rtc::str0m::config::{DtlsVersion, Fingerprint};
use confcall_rtc::str0m::crypto::dtls::SrtpProfile;
use confcall_rtc::str0m::{RtcConfig, RtcError};

use crate::pair::{Pair, config, voice, with_profile};

const VERSIONS: [DtlsVersion; 3] = [DtlsVersion::Dtls12, DtlsVersion::Dtls13, DtlsVersion::Auto];

/// An end with the certificate of a seed.
fn end(seed: u8, version: DtlsVersion) -> RtcConfig {
    let mut rng = ChaCha20Rng::from_seed([seed; 32]);
    config(rust_crypto(), version).set_dtls_cert(certificate(&mut rng).unwrap())
}

#[test]
fn two_ends_hear_each_other_in_every_profile() {
    for &profile in SrtpProfile::ALL {
        let provider = with_profile(&rust_crypto(), profile);
        let end = |seed| end(seed, DtlsVersion::Dtls12).set_crypto_provider(provider.clone());
        let mut pair = Pair::new(end(1), end(2));
        pair.exchange();

        let tag = if profile == SrtpProfile::AES128_CM_SHA1_80 {
            10
        } else {
            16
        };
        for end in [&pair.client, &pair.server] {
            for number in 0..20 {
                let voice = voice(number);
                // The header ends with a block of extensions that has none.
                let sealed = 16 + voice.len() + tag;
                let is_sealed = |datagram: &&Vec<u8>| datagram.len() == sealed;
                assert!(
                    end.datagrams.iter().any(|one| is_sealed(&one)),
                    "{profile} {number}"
                );
                let is_clear =
                    |datagram: &Vec<u8>| datagram.windows(voice.len()).any(|part| part == voice);
                assert!(!end.datagrams.iter().any(is_clear), "{profile} {number}");
            }
        }
    }
}

#[test]
fn every_version_of_dtls_meets_each_that_it_can() {
    for client in VERSIONS {
        for server in VERSIONS {
            if [client, server].contains(&DtlsVersion::Auto) || client == server {
                Pair::new(end(1, client), end(2, server)).exchange();
            }
        }
    }
}

#[test]
fn ends_make_certificates_of_their_own() {
    let config = || config(rust_crypto(), DtlsVersion::Dtls12);
    let mut pair = Pair::new(config(), config());
    assert_ne!(pair.client.fingerprint(), pair.server.fingerprint());
    pair.exchange();
}

#[test]
fn a_certificate_of_another_fingerprint_is_refused_at_either_end() {
    let other = Fingerprint {
        hash_func: "sha-256".into(),
        bytes: vec![7; 32],
    };
    for of_client in [true, false] {
        let version = DtlsVersion::Dtls12;
        let mut pair = Pair::new(end(1, version), end(2, version));
        let end = if of_client {
            &mut pair.client
        } else {
            &mut pair.server
        };
        end.rtc.direct_api().set_remote_fingerprint(other.clone());
        let error = pair
            .run_until(|pair| {
                let end = if of_client {
                    &pair.client
                } else {
                    &pair.server
                };
                end.rtc.is_connected()
            })
            .unwrap_err();
        assert!(matches!(error, RtcError::RemoteSdp(_)), "{error}");
    }
}

#[test]
fn the_same_randomness_makes_the_same_certificate() {
    let make = |seed| certificate(&mut ChaCha20Rng::from_seed([seed; 32])).unwrap();
    assert_eq!(make(1).certificate, make(1).certificate);
    assert_eq!(make(1).private_key, make(1).private_key);
    assert_ne!(make(1).certificate, make(2).certificate);
    assert_ne!(make(1).private_key, make(2).private_key);
}
