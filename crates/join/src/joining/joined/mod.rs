//! The server's answers to a join and to the question for the tip, and everything that they must hold.
//!
//! ```text
//! answer to a join ──▶ JoinAnswer { connection, call, blocks, broadcasts, roster }
//! answer to a poll ──▶ Tip { block, chain that starts from it }, or nothing yet
//! ```
//!
//! Both are checked for what needs no key: that everything is there once, is about one call, and can be read.
//! Implements `spec/protocol.md`, 6.

mod fault;
mod group;
mod naming;

pub use fault::AnswerFault;
pub(crate) use group::GroupJoinAnswer;
use naming::is_other;

use confcall_state::{Block, Chain, PublicKey, UserId};

use crate::api::{
    ChainBlocks, DataJson, GroupCall, GroupCallParticipant, InputGroupCall, InviteLink,
    Participants, SubChain, Update, Updates,
};
use crate::joining::{Answer, ConnectionParameters};
use crate::limits;

/// The parts of an answer to a join.
#[derive(Clone, Debug)]
pub struct JoinAnswer {
    /// The parameters of the media connection.
    pub connection: ConnectionParameters,
    /// The call by its id, as later updates name it.
    pub call: InputGroupCall,
    /// The link of the call.
    pub invite_link: Option<InviteLink>,
    /// The call as the server shows it, with its settings.
    pub shown: GroupCall,
    /// The blocks, at least one.
    pub blocks: ChainBlocks,
    /// The broadcasts, perhaps none.
    pub broadcasts: ChainBlocks,
    /// The parts of the roster that the answer shows, in its order.
    pub rosters: Vec<Participants>,
}

impl JoinAnswer {
    /// Reads an answer to a join of `target`, or to the creation of a call.
    ///
    /// # Errors
    ///
    /// [`AnswerFault`]
    pub fn read(answer: Updates, target: Option<&InputGroupCall>) -> Result<Self, AnswerFault> {
        let parts = Parts::of(answer, target)?;
        let params = parts.connection.ok_or(AnswerFault::NoConnection)?;
        let connection = Answer::from_json(params.as_str())?.into_conference()?;
        let blocks = required(parts.blocks, SubChain::Blocks, parts.has_others)?;
        let broadcasts = required(parts.broadcasts, SubChain::Broadcasts, parts.has_others)?;
        if blocks.blocks.is_empty() {
            return Err(AnswerFault::NoBlock);
        }
        let missing = missing(AnswerFault::NoCall, parts.has_others);
        let (shown, invite_link) = parts.call.ok_or(missing)?;
        let call = shown.reference();
        let ids = [Some(&blocks.call), Some(&broadcasts.call), target];
        if ids.into_iter().flatten().any(|one| is_other(one, &call)) {
            return Err(AnswerFault::OtherCall);
        }
        let rosters = parts.rosters.into_iter();
        Ok(Self {
            connection,
            blocks,
            broadcasts,
            rosters: rosters
                .filter(|roster| !is_other(&roster.call, &call))
                .collect(),
            call,
            invite_link,
            shown,
        })
    }

    /// The participants of the roster, without its versions.
    pub fn participants(&self) -> impl Iterator<Item = &GroupCallParticipant> {
        self.rosters.iter().flat_map(|roster| &roster.participants)
    }
}

/// The newest block as the server shows it.
#[derive(Clone, Debug)]
pub struct Tip {
    /// The call by its id if the server names it so, else as it was asked for.
    pub call: InputGroupCall,
    /// The block.
    pub block: Block,
    /// The chain that starts from the block.
    pub chain: Chain,
    /// The offset after the block, where the call is named by its id.
    pub next_block: Option<i32>,
}

impl Tip {
    /// Reads the answer to `phone.getGroupCallChainBlocks`; `None` if the call has no block.
    ///
    /// # Errors
    ///
    /// [`AnswerFault`]
    pub fn from_answer(
        answer: Updates,
        asked: &InputGroupCall,
    ) -> Result<Option<Self>, AnswerFault> {
        let parts = Parts::of(answer, Some(asked))?;
        let items = required(parts.blocks, SubChain::Blocks, parts.has_others)?;
        let Some(block) = items.blocks.last() else {
            return Ok(None);
        };
        let block = Block::from_server(block)?;
        let chain = Chain::start_from(&block)?;
        let participants = chain.state().group_state().participants.len();
        // Before a block is built on it, which takes a shared secret with each of them.
        if participants > limits::TIP_PARTICIPANTS {
            return Err(AnswerFault::TooManyParticipants { participants });
        }
        // Asked by a link, some servers answer with the link: then the id comes with the join.
        let named = items.call.id().is_some();
        Ok(Some(Self {
            next_block: named.then_some(items.next_offset),
            call: if named { items.call } else { asked.clone() },
            block,
            chain,
        }))
    }

    /// The key that a user has in the call, if the user is in it.
    pub fn key_of(&self, user_id: UserId) -> Option<PublicKey> {
        let group_state = self.chain.state().group_state();
        group_state.by_user(user_id).map(|one| one.public_key)
    }

    /// True if a join block that announced this key is in the chain, as the tip or below it.
    pub fn holds(&self, key: &PublicKey) -> bool {
        self.chain.state().group_state().by_key(key).is_some()
    }
}

/// The fault of an answer in which something is missing: it may be there of other calls.
fn missing(fault: AnswerFault, has_others: bool) -> AnswerFault {
    match has_others {
        true => AnswerFault::OtherCall,
        false => fault,
    }
}

fn required(
    items: Option<ChainBlocks>,
    sub_chain: SubChain,
    has_others: bool,
) -> Result<ChainBlocks, AnswerFault> {
    let items = items.ok_or(missing(AnswerFault::NoSubChain { sub_chain }, has_others))?;
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
    call: Option<(GroupCall, Option<InviteLink>)>,
    rosters: Vec<Participants>,
    /// True if there are updates of other calls, which were left out.
    has_others: bool,
}

impl Parts {
    /// Sorts what an answer says about a call; without one, or by a link, it may be about any.
    fn of(answer: Updates, call: Option<&InputGroupCall>) -> Result<Self, AnswerFault> {
        let is_other = |named: &InputGroupCall| call.is_some_and(|call| is_other(named, call));
        let mut parts = Self::default();
        for update in answer.0 {
            match update {
                Update::ChainBlocks(ref items) if is_other(&items.call) => parts.has_others = true,
                Update::GroupCall { ref call, .. } if is_other(&call.reference()) => {
                    parts.has_others = true;
                }
                Update::Connection(connection) if !connection.presentation => {
                    parts.connection = Some(connection.params);
                }
                Update::ChainBlocks(items) => {
                    let sub_chain = items.sub_chain;
                    let place = match sub_chain {
                        SubChain::Blocks => &mut parts.blocks,
                        SubChain::Broadcasts => &mut parts.broadcasts,
                    };
                    // Two of one list: there is no telling which of them is the newer.
                    if place.replace(items).is_some() {
                        return Err(AnswerFault::SubChainTwice { sub_chain });
                    }
                }
                Update::GroupCall {
                    call: GroupCall::Active(call),
                    ..
                } if call.conference => {
                    let link = call.invite_link.clone();
                    parts.call = Some((call.into(), link));
                }
                Update::Participants(roster) => parts.rosters.push(roster),
                _ => {}
            }
        }
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{AccessHash, CallId};
    use chacha20::{ChaCha20Rng, rand_core::SeedableRng as _};
    use confcall_state::PrivateKey;
    use confcall_state::wire::{GroupState, Participant, Permissions};

    fn read_tip(participants: usize) -> Result<Option<Tip>, AnswerFault> {
        let mut rng = ChaCha20Rng::from_seed([7; 32]);
        let signer = PrivateKey::generate(&mut rng);
        let member = |user: usize| Participant {
            user_id: UserId::new(user as i64),
            public_key: match user {
                1 => signer.public_key(),
                _ => {
                    PrivateKey::from_seed(blake3::hash(&user.to_le_bytes()).as_bytes()).public_key()
                }
            },
            permissions: Permissions::ALL,
            version: 0,
        };
        let group_state = GroupState {
            participants: (1..=participants).map(member).collect(),
            external_permissions: Permissions::NONE,
        };
        let block = Chain::client().build_group_change(group_state, &signer, &mut rng);
        let call = InputGroupCall::Id {
            id: CallId::new(1),
            access_hash: AccessHash::new(2),
        };
        let tip = Update::ChainBlocks(ChainBlocks {
            call: call.clone(),
            sub_chain: SubChain::Blocks,
            next_offset: 1,
            blocks: vec![block.unwrap().to_server()],
        });
        Tip::from_answer(Updates(vec![tip]), &call)
    }

    #[test]
    fn a_tip_of_more_participants_than_a_conference_can_have_is_refused() {
        assert!(matches!(read_tip(limits::TIP_PARTICIPANTS), Ok(Some(_))));
        let participants = limits::TIP_PARTICIPANTS + 1;
        let refused = read_tip(participants).unwrap_err();
        assert_eq!(refused, AnswerFault::TooManyParticipants { participants });
    }
}
