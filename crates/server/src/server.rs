use std::sync::Arc;

use confcall_join::Ssrc;
use confcall_join::api::{
    AppConfig, CallId, CheckGroupCall, CreateConferenceCall, DeclineConferenceCallInvite,
    DeleteConferenceCallParticipants, DiscardCall, DiscardGroupCall, DiscardReason,
    EditGroupCallParticipant, GetGroupCall, GetGroupCallChainBlocks, GetGroupParticipants,
    GroupCallInfo, InputGroupCall, InputPhoneCall, InputUser, InviteConferenceCallParticipant,
    JoinGroupCall, JoinGroupCallPresentation, LeaveGroupCall, LeaveGroupCallPresentation,
    MessageId, MigratedCall, ParticipantsPage, PeerLabel, Request, Response, RpcError,
    SendConferenceCallBroadcast, SendGroupCallEncryptedMessage, Service, ToggleGroupCallSettings,
    Update, Updates,
};
use confcall_state::{PublicKey, UserId};

use crate::call::{Call, JoinRequest};
use crate::calls::Calls;
use crate::creations::{Creation, Creations};
use crate::error::{InviteError, LoadError, TooManyCalls};
use crate::introductions::Introductions;
use crate::invitations::{Invitations, InviteMessage, Wish};
use crate::names::Names;
use crate::options::ServerOptions;
use crate::own_peer::with_own_peer;
use crate::people::People;
use crate::phone_calls::{Discarded, PhoneCalls};
use crate::pushes::Pushes;
use crate::refusal::Refusal;
use crate::room::Outcome;
use crate::world::{Asked, Served, World};

/// The account of the API's service messages, which invites to calls that nobody created.
pub(crate) const SERVICE: UserId = UserId::new(777_000);

/// A conference server as a value.
///
/// Pass each request to [`Service::handle`], or to [`Server::answer`] to learn why one is refused, and then take the
/// pushes with [`Service::poll_push`] until there is none left. Users need not be known before. A refused request leaves
/// the server equal to what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    pub(crate) options: ServerOptions,
    pub(crate) calls: Calls,
    pub(crate) creations: Creations,
    pub(crate) invitations: Invitations,
    pub(crate) phone_calls: PhoneCalls,
    pub(crate) people: People,
    pub(crate) world: World,
    /// The time, in seconds since 1970.
    pub(crate) now: i32,
    pushes: Pushes,
}

impl Server {
    /// A server without any call.
    pub fn new(options: ServerOptions) -> Self {
        Self::with_names(Names::new(options.seed), options)
    }

    /// A server without any call, which draws names where another one stopped.
    pub(crate) fn with_names(names: Names, options: ServerOptions) -> Self {
        Self {
            options,
            calls: Calls::new(names),
            creations: Creations::default(),
            invitations: Invitations::default(),
            phone_calls: PhoneCalls::default(),
            people: People::default(),
            world: World::empty(Names::of_world(options.seed)),
            now: 0,
            pushes: Pushes::default(),
        }
    }

    /// The call with this id.
    pub fn call(&self, id: CallId) -> Option<&Call> {
        self.calls.get(id)
    }

    /// All calls, by id.
    pub fn calls(&self) -> impl ExactSizeIterator<Item = &Call> {
        self.calls.all()
    }

    /// The call that a reference names for a user.
    pub fn find(&self, user_id: UserId, reference: &InputGroupCall) -> Option<&Call> {
        match reference {
            InputGroupCall::Id { id, access_hash } => {
                let call = self.call(*id);
                call.filter(|call| call.access_hash() == *access_hash)
            }
            InputGroupCall::Slug(slug) => self.calls.by_slug(slug),
            InputGroupCall::InviteMessage(message) => {
                // The number of a message means something in the mailbox of its user only.
                self.call(self.invitations.call(user_id, *message)?)
            }
        }
    }

    /// The participants of a call of any kind.
    #[cfg(feature = "sfu")]
    pub(crate) fn room(&self, id: CallId) -> Option<&crate::room::Room> {
        let conference = self.call(id).map(|call| &call.room);
        conference.or_else(|| self.world.call(id).map(|call| &call.room))
    }

    /// Creates a call without any block.
    ///
    /// # Errors
    ///
    /// [`TooManyCalls`]
    pub fn create_empty(&mut self, creator: UserId) -> Result<CallId, TooManyCalls> {
        let limits = self.options.limits;
        self.calls
            .add(Some(creator), self.now, &limits, |_, _| Ok(()))
    }

    /// Adds a call that was recorded: its blocks and its broadcasts, both in server form.
    ///
    /// Every block is validated with the whole trie, and broadcasts must be readable. The participants after
    /// the last block are the members, each with a media source that is made up.
    ///
    /// # Errors
    ///
    /// [`LoadError`]
    pub fn load_recorded(
        &mut self,
        blocks: &[impl AsRef<[u8]>],
        broadcasts: &[impl AsRef<[u8]>],
    ) -> Result<CallId, LoadError> {
        let limits = self.options.limits;
        let size = size_of(blocks).saturating_add(size_of(broadcasts));
        self.calls.check_space(size, &limits)?;
        self.calls.add(None, self.now, &limits, |call, names| {
            call.load(blocks, broadcasts, &limits, &mut names.fresh())
        })
    }

    /// Invites a user to a call by a message, in the name of its creator; inviting again gives the same message.
    ///
    /// Only this user finds the call by it. The user is pushed nothing: the message is one that it already has.
    ///
    /// # Errors
    ///
    /// [`InviteError`]
    pub fn invite(&mut self, call: CallId, user_id: UserId) -> Result<MessageId, InviteError> {
        let found = self.call(call).ok_or(InviteError::UnknownCall(call))?;
        let wish = Wish {
            call,
            from: found.creator().unwrap_or(SERVICE),
            to: user_id,
            video: false,
            date: self.now,
            is_sent: false,
        };
        let limit = self.options.limits.invitations;
        let message = self.invitations.invite(wish, limit)?;
        Ok(message.received)
    }

    /// Deletes a message that invites, by the number that it has for one of its two users; both are pushed that.
    ///
    /// It leads nowhere any more. False if there is no such message.
    pub fn delete_invitation(&mut self, user_id: UserId, message: MessageId) -> bool {
        let deleted = self.invitations.delete(user_id, message);
        let pushes = deleted.iter().flat_map(InviteMessage::deletions);
        self.push_all(pushes.collect::<Vec<_>>());
        deleted.is_some()
    }

    /// Starts a call between two users, and gives the reference that each of them has for it.
    ///
    /// The server knows no more of it than that `phone.discardCall` ends it, which can move it to a conference.
    pub fn phone_call(&mut self, first: UserId, second: UserId) -> [InputPhoneCall; 2] {
        let mut rng = self.calls.draw();
        let call = self.phone_calls.start([first, second], &mut rng);
        call.references()
    }

    /// Disconnects a member, as the API does when a client has been silent for a while.
    ///
    /// The others are pushed that the member left. The chain keeps the participant until a member prunes it.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownCall`] and [`Refusal::NotAMember`]
    pub fn drop_member(&mut self, call: CallId, user_id: UserId) -> Result<(), Refusal> {
        let outcome = match self.calls.get_mut(call) {
            Some(call) => Some(call.room.disconnect(user_id)),
            None => self.world.drop_member(call, user_id),
        };
        let outcome = outcome.ok_or(Refusal::UnknownCall)??;
        self.deliver(outcome);
        Ok(())
    }

    /// Drops the broadcasts of a call that are about older blocks than the newest, as the API does at times.
    ///
    /// A request for a dropped one is answered from the first that is left (`spec/protocol.md`, 7).
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownCall`]
    pub fn compact(&mut self, call: CallId) -> Result<(), Refusal> {
        let call = self.calls.get_mut(call).ok_or(Refusal::UnknownCall)?;
        call.compact();
        Ok(())
    }

    /// Ends the calls that have been empty since this was done before, and gives their ids.
    ///
    /// Call it at intervals, by a clock. A call that is empty then lasts for one interval at least and two at most; it has
    /// no member who would be pushed its end.
    pub fn discard_idle(&mut self) -> Vec<CallId> {
        let idle = self.calls.all_mut().filter_map(|call| {
            let id = call.id();
            call.was_idle().then_some(id)
        });
        let idle: Vec<_> = idle.collect();
        idle.iter().for_each(|id| self.end(*id));
        idle
    }

    /// Sets the time, in seconds since 1970, by which what happens from now on is dated.
    ///
    /// Invitations that have rung for long enough are missed by it, which their users are pushed. A server has no clock:
    /// until the time is set, it is zero.
    pub fn set_time(&mut self, now: i32) {
        // Its callers set it before every request, and nothing rings for longer within one second.
        if now == self.now {
            return;
        }
        if self.now == 0 {
            self.world.begin(now);
        }
        self.now = now;
        let ringing = i32::try_from(self.options.ring_timeout.as_secs()).unwrap_or(i32::MAX);
        let missed = self.invitations.miss(now.saturating_sub(ringing));
        self.push_edits(&missed);
    }

    /// Notes that a member speaks now, and lets the others see when that was; the media show it, which no server carries.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownCall`] and [`Refusal::NotAMember`]
    pub fn note_speaking(&mut self, call: CallId, user_id: UserId) -> Result<(), Refusal> {
        let now = self.now;
        let outcome = match self.calls.get_mut(call) {
            Some(call) => Some(call.room.note_speaking(user_id, now)),
            None => self.world.note_speaking(call, user_id, now),
        };
        let outcome = outcome.ok_or(Refusal::UnknownCall)??;
        self.deliver(outcome);
        Ok(())
    }

    /// Gives a user a name, which the updates and answers from now on carry; before, it is `User` and the number.
    pub fn set_name(&mut self, user_id: UserId, name: impl Into<String>) {
        self.people.set_name(user_id, name.into());
    }

    /// The name that a user was given; `None` before.
    pub fn name(&self, user_id: UserId) -> Option<&str> {
        self.people.name(user_id)
    }

    /// A user as the others see it.
    pub fn label(&self, user_id: UserId) -> PeerLabel {
        self.introductions(user_id).label(user_id.into())
    }

    pub(crate) fn introductions(&self, viewer: UserId) -> Introductions<'_> {
        Introductions {
            people: &self.people,
            world: &self.world,
            viewer,
        }
    }

    /// Carries out one request of the user `from`, or gives the rule that it breaks.
    ///
    /// # Errors
    ///
    /// [`Refusal`]; nothing has changed then.
    pub fn answer(&mut self, from: UserId, request: &Request) -> Result<Response, Refusal> {
        let mut answer = self.carry_out(from, request)?;
        self.introductions(from).introduce(&mut answer);
        Ok(answer)
    }

    fn carry_out(&mut self, from: UserId, request: &Request) -> Result<Response, Refusal> {
        let (now, limits) = (self.now, self.options.limits);
        let request = &*with_own_peer(from, request);
        if let Some(served) = self.world.serve(Asked { from, now, limits }, request) {
            let Served { answer, pushes } = served?;
            self.push_all(pushes);
            return Ok(answer);
        }
        match request {
            Request::Join(request) => self.join(from, request).map(Response::from),
            Request::Create(request) => self.create(from, request).map(Response::from),
            Request::ChainBlocks(request) => self.chain_blocks(from, request).map(Response::from),
            Request::Broadcast(request) => self.broadcast(from, request).map(Response::from),
            Request::Remove(request) => self.remove(from, request).map(Response::from),
            Request::Invite(request) => self.invite_by(from, request).map(Response::from),
            Request::DeclineInvite(request) => self.decline(from, request).map(Response::from),
            Request::Message(request) => self.message(from, request).map(Response::from),
            Request::GroupCall(request) => self.group_call(from, request).map(Response::from),
            Request::Participants(request) => self.participants(from, request).map(Response::from),
            Request::Check(request) => self.check(from, request).map(Response::from),
            Request::Leave(request) => self.leave(from, request).map(Response::from),
            Request::Discard(request) => self.discard(from, request).map(Response::from),
            Request::Settings(request) => self.settings(from, request).map(Response::from),
            Request::EditParticipant(request) => self.edit(from, request).map(Response::from),
            Request::JoinPresentation(request) => self.share(from, request).map(Response::from),
            Request::LeavePresentation(request) => self.unshare(from, request).map(Response::from),
            Request::DiscardCall(request) => self.discard_call(from, request).map(Response::from),
            Request::AppConfig(_) => Ok(self.app_config().into()),
            // A conference does not have what other calls have, and a call that is not there has nothing.
            other => Err(match other.call().map(|call| self.find(from, call)) {
                Some(None) => Refusal::UnknownCall,
                Some(Some(_)) | None => Refusal::Unsupported(other.method()),
            }),
        }
    }

    fn join(&mut self, from: UserId, request: &JoinGroupCall) -> Result<Updates, Refusal> {
        let join = JoinRequest::of_join(from, request, self.now)?;
        let limits = self.options.limits;
        self.calls.check_space(join.block.len(), &limits)?;
        let call = self.find_mut(from, &request.call)?;
        let id = call.id();
        let outcome = call.join(&join, &limits)?;
        let updates = self.deliver(outcome);
        // Also to the user who joins: its other devices stop ringing.
        let answered = self.invitations.answer(id, from);
        self.push_edits(&answered);
        Ok(updates)
    }

    /// Creates a conference, joined by its creator or not.
    ///
    /// The same request sent again gives the same call and, while the first membership lasts, the same
    /// answer; a request that differs in the announced key is refused.
    fn create(&mut self, from: UserId, request: &CreateConferenceCall) -> Result<Updates, Refusal> {
        let join = JoinRequest::of_creation(from, request, self.now)?;
        let joined_with = join.map(|join| join.public_key);
        let random_id = request.random_id;
        // A client that never learnt the answer sends the request again, and must not get a second call.
        if let Some(earlier) = self.creations.find(from, random_id) {
            let again = self.creation_answer(from, earlier, joined_with);
            return again.ok_or(Refusal::RandomIdUsed(random_id));
        }
        let limits = self.options.limits;
        let size = join.map_or(0, |join| join.block.len());
        self.calls.check_space(size, &limits)?;
        let call = self
            .calls
            .add::<Refusal>(Some(from), self.now, &limits, |call, _| {
                // A new call has no other member to push the join to.
                join.map_or(Ok(()), |join| call.join(&join, &limits).map(drop))
            })?;
        let creation = Creation { call, joined_with };
        self.creations.note(from, random_id, creation);
        let answer = self.creation_answer(from, creation, joined_with);
        answer.ok_or(Refusal::UnknownCall)
    }

    fn chain_blocks(
        &self,
        from: UserId,
        request: &GetGroupCallChainBlocks,
    ) -> Result<Updates, Refusal> {
        let call = self.find(from, &request.call).ok_or(Refusal::UnknownCall)?;
        Ok(call.chain_page(from, request))
    }

    fn broadcast(
        &mut self,
        from: UserId,
        request: &SendConferenceCallBroadcast,
    ) -> Result<Updates, Refusal> {
        let limits = self.options.limits;
        let call = self.find_to_extend(from, &request.call, request.broadcast.len())?;
        let outcome = call.broadcast(from, &request.broadcast, &limits)?;
        Ok(self.deliver(outcome))
    }

    fn remove(
        &mut self,
        from: UserId,
        request: &DeleteConferenceCallParticipants,
    ) -> Result<Updates, Refusal> {
        let limits = self.options.limits;
        let call = self.find_to_extend(from, &request.call, request.block.len())?;
        let outcome = call.remove(from, request, &limits)?;
        Ok(self.deliver(outcome))
    }

    /// Invites a user on behalf of a member (`spec/protocol.md`, 12).
    ///
    /// An invitation by the creator pardons a user who was kicked.
    fn invite_by(
        &mut self,
        from: UserId,
        request: &InviteConferenceCallParticipant,
    ) -> Result<Updates, Refusal> {
        let call = self.find_joined(from, &request.call)?;
        let to = match request.user {
            InputUser::Empty => return Err(Refusal::NobodyToInvite),
            InputUser::SelfUser => from,
            InputUser::User { id, .. } => id,
        };
        call.check_invitation(from, to)?;
        let wish = Wish {
            call: call.id(),
            from,
            to,
            video: request.video,
            date: self.now,
            is_sent: true,
        };
        let limit = self.options.limits.invitations;
        let message = self.invitations.invite(wish, limit)?;
        // After the last check, so that a refused invitation leaves the call as it was.
        self.find_mut(from, &request.call)?.pardon(to);
        Ok(self.deliver(Outcome {
            answer: Updates(message.for_sender().into_iter().collect()),
            pushes: vec![(to, message.for_receiver().into())],
        }))
    }

    /// Takes back an invitation that its user declines; both users see it as missed.
    fn decline(
        &mut self,
        from: UserId,
        request: &DeclineConferenceCallInvite,
    ) -> Result<Updates, Refusal> {
        let declined = self.invitations.decline(from, request.message);
        let declined = declined.ok_or(Refusal::NotAnInvitation(request.message))?;
        self.push_edits(&[declined]);
        Ok(Updates::default())
    }

    /// Ends a call between two users on behalf of one of them, perhaps to go on as a conference (`spec/protocol.md`, 12).
    ///
    /// Of the reasons, only that one is told to the other side: no other is about conferences.
    fn discard_call(&mut self, from: UserId, request: &DiscardCall) -> Result<Updates, Refusal> {
        let discarded = self.phone_calls.discard(from, request.peer);
        let discarded = discarded.ok_or(Refusal::UnknownPhoneCall)?;
        let DiscardReason::Migrate(slug) = &request.reason else {
            return Ok(Updates::default());
        };
        let migrated = Update::Migrated(MigratedCall {
            phone_call: request.peer.id,
            slug: slug.clone(),
            video: request.video,
        });
        if let Discarded::Now(other) = discarded {
            self.push_all([(other, migrated.clone())]);
        }
        Ok(Updates(vec![migrated]))
    }

    fn app_config(&self) -> AppConfig {
        let ServerOptions {
            limits,
            ring_timeout,
            ..
        } = self.options;
        AppConfig {
            conference_size_limit: u32::try_from(limits.participants).ok(),
            ring_timeout_ms: u32::try_from(ring_timeout.as_millis()).ok(),
        }
    }

    /// Passes an encrypted message on; `true` says that it was.
    fn message(
        &mut self,
        from: UserId,
        request: &SendGroupCallEncryptedMessage,
    ) -> Result<bool, Refusal> {
        let call = self.find(from, &request.call).ok_or(Refusal::UnknownCall)?;
        let outcome = call.message(from, &request.encrypted_message, &self.options.limits)?;
        self.deliver(outcome);
        Ok(true)
    }

    fn group_call(&self, from: UserId, request: &GetGroupCall) -> Result<GroupCallInfo, Refusal> {
        let call = self.find(from, &request.call).ok_or(Refusal::UnknownCall)?;
        Ok(call.overview(from, request.limit))
    }

    fn participants(
        &self,
        from: UserId,
        request: &GetGroupParticipants,
    ) -> Result<ParticipantsPage, Refusal> {
        let call = self.find(from, &request.call).ok_or(Refusal::UnknownCall)?;
        call.room.roster_page(from, request)
    }

    fn check(&self, from: UserId, request: &CheckGroupCall) -> Result<Vec<Ssrc>, Refusal> {
        let call = self.find(from, &request.call).ok_or(Refusal::UnknownCall)?;
        call.room.joined_sources(from, &request.sources)
    }

    fn leave(&mut self, from: UserId, request: &LeaveGroupCall) -> Result<Updates, Refusal> {
        let call = self.find_mut(from, &request.call)?;
        let outcome = call.room.leave(from, request.source)?;
        Ok(self.deliver(outcome))
    }

    /// Ends a call for everyone on behalf of its creator.
    fn discard(&mut self, from: UserId, request: &DiscardGroupCall) -> Result<Updates, Refusal> {
        let Some(call) = self.find(from, &request.call) else {
            // A client that never learnt the answer ends the call again, which is a success for it.
            return Err(match request.call {
                InputGroupCall::Id { id, access_hash } if self.calls.has_ended(id, access_hash) => {
                    Refusal::EndedBefore
                }
                _ => Refusal::UnknownCall,
            });
        };
        call.check_creator(from)?;
        // Before the end, while there are members to push it to.
        let (id, outcome) = (call.id(), call.discarded(from, self.now));
        let updates = self.deliver(outcome);
        self.end(id);
        Ok(updates)
    }

    /// Changes a participant on behalf of a member.
    fn edit(
        &mut self,
        from: UserId,
        request: &EditGroupCallParticipant,
    ) -> Result<Updates, Refusal> {
        let outcome = self.find_mut(from, &request.call)?.edit(from, request)?;
        Ok(self.deliver(outcome))
    }

    fn share(
        &mut self,
        from: UserId,
        request: &JoinGroupCallPresentation,
    ) -> Result<Updates, Refusal> {
        let limits = self.options.limits;
        let call = self.find_mut(from, &request.call)?;
        let outcome = call.room.share(from, &request.params, &limits)?;
        Ok(self.deliver(outcome))
    }

    fn unshare(
        &mut self,
        from: UserId,
        request: &LeaveGroupCallPresentation,
    ) -> Result<Updates, Refusal> {
        let outcome = self.find_mut(from, &request.call)?.room.unshare(from)?;
        Ok(self.deliver(outcome))
    }

    /// Replaces the link of a call, and turns messages on or off, on behalf of its creator (`spec/protocol.md`, 12).
    ///
    /// Conferences have none of the other settings.
    fn settings(
        &mut self,
        from: UserId,
        request: &ToggleGroupCallSettings,
    ) -> Result<Updates, Refusal> {
        let call = self.find(from, &request.call).ok_or(Refusal::UnknownCall)?;
        call.check_creator(from)?;
        let has_others = request.join_muted.is_some() || request.send_paid_messages_stars.is_some();
        let messages_enabled = request
            .messages_enabled
            .unwrap_or(call.room.messages_enabled);
        let is_changed =
            request.reset_invite_hash || messages_enabled != call.room.messages_enabled;
        if has_others || !is_changed {
            return Err(Refusal::NothingToSet);
        }
        let id = call.id();
        if request.reset_invite_hash {
            self.calls.renew_slug(id);
        }
        let call = self.calls.get_mut(id).ok_or(Refusal::UnknownCall)?;
        call.room.messages_enabled = messages_enabled;
        let outcome = call.settings_changed(from);
        Ok(self.deliver(outcome))
    }

    /// The answer to a request that has made its call.
    fn creation_answer(
        &self,
        from: UserId,
        creation: Creation,
        joined_with: Option<PublicKey>,
    ) -> Option<Updates> {
        if creation.joined_with != joined_with {
            return None;
        }
        let call = self.call(creation.call)?;
        match joined_with {
            None => Some(Updates(vec![call.info(from).into()])),
            Some(key) => {
                let member = call.member(from);
                let lasts = member.is_some_and(|member| member.public_key() == Some(key));
                lasts.then(|| call.creation_answer(from))
            }
        }
    }

    /// The call that a reference names for a user, to be changed.
    fn find_mut(
        &mut self,
        user_id: UserId,
        reference: &InputGroupCall,
    ) -> Result<&mut Call, Refusal> {
        let id = self.find(user_id, reference).map(Call::id);
        let call = id.and_then(|id| self.calls.get_mut(id));
        call.ok_or(Refusal::UnknownCall)
    }

    /// The call that a reference names for a user who is a member of it.
    fn find_joined(&self, user_id: UserId, reference: &InputGroupCall) -> Result<&Call, Refusal> {
        let call = self.find(user_id, reference).ok_or(Refusal::UnknownCall)?;
        call.room.check_member(user_id)?;
        Ok(call)
    }

    /// The call that a reference names for a member, to add so many bytes to a subchain.
    fn find_to_extend(
        &mut self,
        user_id: UserId,
        reference: &InputGroupCall,
        size: usize,
    ) -> Result<&mut Call, Refusal> {
        // Only members learn that the server is full.
        self.find_joined(user_id, reference)?;
        self.calls.check_space(size, &self.options.limits)?;
        self.find_mut(user_id, reference)
    }

    /// Forgets a call, and all that leads to it; those who were invited see that it is over.
    fn end(&mut self, id: CallId) {
        let duration = self.call(id).map(|call| call.room.duration(self.now));
        self.calls.end(id, &self.options.limits);
        self.creations.forget(id);
        let ended = self.invitations.end(id, duration.unwrap_or_default());
        self.push_edits(&ended);
    }

    /// Pushes the new state of messages to both of their users.
    fn push_edits(&mut self, edited: &[InviteMessage]) {
        self.push_all(edited.iter().flat_map(InviteMessage::for_both));
    }

    pub(crate) fn push_all<U>(&mut self, pushes: impl IntoIterator<Item = (UserId, U)>)
    where
        U: Into<Arc<Update>>,
    {
        let limit = self.options.limits.pushes;
        let mut last: Option<(Arc<Update>, Arc<Updates>)> = None;
        for (to, update) in pushes {
            if self.world.is_resident(to) {
                continue;
            }
            let update: Arc<Update> = update.into();
            let same = last.as_ref();
            let same = same.filter(|(shared, _)| Arc::ptr_eq(shared, &update));
            let updates = match same {
                Some((_, updates)) => Arc::clone(updates),
                None => {
                    let introductions = self.introductions(to);
                    let labels = introductions.of_updates(core::slice::from_ref(&*update));
                    let labels = (!labels.is_empty()).then_some(Update::Labels(labels));
                    // Names depend on the user who reads them, and an update without any on nothing.
                    let is_for_all = labels.is_none() && Arc::strong_count(&update) > 1;
                    let shared = is_for_all.then(|| Arc::clone(&update));
                    let all = labels.into_iter().chain([Arc::unwrap_or_clone(update)]);
                    let updates = Arc::new(Updates(all.collect()));
                    // What comes between, for one user alone, leaves it as it is.
                    last = shared.map(|shared| (shared, Arc::clone(&updates))).or(last);
                    updates
                }
            };
            self.pushes.push(to, updates, limit);
        }
    }

    /// The next push, as [`Service::poll_push`] gives it; a value that several users share in a row is the same for all of them.
    pub fn poll_shared_push(&mut self) -> Option<(UserId, Arc<Updates>)> {
        self.pushes.pop()
    }

    /// Puts the pushes of an outcome into the queue, and gives its answer.
    fn deliver(&mut self, outcome: Outcome) -> Updates {
        self.push_all(outcome.pushes);
        outcome.answer
    }
}

impl Service for Server {
    fn handle(&mut self, from: UserId, request: &[u8]) -> Result<Response, RpcError> {
        let request = Request::from_tl(request).map_err(Refusal::Unreadable);
        let answer = request.and_then(|request| self.answer(from, &request));
        answer.map_err(RpcError::from)
    }

    fn poll_push(&mut self) -> Option<(UserId, Updates)> {
        let (to, updates) = self.pushes.pop()?;
        Some((to, Arc::unwrap_or_clone(updates)))
    }
}

fn size_of(items: &[impl AsRef<[u8]>]) -> usize {
    items.iter().map(|item| item.as_ref().len()).sum()
}
