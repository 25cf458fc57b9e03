//! A request about a chain, and what the API tells of the same one.

use confcall_join::api::{AccessHash, CallId, GetGroupCallChainBlocks, InputGroupCall, Request};
use grammers_tl_types::{enums, types};

pub(crate) fn tip() -> Request {
    GetGroupCallChainBlocks::tip(InputGroupCall::Id {
        id: CallId::new(1),
        access_hash: AccessHash::new(2),
    })
    .into()
}

/// A subchain that has nothing yet.
pub(crate) fn blocks() -> enums::Updates {
    let call = types::InputGroupCall {
        id: 1,
        access_hash: 2,
    };
    let update = types::UpdateGroupCallChainBlocks {
        call: call.into(),
        sub_chain_id: 0,
        blocks: vec![],
        next_offset: 0,
    };
    types::UpdateShort {
        update: update.into(),
        date: 1,
    }
    .into()
}
