use core::fmt;
use core::time::Duration;

use confcall_join::api::Request;
use confcall_state::{Block, JoinBlock};

use crate::adapter::CallError;

/// What [`join_once`](crate::join_once) has just done, for whoever shows it; `Display` is one line for a log.
#[derive(Debug)]
#[non_exhaustive]
pub enum Step<'a> {
    /// The newest block was read; `None` if the call has none.
    TipRead(Option<&'a Block>),
    /// A block was built and may be sent.
    BlockBuilt(&'a JoinBlock),
    /// A request is being sent.
    Sending(&'a Request),
    /// The server refused the request, or its answer was lost; the next attempt follows after a pause.
    Retrying {
        /// Why.
        error: &'a CallError,
        /// The pause.
        pause: Duration,
    },
    /// The call that the user is invited to has no block yet; the tip is read again after a pause.
    WaitingForFirstBlock {
        /// The pause.
        pause: Duration,
    },
    /// The answer was lost, and this tip holds our key: the request had been carried out.
    FoundInTip(&'a Block),
}

impl fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TipRead(Some(tip)) => write!(f, "the newest block is block {}", tip.height()),
            Self::TipRead(None) => f.write_str("the call has no block"),
            Self::BlockBuilt(join) => write!(f, "block {} was built", join.block().height()),
            Self::Sending(request) => write!(f, "{} is being sent", request.method()),
            Self::Retrying { error, pause } => write!(f, "{error}; again after {pause:.1?}"),
            Self::WaitingForFirstBlock { pause } => {
                write!(
                    f,
                    "the call has no block yet; reading again after {pause:.1?}"
                )
            }
            Self::FoundInTip(tip) => {
                write!(
                    f,
                    "the answer was lost, but block {} holds our key",
                    tip.height()
                )
            }
        }
    }
}
