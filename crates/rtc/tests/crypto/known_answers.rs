//! The vectors of the standards.

use confcall_rtc::crypto::rust_crypto;
use confcall_rtc::str0m::crypto::{AeadAes128GcmCipher, AeadAes256GcmCipher};

fn bytes<const N: usize>(hex: &str) -> [u8; N] {
    all(hex).try_into().unwrap()
}

fn all(hex: &str) -> Vec<u8> {
    hex::decode(hex.replace([' ', '\n'], "")).unwrap()
}

/// RFC 3711, B.2.
#[test]
fn the_counter_mode_has_the_keystream_of_the_standard() {
    let srtp = rust_crypto().srtp_provider.aes_128_cm_sha1_80();
    let key = bytes("2b7e151628aed2a6abf7158809cf4f3c");
    let mut cipher = srtp.create_cipher(key, true);
    let start = all(
        "e03ead0935c95e80e166b16dd92b4eb4 d23513162b02d0f72a43a2fe4a5f97ab 41e95b3bb0a2e8dd477901e4fca894c0",
    );
    let later = all(
        "ec8cdf7398607cb0f2d21675ea9ea1e4 362b7c3c6773516318a077d7fc5073ae 6a2cc3787889374fbeb4c81b17ba6c44",
    );
    for (iv, keystream) in [
        ("f0f1f2f3f4f5f6f7f8f9fafbfcfd0000", start),
        ("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", later),
    ] {
        // Whole blocks and parts of one.
        for length in [0, 1, 16, 17, 48] {
            let mut output = [0; 63];
            cipher
                .encrypt(&bytes(iv), &vec![0; length], &mut output)
                .unwrap();
            assert_eq!(output[..length], keystream[..length]);
            assert_eq!(output[length..], [0; 63][length..]);
            let sealed = output;
            cipher
                .decrypt(&bytes(iv), &sealed[..length], &mut output)
                .unwrap();
            assert_eq!(output, [0; 63]);
        }
    }
    assert!(cipher.encrypt(&[0; 16], &[0; 17], &mut [0; 16]).is_err());
}

/// RFC 3711, B.3, and of AES-256 the example of FIPS 197.
#[test]
fn keys_are_derived_as_in_the_standard() {
    let srtp = rust_crypto().srtp_provider;
    let master: [u8; 16] = bytes("e1f97a0d3e018be0d64fa32c06de4139");
    let salt: [u8; 14] = bytes("0ec675ad498afeebb6960b3aabe6");
    for (label, key) in [
        (0, "c61e7a93744f39ee10734afe3ff7a087"),
        (2, "30cbbc08863d8c85d49db34a9ae1"),
        (1, "cebe321f6ff7716b6fd4ab49af256a15"),
    ] {
        let mut input = [0; 16];
        input[..14].copy_from_slice(&salt);
        input[7] ^= label;
        let mut output = [0; 32];
        srtp.srtp_aes_128_ecb_round(&master, &input, &mut output);
        let key = all(key);
        assert_eq!(output[..key.len()], key);
    }
    let key: [u8; 32] = bytes("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    let input: [u8; 16] = bytes("00112233445566778899aabbccddeeff");
    let mut output = [0; 32];
    srtp.srtp_aes_256_ecb_round(&key, &input, &mut output);
    assert_eq!(output[..16], all("8ea2b7ca516745bfeafc49904b496089"));
}

struct Packet {
    iv: &'static str,
    aad: &'static str,
    clear: &'static str,
    by_128: &'static str,
    by_256: &'static str,
}

/// RFC 7714, 16.1.1 and 16.2.1: an RTP packet; 17.1 and 17.3: an RTCP packet.
const PACKETS: [Packet; 2] = [
    Packet {
        iv: "51753c6580c2726f20718414",
        aad: "8040f17b 8041f8d3 5501a0b2",
        clear: "47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465 73207472 6573",
        by_128: "f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf 8833
            899d7f27 beb16a91 52cf765e e4390cce",
        by_256: "32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02 76ffae0f 1ba63799 b87b
            7aa3db36 dfffd6b0 f9bb7878 d7a76c13",
    },
    Packet {
        iv: "517524055203726f207170bb",
        aad: "81c8000d 4d617273 800005d4",
        clear: "4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef deadbeef deadbeef",
        by_128: "63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda 4ce09b46 86303ded
            0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade",
        by_256: "d50ae4d1 f5ce5d30 4ba297e4 7d470c28 2c3ece5d bffe0a50 a2eaa5c1 110555be 8415f658 c61de047
            6f1b6fad 1d1eb30c 4446839f 57ff6f6c b26ac3be",
    },
];

#[test]
fn aead_seals_and_opens_the_packets_of_the_standard() {
    let srtp = rust_crypto().srtp_provider;
    let key: [u8; 32] = bytes("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    let (short, _) = key.split_first_chunk().unwrap();
    for packet in PACKETS {
        let (iv, aad, clear) = (bytes(packet.iv), all(packet.aad), all(packet.clear));
        check_128(
            srtp.aead_aes_128_gcm().create_cipher(*short, true),
            &iv,
            &aad,
            &clear,
            &all(packet.by_128),
        );
        check_256(
            srtp.aead_aes_256_gcm().create_cipher(key, true),
            &iv,
            &aad,
            &clear,
            &all(packet.by_256),
        );
    }
}

/// The two traits are alike.
macro_rules! check {
    ($name:ident, $cipher:ident) => {
        fn $name(
            mut cipher: Box<dyn $cipher>,
            iv: &[u8; 12],
            aad: &[u8],
            clear: &[u8],
            sealed: &[u8],
        ) {
            let mut output = vec![0; sealed.len()];
            cipher.encrypt(iv, aad, clear, &mut output).unwrap();
            assert_eq!(output, sealed);
            // A sender has room for the tag, and a receiver none.
            assert!(
                cipher
                    .encrypt(iv, aad, clear, &mut output[..sealed.len() - 1])
                    .is_err()
            );

            let mut output = vec![0; clear.len()];
            for aads in [&[aad][..], &[aad, &[]], &[&aad[..4], &aad[4..]]] {
                let length = cipher.decrypt(iv, aads, sealed, &mut output).unwrap();
                assert_eq!((length, &output[..]), (clear.len(), clear));
            }
            assert!(
                cipher
                    .decrypt(iv, &[&aad[1..]], sealed, &mut output)
                    .is_err()
            );
            assert!(
                cipher
                    .decrypt(&[0; 12], &[aad], sealed, &mut output)
                    .is_err()
            );
            assert!(
                cipher
                    .decrypt(iv, &[aad], &sealed[..15], &mut output)
                    .is_err()
            );
            for at in 0..sealed.len() {
                let mut changed = sealed.to_vec();
                changed[at] ^= 1;
                assert!(cipher.decrypt(iv, &[aad], &changed, &mut output).is_err());
            }
        }
    };
}
check!(check_128, AeadAes128GcmCipher);
check!(check_256, AeadAes256GcmCipher);

/// RFC 2202, 3 (1, 2 and 6), and of the hashes the examples of FIPS 180.
#[test]
fn hashes_are_those_of_the_standards() {
    let provider = rust_crypto();
    let hmac = |key: &[u8], parts: &[&[u8]]| provider.sha1_hmac_provider.sha1_hmac(key, parts);
    assert_eq!(
        hmac(&[0x0b; 20], &[b"Hi There"]),
        bytes("b617318655057264e28bc0b6fb378c8ef146be00")
    );
    assert_eq!(
        hmac(b"Jefe", &[b"what do ya want ", b"", b"for nothing?"]),
        bytes("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")
    );
    assert_eq!(
        hmac(
            &[0xaa; 80],
            &[b"Test Using Larger Than Block-Size Key - Hash Key First"]
        ),
        bytes("aa4ae5e15272d00e95705637ce8a3b55ed402112")
    );
    assert_eq!(
        provider.sha1_provider.sha1(b"abc"),
        bytes("a9993e364706816aba3e25717850c26c9cd0d89d")
    );
    assert_eq!(
        provider.sha256_provider.sha256(b"abc"),
        bytes("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    );
}
