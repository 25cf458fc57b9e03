use confcall_join::answer::ConnectionParameters;
use confcall_join::api::{ChainBlocks, GroupCallParticipant, InputGroupCall, Updates};
use confcall_join::joined::{AnswerFault, JoinAnswer, Tip};
use confcall_join::membership::{Membership, StartError};
use confcall_join::payload::JoinPayload;
use confcall_media::{Moment, Sending};
use confcall_state::{Block, Chain, EpochKey, JoinBlock, OpenError, PrivateKey, UserId};
use rand_core::CryptoRng;

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
    /// The blocks as the server echoed them, from the one that the chain starts from.
    pub blocks: Vec<Block>,
    /// The chain that they make.
    pub chain: Chain,
    /// The offset of the next block.
    pub next_block: Option<i32>,
    /// The broadcasts so far, in server form.
    pub broadcasts: Vec<Vec<u8>>,
    /// The offset of the next broadcast.
    pub next_broadcast: Option<i32>,
    /// The roster as far as the answer shows it.
    pub roster: Vec<GroupCallParticipant>,
    /// The user who joined.
    pub user_id: UserId,
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
        let (blocks, chain) = chain_of(&answer.blocks)?;
        Ok(Self {
            roster: answer.participants().cloned().collect(),
            epoch_key: open(&chain, &join)?,
            connection: Some(answer.connection),
            blocks,
            chain,
            next_block: Some(answer.blocks.next_offset),
            broadcasts: answer.broadcasts.blocks,
            next_broadcast: Some(answer.broadcasts.next_offset),
            call: answer.call,
            user_id: join.user_id(),
            private_key: join.into_private_key(),
            payload,
            attempts,
        })
    }

    /// The membership that has begun: it follows the call, verifies it, and seals and opens what is sent.
    ///
    /// `now` is of the clock that the membership is told from then on. The broadcasts that came with the answer
    /// are counted, and our commit waits to be taken; everything else of the joined call is for the caller to
    /// keep first.
    ///
    /// # Errors
    ///
    /// [`StartError`], if one of the blocks holds no key for us.
    pub fn into_membership(
        self,
        now: Moment,
        sending: Sending,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Result<Membership, StartError> {
        let user_id = self.user_id;
        let (first, rest) = self
            .blocks
            .split_first()
            .ok_or(OpenError::NotRecipient { user_id })?;
        let mut membership =
            Membership::start(now, user_id, self.private_key, first, sending, rng)?;
        for block in rest {
            membership.apply(now, block, rng)?;
        }
        for broadcast in &self.broadcasts {
            // A bad one does no harm, and the server may send any.
            let _ = membership.receive_broadcast(broadcast);
        }
        Ok(membership)
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
            blocks: vec![tip.block.clone()],
            chain: tip.chain.clone(),
            next_block: tip.next_block,
            broadcasts: Vec::new(),
            next_broadcast: None,
            roster: Vec::new(),
            user_id: join.user_id(),
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

/// The blocks, and the chain that starts from the first and applies the others.
fn chain_of(items: &ChainBlocks) -> Result<(Vec<Block>, Chain), AnswerFault> {
    let blocks = items.blocks.iter().map(|item| Block::from_server(item));
    let blocks: Vec<_> = blocks.collect::<Result<_, _>>()?;
    let (first, rest) = blocks.split_first().ok_or(AnswerFault::NoBlock)?;
    let mut chain = Chain::start_from(first)?;
    for block in rest {
        chain.apply(block)?;
    }
    Ok((blocks, chain))
}
