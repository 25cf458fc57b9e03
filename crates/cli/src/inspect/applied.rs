//! A block applied to the state that the previous one shows.

use confcall::state::wire::GroupState;
use confcall::state::{Block, Chain, ChainError, ChainState};
use confcall_conformance::{Array, shapes};
use serde::Serialize;

use super::difference::GroupDifference;

/// The verdict of a chain: the new state, or the error.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ChainVerdict {
    Ok(Box<shapes::ChainState>),
    Error(shapes::CodedError),
}

impl ChainVerdict {
    pub(super) fn of(result: Result<&ChainState, ChainError>) -> Self {
        match result {
            Ok(state) => Self::Ok(Box::new(shapes::ChainState::from(state))),
            Err(error) => Self::Error(coded(&error)),
        }
    }
}

/// The report that `--previous` adds to a block.
#[derive(Debug, Serialize)]
pub(super) struct Applied {
    pub(super) height: i32,
    pub(super) hash: Array<32>,
    /// The verdict of a chain that starts from the previous block; missing if none can start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) outcome: Option<ChainVerdict>,
    /// The error if no chain can start from the previous block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cannot_start: Option<shapes::CodedError>,
    /// The changes of the group; missing where one of the blocks shows none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) difference: Option<GroupDifference>,
}

impl Applied {
    /// Applies the block to the chain that the previous one started.
    pub(super) fn new(
        previous: &Block,
        before: Result<&Chain, &ChainError>,
        block: &Block,
        group: Option<&GroupState>,
    ) -> Self {
        let outcome = before
            .ok()
            .cloned()
            .map(|mut chain| ChainVerdict::of(chain.apply(block)));
        // A block that shows no group leaves it as it was.
        let unchanged = || before.ok().map(|chain| &**chain.state().group_state());
        let groups = unchanged().zip(group.or_else(unchanged));
        Self {
            height: previous.height().value(),
            hash: Array(*previous.hash().as_bytes()),
            outcome,
            cannot_start: before.err().map(coded),
            difference: groups.map(|(old, new)| GroupDifference::between(old, new)),
        }
    }
}

fn coded(error: &ChainError) -> shapes::CodedError {
    shapes::CodedError::new(error.reference_code(), error)
}
