//! Secrets are wiped when they are dropped.
#![allow(clippy::indexing_slicing, reason = "tests")]

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng as _;
use confcall_state::encryption::{DecryptionError, HeaderKey, decrypt_data_in_place, encrypt_data};
use confcall_state::keys::{Nonce, OneTimeSecret, RawKey, Seed, SharedSecret};
use confcall_state::{EpochKey, PrivateKey};
use zeroize::{Zeroize, ZeroizeOnDrop};

const SECRET: [u8; 32] = [7; 32];

#[test]
fn every_secret_says_of_itself_that_it_is_wiped_when_dropped() {
    fn is_wiped<T: ZeroizeOnDrop>() {}
    is_wiped::<PrivateKey>();
    is_wiped::<EpochKey>();
    is_wiped::<RawKey>();
    is_wiped::<OneTimeSecret>();
    is_wiped::<SharedSecret>();
    is_wiped::<Nonce>();
    is_wiped::<Seed>();
    is_wiped::<HeaderKey>();
    // What a private key gives away is, too.
    let _: Seed = PrivateKey::from_seed(&SECRET).dangerous_seed();
}

#[test]
fn wiping_leaves_zeros() {
    fn wiped<T: Zeroize>(mut secret: T, bytes: fn(&T) -> &[u8; 32]) -> [u8; 32] {
        assert_eq!(bytes(&secret), &SECRET);
        secret.zeroize();
        *bytes(&secret)
    }
    let secrets = [
        wiped(EpochKey::from_bytes(&SECRET), EpochKey::dangerous_bytes),
        wiped(RawKey::from_bytes(&SECRET), RawKey::dangerous_bytes),
        wiped(
            OneTimeSecret::from_bytes(&SECRET),
            OneTimeSecret::dangerous_bytes,
        ),
        wiped(
            SharedSecret::from_bytes(&SECRET),
            SharedSecret::dangerous_bytes,
        ),
        wiped(Nonce::from_bytes(&SECRET), Nonce::dangerous_bytes),
    ];
    assert_eq!(secrets, [[0; 32]; 5]);
}

#[test]
fn a_buffer_shows_no_payload_after_a_refusal_whatever_was_wrong() {
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    let secret = OneTimeSecret::random(&mut rng);
    let sealed = encrypt_data(b"a payload", &secret, b"extra", &mut rng).bytes;
    let no_extra = || [b"".as_slice()].into_iter();
    let extra = || [b"extra".as_slice()].into_iter();

    let mut buffer = sealed.clone();
    let refused = decrypt_data_in_place(&mut buffer, &secret, no_extra()).err();
    assert_eq!(refused, Some(DecryptionError::MessageId));
    assert_eq!(buffer, sealed);

    let mut buffer = sealed.clone();
    let other = OneTimeSecret::random(&mut rng);
    let refused = decrypt_data_in_place(&mut buffer, &other, extra()).err();
    assert_eq!(refused, Some(DecryptionError::MessageId));
    assert_eq!(buffer, sealed);

    let mut cut = sealed[..sealed.len() - 1].to_vec();
    let before = cut.clone();
    let length = cut.len();
    let refused = decrypt_data_in_place(&mut cut, &secret, extra()).err();
    assert_eq!(refused, Some(DecryptionError::Length { length }));
    assert_eq!(cut, before);
}
