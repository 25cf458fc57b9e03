//! A request about a chain, and the API's updates about the same one.

use confcall_join::api::{AccessHash, CallId, GetGroupCallChainBlocks, InputGroupCall};
use confcall_join::policy::{CallKind, CheckedRequest};
use grammers_tl_types::{enums, types};

pub(crate) fn tip() -> CheckedRequest {
    let request = GetGroupCallChainBlocks::tip(InputGroupCall::Id {
        id: CallId::new(1),
        access_hash: AccessHash::new(2),
    });
    CheckedRequest::new(CallKind::Conference, &request.into()).unwrap()
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
