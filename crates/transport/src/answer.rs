use confcall_join::answer::{Answer, AnswerError, ConnectionParameters};
use confcall_join::api::{
    ChainBlocks, DataJson, GroupCall, GroupCallParticipant, InputGroupCall, Participants, SubChain,
    Update, Updates,
};
use confcall_join::payload::JoinPayload;
use confcall_state::tl::ReadError;
use confcall_state::{Block, Chain, ChainError, EpochKey, JoinBlock, OpenError, PrivateKey};
use thiserror::Error;

/// More participants than this make no conference, whose limit is 200; building a block for them would only
/// keep the client busy.
const MAX_PARTICIPANTS: usize = 1000;

/// An answer of the server that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AnswerFault {
    /// The answer to a join does not say how to connect.
    #[error("the answer has no connection parameters")]
    NoConnection,
    /// The answer has no items of a subchain.
    #[error("the answer has no update of subchain {}", .sub_chain.value())]
    NoSubChain {
        /// The subchain.
        sub_chain: SubChain,
    },
    /// The answer has items of a subchain twice.
    #[error("the answer has two updates of subchain {}", .sub_chain.value())]
    SubChainTwice {
        /// The subchain.
        sub_chain: SubChain,
    },
    /// The answer to a join has no block.
    #[error("the answer has no block")]
    NoBlock,
    /// The items of a subchain cannot end at the offset that the answer names.
    #[error("{count} items of subchain {} cannot end at offset {next_offset}", .sub_chain.value())]
    Offset {
        /// The subchain.
        sub_chain: SubChain,
        /// How many items there are.
        count: usize,
        /// Where they are said to end.
        next_offset: i32,
    },
    /// The answer does not show the call as a conference that goes on.
    #[error("the answer shows no conference that goes on")]
    NoCall,
    /// The answer is about another call.
    #[error("the answer is about another call")]
    OtherCall,
    /// The call had blocks and is shown without any.
    #[error("the chain of the call is gone")]
    ChainGone,
    /// The tip shows more participants than a conference can have.
    #[error("{participants} participants are more than a conference has")]
    TooManyParticipants {
        /// How many the tip shows.
        participants: usize,
    },
    /// The connection parameters cannot be used.
    #[error("the connection parameters cannot be used: {0}")]
    Connection(#[from] AnswerError),
    /// A block cannot be read.
    #[error("a block cannot be read: {0}")]
    Block(#[from] ReadError),
    /// The blocks make no chain.
    #[error("the blocks make no chain: {0}")]
    Chain(#[from] ChainError),
    /// The call holds no key for us, so that we are not in it.
    #[error("the call holds no key for us: {0}")]
    NoKey(#[from] OpenError),
}

/// A joined call: everything that the answer tells and that our key opens.
#[derive(Debug)]
pub struct Joined {
    /// The call by its id, as later updates name it.
    ///
    /// If the answer was lost and the server named the call otherwise, it is the reference that was joined.
    pub call: InputGroupCall,
    /// How to connect the media.
    ///
    /// `None` only if the answer was lost and our block was found as the tip: the membership stands, and the
    /// parameters come as an update or by joining anew.
    pub connection: Option<ConnectionParameters>,
    /// The chain as the server echoed it.
    pub chain: Chain,
    /// The offset of the next block.
    pub next_block: Option<i32>,
    /// The broadcasts so far, in server form.
    pub broadcasts: Vec<Vec<u8>>,
    /// The offset of the next broadcast.
    pub next_broadcast: Option<i32>,
    /// The roster as far as the answer shows it.
    pub roster: Vec<GroupCallParticipant>,
    /// The key of this membership.
    pub private_key: PrivateKey,
    /// The key of the epoch.
    pub epoch_key: EpochKey,
    /// The payload that the server took.
    pub payload: JoinPayload,
    /// How many times a block was sent.
    pub attempts: u32,
}

impl Joined {
    /// Puts together the answer to a join: the connection first, then the chain, then the call.
    pub(crate) fn from_answer(
        answer: Updates,
        target: Option<&InputGroupCall>,
        join: JoinBlock,
        payload: JoinPayload,
        attempts: u32,
    ) -> Result<Self, AnswerFault> {
        let parts = Parts::of(answer)?;
        let params = parts.connection.ok_or(AnswerFault::NoConnection)?;
        let connection = Answer::from_json(params.as_str())?.into_conference()?;
        let blocks = required(parts.blocks, SubChain::Blocks)?;
        let broadcasts = required(parts.broadcasts, SubChain::Broadcasts)?;
        let chain = chain_of(&blocks)?;
        let call = parts.call.ok_or(AnswerFault::NoCall)?;
        let ids = [Some(&blocks.call), Some(&broadcasts.call), target];
        if ids.into_iter().flatten().any(|one| is_other(one, &call)) {
            return Err(AnswerFault::OtherCall);
        }
        let rosters = parts.rosters.into_iter();
        let ours = rosters.filter(|roster| !is_other(&roster.call, &call));
        Ok(Self {
            connection: Some(connection),
            epoch_key: open(&chain, &join)?,
            chain,
            next_block: Some(blocks.next_offset),
            broadcasts: broadcasts.blocks,
            next_broadcast: Some(broadcasts.next_offset),
            roster: ours.flat_map(|roster| roster.participants).collect(),
            call,
            private_key: join.into_private_key(),
            payload,
            attempts,
        })
    }

    /// What is known when the answer was lost and the tip turns out to hold our key.
    pub(crate) fn from_tip(
        tip: &Tip,
        join: JoinBlock,
        payload: JoinPayload,
        attempts: u32,
    ) -> Result<Self, AnswerFault> {
        Ok(Self {
            call: tip.call.clone(),
            connection: None,
            epoch_key: open(&tip.chain, &join)?,
            chain: tip.chain.clone(),
            next_block: tip.next_block,
            broadcasts: Vec::new(),
            next_broadcast: None,
            roster: Vec::new(),
            private_key: join.into_private_key(),
            payload,
            attempts,
        })
    }
}

/// The newest block as the server shows it.
pub(crate) struct Tip {
    /// The call by its id if the server names it so, else as it was asked for.
    pub(crate) call: InputGroupCall,
    pub(crate) block: Block,
    /// The chain that starts from the block.
    pub(crate) chain: Chain,
    /// The offset after the block, where the call is named by its id.
    next_block: Option<i32>,
}

impl Tip {
    /// Reads the answer to `phone.getGroupCallChainBlocks`; `None` if the call has no block.
    pub(crate) fn from_answer(
        answer: Updates,
        asked: &InputGroupCall,
    ) -> Result<Option<Self>, AnswerFault> {
        let items = required(Parts::of(answer)?.blocks, SubChain::Blocks)?;
        if is_other(&items.call, asked) {
            return Err(AnswerFault::OtherCall);
        }
        let Some(block) = items.blocks.last() else {
            return Ok(None);
        };
        let block = Block::from_server(block)?;
        let chain = Chain::start_from(&block)?;
        let participants = chain.state().group_state().participants.len();
        if participants > MAX_PARTICIPANTS {
            return Err(AnswerFault::TooManyParticipants { participants });
        }
        let named = items.call.id().is_some();
        Ok(Some(Self {
            next_block: named.then_some(items.next_offset),
            call: if named { items.call } else { asked.clone() },
            block,
            chain,
        }))
    }

    /// Whether the block of this join is in the chain, as the tip or below it.
    pub(crate) fn holds(&self, join: &JoinBlock) -> bool {
        let group_state = self.chain.state().group_state();
        group_state.by_key(&join.public_key()).is_some()
    }
}

/// Whether both references name calls by their ids, and not the same.
fn is_other(one: &InputGroupCall, other: &InputGroupCall) -> bool {
    one.id()
        .zip(other.id())
        .is_some_and(|(one, other)| one != other)
}

fn open(chain: &Chain, join: &JoinBlock) -> Result<EpochKey, OpenError> {
    let key = join.private_key();
    chain.state().open_epoch_key(join.user_id(), key)
}

/// The chain that starts from the first block and applies the others.
fn chain_of(blocks: &ChainBlocks) -> Result<Chain, AnswerFault> {
    let (first, rest) = blocks.blocks.split_first().ok_or(AnswerFault::NoBlock)?;
    let mut chain = Chain::start_from(&Block::from_server(first)?)?;
    for block in rest {
        chain.apply(&Block::from_server(block)?)?;
    }
    Ok(chain)
}

fn required(items: Option<ChainBlocks>, sub_chain: SubChain) -> Result<ChainBlocks, AnswerFault> {
    let items = items.ok_or(AnswerFault::NoSubChain { sub_chain })?;
    match items.first_offset() {
        Some(_) => Ok(items),
        None => Err(AnswerFault::Offset {
            sub_chain,
            count: items.blocks.len(),
            next_offset: items.next_offset,
        }),
    }
}

/// The updates of an answer by what they are about.
#[derive(Default)]
struct Parts {
    connection: Option<DataJson>,
    blocks: Option<ChainBlocks>,
    broadcasts: Option<ChainBlocks>,
    call: Option<InputGroupCall>,
    rosters: Vec<Participants>,
}

impl Parts {
    fn of(answer: Updates) -> Result<Self, AnswerFault> {
        let mut parts = Self::default();
        for update in answer.0 {
            match update {
                Update::Connection(connection) if !connection.presentation => {
                    parts.connection = Some(connection.params);
                }
                Update::ChainBlocks(items) => {
                    let sub_chain = items.sub_chain;
                    let place = match sub_chain {
                        SubChain::Blocks => &mut parts.blocks,
                        SubChain::Broadcasts => &mut parts.broadcasts,
                    };
                    if place.replace(items).is_some() {
                        return Err(AnswerFault::SubChainTwice { sub_chain });
                    }
                }
                Update::GroupCall(
                    call @ GroupCall::Active {
                        conference: true, ..
                    },
                ) => parts.call = Some(call.reference()),
                Update::Participants(roster) => parts.rosters.push(roster),
                _ => {}
            }
        }
        Ok(parts)
    }
}
