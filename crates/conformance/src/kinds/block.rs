use confcall_state::Block;

use crate::case::Fields;
use crate::check::Check;
use crate::error::CaseFault;
use crate::hex_bytes::Bytes;
use crate::shapes::{CodedError, ParsedBlock};

pub(super) fn run(case: &mut Fields, check: &mut Check) -> Result<(), CaseFault> {
    let Bytes(bytes) = case.take("block")?;
    let expected = case.outcome()?;
    let parsed = Block::parse(&bytes);
    let got = parsed
        .as_ref()
        .map(ParsedBlock::from)
        .map_err(|error| CodedError::new(None, error));
    check.outcome(&expected, &got);
    if let Ok(block) = parsed {
        let is_canonical = block.bytes() == bytes;
        check.same(
            "no deviation is reported exactly if the bytes are canonical",
            &is_canonical,
            &block.deviations().is_empty(),
        );
        // Beyond the vector: writing what was read must give the same bytes.
        let made = block.fields().clone().into_block();
        check.same(
            "the bytes made of the fields",
            &Bytes(block.bytes().to_vec()),
            &Bytes(made.bytes().to_vec()),
        );
        let again = Block::from_server(&block.to_server());
        let again = again.map(|again| again.hash() == block.hash());
        check.holds("the server form is read back", again == Ok(true));
    }
    Ok(())
}
