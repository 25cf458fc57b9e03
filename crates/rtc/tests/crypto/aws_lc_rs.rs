//! AWS-LC beside the RustCrypto crates: the same bytes, and handshakes between the two.

use std::sync::Arc;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng as _, SeedableRng as _};
use confcall_rtc::crypto::{provider, rust_crypto};
use confcall_rtc::str0m::config::{CryptoProvider, DtlsVersion};
use confcall_rtc::str0m::crypto::dtls::SrtpProfile;

use crate::pair::{Pair, config, with_profile};

/// The longest packet, and what a cipher of AWS-LC may write behind it.
const LONGEST: usize = 1500;
const BEHIND: usize = 16;

fn theirs() -> Arc<CryptoProvider> {
    Arc::new(str0m_aws_lc_rs::default_provider())
}

/// Keys, vectors, headers and payloads of many lengths.
struct Packets(ChaCha20Rng);

impl Packets {
    fn new() -> Self {
        Self(ChaCha20Rng::from_seed([5; 32]))
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    fn some(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}

fn lengths() -> impl Iterator<Item = usize> {
    (0..200).chain((200..LONGEST).step_by(97))
}

/// Sealed by either, a packet is the same and is opened by the other; in `aad` is a header of RTP, or that of RTCP and its index.
macro_rules! same_packets {
    ($name:ident, $factory:ident) => {
        #[test]
        fn $name() {
            let mut packets = Packets::new();
            let key = packets.bytes();
            let create = |provider: &CryptoProvider, encrypt| {
                let factory = provider.srtp_provider.$factory();
                factory.create_cipher(key, encrypt)
            };
            let (ours, theirs) = (rust_crypto(), theirs());
            let mut seals = [create(&ours, true), create(&theirs, true)];
            let mut opens = [create(&theirs, false), create(&ours, false)];
            for length in lengths() {
                let iv = packets.bytes();
                let aad = packets.some(12 + length % 5 * 4);
                let clear = packets.some(length);
                let sealed = seals.each_mut().map(|cipher| {
                    let mut sealed = vec![0; length + 16];
                    cipher.encrypt(&iv, &aad, &clear, &mut sealed).unwrap();
                    sealed
                });
                assert_eq!(sealed[0], sealed[1]);
                for (cipher, sealed) in opens.iter_mut().zip(&sealed) {
                    for aads in [&[&aad[..]][..], &[&aad, &[]], &[&aad[..8], &aad[8..]]] {
                        let mut opened = vec![0; length];
                        let done = cipher.decrypt(&iv, aads, sealed, &mut opened).unwrap();
                        assert_eq!((done, &opened), (length, &clear));
                    }
                    let mut changed = sealed.clone();
                    changed[length / 2] ^= 1;
                    let mut opened = vec![0; length];
                    assert!(cipher.decrypt(&iv, &[&aad], &changed, &mut opened).is_err());
                }
            }
        }
    };
}
same_packets!(packets_of_aes_128_gcm_are_the_same, aead_aes_128_gcm);
same_packets!(packets_of_aes_256_gcm_are_the_same, aead_aes_256_gcm);

#[test]
fn packets_of_the_counter_mode_are_the_same() {
    let mut packets = Packets::new();
    let key = packets.bytes();
    let create = |provider: &CryptoProvider, encrypt| {
        let factory = provider.srtp_provider.aes_128_cm_sha1_80();
        factory.create_cipher(key, encrypt)
    };
    let (ours, theirs) = (rust_crypto(), theirs());
    let mut seals = [create(&ours, true), create(&theirs, true)];
    let mut opens = [create(&theirs, false), create(&ours, false)];
    for length in lengths() {
        let iv = packets.bytes();
        let clear = packets.some(length);
        let sealed = seals.each_mut().map(|cipher| {
            let mut sealed = vec![0; length + BEHIND];
            cipher.encrypt(&iv, &clear, &mut sealed).unwrap();
            sealed.truncate(length);
            sealed
        });
        assert_eq!(sealed[0], sealed[1]);
        for (cipher, sealed) in opens.iter_mut().zip(&sealed) {
            let mut opened = vec![0; length + BEHIND];
            cipher.decrypt(&iv, sealed, &mut opened).unwrap();
            assert_eq!(opened[..length], clear);
        }
    }
}

#[test]
fn hashes_and_derived_keys_are_the_same() {
    let (ours, theirs) = (rust_crypto(), theirs());
    let mut packets = Packets::new();
    for length in lengths() {
        let key = packets.some(length % 100);
        let data = packets.some(length);
        let parts = [&data[..length / 3], &data[length / 3..]];
        let hmac = |provider: &CryptoProvider| provider.sha1_hmac_provider.sha1_hmac(&key, &parts);
        assert_eq!(hmac(&ours), hmac(&theirs));
        let sha1 = |provider: &CryptoProvider| provider.sha1_provider.sha1(&data);
        assert_eq!(sha1(&ours), sha1(&theirs));
        let sha256 = |provider: &CryptoProvider| provider.sha256_provider.sha256(&data);
        assert_eq!(sha256(&ours), sha256(&theirs));

        let key: [u8; 32] = packets.bytes();
        let input: [u8; 16] = packets.bytes();
        let derive = |provider: &CryptoProvider| {
            let mut blocks = [[0; 32]; 2];
            let srtp = provider.srtp_provider;
            srtp.srtp_aes_128_ecb_round(&key[..16], &input, &mut blocks[0]);
            srtp.srtp_aes_256_ecb_round(&key, &input, &mut blocks[1]);
            blocks.map(|block| block[..16].to_vec())
        };
        assert_eq!(derive(&ours), derive(&theirs));
    }
}

#[test]
fn each_meets_the_other_in_every_profile_and_version() {
    let providers = [rust_crypto(), theirs()];
    for client in &providers {
        for server in &providers {
            for &profile in SrtpProfile::ALL {
                for version in [DtlsVersion::Dtls12, DtlsVersion::Dtls13] {
                    let end = |provider| config(with_profile(provider, profile), version);
                    Pair::new(end(client), end(server)).exchange();
                }
            }
        }
    }
}

#[test]
fn the_feature_chooses_aws_lc() {
    let name = |provider: &CryptoProvider| format!("{:?}", provider.srtp_provider);
    assert_eq!(name(&provider()), name(&theirs()));
    assert_ne!(name(&provider()), name(&rust_crypto()));
}
