//! What a call tells its members.

use confcall_join::api::{
    CallConnection, ChainBlocks, GroupCall, Participants, SubChain, Update, Updates,
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
        let (blocks, broadcasts) = (
            self.ledger.blocks().last(),
            self.broadcasts.list().nothing(),
        );
        self.membership_answer(user_id, blocks, broadcasts)
    }

    /// The answer to the creator who joined by block 0, also when the call has moved on since.
    pub(crate) fn creation_answer(&self, user_id: UserId) -> Updates {
        let blocks = self.ledger.blocks().page(0, i32::MAX);
        let broadcasts = self.broadcasts.list().page(0, i32::MAX);
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
            Update::Connection(CallConnection {
                presentation: false,
                params: self.media.params(),
            }),
            self.whole_roster(user_id),
            Update::GroupCall(self.shown_to(user_id)),
            self.chain_blocks(SubChain::Blocks, blocks),
            self.chain_blocks(SubChain::Broadcasts, broadcasts),
        ])
    }

    /// What `viewer` is told of a change of members that a block makes.
    pub(crate) fn block_news<'a>(
        &self,
        viewer: UserId,
        members: impl IntoIterator<Item = &'a Member>,
        news: News,
    ) -> Vec<Update> {
        let block = self.chain_blocks(SubChain::Blocks, self.ledger.blocks().last());
        let roster = self.roster_news(viewer, members, news);
        core::iter::once(block).chain(roster).collect()
    }

    /// What `viewer` is told of members who came or left; nothing if nobody did.
    pub(crate) fn roster_news<'a>(
        &self,
        viewer: UserId,
        members: impl IntoIterator<Item = &'a Member>,
        news: News,
    ) -> Option<Update> {
        let members = members.into_iter();
        let participants: Vec<_> = members.map(|one| one.shown_to(viewer, news)).collect();
        (!participants.is_empty()).then(|| {
            Update::Participants(Participants {
                call: self.reference(),
                participants,
                version: self.roster.version(),
            })
        })
    }

    /// The call itself.
    pub(crate) fn shown_to(&self, viewer: UserId) -> GroupCall {
        GroupCall::Active {
            id: self.id(),
            access_hash: self.access_hash(),
            conference: true,
            creator: self.creator == Some(viewer),
            participants_count: self.members_count(),
            invite_link: Some(self.invite_link()),
            version: self.roster.version(),
        }
    }

    /// How many members there are, as the API counts.
    pub(crate) fn members_count(&self) -> i32 {
        i32::try_from(self.members().len()).unwrap_or(i32::MAX)
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
