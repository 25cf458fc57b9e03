//! Keys, signatures, and the encryption of data and headers (`spec/protocol.md`, 1.4 and 3.1).

use confcall_state::encryption::{
    EncryptedData, HeaderKey, dangerous_encrypt_padded, decrypt_data as decrypt,
    decrypt_header as open, encrypt_data as encrypt, encrypt_header as seal,
};
use confcall_state::keys::{OneTimeSecret, SharedSecret, Signature};
use confcall_state::{PrivateKey, PublicKey};
use serde::{Deserialize, Serialize};

use super::ids::Ids;
use super::objects::Peer;
use super::refusal::Refusal;
use super::request::{Nothing, operations};
use crate::hex_bytes::{Array, Bytes};

operations! {
    ping options key shared_secret sign verify
    encrypt_padded encrypt_data decrypt_data encrypt_header decrypt_header
}

#[derive(Serialize)]
struct Implementation {
    name: &'static str,
    version: &'static str,
}

fn ping(_: &mut Peer, _: Nothing) -> Result<Implementation, Refusal> {
    Ok(Implementation {
        name: "confcall",
        version: env!("CARGO_PKG_VERSION"),
    })
}

#[derive(Deserialize)]
struct OptionsRequest {
    ids: Option<Ids>,
}

fn options(peer: &mut Peer, request: OptionsRequest) -> Result<Nothing, Refusal> {
    peer.ids = request.ids.unwrap_or(peer.ids);
    Ok(Nothing {})
}

#[derive(Deserialize)]
struct KeyRequest {
    seed: Option<Array<32>>,
}

#[derive(Serialize)]
struct Key {
    seed: Array<32>,
    public_key: Array<32>,
}

fn key(peer: &mut Peer, KeyRequest { seed }: KeyRequest) -> Result<Key, Refusal> {
    let seed = seed.unwrap_or_else(|| {
        let mut drawn = [0; 32];
        peer.rng.fill_bytes(&mut drawn);
        Array(drawn)
    });
    let public_key = PrivateKey::from_seed(&seed.0).public_key();
    Ok(Key {
        seed,
        public_key: Array(*public_key.as_bytes()),
    })
}

#[derive(Deserialize)]
struct SharedSecretRequest {
    seed: Array<32>,
    public_key: Array<32>,
}

#[derive(Serialize)]
struct Secret {
    secret: Array<32>,
}

fn shared_secret(_: &mut Peer, request: SharedSecretRequest) -> Result<Secret, Refusal> {
    let key = PublicKey::from_bytes(request.public_key.0);
    let secret = PrivateKey::from_seed(&request.seed.0).shared_secret(&key)?;
    Ok(Secret {
        secret: Array(*secret.dangerous_bytes()),
    })
}

#[derive(Deserialize)]
struct SignRequest {
    seed: Array<32>,
    message: Bytes,
}

#[derive(Serialize)]
struct Signed {
    signature: Array<64>,
}

fn sign(_: &mut Peer, request: SignRequest) -> Result<Signed, Refusal> {
    let signature = PrivateKey::from_seed(&request.seed.0).sign(&request.message.0);
    Ok(Signed {
        signature: Array(*signature.as_bytes()),
    })
}

#[derive(Deserialize)]
struct VerifyRequest {
    public_key: Array<32>,
    message: Bytes,
    signature: Array<64>,
}

#[derive(Serialize)]
struct Verdict {
    valid: bool,
}

fn verify(_: &mut Peer, request: VerifyRequest) -> Result<Verdict, Refusal> {
    let signature = Signature::from_bytes(request.signature.0);
    // A wrong signature is an error without a code, as the reference answers, not `false`.
    PublicKey::from_bytes(request.public_key.0).verify(&request.message.0, &signature)?;
    Ok(Verdict { valid: true })
}

#[derive(Deserialize)]
struct PaddedRequest {
    padded: Bytes,
    secret: Array<32>,
    extra: Bytes,
}

#[derive(Serialize)]
struct Encrypted {
    encrypted: Bytes,
    large_msg_id: Array<32>,
}

impl From<EncryptedData> for Encrypted {
    fn from(data: EncryptedData) -> Self {
        Self {
            encrypted: Bytes(data.bytes),
            large_msg_id: Array(data.large_msg_id),
        }
    }
}

fn encrypt_padded(_: &mut Peer, request: PaddedRequest) -> Result<Encrypted, Refusal> {
    let secret = OneTimeSecret::from_bytes(&request.secret.0);
    let encrypted = dangerous_encrypt_padded(&request.padded.0, &secret, &request.extra.0)?;
    Ok(encrypted.into())
}

#[derive(Deserialize)]
struct DataRequest {
    data: Bytes,
    secret: Array<32>,
    extra: Bytes,
}

fn encrypt_data(peer: &mut Peer, request: DataRequest) -> Result<Encrypted, Refusal> {
    let secret = OneTimeSecret::from_bytes(&request.secret.0);
    Ok(encrypt(&request.data.0, &secret, &request.extra.0, &mut *peer.rng).into())
}

#[derive(Deserialize)]
struct EncryptedRequest {
    encrypted: Bytes,
    secret: Array<32>,
    extra: Bytes,
}

#[derive(Serialize)]
struct Data {
    data: Bytes,
    large_msg_id: Array<32>,
}

fn decrypt_data(_: &mut Peer, request: EncryptedRequest) -> Result<Data, Refusal> {
    let secret = OneTimeSecret::from_bytes(&request.secret.0);
    let decrypted = decrypt(&request.encrypted.0, &secret, &request.extra.0)?;
    Ok(Data {
        data: Bytes(decrypted.payload.to_vec()),
        large_msg_id: Array(decrypted.large_msg_id),
    })
}

#[derive(Deserialize)]
struct HeaderRequest {
    header: Array<32>,
    encrypted: Bytes,
    secret: Array<32>,
}

#[derive(Serialize)]
struct EncryptedHeader {
    encrypted_header: Array<32>,
}

fn encrypt_header(_: &mut Peer, request: HeaderRequest) -> Result<EncryptedHeader, Refusal> {
    let header = OneTimeSecret::from_bytes(&request.header.0);
    let secret = HeaderKey::from(&SharedSecret::from_bytes(&request.secret.0));
    let encrypted_header = Array(seal(&header, &request.encrypted.0, &secret)?);
    Ok(EncryptedHeader { encrypted_header })
}

#[derive(Deserialize)]
struct EncryptedHeaderRequest {
    encrypted_header: Bytes,
    encrypted: Bytes,
    secret: Array<32>,
}

#[derive(Serialize)]
struct Header {
    header: Array<32>,
}

fn decrypt_header(_: &mut Peer, request: EncryptedHeaderRequest) -> Result<Header, Refusal> {
    let secret = HeaderKey::from(&SharedSecret::from_bytes(&request.secret.0));
    let header = open(&request.encrypted_header.0, &request.encrypted.0, &secret)?;
    Ok(Header {
        header: Array(*header.dangerous_bytes()),
    })
}
