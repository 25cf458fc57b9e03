use std::collections::BTreeSet;

use confcall_join::Slug;
use confcall_join::api::{AccessHash, CallId, InputGroupCall, InviteLink};
use confcall_join::joining::Link;
use confcall_state::chain::{ChainState, StagedBlock};
use confcall_state::{Block, ChainError, Height, UserId};

use crate::broadcasts::Broadcasts;
use crate::connection::MediaEnd;
use crate::ledger::Ledger;
use crate::member::Member;
use crate::names::{CallNames, Names};
use crate::roster::Roster;

/// One call of a server.
///
/// The chain says who has the key, the roster who is connected; whoever left is still in the chain until
/// somebody removes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub(crate) names: CallNames,
    pub(crate) creator: Option<UserId>,
    pub(crate) ledger: Ledger,
    pub(crate) broadcasts: Broadcasts,
    pub(crate) roster: Roster,
    /// Who was kicked, and comes back only if the creator invites them.
    pub(crate) kicked: BTreeSet<UserId>,
    pub(crate) media: MediaEnd,
    pub(crate) attendance: Attendance,
}

/// Whether anybody has been in a call since idle calls were last looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attendance {
    /// Somebody has, or the call is a new one.
    Attended,
    /// Nobody has.
    Unattended,
}

impl Call {
    /// A call without any block; a call that was recorded has no creator.
    pub(crate) fn new(names: &mut Names, creator: Option<UserId>) -> Self {
        let mut rng = names.fresh();
        Self {
            names: CallNames::draw(&mut rng),
            creator,
            ledger: Ledger::new(),
            broadcasts: Broadcasts::new(),
            roster: Roster::default(),
            kicked: BTreeSet::new(),
            media: MediaEnd::draw(&mut rng),
            attendance: Attendance::Attended,
        }
    }

    /// The id.
    pub fn id(&self) -> CallId {
        self.names.id
    }

    /// The access hash, the same for every user.
    pub fn access_hash(&self) -> AccessHash {
        self.names.access_hash
    }

    /// The name of the call in its link.
    pub fn slug(&self) -> &Slug {
        &self.names.slug
    }

    /// The link.
    pub fn invite_link(&self) -> InviteLink {
        InviteLink::new(Link::Conference(self.names.slug.clone()).to_string())
    }

    /// The reference that updates carry.
    pub fn reference(&self) -> InputGroupCall {
        InputGroupCall::Id {
            id: self.id(),
            access_hash: self.access_hash(),
        }
    }

    /// The state after the last block.
    pub fn chain_state(&self) -> &ChainState {
        self.ledger.state()
    }

    /// The blocks in server form; the offset of each is its height.
    pub fn blocks(&self) -> &[Vec<u8>] {
        self.ledger.blocks().items()
    }

    /// The broadcasts in server form, as far as they were not dropped.
    pub fn broadcasts(&self) -> &[Vec<u8>] {
        self.broadcasts.list().items()
    }

    /// Who is connected, by user id.
    pub fn members(&self) -> impl ExactSizeIterator<Item = &Member> {
        self.roster.members()
    }

    /// The member that a user is.
    pub fn member(&self, user_id: UserId) -> Option<&Member> {
        self.roster.member(user_id)
    }

    /// Appends a block that was staged on this very state, and starts its verification.
    pub(crate) fn append(&mut self, block: &Block, staged: StagedBlock) -> Result<(), ChainError> {
        self.ledger.append(block, staged)?;
        self.broadcasts.restart(self.ledger.state());
        Ok(())
    }

    /// Whether nobody has written block 0 yet.
    pub fn is_empty(&self) -> bool {
        self.chain_state().height() == Height::BEFORE_FIRST
    }
}
