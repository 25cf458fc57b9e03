use serde::{Deserialize, Serialize};

use confcall_state::verification::{Later, Tally};
use confcall_state::wire::Broadcast;
use confcall_state::{Block, Chain};

use crate::case::Fields;
use crate::check::Check;
use crate::error::CaseFault;
use crate::hex_bytes::{Array, Bytes};
use crate::outcome::Outcome;
use crate::shapes::{CodedError, emoji_hash};

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum StepType {
    Block,
    Message,
}

/// Where a verification stands after a message.
#[derive(PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    height: i32,
    phase: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    emoji_hash: Option<Array<64>>,
}

impl From<&Tally> for State {
    fn from(tally: &Tally) -> Self {
        Self {
            height: tally.height().value(),
            phase: tally.phase().number(),
            emoji_hash: emoji_hash(tally),
        }
    }
}

enum Step {
    Block(Vec<u8>),
    Message(Vec<u8>, Outcome<State>),
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
    let later = match case.take("allow_delay")? {
        true => Later::Keep,
        false => Later::Refuse,
    };
    let steps = case.steps("steps", Step::read)?;
    let (mut chain, mut tally) = (Chain::client(), Tally::new(later));
    for (number, step) in steps.iter().enumerate() {
        check.enter_step(format!("step {number}"));
        match step {
            Step::Block(block) => apply(&mut chain, &mut tally, block, check),
            Step::Message(message, expected) => receive(&mut tally, message, expected, check),
        }
        if check.has_failed() {
            break;
        }
    }
    Ok(())
}

fn apply(chain: &mut Chain, tally: &mut Tally, block: &[u8], check: &mut Check) {
    if let Some(block) = check.succeeds("reading the block", Block::parse(block))
        && let Some(state) = check.succeeds("applying the block", chain.apply(&block))
    {
        tally.restart(state);
    }
}

fn receive(tally: &mut Tally, message: &[u8], expected: &Outcome<State>, check: &mut Check) {
    let before = format!("{tally:?}");
    let received = Broadcast::parse(message)
        .map_err(Into::into)
        .and_then(|broadcast| tally.receive(&broadcast));
    let got = received
        .map(|_| State::from(&*tally))
        .map_err(|error| CodedError::new(error.reference_code(), &error));
    check.outcome(expected, &got);
    if got.is_err() {
        let is_same = format!("{tally:?}") == before;
        check.holds("the refused message changes nothing", is_same);
    }
}
