use confcall_state::PublicKey;
use confcall_state::keys::Signature;

use crate::case::Fields;
use crate::check::Check;
use crate::error::CaseFault;
use crate::hex_bytes::{Array, Bytes};

// The edge cases of 1.4 decide whether two clients agree on a block.
pub(super) fn run(case: &mut Fields, check: &mut Check) -> Result<(), CaseFault> {
    let Array(public_key) = case.take("public_key")?;
    let Bytes(message) = case.take("message")?;
    let Array(signature) = case.take("signature")?;
    let valid: bool = case.take("valid")?;
    let verdict =
        PublicKey::from_bytes(public_key).verify(&message, &Signature::from_bytes(signature));
    check.same("valid", &valid, &verdict.is_ok());
    Ok(())
}
