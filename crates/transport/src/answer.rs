use confcall_join::answer::ConnectionParameters;
use confcall_join::api::{ChainBlocks, GroupCallParticipant, InputGroupCall, Updates};
use confcall_join::joined::{AnswerFault, JoinAnswer, Tip};
use confcall_join::payload::JoinPayload;
use confcall_state::{Block, Chain, EpochKey, JoinBlock, OpenError, PrivateKey};

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
        let answer = JoinAnswer::read(answer, target)?;
        let chain = chain_of(&answer.blocks)?;
        Ok(Self {
            roster: answer.participants().cloned().collect(),
            epoch_key: open(&chain, &join)?,
            connection: Some(answer.connection),
            chain,
            next_block: Some(answer.blocks.next_offset),
            broadcasts: answer.broadcasts.blocks,
            next_broadcast: Some(answer.broadcasts.next_offset),
            call: answer.call,
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
