use confcall_state::EmojiHash;

use crate::case::Fields;
use crate::check::Check;
use crate::error::CaseFault;
use crate::hex_bytes::Array;

pub(super) fn run(case: &mut Fields, check: &mut Check) -> Result<(), CaseFault> {
    let Array(hash) = case.take("emoji_hash")?;
    let emoji: Vec<String> = case.take("emoji")?;
    let got = EmojiHash::from_bytes(hash).emoji();
    check.same("emoji", &emoji, &got.map(str::to_owned).to_vec());
    Ok(())
}
