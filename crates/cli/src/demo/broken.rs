use confcall::join::api::SubChain;
use confcall::{MembershipEnd, UserId};
use thiserror::Error;

/// Something that the demo shows, and that did not hold.
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
    #[error("did not hold: there is somebody in the call beside us")]
    Company,
    #[error("did not hold: user {user_id} sees emoji, but {missing} broadcasts are missing")]
    Emoji { user_id: UserId, missing: usize },
    #[error("did not hold: user {0} sees the same emoji as we do")]
    SameEmoji(UserId),
    #[error("did not hold: user {0} gets the frame as it was sent")]
    SameFrame(UserId),
    #[error("did not hold: the server passes the message of user {0} on")]
    MessageTaken(UserId),
    #[error("did not hold: user {0} is told of the message")]
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
}
