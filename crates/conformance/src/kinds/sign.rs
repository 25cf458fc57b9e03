use confcall_state::PrivateKey;
use confcall_state::keys::Signature;

use crate::case::Fields;
use crate::check::Check;
use crate::error::CaseFault;
use crate::hex_bytes::{Array, Bytes};

// Ed25519 signatures are deterministic, so bytes can be compared.
pub(super) fn run(case: &mut Fields, check: &mut Check) -> Result<(), CaseFault> {
    let Array(seed) = case.take("seed")?;
    let public_key: Array<32> = case.take("public_key")?;
    let Bytes(message) = case.take("message")?;
    let signature: Array<64> = case.take("signature")?;
    let key = PrivateKey::from_seed(&seed);
    check.same(
        "public_key",
        &public_key,
        &Array(*key.public_key().as_bytes()),
    );
    check.same(
        "signature",
        &signature,
        &Array(*key.sign(&message).as_bytes()),
    );
    let verdict = key
        .public_key()
        .verify(&message, &Signature::from_bytes(signature.0));
    check.holds("the signature verifies", verdict.is_ok());
    Ok(())
}
