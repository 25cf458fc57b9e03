use serde::{Deserialize, Serialize};

use confcall_state::{Block, Chain, ChainError, ChainState};

use crate::case::Fields;
use crate::check::Check;
use crate::error::CaseFault;
use crate::hex_bytes::{Array, Bytes};
use crate::outcome::Outcome;
use crate::shapes::{CodedError, GroupState};

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mode {
    Full,
    Client,
}

/// The state that a block leaves, as far as the vectors have it.
#[derive(PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    height: i32,
    hash: Array<32>,
    kv_hash: Array<32>,
    group_state: GroupState,
    shared_key_users: Vec<i64>,
}

impl From<&ChainState> for State {
    fn from(state: &ChainState) -> Self {
        let recipients = state.shared_key().recipients.iter();
        Self {
            height: state.height().value(),
            hash: Array(*state.hash().as_bytes()),
            kv_hash: Array(*state.kv_hash().as_bytes()),
            group_state: GroupState::from(&**state.group_state()),
            shared_key_users: recipients.map(|user| user.value()).collect(),
        }
    }
}

/// A block and what the reference made of it.
struct Step {
    block: Vec<u8>,
    outcome: Outcome<State>,
}

impl Step {
    fn read(mut fields: Fields) -> Result<Self, CaseFault> {
        let Bytes(block) = fields.take("block")?;
        let outcome = fields.outcome()?;
        fields.finish()?;
        Ok(Self { block, outcome })
    }
}

pub(super) fn run(case: &mut Fields, check: &mut Check) -> Result<(), CaseFault> {
    let mode = case.take("mode")?;
    let start = case.optional_object("start")?.map(Step::read).transpose()?;
    let steps = case.steps("steps", Step::read)?;
    let chain = match (start, mode) {
        (Some(start), _) => begin(&start, check),
        (None, Mode::Full) => Some(Chain::full()),
        (None, Mode::Client) => Some(Chain::client()),
    };
    match chain {
        Some(chain) if !check.has_failed() => follow(chain, &steps, check),
        // The start differs already; its steps would only repeat that.
        Some(_) => {}
        None => check.holds("no step follows a refused start", steps.is_empty()),
    }
    Ok(())
}

/// Starts a chain from one block; gives none if the block is refused.
fn begin(start: &Step, check: &mut Check) -> Option<Chain> {
    check.enter_step("start");
    let chain = parse(&start.block).and_then(|block| Chain::start_from(&block).map_err(refused));
    let got = chain.map(|chain| (State::from(chain.state()), chain));
    let (got, chain) = match got {
        Ok((state, chain)) => (Ok(state), Some(chain)),
        Err(error) => (Err(error), None),
    };
    check.outcome(&start.outcome, &got);
    chain
}

/// Applies blocks to one chain, up to the first that does not do what it did to the reference's.
fn follow(mut chain: Chain, steps: &[Step], check: &mut Check) {
    for (number, step) in steps.iter().enumerate() {
        check.enter_step(format!("step {number}"));
        let before = chain.clone();
        let got = parse(&step.block).and_then(|block| {
            let state = chain.apply(&block).map_err(refused)?;
            Ok(State::from(state))
        });
        check.outcome(&step.outcome, &got);
        if got.is_err() {
            // All or nothing (2.2): the vectors have only the error.
            let is_same = chain.state() == before.state() && chain.values() == before.values();
            check.holds("the refused block changes nothing", is_same);
        }
        if check.has_failed() {
            return;
        }
    }
}

fn parse(bytes: &[u8]) -> Result<Block, CodedError> {
    Block::parse(bytes).map_err(|error| CodedError::new(None, &error))
}

fn refused(error: ChainError) -> CodedError {
    CodedError::new(error.reference_code(), &error)
}
