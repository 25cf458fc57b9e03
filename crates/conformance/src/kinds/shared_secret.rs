use serde::{Deserialize, Serialize};

use confcall_state::{PrivateKey, PublicKey};

use crate::case::Fields;
use crate::check::Check;
use crate::error::CaseFault;
use crate::hex_bytes::Array;
use crate::shapes::CodedError;

#[derive(PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Secret {
    secret: Array<32>,
}

pub(super) fn run(case: &mut Fields, check: &mut Check) -> Result<(), CaseFault> {
    let Array(seed) = case.take("seed")?;
    let Array(public_key) = case.take("public_key")?;
    let expected = case.outcome::<Secret>()?;
    let got = PrivateKey::from_seed(&seed)
        .shared_secret(&PublicKey::from_bytes(public_key))
        .map(|secret| Secret {
            secret: Array(*secret.dangerous_bytes()),
        })
        .map_err(|error| CodedError::new(None, &error));
    check.outcome(&expected, &got);
    Ok(())
}
