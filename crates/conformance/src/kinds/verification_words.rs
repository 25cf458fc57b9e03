use confcall_state::BlockHash;
use confcall_state::verification;

use crate::case::Fields;
use crate::check::Check;
use crate::error::CaseFault;
use crate::hex_bytes::Array;

pub(super) fn run(case: &mut Fields, check: &mut Check) -> Result<(), CaseFault> {
    let Array(hash) = case.take("hash")?;
    let words: Vec<String> = case.take("words")?;
    let got = verification::words(&BlockHash::from_bytes(hash));
    check.same("words", &words, &got.map(str::to_owned).to_vec());
    Ok(())
}
