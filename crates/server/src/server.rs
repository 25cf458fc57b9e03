use std::collections::BTreeMap;

use confcall_join::Slug;
use confcall_join::api::{
    CallId, InputGroupCall, JoinGroupCall, Request, Response, RpcError, Service, Update, Updates,
};
use confcall_join::policy::{self, CallKind, PolicyViolation};
use confcall_state::UserId;

use crate::admission::Announcement;
use crate::call::Call;
use crate::creation::Creation;
use crate::invitations::Invitations;
use crate::names::Names;
use crate::options::Options;
use crate::pushes::Pushes;
use crate::refusal::Refusal;

/// A conference server as a value.
///
/// Whoever holds it passes each request to [`Service::handle`], or to [`Server::answer`] to learn why one is
/// refused, and then takes the pushes with [`Service::poll_push`] until there is none left. Users need not be
/// known before. A refused request leaves the server equal to what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    pub(crate) options: Options,
    pub(crate) names: Names,
    pub(crate) calls: BTreeMap<CallId, Call>,
    pub(crate) slugs: BTreeMap<Slug, CallId>,
    pub(crate) creations: BTreeMap<(UserId, i32), Creation>,
    pub(crate) invitations: Invitations,
    pushes: Pushes,
}

impl Server {
    /// A server without any call.
    pub fn new(options: Options) -> Self {
        Self {
            options,
            names: Names::new(options.seed),
            calls: BTreeMap::new(),
            slugs: BTreeMap::new(),
            creations: BTreeMap::new(),
            invitations: Invitations::default(),
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
        let id = self.find(from, &request.call).map(Call::id);
        let call = id.and_then(|id| self.calls.get_mut(&id));
        let call = call.ok_or(Refusal::UnknownCall)?;
        let limits = &self.options.limits;
        let admission = call.check_join(&announcement, limits)?;
        call.admit(admission)?;
        if let Some(newcomer) = call.member(from) {
            for viewer in call.members().map(|member| member.user_id()) {
                if viewer != from {
                    for update in call.join_pushes(viewer, newcomer) {
                        self.pushes.push(viewer, update, limits.pushes);
                    }
                }
            }
        }
        Ok(call.join_answer(from))
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
