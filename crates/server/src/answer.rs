//! What a call tells its members.

use confcall_join::api::{
    ChainBlocks, Connection, GroupCall, Participants, SubChain, Update, Updates,
};
use confcall_state::UserId;

use crate::call::Call;
use crate::item_list::Page;
use crate::member::{Member, News};

impl Call {
    /// The answer to a join by the newest block.
    ///
    /// All broadcasts so far are about older blocks, so subchain 1 starts empty at its end.
    pub(crate) fn join_answer(&self, user_id: UserId) -> Updates {
        let (blocks, broadcasts) = (self.ledger.blocks().last(), self.broadcasts.nothing());
        self.membership_answer(user_id, blocks, broadcasts)
    }

    /// The answer to the creator who joined by block 0, also when the call has moved on since.
    pub(crate) fn creation_answer(&self, user_id: UserId) -> Updates {
        let blocks = self.ledger.blocks().page(0, i32::MAX);
        let broadcasts = self.broadcasts.page(0, i32::MAX);
        self.membership_answer(user_id, blocks, broadcasts)
    }

    /// Connection, roster, call, and both subchains from the member's own block on.
    fn membership_answer(
        &self,
        user_id: UserId,
        blocks: Page<'_>,
        broadcasts: Page<'_>,
    ) -> Updates {
        Updates(vec![
            Update::Connection(Connection {
                presentation: false,
                params: self.media.params(),
            }),
            self.whole_roster(user_id),
            self.shown_to(user_id),
            self.chain_blocks(SubChain::Blocks, blocks),
            self.chain_blocks(SubChain::Broadcasts, broadcasts),
        ])
    }

    /// What `viewer` is told when `newcomer` has joined: the new block and the new member.
    pub(crate) fn join_pushes(&self, viewer: UserId, newcomer: &Member) -> [Update; 2] {
        let newcomer = newcomer.shown_to(viewer, News::Joined);
        [
            self.chain_blocks(SubChain::Blocks, self.ledger.blocks().last()),
            Update::Participants(Participants {
                call: self.reference(),
                participants: vec![newcomer],
                version: self.roster.version(),
            }),
        ]
    }

    /// The call itself.
    pub(crate) fn shown_to(&self, viewer: UserId) -> Update {
        Update::GroupCall(GroupCall::Active {
            id: self.id(),
            access_hash: self.access_hash(),
            conference: true,
            creator: self.creator == Some(viewer),
            participants_count: i32::try_from(self.members().len()).unwrap_or(i32::MAX),
            invite_link: Some(self.invite_link()),
            version: self.roster.version(),
        })
    }

    pub(crate) fn chain_blocks(&self, sub_chain: SubChain, page: Page<'_>) -> Update {
        Update::ChainBlocks(ChainBlocks {
            call: self.reference(),
            sub_chain,
            blocks: page.items.to_vec(),
            next_offset: page.next_offset,
        })
    }

    fn whole_roster(&self, viewer: UserId) -> Update {
        let shown = |member: &Member| match member.user_id() == viewer {
            true => member.shown_to(viewer, News::Joined),
            false => member.shown_to(viewer, News::None),
        };
        Update::Participants(Participants {
            call: self.reference(),
            participants: self.members().map(shown).collect(),
            version: self.roster.version(),
        })
    }
}
