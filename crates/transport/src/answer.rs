use confcall_join::answer::{Answer, AnswerError, ConnectionParameters};
use confcall_join::api::{
    ChainBlocks, DataJson, GroupCallParticipant, InputGroupCall, SubChain, Update, Updates,
};
use confcall_join::payload::JoinPayload;
use confcall_state::tl::ReadError;
use confcall_state::{Block, Chain, ChainError, EpochKey, JoinBlock, OpenError, PrivateKey};
use thiserror::Error;

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
    /// The answer to a join has no block.
    #[error("the answer has no block")]
    NoBlock,
    /// The answer does not say which call was joined.
    #[error("the answer has no call")]
    NoCall,
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
        join: JoinBlock,
        payload: JoinPayload,
        attempts: u32,
    ) -> Result<Self, AnswerFault> {
        let parts = Parts::of(answer);
        let params = parts.connection.ok_or(AnswerFault::NoConnection)?;
        let connection = Answer::from_json(params.as_str())?.into_conference()?;
        let no_sub_chain = |sub_chain| AnswerFault::NoSubChain { sub_chain };
        let blocks = parts.blocks.ok_or(no_sub_chain(SubChain::Blocks))?;
        let broadcasts = parts.broadcasts.ok_or(no_sub_chain(SubChain::Broadcasts))?;
        let chain = chain_of(&blocks)?;
        Ok(Self {
            call: parts.call.ok_or(AnswerFault::NoCall)?,
            connection: Some(connection),
            epoch_key: open(&chain, &join)?,
            chain,
            next_block: Some(blocks.next_offset),
            broadcasts: broadcasts.blocks,
            next_broadcast: Some(broadcasts.next_offset),
            roster: parts.roster,
            private_key: join.into_private_key(),
            payload,
            attempts,
        })
    }

    /// What is known when the answer was lost and our block turns out to be the tip.
    pub(crate) fn from_tip(
        call: InputGroupCall,
        tip: &Block,
        join: JoinBlock,
        payload: JoinPayload,
        attempts: u32,
    ) -> Result<Self, AnswerFault> {
        let chain = Chain::start_from(tip)?;
        Ok(Self {
            call,
            connection: None,
            epoch_key: open(&chain, &join)?,
            chain,
            next_block: None,
            broadcasts: Vec::new(),
            next_broadcast: None,
            roster: Vec::new(),
            private_key: join.into_private_key(),
            payload,
            attempts,
        })
    }
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

/// The newest block in an answer to `phone.getGroupCallChainBlocks`, if the call has one.
pub(crate) fn tip_of(answer: Updates) -> Result<Option<Block>, AnswerFault> {
    let sub_chain = SubChain::Blocks;
    let blocks = Parts::of(answer).blocks;
    let blocks = blocks.ok_or(AnswerFault::NoSubChain { sub_chain })?.blocks;
    Ok(blocks
        .last()
        .map(|block| Block::from_server(block))
        .transpose()?)
}

/// The updates of an answer by what they are about.
#[derive(Default)]
struct Parts {
    connection: Option<DataJson>,
    blocks: Option<ChainBlocks>,
    broadcasts: Option<ChainBlocks>,
    call: Option<InputGroupCall>,
    roster: Vec<GroupCallParticipant>,
}

impl Parts {
    fn of(answer: Updates) -> Self {
        let mut parts = Self::default();
        for update in answer.0 {
            match update {
                Update::Connection(connection) if !connection.presentation => {
                    parts.connection = Some(connection.params);
                }
                Update::ChainBlocks(items) => match items.sub_chain {
                    SubChain::Blocks => parts.blocks = Some(items),
                    SubChain::Broadcasts => parts.broadcasts = Some(items),
                },
                Update::GroupCall(call) => parts.call = Some(call.reference()),
                Update::Participants(roster) => parts.roster.extend(roster.participants),
                _ => {}
            }
        }
        parts
    }
}
