//! The state that one block alone shows (`spec/protocol.md`, 2.3).

use crate::rules::{Model, Values};
use crate::values::{Block, Change, Group, SharedKey};
use crate::verdict::{Refused, require};

impl Model {
    /// A client's chain that trusts one block.
    pub(crate) fn start_from(block: &Block) -> Result<Self, Refused> {
        let counts = block.height >= 0;
        require(counts, Refused::with(200, "the height is not negative"))?;
        let mut group = None;
        let mut key = None;
        for change in &block.changes {
            match change {
                Change::Group(next) => {
                    group = Some(next.clone());
                    // So the key of the proof is not looked at.
                    key = Some(SharedKey::empty());
                }
                Change::Key(next) => key = Some(next.clone()),
                Change::Noop(_) | Change::Value { .. } => {}
            }
        }
        // After the proof: a group that is proven counts also at height 0.
        let first = (block.height == 0).then(Group::before_first);
        let group = group.or_else(|| block.proof.group.clone()).or(first);
        let group = group.ok_or(Refused::with(205, "a group is shown"))?;
        let key = key.or_else(|| block.proof.key.clone());
        let key = key.ok_or(Refused::with(206, "a key is shown"))?;
        let model = Self {
            height: block.height,
            hash: block.hash(),
            kv_hash: block.proof.kv_hash,
            group,
            key,
            values: Values::Client,
        };
        model.check_proof(block)?;
        Ok(model)
    }
}
