use serde::{Deserialize, Serialize};

use confcall_state::encryption::{HeaderKey, decrypt_header, encrypt_header};
use confcall_state::keys::{OneTimeSecret, SharedSecret};

use crate::case::Fields;
use crate::check::Check;
use crate::error::CaseFault;
use crate::hex_bytes::{Array, Bytes};
use crate::shapes::{CodedError, Direction};

#[derive(PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Decrypted {
    header: Array<32>,
}

pub(super) fn run(case: &mut Fields, check: &mut Check) -> Result<(), CaseFault> {
    let operation = case.take("op")?;
    let Array(key) = case.take("secret")?;
    let key = HeaderKey::from(&SharedSecret::from_bytes(&key));
    let Bytes(encrypted) = case.take("encrypted")?;
    let encrypted_header: Bytes = case.take("encrypted_header")?;
    let decrypted = || {
        decrypt_header(&encrypted_header.0, &encrypted, &key)
            .map(|secret| Decrypted {
                header: Array(*secret.dangerous_bytes()),
            })
            .map_err(|error| CodedError::new(None, &error))
    };
    match operation {
        Direction::Encrypt => {
            let header: Array<32> = case.take("header")?;
            let secret = OneTimeSecret::from_bytes(&header.0);
            let got = encrypt_header(&secret, &encrypted, &key);
            if let Some(got) = check.succeeds("encrypting", got) {
                check.same("encrypted_header", &encrypted_header, &Bytes(got.to_vec()));
            }
            let got = decrypted().map_err(|error| error.message);
            if let Some(got) = check.succeeds("decrypting it again", got) {
                check.same("header", &header, &got.header);
            }
        }
        Direction::Decrypt => check.outcome(&case.outcome()?, &decrypted()),
    }
    Ok(())
}
