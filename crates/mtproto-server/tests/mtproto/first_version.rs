//! The encryption of MTProto 1.0 by a client, which binds temporary keys.

use grammers_crypto::aes::ige_encrypt;
use sha1::{Digest as _, Sha1};

/// The name of a key as the API writes it.
pub(crate) fn key_id(key: [u8; 256]) -> i64 {
    let hash = Sha1::digest(key);
    i64::from_le_bytes(hash[12..].try_into().unwrap())
}

/// Encrypts a body as the message of an id.
pub(crate) fn seal(key: [u8; 256], id: i64, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap();
    let mut message = [
        [3; 16].as_slice(),
        &id.to_le_bytes(),
        &[0; 4],
        &length.to_le_bytes(),
        body,
    ]
    .concat();
    let message_key = &sha1(&[&message])[4..];
    let a = sha1(&[message_key, &key[..32]]);
    let b = sha1(&[&key[32..48], message_key, &key[48..64]]);
    let c = sha1(&[&key[64..96], message_key]);
    let d = sha1(&[message_key, &key[96..128]]);
    let cipher = [&a[..8], &b[8..20], &c[4..16]].concat();
    let iv = [&a[8..20], &b[..8], &c[16..20], &d[..8]].concat();
    message.resize(message.len().next_multiple_of(16), 5);
    ige_encrypt(
        &mut message,
        &cipher.try_into().unwrap(),
        &iv.try_into().unwrap(),
    );
    [&key_id(key).to_le_bytes(), message_key, &message].concat()
}

fn sha1(parts: &[&[u8]]) -> Vec<u8> {
    Sha1::digest(parts.concat()).to_vec()
}
