//! Encryption of payloads and headers.
//!
//! ```text
//! payload ── encrypt_data(one-time secret) ──▶ msg_id || AES-256-CBC(pad || payload)
//! one-time secret ── encrypt_header(key of one reader, msg_id) ──▶ 32 bytes for that reader
//! ```
//!
//! Each payload has a fresh one-time secret, which travels once for each reader in a header. A header has no
//! tag of its own: a wrong one yields a wrong one-time secret, and the payload's `msg_id` then fails.
//!
//! Implements `spec/protocol.md`, 3.1.

mod decrypt;
mod encrypt;
mod header;
mod kdf;
mod message_id;

pub use decrypt::{
    DecryptedData, DecryptedInPlace, DecryptionError, decrypt_data, decrypt_data_in_place,
};
pub use encrypt::{
    EncryptedData, PaddingError, dangerous_encrypt_padded, encrypt_data, encrypt_data_into,
    encrypted_length,
};
pub use header::{HeaderError, HeaderKey, decrypt_header, encrypt_header};

pub(crate) use kdf::kdf;
