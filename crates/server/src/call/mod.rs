mod access;
mod broadcasts;
mod edit;
mod items;
mod join_request;
mod ledger;
mod media;
mod member;
mod outcome;
mod pictures;
mod roster;
mod subchains;
mod voices;

use chacha20::ChaCha20Rng;
use confcall_join::api::{
    AccessHash, ActiveCall, CallConnection, CallId, CallRef, CallSettings, DataJson,
    DeleteConferenceCallParticipants, EditGroupCallParticipant, EncryptedMessage,
    GetGroupCallChainBlocks, GetGroupParticipants, GroupCall, GroupCallInfo, InputGroupCall,
    InviteLink, ParticipantsPage, Peer, Removal, SubChain, Update, Updates,
};
use confcall_join::joining::{JoinPayload, Link};
use confcall_join::{Slug, Ssrc};
use confcall_state::chain::ChainState;
use confcall_state::{Height, UserId};

use self::edit::{Edit, Effect};
use self::items::Page;
use self::roster::RosterChange;
use crate::error::LoadError;
use crate::names::CallNames;
use crate::options::Limits;
use crate::refusal::Refusal;

pub(crate) use self::access::Access;
pub(crate) use self::join_request::JoinRequest;
pub(crate) use self::media::MediaEnd;
pub use self::member::CallMember;
pub(crate) use self::outcome::Outcome;
pub(crate) use self::pictures::{Camera, Screen};
pub(crate) use self::roster::Roster;
pub(crate) use self::subchains::Subchains;
pub(crate) use self::voices::{Choice, Voices};

/// The most cameras of a call, as the API names it.
const VIDEO_LIMIT: i32 = 30;

/// One call of a server.
///
/// The chain says who has the key, the roster who is connected: a user who left stays in the chain until a member
/// writes a block without them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub(crate) names: CallNames,
    pub(crate) access: Access,
    pub(crate) subchains: Subchains,
    pub(crate) roster: Roster,
    pub(crate) media: MediaEnd,
    /// The server's end of the media connections of screens.
    pub(crate) screens: MediaEnd,
    pub(crate) messages_enabled: bool,
    /// The time at which the call was created.
    pub(crate) created: i32,
    /// True if the call is a new one, or was not empty all the time since idle calls were last looked for.
    pub(crate) attended: bool,
}

impl Call {
    /// A call without any block.
    pub(crate) fn new(rng: &mut ChaCha20Rng, creator: Option<UserId>, created: i32) -> Self {
        Self {
            names: CallNames::draw(rng),
            access: Access::new(creator, []),
            subchains: Subchains::new(),
            roster: Roster::default(),
            media: MediaEnd::draw(rng),
            screens: MediaEnd::draw(rng),
            messages_enabled: true,
            created,
            attended: true,
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

    /// The call by its id.
    pub fn named(&self) -> CallRef {
        CallRef {
            id: self.id(),
            access_hash: self.access_hash(),
        }
    }

    /// The reference that updates carry.
    pub fn reference(&self) -> InputGroupCall {
        self.named().into()
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
        self.roster.members()
    }

    /// The member that a user is.
    pub fn member(&self, user_id: UserId) -> Option<&CallMember> {
        self.roster.member(user_id)
    }

    /// True until block 0 is written.
    pub fn is_empty(&self) -> bool {
        self.chain_state().height() == Height::BEFORE_FIRST
    }

    /// The seconds since it was created.
    pub(crate) fn duration(&self, now: i32) -> i32 {
        now.saturating_sub(self.created).max(0)
    }

    /// The number of bytes of its blocks and broadcasts.
    pub(crate) fn size(&self) -> usize {
        self.subchains.size()
    }

    /// Checks that a user is connected.
    pub(crate) fn check_member(&self, user_id: UserId) -> Result<&CallMember, Refusal> {
        self.member(user_id).ok_or(Refusal::NotAMember(user_id))
    }

    /// Lets a user join by a block on the newest one (`spec/protocol.md`, 6).
    ///
    /// The answer has the newest block only. All broadcasts so far are about older ones, so subchain 1 starts empty.
    pub(crate) fn join(
        &mut self,
        request: &JoinRequest<'_>,
        limits: &Limits,
    ) -> Result<Outcome, Refusal> {
        let user_id = request.user_id;
        // The media come first and the block last: who has lost a race learns of it only if nothing else is wrong.
        self.access.check_join(user_id)?;
        let member = CallMember::of_request(request, limits)?;
        self.roster.check_sources(&member)?;
        self.subchains.ledger().check_room(user_id, limits)?;
        let (block, key) = (request.block, request.public_key);
        let ledger = self.subchains.ledger();
        let checked = ledger.check_join(block, user_id, key, limits)?;
        // Every check is behind us: from here on all of it happens.
        self.subchains.append(checked)?;
        self.roster.enter(member);
        self.attended = true;
        let answer = self.join_answer(user_id, |sub_chain| self.subchains.tip(sub_chain));
        Ok(Outcome::new(user_id, answer, &self.roster, |viewer| {
            self.block_updates(viewer, self.member(user_id), RosterChange::Joined)
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
        let remover = self.check_member(from)?.public_key();
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
        let gone = self.roster.remove(&request.ids);
        let updates = |viewer| self.block_updates(viewer, &gone, RosterChange::Left);
        let mut outcome = Outcome::new(from, updates(from), &self.roster, updates);
        // The removed are no members, who alone get blocks: they get the roster only.
        let farewells = gone.iter().map(CallMember::user_id).filter_map(|user_id| {
            let update = self.left_update(user_id, &gone)?;
            Some((user_id, update))
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
        Ok(Outcome::same(from, update, &self.roster))
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
        self.check_member(from)?;
        if !self.messages_enabled {
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
        Ok(Outcome::new(from, Vec::new(), &self.roster, |_| {
            [update.clone()]
        }))
    }

    /// Lets a member leave (`spec/protocol.md`, 8).
    ///
    /// The source names the membership, so that one that ends late does not end its successor.
    pub(crate) fn leave(&mut self, from: UserId, source: Ssrc) -> Result<Outcome, Refusal> {
        match self.member(from) {
            Some(member) if member.source() == source => self.disconnect(from),
            _ => Err(Refusal::NotJoined),
        }
    }

    /// Takes a member out of the roster; the chain keeps the participant.
    pub(crate) fn disconnect(&mut self, user_id: UserId) -> Result<Outcome, Refusal> {
        let gone = self.roster.remove(&[user_id]);
        let update = |viewer| self.left_update(viewer, &gone);
        let own = update(user_id).ok_or(Refusal::NotAMember(user_id))?;
        Ok(Outcome::new(user_id, vec![own], &self.roster, update))
    }

    /// Edits a participant on behalf of a member, as far as that may (`spec/protocol.md`, 8).
    pub(crate) fn edit(
        &mut self,
        from: UserId,
        request: &EditGroupCallParticipant,
    ) -> Result<Outcome, Refusal> {
        self.check_member(from)?;
        let user_id = request.participant.user(from);
        let user_id = user_id.ok_or(Refusal::NoParticipant)?;
        let edit = Edit {
            editor: from,
            is_by_admin: self.access.is_creator(from),
            is_of_admin: self.access.is_creator(user_id),
            request,
        };
        let effect = self.roster.edit(user_id, &edit)?;
        Ok(self.edited(from, user_id, effect))
    }

    /// Notes that a member speaks, which its media show.
    pub(crate) fn note_speaking(&mut self, user_id: UserId, date: i32) -> Result<Outcome, Refusal> {
        self.roster.note_speaking(user_id, date)?;
        Ok(self.edited(user_id, user_id, Effect::All))
    }

    /// Lets a member share a screen over a media connection of its own (`spec/protocol.md`, 11.1).
    pub(crate) fn share(
        &mut self,
        from: UserId,
        params: &DataJson,
        limits: &Limits,
    ) -> Result<Outcome, Refusal> {
        let member = self.member(from).ok_or(Refusal::NoParticipant)?;
        if !self.roster.voices().may_speak(from) {
            return Err(Refusal::Silenced(from));
        }
        let payload = JoinPayload::from_json(params.as_str())?;
        let sharing = member.with_screen(&payload, limits)?;
        self.roster.check_sources(&sharing)?;
        let params = self.screens.screen_params(&sharing.screen_endpoint());
        self.roster.enter(sharing);
        let mut outcome = self.edited(from, from, Effect::Counted);
        let connection = Update::Connection(CallConnection {
            presentation: true,
            params,
        });
        outcome.answer.0.insert(0, connection);
        Ok(outcome)
    }

    /// Ends the sharing of a screen; there need not be any.
    pub(crate) fn unshare(&mut self, from: UserId) -> Result<Outcome, Refusal> {
        let member = self.check_member(from)?;
        if member.screen.is_none() {
            return Ok(self.edited(from, from, Effect::Editor));
        }
        let screen = None;
        let member = member.clone();
        self.roster.enter(CallMember { screen, ..member });
        Ok(self.edited(from, from, Effect::Counted))
    }

    /// Those of some sources that are a member's (`spec/protocol.md`, 10).
    pub(crate) fn joined_sources(
        &self,
        user_id: UserId,
        sources: &[Ssrc],
    ) -> Result<Vec<Ssrc>, Refusal> {
        let member = self.member(user_id).ok_or(Refusal::NotJoined)?;
        let own: Vec<_> = member.sources().collect();
        let joined = sources.iter().filter(|source| own.contains(source));
        Ok(joined.copied().collect())
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
        self.roster.count_change();
        let update = |viewer| [Update::from(self.info(viewer))];
        Outcome::new(from, update(from).into(), &self.roster, update)
    }

    /// The end of the call for everyone, on behalf of a user.
    pub(crate) fn discarded(&self, from: UserId, now: i32) -> Outcome {
        let discarded = Update::from(GroupCall::Discarded {
            id: self.id(),
            access_hash: self.access_hash(),
            duration: self.duration(now),
        });
        Outcome::same(from, discarded, &self.roster)
    }

    /// Marks an empty call; true if it has been empty since it was marked before.
    pub(crate) fn was_idle(&mut self) -> bool {
        // Marked twice in a row, a call was empty for a whole interval.
        self.roster.is_empty() && !core::mem::replace(&mut self.attended, false)
    }

    /// Some items of a subchain (`spec/protocol.md`, 7); users who are no members get the newest block only.
    pub(crate) fn chain_page(&self, from: UserId, request: &GetGroupCallChainBlocks) -> Updates {
        let sub_chain = request.sub_chain;
        let page = match self.member(from) {
            Some(_) => {
                let items = self.subchains.items(sub_chain);
                items.page(request.offset, request.limit)
            }
            None => self.subchains.tip(sub_chain),
        };
        Updates(vec![self.chain_update(sub_chain, page)])
    }

    /// The call and the start of its roster, for a user who can name it (`spec/protocol.md`, 12).
    pub(crate) fn overview(&self, viewer: UserId, limit: i32) -> GroupCallInfo {
        let (participants, next_offset) = self.roster.first_page(viewer, limit);
        GroupCallInfo {
            call: self.info(viewer),
            participants,
            next_offset,
            labels: Vec::new(),
        }
    }

    /// A page of the roster for a member (`spec/protocol.md`, 8).
    pub(crate) fn roster_page(
        &self,
        from: UserId,
        request: &GetGroupParticipants,
    ) -> Result<ParticipantsPage, Refusal> {
        self.check_member(from)?;
        self.roster.page(from, request)
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
        self.roster = Roster::of_group(self.chain_state().group_state(), rng, self.created);
        Ok(())
    }

    /// Connection, roster, call, and a page of both subchains.
    fn join_answer<'a>(&self, user_id: UserId, page: impl Fn(SubChain) -> Page<'a>) -> Vec<Update> {
        let chain_update = |sub_chain| self.chain_update(sub_chain, page(sub_chain));
        vec![
            Update::Connection(CallConnection {
                presentation: false,
                params: self.media.params(),
            }),
            self.roster.whole(self.reference(), user_id),
            self.info(user_id).into(),
            chain_update(SubChain::Blocks),
            chain_update(SubChain::Broadcasts),
        ]
    }

    /// The newest block, and the change of the roster that came with it.
    fn block_updates<'a>(
        &self,
        viewer: UserId,
        members: impl IntoIterator<Item = &'a CallMember>,
        change: RosterChange,
    ) -> Vec<Update> {
        let block = self.subchains.tip(SubChain::Blocks);
        let block = self.chain_update(SubChain::Blocks, block);
        let change = self
            .roster
            .change(self.reference(), viewer, members, change);
        core::iter::once(block).chain(change).collect()
    }

    /// The entry of a member after an edit: the editor gets it in any case, to see what became of a wish.
    fn edited(&self, from: UserId, user_id: UserId, effect: Effect) -> Outcome {
        let change = match effect {
            Effect::Counted => RosterChange::Edited,
            Effect::Editor | Effect::All => RosterChange::None,
        };
        let update = |viewer| {
            let member = self.member(user_id);
            self.roster.change(self.reference(), viewer, member, change)
        };
        let answer = update(from).into_iter().collect();
        match effect {
            Effect::All | Effect::Counted => Outcome::new(from, answer, &self.roster, update),
            Effect::Editor => Outcome::of_answer(answer),
        }
    }

    fn left_update(&self, viewer: UserId, gone: &[CallMember]) -> Option<Update> {
        self.roster
            .change(self.reference(), viewer, gone, RosterChange::Left)
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
            participants_count: self.roster.count(),
            invite_link: Some(self.invite_link()),
            version: self.roster.version(),
            settings: CallSettings {
                messages_enabled: self.messages_enabled,
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
