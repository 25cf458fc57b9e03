use serde::{Deserialize, Serialize};

use confcall_state::encryption::{dangerous_encrypt_padded, decrypt_data};
use confcall_state::keys::OneTimeSecret;

use crate::case::Fields;
use crate::check::Check;
use crate::error::CaseFault;
use crate::hex_bytes::{Array, Bytes};
use crate::shapes::{CodedError, Direction};

#[derive(PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Decrypted {
    data: Bytes,
    large_msg_id: Array<32>,
}

pub(super) fn run(case: &mut Fields, check: &mut Check) -> Result<(), CaseFault> {
    let operation = case.take("op")?;
    let Array(secret) = case.take("secret")?;
    let secret = OneTimeSecret::from_bytes(&secret);
    let Bytes(extra) = case.take("extra")?;
    let encrypted: Bytes = case.take("encrypted")?;
    match operation {
        Direction::Encrypt => encrypt(case, check, &secret, &extra, &encrypted),
        Direction::Decrypt => {
            let expected = case.outcome()?;
            check.outcome(&expected, &decrypt(&encrypted, &secret, &extra));
            Ok(())
        }
    }
}

fn encrypt(
    case: &mut Fields,
    check: &mut Check,
    secret: &OneTimeSecret,
    extra: &[u8],
    encrypted: &Bytes,
) -> Result<(), CaseFault> {
    let Bytes(padded) = case.take("padded")?;
    let data: Option<Bytes> = case.take_optional("data")?;
    let large_msg_id: Array<32> = case.take("large_msg_id")?;
    // With the pad of the vector, which an implementation draws at random.
    let got = dangerous_encrypt_padded(&padded, secret, extra).map_err(|error| error.to_string());
    if let Some(got) = check.succeeds("encrypting", got) {
        check.same("encrypted", encrypted, &Bytes(got.bytes));
        check.same("large_msg_id", &large_msg_id, &Array(got.large_msg_id));
    }
    if let Some(data) = data {
        let got = decrypt(encrypted, secret, extra).map_err(|error| error.message);
        if let Some(got) = check.succeeds("decrypting it again", got) {
            check.same("data", &data, &got.data);
        }
    }
    Ok(())
}

fn decrypt(
    Bytes(encrypted): &Bytes,
    secret: &OneTimeSecret,
    extra: &[u8],
) -> Result<Decrypted, CodedError> {
    decrypt_data(encrypted, secret, extra)
        .map(|decrypted| Decrypted {
            data: Bytes(decrypted.payload.to_vec()),
            large_msg_id: Array(decrypted.large_msg_id),
        })
        .map_err(|error| CodedError::new(None, &error))
}
