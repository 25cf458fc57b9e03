use confcall_state::{ChainState, UserId};

use super::roster::Roster;
use crate::api::CallRef;

/// The call as the parts see it that compare its chain with its roster.
#[derive(Clone, Copy)]
pub(in crate::engine) struct CallView<'a> {
    pub(in crate::engine) call: CallRef,
    pub(in crate::engine) us: UserId,
    pub(in crate::engine) chain: &'a ChainState,
    pub(in crate::engine) roster: &'a Roster,
}
