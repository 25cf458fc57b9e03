use confcall::join::api::SubChain;
use confcall::join::engine::EndReason;
use confcall::{CallKind, MembershipEnd, UserId};
use thiserror::Error;

use super::show::list;

/// A claim of the demo that did not hold.
#[derive(Debug, Error)]
pub(super) enum DidNotHold {
    #[error("did not hold: user {0} opens the same epoch key as we do")]
    SameKey(UserId),
    #[error("did not hold: all {others} other members could be checked, not only {checked}")]
    AllChecked { checked: usize, others: usize },
    #[error(
        "did not hold: user {user_id} is shown subchain {} from offset {offset} on",
        .sub_chain.value()
    )]
    Items {
        user_id: UserId,
        sub_chain: SubChain,
        offset: i32,
    },
    #[error("did not hold: there are others in the call")]
    Company,
    #[error("did not hold: user {user_id} sees emoji, but {missing} broadcasts are missing")]
    Emoji { user_id: UserId, missing: usize },
    #[error("did not hold: user {0} sees the same emoji as we do")]
    SameEmoji(UserId),
    #[error("did not hold: user {0} gets the frame as it was sent")]
    SameFrame(UserId),
    #[error("did not hold: the server passes the message of user {0} on")]
    MessageTaken(UserId),
    #[error("did not hold: user {0} gets the message")]
    MessagePushed(UserId),
    #[error("did not hold: user {0} reads the message as it was written")]
    SameMessage(UserId),
    #[error("did not hold: user {0} is on the block of the removal")]
    Followed(UserId),
    #[error("did not hold: the removal brought new emoji")]
    NewEmoji,
    #[error("did not hold: user {0} has no key for what it is sent")]
    NoKey(UserId),
    #[error("did not hold: user {user_id} is out because we removed it; it ended with {end:?}")]
    RemovedByUs {
        user_id: UserId,
        end: Option<MembershipEnd>,
    },
    #[error("did not hold: user {0} is in the call")]
    InTheCall(UserId),
    #[error("did not hold: the call is on the server")]
    OnServer,
    #[error("did not hold: user {0} is told the link of the call that it created")]
    Link(UserId),
    #[error("did not hold: of {count} who join at once all but one try again, not {tried_again}")]
    Raced { count: usize, tried_again: usize },
    #[error("did not hold: the members of the chain are the users {}, and have emoji", list(.0))]
    Verified(Vec<UserId>),
    #[error("did not hold: the life of user {0} in the call ends")]
    Ended(UserId),
    #[error(
        "did not hold: user {user_id} is told that user {by} removed it; it ended because of: {end}"
    )]
    RemovedBy {
        user_id: UserId,
        by: UserId,
        end: EndReason,
    },
    #[error("did not hold: user {0} has the key of before the restart")]
    SameMember(UserId),
    #[error("did not hold: no checkpoint is good for a second time")]
    UsedUp,
    #[error("did not hold: seqno {after} is far ahead of {before} from before the restart")]
    Reserve { before: u32, after: u32 },
    #[error("did not hold: user {user_id} ends because it left, not because of: {end}")]
    Left { user_id: UserId, end: EndReason },
    #[error("did not hold: user {0}, who left, is pruned from the chain")]
    Pruned(UserId),
    #[error("did not hold: user {user_id} is in {wanted}, and has no key")]
    Kind { user_id: UserId, wanted: CallKind },
    #[error("did not hold: user {0} may not speak")]
    Silenced(UserId),
    #[error("did not hold: the hand of user {0} is seen by the admin")]
    Hand(UserId),
    #[error("did not hold: user {0} may speak")]
    MaySpeak(UserId),
    #[error("did not hold: user {0} is heard by the others")]
    Heard(UserId),
    #[error("did not hold: the stream of user {0} goes on")]
    Streams(UserId),
    #[error("did not hold: the part at {time_ms} ms is a file of its own: {why}")]
    Part { time_ms: i64, why: String },
    #[error("did not hold: user {0} hears the story, and is neither heard nor seen")]
    Listens(UserId),
    #[error("did not hold: the last have left; {connected} are connected")]
    Empty { connected: usize },
}
