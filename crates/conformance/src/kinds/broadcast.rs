use serde::Deserialize;

use confcall_state::verification::{EarlyBroadcasts, RoundCounts};
use confcall_state::wire::Broadcast;
use confcall_state::{Block, Chain};

use crate::case::Fields;
use crate::check::Check;
use crate::error::CaseFault;
use crate::hex_bytes::Bytes;
use crate::outcome::Outcome;
use crate::shapes::{CodedError, RoundProgress};

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum StepType {
    Block,
    Message,
}

enum Step {
    Block(Vec<u8>),
    Message(Vec<u8>, Outcome<RoundProgress>),
}

impl Step {
    fn read(mut fields: Fields) -> Result<Self, CaseFault> {
        let bytes = |Bytes(bytes)| bytes;
        let step = match fields.take("type")? {
            StepType::Block => Self::Block(fields.take("block").map(bytes)?),
            StepType::Message => {
                Self::Message(fields.take("message").map(bytes)?, fields.outcome()?)
            }
        };
        fields.finish()?;
        Ok(step)
    }
}

pub(super) fn run(case: &mut Fields, check: &mut Check) -> Result<(), CaseFault> {
    let early = match case.take("allow_delay")? {
        true => EarlyBroadcasts::Keep,
        false => EarlyBroadcasts::Refuse,
    };
    let steps = case.steps("steps", Step::read)?;
    let (mut chain, mut counts) = (Chain::client(), RoundCounts::new(early));
    for (number, step) in steps.iter().enumerate() {
        check.enter_step(format!("step {number}"));
        match step {
            Step::Block(block) => apply(&mut chain, &mut counts, block, check),
            Step::Message(message, expected) => receive(&mut counts, message, expected, check),
        }
        if check.has_failed() {
            break;
        }
    }
    Ok(())
}

fn apply(chain: &mut Chain, counts: &mut RoundCounts, block: &[u8], check: &mut Check) {
    if let Some(block) = check.succeeds("reading the block", Block::parse(block))
        && let Some(state) = check.succeeds("applying the block", chain.apply(&block))
    {
        counts.restart(state);
    }
}

fn receive(
    counts: &mut RoundCounts,
    message: &[u8],
    expected: &Outcome<RoundProgress>,
    check: &mut Check,
) {
    // The debug form covers every field, of which some have no accessor.
    let before = format!("{counts:?}");
    let received = Broadcast::parse(message)
        .map_err(Into::into)
        .and_then(|broadcast| counts.receive(&broadcast));
    let got = received
        .map(|_| RoundProgress::from(&*counts))
        .map_err(|error| CodedError::new(error.reference_code(), &error));
    check.outcome(expected, &got);
    if got.is_err() {
        let is_same = format!("{counts:?}") == before;
        check.holds("the refused message changes nothing", is_same);
    }
}
