//! The laws of the primitives that the rest of the crate builds on. The stand-ins of fuzzing keep them too:
//! `RUSTFLAGS='--cfg fuzzing --cfg confcall_standins' cargo test -p confcall-state --test primitives --target-dir target/fuzzing`.

use std::collections::BTreeSet;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall_state::encryption::{
    HeaderKey, decrypt_data_in_place, decrypt_header, encrypt_data, encrypt_header,
};
use confcall_state::keys::{EpochKey, OneTimeSecret, RawKey, Signature};
use confcall_state::{BlockHash, PrivateKey, PublicKey};

const MESSAGE: &[u8] = b"a message that does not end with a word of eight bytes";

fn keys() -> [PrivateKey; 4] {
    [1, 2, 3, 4].map(|seed| PrivateKey::from_seed(&[seed; 32]))
}

/// The bytes with each of their bits changed.
fn damaged(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..bytes.len() * 8).map(|bit| {
        let changed = |(at, byte): (usize, &u8)| byte ^ u8::from(at == bit / 8) << (bit % 8);
        bytes.iter().enumerate().map(changed).collect()
    })
}

#[test]
fn a_signature_is_one_of_its_key_over_its_message_only() {
    let keys = keys();
    let signature = keys[0].sign(MESSAGE);
    let public = keys[0].public_key();
    assert_eq!(public.verify(MESSAGE, &signature), Ok(()));
    for other in &keys[1..] {
        assert!(other.public_key().verify(MESSAGE, &signature).is_err());
    }
    for message in damaged(MESSAGE) {
        assert!(public.verify(&message, &signature).is_err());
    }
    for bytes in damaged(signature.as_bytes()) {
        let damaged = Signature::from_bytes(bytes.try_into().unwrap());
        assert!(public.verify(MESSAGE, &damaged).is_err());
    }
    for length in 0..MESSAGE.len() {
        assert!(public.verify(&MESSAGE[..length], &signature).is_err());
    }
    assert!(
        public
            .verify(&[MESSAGE, &[0]].concat(), &signature)
            .is_err()
    );
}

#[test]
fn two_keys_share_one_secret_and_no_others_share_it() {
    let keys = keys();
    let mut seen = BTreeSet::new();
    for (place, one) in keys.iter().enumerate() {
        for other in &keys[place..] {
            let shared = one.shared_secret(&other.public_key()).unwrap();
            assert_eq!(other.shared_secret(&one.public_key()), Ok(shared));
            let shared = one.shared_secret(&other.public_key()).unwrap();
            assert!(seen.insert(*shared.dangerous_bytes()));
        }
    }
}

#[test]
fn there_are_keys_that_verify_nothing_and_keys_that_share_nothing() {
    let key = PrivateKey::from_seed(&[1; 32]);
    let no_point = PublicKey::from_bytes([2; 32]);
    assert!(key.shared_secret(&no_point).is_ok());
    assert!(no_point.verify(MESSAGE, &key.sign(MESSAGE)).is_err());
    let mut neutral = [0; 32];
    neutral[0] = 1;
    for small in [[0; 32], neutral].map(PublicKey::from_bytes) {
        assert!(key.shared_secret(&small).is_err());
    }
}

#[test]
fn what_is_encrypted_opens_as_it_was_written_and_under_its_secret_and_extra_bytes_only() {
    let mut rng = ChaCha20Rng::from_seed([5; 32]);
    let secret = OneTimeSecret::random(&mut rng);
    let other = OneTimeSecret::random(&mut rng);
    for length in [0, 1, 15, 16, 17, 100] {
        let payload = vec![7; length];
        let sealed = encrypt_data(&payload, &secret, b"extra", &mut rng).bytes;
        let opens = |bytes: &[u8], secret: &OneTimeSecret, extra: &[u8]| {
            let mut opened = bytes.to_vec();
            let opens = decrypt_data_in_place(&mut opened, secret, [extra].into_iter())
                .map(|decrypted| decrypted.payload().to_vec());
            // What is refused or not kept is as it was.
            assert_eq!(opened, bytes);
            opens.ok()
        };
        assert_eq!(opens(&sealed, &secret, b"extra"), Some(payload));
        assert_eq!(opens(&sealed, &other, b"extra"), None);
        assert_eq!(opens(&sealed, &secret, b"extra "), None);
        assert_eq!(opens(&sealed, &secret, b"extrb"), None);
        for damaged in damaged(&sealed) {
            assert_eq!(opens(&damaged, &secret, b"extra"), None);
        }
    }
}

#[test]
fn a_header_gives_its_secret_under_its_key_and_beside_its_data_only() {
    let mut rng = ChaCha20Rng::from_seed([6; 32]);
    let secret = OneTimeSecret::random(&mut rng);
    let [key, other]: [HeaderKey; 2] = [1, 2].map(|key| (&EpochKey::from_bytes(&[key; 32])).into());
    let [data, others] = [b"beside this data", b"beside that data"];
    let header = encrypt_header(&secret, data, &key).unwrap();
    assert_ne!(&header, secret.dangerous_bytes());
    assert_eq!(decrypt_header(&header, data, &key), Ok(secret));
    let opened = |header: &[u8], data: &[u8], key| {
        let opened = decrypt_header(header, data, key).unwrap();
        *opened.dangerous_bytes()
    };
    let right = opened(&header, data, &key);
    assert_ne!(opened(&header, data, &other), right);
    assert_ne!(opened(&header, others, &key), right);
    for damaged in damaged(&header) {
        assert_ne!(opened(&damaged, data, &key), right);
    }
}

#[test]
fn the_key_of_an_epoch_differs_by_block_and_by_raw_key() {
    let raw = [1, 2].map(|byte| RawKey::from_bytes(&[byte; 32]));
    let blocks = [1, 2].map(|byte| BlockHash::from_bytes([byte; 32]));
    let mut seen = BTreeSet::new();
    for (raw, block) in raw.iter().flat_map(|raw| blocks.map(|block| (raw, block))) {
        assert!(seen.insert(*raw.epoch_key(1, &block).dangerous_bytes()));
    }
}

/// The first test vector of RFC 8032.
#[test]
fn the_signatures_are_those_of_ed25519_unless_stand_ins_are_asked_for() {
    let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let byte = |at: usize| u8::from_str_radix(&seed[2 * at..2 * at + 2], 16).unwrap();
    let key = PrivateKey::from_seed(&core::array::from_fn(byte));
    let is_ed25519 = key.public_key().to_string() == public;
    assert_eq!(is_ed25519, !cfg!(confcall_standins));
}
