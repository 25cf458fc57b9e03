use std::collections::{BTreeMap, VecDeque};

use confcall_join::Slug;
use confcall_join::api::{
    AccessHash, CallId, InputGroupCall, JoinGroupCall, Request, Response, RpcError, Service,
    Update, Updates,
};
use confcall_join::policy::{self, CallKind, PolicyViolation};
use confcall_state::UserId;

use crate::admission::Announcement;
use crate::call::Call;
use crate::creation::Creation;
use crate::invitations::Invitations;
use crate::member::{Member, News};
use crate::names::Names;
use crate::options::ServerOptions;
use crate::pushes::Pushes;
use crate::refusal::Refusal;

/// A conference server as a value.
///
/// Whoever holds it passes each request to [`Service::handle`], or to [`Server::answer`] to learn why one is
/// refused, and then takes the pushes with [`Service::poll_push`] until there is none left. Users need not be
/// known before. A refused request leaves the server equal to what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    pub(crate) options: ServerOptions,
    pub(crate) names: Names,
    pub(crate) calls: BTreeMap<CallId, Call>,
    pub(crate) slugs: BTreeMap<Slug, CallId>,
    pub(crate) creations: BTreeMap<(UserId, i32), Creation>,
    pub(crate) invitations: Invitations,
    /// The calls that ended last, to recognise a request to end one of them again.
    pub(crate) ended: VecDeque<(CallId, AccessHash)>,
    pushes: Pushes,
}

impl Server {
    /// A server without any call.
    pub fn new(options: ServerOptions) -> Self {
        Self {
            options,
            names: Names::new(options.seed),
            calls: BTreeMap::new(),
            slugs: BTreeMap::new(),
            creations: BTreeMap::new(),
            invitations: Invitations::default(),
            ended: VecDeque::new(),
            pushes: Pushes::default(),
        }
    }

    /// The call with this id.
    pub fn call(&self, id: CallId) -> Option<&Call> {
        self.calls.get(&id)
    }

    /// All calls, by id.
    pub fn calls(&self) -> impl ExactSizeIterator<Item = &Call> {
        self.calls.values()
    }

    /// The call that a reference names for a user.
    pub fn find(&self, user_id: UserId, reference: &InputGroupCall) -> Option<&Call> {
        match reference {
            InputGroupCall::Id { id, access_hash } => {
                let call = self.call(*id);
                call.filter(|call| call.access_hash() == *access_hash)
            }
            InputGroupCall::Slug(slug) => self.call(*self.slugs.get(slug)?),
            InputGroupCall::InviteMessage(message) => {
                self.call(self.invitations.call(user_id, *message)?)
            }
        }
    }

    /// Carries out one request of the user `from`, and says why if it does not.
    ///
    /// # Errors
    ///
    /// [`Refusal`]; nothing has changed then.
    pub fn answer(&mut self, from: UserId, request: &Request) -> Result<Response, Refusal> {
        match request {
            Request::Join(join) => self.join(from, join).map(Response::from),
            Request::Create(create) => self.create(from, create).map(Response::from),
            Request::ChainBlocks(read) => self.read_chain(from, read).map(Response::from),
            Request::Broadcast(broadcast) => self.broadcast(from, broadcast).map(Response::from),
            Request::Remove(remove) => self.remove(from, remove).map(Response::from),
            Request::Invite(invite) => self.invite_by(from, invite).map(Response::from),
            Request::DeclineInvite(decline) => self.decline(from, decline).map(Response::from),
            Request::Message(message) => self.pass_on(from, message).map(Response::from),
            Request::GroupCall(look) => self.look_up(from, look).map(Response::from),
            Request::Participants(read) => self.read_roster(from, read).map(Response::from),
            Request::Check(check) => self.check_sources(from, check).map(Response::from),
            Request::Leave(leave) => self.leave(from, leave).map(Response::from),
            Request::Discard(discard) => self.discard(from, discard).map(Response::from),
            Request::Settings(settings) => self.change_settings(from, settings).map(Response::from),
            other => Err(Refusal::Unsupported(other.method())),
        }
    }

    fn join(&mut self, from: UserId, request: &JoinGroupCall) -> Result<Updates, Refusal> {
        let kind = CallKind::Conference;
        policy::check(kind, request)?;
        let block = request.block.as_deref();
        let announcement = Announcement {
            user_id: from,
            public_key: request
                .public_key
                .ok_or(PolicyViolation::KeyMissing(kind))?,
            block: block.ok_or(PolicyViolation::BlockMissing(kind))?,
            params: &request.params,
            muted: request.muted,
        };
        self.check_space(announcement.block.len())?;
        let limits = self.options.limits;
        let call = self.find_mut(from, &request.call)?;
        let admission = call.check_join(&announcement, &limits)?;
        call.admit(admission)?;
        let (id, answer) = (call.id(), call.join_answer(from));
        self.tell_others(id, from, |call, viewer| {
            call.block_news(viewer, call.member(from), News::Joined)
        });
        Ok(answer)
    }

    /// The call that a reference names for a user, to be changed.
    pub(crate) fn find_mut(
        &mut self,
        user_id: UserId,
        reference: &InputGroupCall,
    ) -> Result<&mut Call, Refusal> {
        let id = self.find(user_id, reference).map(Call::id);
        let call = id.and_then(|id| self.calls.get_mut(&id));
        call.ok_or(Refusal::UnknownCall)
    }

    /// The call that a reference names for a user who is a member of it.
    pub(crate) fn find_joined(
        &self,
        user_id: UserId,
        reference: &InputGroupCall,
    ) -> Result<(&Call, &Member), Refusal> {
        let call = self.find(user_id, reference).ok_or(Refusal::UnknownCall)?;
        let member = call.member(user_id).ok_or(Refusal::NotAMember(user_id))?;
        Ok((call, member))
    }

    /// Pushes to every member of a call but one what `news` says for it.
    pub(crate) fn tell_others<U: IntoIterator<Item = Update>>(
        &mut self,
        call: CallId,
        from: UserId,
        news: impl Fn(&Call, UserId) -> U,
    ) {
        let limit = self.options.limits.pushes;
        let Some(call) = self.calls.get(&call) else {
            return;
        };
        let viewers = call.members().map(Member::user_id);
        for viewer in viewers.filter(|viewer| *viewer != from) {
            for update in news(call, viewer) {
                self.pushes.push(viewer, update, limit);
            }
        }
    }

    /// Pushes an update to one user.
    pub(crate) fn tell(&mut self, user_id: UserId, update: Update) {
        let limit = self.options.limits.pushes;
        self.pushes.push(user_id, update, limit);
    }
}

impl Service for Server {
    fn handle(&mut self, from: UserId, request: &[u8]) -> Result<Response, RpcError> {
        let request = Request::from_tl(request).map_err(Refusal::Unreadable);
        let answer = request.and_then(|request| self.answer(from, &request));
        answer.map_err(RpcError::from)
    }

    fn poll_push(&mut self) -> Option<(UserId, Update)> {
        self.pushes.pop()
    }
}
