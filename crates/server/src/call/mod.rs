mod access;
mod broadcasts;
mod items;
mod join_request;
mod ledger;
mod subchains;

use std::sync::Arc;

use chacha20::ChaCha20Rng;
use confcall_join::Slug;
use confcall_join::api::{
    AccessHash, ActiveCall, CallId, CallRef, CallSettings, DeleteConferenceCallParticipants,
    EditGroupCallParticipant, EncryptedMessage, GetGroupCallChainBlocks, GroupCall, GroupCallInfo,
    InputGroupCall, InviteLink, Peer, Removal, SubChain, Update, Updates,
};
use confcall_join::joining::Link;
use confcall_state::chain::ChainState;
use confcall_state::{Height, UserId};

use self::items::Page;
use crate::error::LoadError;
use crate::names::{draw_call, draw_slug};
use crate::options::Limits;
use crate::refusal::Refusal;
use crate::room::{CallMember, Hands, Outcome, Room, Roster, RosterChange, VIDEO_LIMIT};

pub(crate) use self::access::Access;
pub(crate) use self::join_request::JoinRequest;
pub(crate) use self::subchains::Subchains;

/// One call of a server.
///
/// The chain says who has the key, the roster who is connected: a user who left stays in the chain until a member
/// writes a block without them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub(crate) slug: Slug,
    pub(crate) room: Room,
    pub(crate) access: Access,
    pub(crate) subchains: Subchains,
    /// True if the call is a new one, or was not empty all the time since idle calls were last looked for.
    pub(crate) attended: bool,
}

impl Call {
    /// A call without any block.
    pub(crate) fn new(rng: &mut ChaCha20Rng, creator: Option<UserId>, created: i32) -> Self {
        let (call, slug) = (draw_call(rng), draw_slug(rng));
        Self {
            slug,
            room: Room::draw(call, rng, created),
            access: Access::new(creator, []),
            subchains: Subchains::new(),
            attended: true,
        }
    }

    /// The id.
    pub fn id(&self) -> CallId {
        self.room.call.id
    }

    /// The access hash, the same for every user.
    pub fn access_hash(&self) -> AccessHash {
        self.room.call.access_hash
    }

    /// The name of the call in its link.
    pub fn slug(&self) -> &Slug {
        &self.slug
    }

    /// The link.
    pub fn invite_link(&self) -> InviteLink {
        InviteLink::new(Link::Conference(self.slug.clone()).to_string())
    }

    /// The call by its id.
    pub fn named(&self) -> CallRef {
        self.room.call
    }

    /// The reference that updates carry.
    pub fn reference(&self) -> InputGroupCall {
        self.room.reference()
    }

    pub(crate) fn creator(&self) -> Option<UserId> {
        self.access.creator()
    }

    /// The state after the last block.
    pub fn chain_state(&self) -> &ChainState {
        self.subchains.state()
    }

    /// The blocks in server form; the offset of each is its height.
    pub fn blocks(&self) -> &[Vec<u8>] {
        self.subchains.items(SubChain::Blocks).items()
    }

    /// The broadcasts in server form, as far as they were not dropped.
    pub fn broadcasts(&self) -> &[Vec<u8>] {
        self.subchains.items(SubChain::Broadcasts).items()
    }

    /// The users who are connected, by user id.
    pub fn members(&self) -> impl ExactSizeIterator<Item = &CallMember> {
        self.room.roster.members()
    }

    /// The member that a user is.
    pub fn member(&self, user_id: UserId) -> Option<&CallMember> {
        self.room.roster.member(user_id)
    }

    /// True until block 0 is written.
    pub fn is_empty(&self) -> bool {
        self.chain_state().height() == Height::BEFORE_FIRST
    }

    /// The number of bytes of its blocks and broadcasts.
    pub(crate) fn size(&self) -> usize {
        self.subchains.size()
    }

    /// Lets a user join by a block on the newest one (`spec/protocol.md`, 6).
    ///
    /// The answer has the newest block only. All broadcasts so far are about older ones, so subchain 1 starts empty.
    pub(crate) fn join(
        &mut self,
        request: &JoinRequest<'_>,
        limits: &Limits,
    ) -> Result<Outcome, Refusal> {
        let user_id = request.entrance.user_id;
        // The media come first and the block last: who has lost a race learns of it only if nothing else is wrong.
        self.access.check_join(user_id)?;
        let member = CallMember {
            public_key: Some(request.public_key),
            ..CallMember::entering(&request.entrance, limits)?
        };
        self.room.roster.check_sources(&member)?;
        self.subchains.ledger().check_room(user_id, limits)?;
        let (block, key) = (request.block, request.public_key);
        let ledger = self.subchains.ledger();
        let checked = ledger.check_join(block, user_id, key, limits)?;
        // Every check is behind us: from here on all of it happens.
        self.subchains.append(checked)?;
        self.room.roster.enter(member);
        self.attended = true;
        let answer = self.join_answer(user_id, |sub_chain| self.subchains.tip(sub_chain));
        let block = self.newest_block();
        Ok(Outcome::new(user_id, answer, &self.room.roster, |viewer| {
            self.block_updates(&block, viewer, self.member(user_id), RosterChange::Joined)
        }))
    }

    /// The answer to the creator who joined by block 0, also when the call has moved on since.
    pub(crate) fn creation_answer(&self, creator: UserId) -> Updates {
        let all = |sub_chain| self.subchains.items(sub_chain).page(0, i32::MAX);
        Updates(self.join_answer(creator, all))
    }

    /// Removes participants by a block of a member (`spec/protocol.md`, 8).
    ///
    /// Those who were connected are members no more, and learn of it.
    pub(crate) fn remove(
        &mut self,
        from: UserId,
        request: &DeleteConferenceCallParticipants,
        limits: &Limits,
    ) -> Result<Outcome, Refusal> {
        let remover = self.room.check_member(from)?.public_key();
        let remover = remover.ok_or(Refusal::NotAMember(from))?;
        let ledger = self.subchains.ledger();
        let checked = ledger.check_removal(&request.block, remover, &request.ids, limits)?;
        // After the block, so that the loser of a race reads the tip again whatever else is wrong.
        let connected = |user: &&UserId| self.member(**user).is_some();
        match (request.removal, request.ids.iter().find(connected)) {
            (Removal::OnlyLeft, Some(user)) => return Err(Refusal::NotLeft(*user)),
            (Removal::OnlyLeft, None) | (Removal::Kick, _) => {}
        }
        self.subchains.append(checked)?;
        // A kick keeps users out; one who left comes back at will.
        if request.removal == Removal::Kick {
            self.access.kick(&request.ids);
        }
        let gone = self.room.roster.remove(&request.ids);
        let block = self.newest_block();
        let updates = |viewer| self.block_updates(&block, viewer, &gone, RosterChange::Left);
        let answer = updates(from).into_iter().map(Arc::unwrap_or_clone);
        let mut outcome = Outcome::new(from, answer.collect(), &self.room.roster, updates);
        // The removed are no members any more, and learn by the same block why.
        let farewells = gone.iter().map(CallMember::user_id).flat_map(|user_id| {
            let updates = updates(user_id).into_iter();
            updates.map(move |update| (user_id, update))
        });
        outcome.pushes.splice(..0, farewells.collect::<Vec<_>>());
        Ok(outcome)
    }

    /// Takes a member's commit or reveal, and passes it on (`spec/protocol.md`, 5).
    pub(crate) fn broadcast(
        &mut self,
        from: UserId,
        broadcast: &[u8],
        limits: &Limits,
    ) -> Result<Outcome, Refusal> {
        self.subchains.broadcast(from, broadcast, limits)?;
        let last = self.subchains.items(SubChain::Broadcasts).last();
        let update = self.chain_update(SubChain::Broadcasts, last);
        Ok(Outcome::same(from, update, &self.room.roster))
    }

    /// Drops the broadcasts about older blocks than the newest.
    pub(crate) fn compact(&mut self) {
        self.subchains.compact();
    }

    /// Passes a member's encrypted message on (`spec/protocol.md`, 9); the server cannot read it and keeps nothing of it.
    pub(crate) fn message(
        &self,
        from: UserId,
        encrypted_message: &[u8],
        limits: &Limits,
    ) -> Result<Outcome, Refusal> {
        self.room.check_member(from)?;
        if !self.room.messages_enabled {
            return Err(Refusal::MessagesDisabled);
        }
        let (size, limit) = (encrypted_message.len(), limits.block_size);
        if size == 0 || size > limit {
            return Err(Refusal::MessageSize { size, limit });
        }
        let update = Update::EncryptedMessage(EncryptedMessage {
            call: self.reference(),
            from: Peer::User(from),
            encrypted_message: encrypted_message.to_vec(),
        });
        let roster = &self.room.roster;
        Ok(Outcome::shared(from, Vec::new(), roster, update))
    }

    /// Edits a participant on behalf of a member, as far as that may (`spec/protocol.md`, 8).
    pub(crate) fn edit(
        &mut self,
        from: UserId,
        request: &EditGroupCallParticipant,
    ) -> Result<Outcome, Refusal> {
        let access = &self.access;
        let is_admin = |user_id| access.is_creator(user_id);
        self.room.edit(from, request, Hands::Unknown, is_admin)
    }

    /// Checks that a member may invite a user.
    pub(crate) fn check_invitation(&self, from: UserId, to: UserId) -> Result<(), Refusal> {
        if self.member(to).is_some() {
            return Err(Refusal::AlreadyMember(to));
        }
        self.access.check_invitation(from, to)
    }

    /// Lets an invited user join, also one who was kicked.
    pub(crate) fn pardon(&mut self, user_id: UserId) {
        self.access.pardon(user_id);
    }

    /// Checks that a user may change or end the call.
    pub(crate) fn check_creator(&self, user_id: UserId) -> Result<(), Refusal> {
        self.access.check_creator(user_id)
    }

    /// Shows to everyone what a user set.
    pub(crate) fn settings_changed(&mut self, from: UserId) -> Outcome {
        // Clients pass over a call that has no newer version than the one that they know.
        self.room.roster.count_change();
        let update = |viewer| [Update::from(self.info(viewer))];
        Outcome::new(from, update(from).into(), &self.room.roster, update)
    }

    /// The end of the call for everyone, on behalf of a user.
    pub(crate) fn discarded(&self, from: UserId, now: i32) -> Outcome {
        let discarded = Update::from(self.room.discarded(now));
        Outcome::same(from, discarded, &self.room.roster)
    }

    /// Marks an empty call; true if it has been empty since it was marked before.
    pub(crate) fn was_idle(&mut self) -> bool {
        // Marked twice in a row, a call was empty for a whole interval.
        self.room.roster.is_empty() && !core::mem::replace(&mut self.attended, false)
    }

    /// Some items of a subchain (`spec/protocol.md`, 7), for a member from its own block on; others get the newest block only.
    pub(crate) fn chain_page(&self, from: UserId, request: &GetGroupCallChainBlocks) -> Updates {
        let sub_chain = request.sub_chain;
        let key = self.member(from).and_then(CallMember::public_key);
        let page = match key {
            Some(key) => self.subchains.page(&key, request),
            None => self.subchains.tip(sub_chain),
        };
        Updates(vec![self.chain_update(sub_chain, page)])
    }

    /// The call and the start of its roster, for a user who can name it (`spec/protocol.md`, 12).
    pub(crate) fn overview(&self, viewer: UserId, limit: i32) -> GroupCallInfo {
        let (participants, next_offset) = self.room.roster.first_page(viewer, limit);
        GroupCallInfo {
            call: self.info(viewer),
            participants,
            next_offset,
            labels: Vec::new(),
        }
    }

    /// Takes over a recorded call, whose participants become members with made-up sources.
    pub(crate) fn load(
        &mut self,
        blocks: &[impl AsRef<[u8]>],
        broadcasts: &[impl AsRef<[u8]>],
        limits: &Limits,
        rng: &mut ChaCha20Rng,
    ) -> Result<(), LoadError> {
        self.subchains = Subchains::load(blocks, 0, broadcasts, limits)?;
        self.room.roster =
            Roster::of_group(self.chain_state().group_state(), rng, self.room.created);
        Ok(())
    }

    /// Connection, roster, call, and a page of both subchains.
    fn join_answer<'a>(&self, user_id: UserId, page: impl Fn(SubChain) -> Page<'a>) -> Vec<Update> {
        let chain_update = |sub_chain| self.chain_update(sub_chain, page(sub_chain));
        vec![
            self.room.connection(),
            self.room.roster.whole(self.reference(), user_id),
            self.info(user_id).into(),
            chain_update(SubChain::Blocks),
            chain_update(SubChain::Broadcasts),
        ]
    }

    fn newest_block(&self) -> Arc<Update> {
        let block = self.subchains.tip(SubChain::Blocks);
        Arc::new(self.chain_update(SubChain::Blocks, block))
    }

    /// The newest block, and the change of the roster that came with it.
    fn block_updates<'a>(
        &self,
        block: &Arc<Update>,
        viewer: UserId,
        members: impl IntoIterator<Item = &'a CallMember>,
        change: RosterChange,
    ) -> Vec<Arc<Update>> {
        let change = self
            .room
            .roster
            .change(self.reference(), viewer, members, change);
        let block = core::iter::once(Arc::clone(block));
        block.chain(change.map(Arc::new)).collect()
    }

    fn chain_update(&self, sub_chain: SubChain, page: Page<'_>) -> Update {
        Subchains::update(self.reference(), sub_chain, page)
    }

    /// The call without its roster.
    pub(crate) fn info(&self, viewer: UserId) -> GroupCall {
        let call = ActiveCall {
            can_start_video: true,
            video_limit: VIDEO_LIMIT,
            creator: self.access.is_creator(viewer),
            participants_count: self.room.roster.count(),
            invite_link: Some(self.invite_link()),
            version: self.room.roster.version(),
            settings: CallSettings {
                messages_enabled: self.room.messages_enabled,
                can_change_messages_enabled: self.access.is_creator(viewer),
                // Those who join a conference are never muted.
                join_muted: false,
                can_change_join_muted: false,
            },
            ..ActiveCall::conference(self.named())
        };
        call.into()
    }
}
