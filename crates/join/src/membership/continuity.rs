//! The last state that a member saw of a call, compared with the block that the server shows on entering it again.
//!
//! ```text
//! Membership ──▶ LastKnown ── kept over a rejoin, a restart, a leave ──▶ compare(tip) ──▶ Continuity
//!                                                                            └──────────▶ Break
//! ```
//!
//! Users outside a call are not shown the blocks in between, so this cannot prove that the call is the same one. It says
//! which swaps no series of blocks explains, and what changed where one may.
//!
//! Implements the last paragraph of `spec/protocol.md`, 6.

use std::sync::Arc;

use confcall_state::wire::{BlockFields, GroupState};
use confcall_state::{Block, BlockHash, Chain, ChainState, Height, PublicKey, UserId};
use serde::{Serialize, Serializer};
use thiserror::Error;

use super::difference::Difference;
use crate::api::CallId;
use crate::shown;

/// A version of the bytes that [`LastKnown::to_bytes`] writes.
const VERSION: u8 = 1;
/// Version, call and user.
const HEAD: usize = 1 + 8 + 8;

/// The last state that a member saw of a call.
///
/// It holds the newest block, and so no secret: heights, keys and signatures that every member has seen.
///
/// It is cheap to clone.
#[derive(Clone, Debug)]
pub struct LastKnown(Arc<Seen>);

#[derive(Debug)]
struct Seen {
    call: CallId,
    user_id: UserId,
    /// The newest block; the chain shares what is large in it.
    block: BlockFields,
    chain: Chain,
}

/// Evidence that the server shows a call that may be the one that we knew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Continuity {
    /// The block that we knew, or one that applies to it.
    Proven,
    /// Blocks that we cannot have lie in between; the emoji have to be compared again.
    Gap(Gap),
}

/// Changes between the last state that we knew and a block that stands more than one higher.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Gap {
    /// The number of blocks that we have not seen.
    pub blocks: u32,
    /// Users who are in the call now and were not before.
    #[serde(serialize_with = "shown::form")]
    pub joined: Vec<UserId>,
    /// Users who were in the call before and are not now.
    #[serde(serialize_with = "shown::form")]
    pub left: Vec<UserId>,
    /// Users who stayed in the call under another key.
    #[serde(serialize_with = "shown::form")]
    pub rekeyed: Vec<UserId>,
}

/// Evidence that the server shows another call than the one that we knew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Break {
    /// The link or invitation leads to another call than the one that was known.
    #[error("it is call {shown}, and was call {known} before")]
    OtherCall {
        /// The call that we knew.
        known: CallId,
        /// The call that the server shows.
        shown: CallId,
    },
    /// The chain ends before the block that we knew.
    #[error("the chain ends at height {shown}, and was at {known} before")]
    WentBack {
        /// The height that we knew.
        known: Height,
        /// The height that the server shows.
        shown: Height,
    },
    /// A block at our height is another one, or the next does not stand on ours.
    #[error("the block at height {height} does not belong to the chain that was followed before")]
    Fork {
        /// The height of the block that the server shows.
        height: Height,
    },
    /// A block adds one pair of user and key at most, and there are more new pairs than blocks.
    #[error("{pairs} new keys came with {blocks} blocks")]
    MorePeopleThanBlocks {
        /// The new pairs.
        pairs: usize,
        /// The blocks in between.
        blocks: u32,
    },
    /// Of several users who stayed, each has another key.
    #[error("all {users} users who stayed have other keys")]
    AllReplaced {
        /// The users who stayed.
        users: usize,
    },
}

/// Bytes that are no last known state.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LastKnownError {
    /// The bytes end too early.
    #[error("{length} bytes are too few for a last known state")]
    Length {
        /// The number of bytes.
        length: usize,
    },
    /// Another version wrote the bytes.
    #[error("version {0} of a last known state is not known")]
    Version(u8),
    /// No membership can stand on the block.
    #[error("the block of the last known state cannot be used: {0}")]
    Block(String),
}

/// The call, and the height and hash of the newest block; [`LastKnown::to_bytes`] is what is kept.
impl Serialize for LastKnown {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Summary {
            #[serde(serialize_with = "shown::form")]
            call: CallId,
            #[serde(serialize_with = "shown::form")]
            height: Height,
            #[serde(serialize_with = "shown::form")]
            hash: BlockHash,
        }

        let (call, height, hash) = (self.call(), self.height(), self.hash());
        Summary { call, height, hash }.serialize(to)
    }
}

impl LastKnown {
    /// The state after `block`, of a member `user_id` of `call`.
    ///
    /// # Errors
    ///
    /// [`LastKnownError::Block`] where no chain starts from the block.
    pub fn new(call: CallId, user_id: UserId, block: &Block) -> Result<Self, LastKnownError> {
        let chain = Chain::start_from(block);
        let chain = chain.map_err(|error| LastKnownError::Block(error.to_string()))?;
        Ok(Self::of_chain(call, user_id, block.fields().clone(), chain))
    }

    /// The state of a chain whose newest block this is.
    pub(super) fn of_chain(
        call: CallId,
        user_id: UserId,
        block: BlockFields,
        chain: Chain,
    ) -> Self {
        Self(Arc::new(Seen {
            call,
            user_id,
            block,
            chain,
        }))
    }

    /// The call whose state it is.
    pub fn call(&self) -> CallId {
        self.0.call
    }

    /// The height of the newest block.
    pub fn height(&self) -> Height {
        self.state().height()
    }

    /// The hash of the newest block.
    pub fn hash(&self) -> BlockHash {
        self.state().hash()
    }

    /// The users and keys of the state.
    pub fn group_state(&self) -> &GroupState {
        self.state().group_state()
    }

    /// The chain, which ends with the newest block.
    pub fn chain(&self) -> &Chain {
        &self.0.chain
    }

    fn state(&self) -> &ChainState {
        self.0.chain.state()
    }

    /// Users and keys of the state, ours left out.
    pub fn others(&self) -> impl Iterator<Item = (UserId, PublicKey)> {
        let pairs = self.group_state().participants.iter();
        let pairs = pairs.map(|one| (one.user_id, one.public_key));
        pairs.filter(|(user_id, _)| *user_id != self.0.user_id)
    }

    /// Compares the state with the newest block that the server shows, and the state that it leaves.
    ///
    /// # Errors
    ///
    /// [`Break`] where no series of blocks leads from the one to the other.
    pub fn compare(&self, tip: &Block, state: &ChainState) -> Result<Continuity, Break> {
        let (known, shown) = (self.height(), tip.height());
        let fork = Break::Fork { height: shown };
        match i64::from(shown.value()) - i64::from(known.value()) {
            ..0 => Err(Break::WentBack { known, shown }),
            0 if tip.hash() == self.state().hash() => Ok(Continuity::Proven),
            0 => Err(fork),
            1 => {
                let staged = self.0.chain.stage(tip);
                staged.map(|_| Continuity::Proven).map_err(|_| fork)
            }
            // Two heights are less than 2^32 apart.
            blocks => self.compare_members(state, u32::try_from(blocks).unwrap_or(u32::MAX)),
        }
    }

    fn compare_members(&self, shown: &ChainState, blocks: u32) -> Result<Continuity, Break> {
        let changes = Difference::between(self.group_state(), shown.group_state());
        // We stand in what we knew: under another key, we are one of the new pairs.
        let pairs = changes.added.len() + changes.rekeyed.len();
        if pairs > usize::try_from(blocks).unwrap_or(usize::MAX) {
            return Err(Break::MorePeopleThanBlocks { pairs, blocks });
        }
        let others = |users: &[UserId]| {
            let users = users.iter().copied();
            users.filter(|user| *user != self.0.user_id).collect()
        };
        let (left, rekeyed): (Vec<_>, Vec<_>) =
            (others(&changes.removed), others(&changes.rekeyed));
        let stayed = self.others().count() - left.len();
        if stayed >= 2 && rekeyed.len() == stayed {
            return Err(Break::AllReplaced { users: stayed });
        }
        Ok(Continuity::Gap(Gap {
            blocks,
            joined: others(&changes.added),
            left,
            rekeyed,
        }))
    }

    /// Bytes to be stored, without any secret.
    ///
    /// Keep them where others cannot write, as beside the session: no signature in them is checked, so that a change can make
    /// a comparison pass as well as fail.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend(self.0.call.value().to_le_bytes());
        bytes.extend(self.0.user_id.value().to_le_bytes());
        bytes.extend(self.0.block.clone().into_block().bytes());
        bytes
    }

    /// Reads what [`LastKnown::to_bytes`] wrote.
    ///
    /// # Errors
    ///
    /// [`LastKnownError`]
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LastKnownError> {
        let length = bytes.len();
        let (head, block) = bytes
            .split_at_checked(HEAD)
            .ok_or(LastKnownError::Length { length })?;
        let (version, call, user_id) = match head {
            [version, rest @ ..] => {
                let (call, user_id) = rest.split_at(8);
                (*version, number(call), number(user_id))
            }
            [] => return Err(LastKnownError::Length { length }),
        };
        if version != VERSION {
            return Err(LastKnownError::Version(version));
        }
        let block =
            Block::parse(block).map_err(|error| LastKnownError::Block(error.to_string()))?;
        Self::new(CallId::new(call), UserId::new(user_id), &block)
    }
}

impl PartialEq for LastKnown {
    /// The block decides the state.
    fn eq(&self, other: &Self) -> bool {
        let parts = |one: &Self| (one.0.call, one.0.user_id);
        parts(self) == parts(other) && self.0.block == other.0.block
    }
}

impl Eq for LastKnown {}

/// A number of 8 bytes, least significant first.
fn number(bytes: &[u8]) -> i64 {
    let value = bytes.iter().rev();
    value.fold(0, |value, byte| (value << 8) | i64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    use chacha20::ChaCha20Rng;
    use confcall_state::wire::GroupState;
    use confcall_state::{JoinBlock, Joiner, PrivateKey};
    use rand_core::SeedableRng as _;

    const CALL: CallId = CallId::new(77);
    const OURS: UserId = UserId::new(1);

    /// A chain in which anybody can write anything that the rules allow.
    struct Scene {
        rng: ChaCha20Rng,
        chain: Chain,
        keys: BTreeMap<UserId, PrivateKey>,
        newest: Block,
    }

    impl Scene {
        fn new() -> Self {
            let mut rng = ChaCha20Rng::from_seed([41; 32]);
            let first = JoinBlock::first(Joiner::new(OURS), &mut rng).unwrap();
            let newest = first.block().clone();
            let keys = BTreeMap::from([(OURS, first.into_private_key())]);
            let chain = Chain::start_from(&newest).unwrap();
            Self {
                rng,
                chain,
                keys,
                newest,
            }
        }

        fn push(&mut self, block: Block) {
            self.chain.apply(&block).unwrap();
            self.newest = block;
        }

        fn join(&mut self, user: i64) {
            let joiner = Joiner::new(UserId::new(user));
            let join = JoinBlock::add_self(&self.newest, joiner, &mut self.rng).unwrap();
            let block = join.block().clone();
            self.keys.insert(UserId::new(user), join.into_private_key());
            self.push(block);
        }

        fn remove(&mut self, user: i64, by: i64) {
            let mut group = GroupState::clone(self.chain.state().group_state());
            group
                .participants
                .retain(|one| one.user_id != UserId::new(user));
            let key = &self.keys[&UserId::new(by)];
            let block = self
                .chain
                .build_group_change(group, key, &mut self.rng)
                .unwrap();
            self.push(block);
        }

        fn known(&self) -> LastKnown {
            LastKnown::new(CALL, OURS, &self.newest).unwrap()
        }

        fn compare(&self, known: &LastKnown) -> Result<Continuity, Break> {
            known.compare(&self.newest, self.chain.state())
        }
    }

    /// We and users 2 to 4.
    fn four() -> Scene {
        let mut scene = Scene::new();
        (2..=4).for_each(|user| scene.join(user));
        scene
    }

    fn users(numbers: impl IntoIterator<Item = i64>) -> Vec<UserId> {
        numbers.into_iter().map(UserId::new).collect()
    }

    #[test]
    fn the_block_that_was_known_and_one_that_stands_on_it_are_the_same_call() {
        let mut scene = four();
        let known = scene.known();
        assert_eq!(scene.compare(&known), Ok(Continuity::Proven));
        scene.join(5);
        assert_eq!(scene.compare(&known), Ok(Continuity::Proven));
    }

    #[test]
    fn a_chain_that_ends_before_the_known_block_went_back() {
        let scene = Scene::new();
        let known = four().known();
        let (before, shown) = (Height::new(3), Height::new(0));
        let went_back = Break::WentBack {
            known: before,
            shown,
        };
        assert_eq!(scene.compare(&known), Err(went_back));
    }

    #[test]
    fn another_block_at_the_known_height_or_one_that_stands_on_another_is_a_fork() {
        let known = four().known();
        let mut other = four();
        other.rng = ChaCha20Rng::from_seed([42; 32]);
        other.remove(4, 2);
        // Our block of this height stood on the same three.
        let mut longer = four();
        longer.join(5);
        let at_our_height = longer.known();
        let height = Height::new(4);
        assert_eq!(other.compare(&at_our_height), Err(Break::Fork { height }));

        let mut stranger = Scene::new();
        stranger.rng = ChaCha20Rng::from_seed([43; 32]);
        (2..=5).for_each(|user| stranger.join(user));
        assert_eq!(stranger.compare(&known), Err(Break::Fork { height }));
    }

    #[test]
    fn more_new_keys_than_blocks_are_no_series_of_joins() {
        let known = four().known();
        let mut swapped = Scene::new();
        swapped.rng = ChaCha20Rng::from_seed([44; 32]);
        (2..=6).for_each(|user| swapped.join(user));
        // Two blocks on the one that was known, and five new pairs beside ours.
        let more = Break::MorePeopleThanBlocks {
            pairs: 5,
            blocks: 2,
        };
        assert_eq!(swapped.compare(&known), Err(more));
    }

    #[test]
    fn several_who_stayed_and_all_have_other_keys_are_replaced() {
        let known = four().known();
        let mut swapped = Scene::new();
        swapped.rng = ChaCha20Rng::from_seed([45; 32]);
        (2..=12).for_each(|user| swapped.join(user));
        (5..=12).for_each(|user| swapped.remove(user, 2));
        assert_eq!(
            swapped.compare(&known),
            Err(Break::AllReplaced { users: 3 })
        );
    }

    #[test]
    fn a_gap_says_how_many_blocks_there_were_and_who_came_went_and_has_another_key() {
        let mut scene = four();
        let known = scene.known();
        scene.remove(3, 2);
        scene.join(5);
        scene.join(4);
        let gap = Gap {
            blocks: 3,
            joined: users([5]),
            left: users([3]),
            rekeyed: users([4]),
        };
        assert_eq!(scene.compare(&known), Ok(Continuity::Gap(gap)));
    }

    #[test]
    fn as_many_new_keys_as_blocks_are_joins_and_one_who_stayed_may_have_another_key() {
        let mut scene = Scene::new();
        scene.join(2);
        let known = scene.known();
        scene.join(2);
        scene.join(3);
        let gap = Gap {
            blocks: 2,
            joined: users([3]),
            rekeyed: users([2]),
            left: users([]),
        };
        assert_eq!(scene.compare(&known), Ok(Continuity::Gap(gap)));
    }

    #[test]
    fn two_who_stayed_and_have_other_keys_are_all_replaced() {
        let mut scene = Scene::new();
        (2..=3).for_each(|user| scene.join(user));
        let known = scene.known();
        (2..=3).for_each(|user| scene.join(user));
        let replaced = Break::AllReplaced { users: 2 };
        assert_eq!(scene.compare(&known), Err(replaced));
    }

    #[test]
    fn our_own_membership_is_nobody_new_until_it_has_another_key() {
        let mut scene = four();
        let known = scene.known();
        scene.remove(4, 2);
        scene.join(4);
        let Ok(Continuity::Gap(gap)) = scene.compare(&known) else {
            panic!("there are two blocks in between");
        };
        assert_eq!((gap.joined, gap.rekeyed), (vec![], users([4])));
    }

    #[test]
    fn bytes_come_back_whole_and_others_are_refused_for_their_own_reason() {
        let known = four().known();
        let bytes = known.to_bytes();
        assert_eq!(LastKnown::from_bytes(&bytes), Ok(known.clone()));
        assert_eq!((known.call(), known.height()), (CALL, Height::new(3)));
        let length = HEAD - 1;
        let short = LastKnownError::Length { length };
        assert_eq!(LastKnown::from_bytes(&bytes[..length]), Err(short));
        let mut other = bytes.clone();
        other[0] = 2;
        assert_eq!(
            LastKnown::from_bytes(&other),
            Err(LastKnownError::Version(2))
        );
        let cut = LastKnown::from_bytes(&bytes[..bytes.len() - 1]);
        assert!(matches!(cut, Err(LastKnownError::Block(_))), "{cut:?}");
    }
}
