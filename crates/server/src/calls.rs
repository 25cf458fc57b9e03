use std::collections::{BTreeMap, VecDeque};

use chacha20::ChaCha20Rng;
use confcall_join::Slug;
use confcall_join::api::{AccessHash, CallId};
use confcall_state::UserId;

use crate::call::Call;
use crate::error::{NoSpace, TooManyCalls};
use crate::names::{Names, draw_slug};
use crate::options::Limits;

/// The calls of a server, by id and by the name in their link, and those that ended last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Calls {
    names: Names,
    calls: BTreeMap<CallId, Call>,
    slugs: BTreeMap<Slug, CallId>,
    /// The oldest first, to recognise a request to end one of them again.
    ended: VecDeque<(CallId, AccessHash)>,
}

impl Calls {
    /// No calls; their names are drawn from `names`.
    pub(crate) fn new(names: Names) -> Self {
        Self {
            names,
            calls: BTreeMap::new(),
            slugs: BTreeMap::new(),
            ended: VecDeque::new(),
        }
    }

    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    /// A generator for what a server makes up beside calls.
    pub(crate) fn draw(&mut self) -> ChaCha20Rng {
        self.names.fresh()
    }

    pub(crate) fn get(&self, id: CallId) -> Option<&Call> {
        self.calls.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: CallId) -> Option<&mut Call> {
        self.calls.get_mut(&id)
    }

    pub(crate) fn by_slug(&self, slug: &Slug) -> Option<&Call> {
        self.get(*self.slugs.get(slug)?)
    }

    pub(crate) fn all(&self) -> impl ExactSizeIterator<Item = &Call> {
        self.calls.values()
    }

    pub(crate) fn all_mut(&mut self) -> impl Iterator<Item = &mut Call> {
        self.calls.values_mut()
    }

    pub(crate) fn ended(&self) -> &VecDeque<(CallId, AccessHash)> {
        &self.ended
    }

    /// Adds a call as `prepare` leaves it; if that fails, nothing has changed.
    pub(crate) fn add<E: From<TooManyCalls>>(
        &mut self,
        creator: Option<UserId>,
        created: i32,
        limits: &Limits,
        prepare: impl FnOnce(&mut Call, &mut Names) -> Result<(), E>,
    ) -> Result<CallId, E> {
        self.check_count(creator, limits)?;
        // A copy, so that a failure leaves no gap in the names.
        let mut names = self.names.clone();
        let mut call = Call::new(&mut names.fresh(), creator, created);
        while self.is_taken(&call) {
            call = Call::new(&mut names.fresh(), creator, created);
        }
        prepare(&mut call, &mut names)?;
        let id = call.id();
        self.names = names;
        self.insert(call);
        Ok(id)
    }

    /// Takes over a call that was saved; says whether its names are no other call's.
    #[must_use]
    pub(crate) fn restore(&mut self, call: Call) -> bool {
        let is_new = !self.is_taken(&call);
        if is_new {
            self.insert(call);
        }
        is_new
    }

    /// Takes over the calls that ended, of which so many are kept.
    pub(crate) fn restore_ended(&mut self, ended: VecDeque<(CallId, AccessHash)>, limit: usize) {
        self.ended = ended;
        let surplus = self.ended.len().saturating_sub(limit);
        self.ended.drain(..surplus);
    }

    /// Gives a call a link by a name that no call had, and revokes the one before.
    pub(crate) fn renew_slug(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let mut slug = draw_slug(&mut self.names.fresh());
        while self.slugs.contains_key(&slug) {
            slug = draw_slug(&mut self.names.fresh());
        }
        let revoked = core::mem::replace(&mut call.slug, slug.clone());
        self.slugs.remove(&revoked);
        self.slugs.insert(slug, id);
    }

    /// Ends a call: nothing finds it afterwards, and its place is free for another one.
    pub(crate) fn end(&mut self, id: CallId, limits: &Limits) {
        let Some(call) = self.calls.remove(&id) else {
            return;
        };
        self.slugs.remove(call.slug());
        self.ended.push_back((id, call.access_hash()));
        // As many as there can be calls: an operator who allows more of them has room for more of these.
        if self.ended.len() > limits.calls {
            self.ended.pop_front();
        }
    }

    /// True for a call that was there and has ended lately.
    pub(crate) fn has_ended(&self, id: CallId, access_hash: AccessHash) -> bool {
        self.ended.contains(&(id, access_hash))
    }

    /// Checks that so many bytes of blocks and broadcasts more fit in.
    pub(crate) fn check_space(&self, more: usize, limits: &Limits) -> Result<(), NoSpace> {
        let limit = limits.bytes;
        let kept: usize = self.all().map(Call::size).sum();
        match kept.saturating_add(more) > limit {
            true => Err(NoSpace { limit }),
            false => Ok(()),
        }
    }

    /// Checks that a user can have one more call.
    fn check_count(&self, creator: Option<UserId>, limits: &Limits) -> Result<(), TooManyCalls> {
        let limit = limits.calls;
        if self.calls.len() >= limit {
            return Err(TooManyCalls::OfAll { limit });
        }
        let limit = limits.calls_per_creator;
        let Some(creator) = creator else {
            return Ok(());
        };
        let own = self.all().filter(|call| call.creator() == Some(creator));
        match own.count() >= limit {
            true => Err(TooManyCalls::OfCreator { creator, limit }),
            false => Ok(()),
        }
    }

    fn is_taken(&self, call: &Call) -> bool {
        self.calls.contains_key(&call.id()) || self.slugs.contains_key(call.slug())
    }

    fn insert(&mut self, call: Call) {
        self.slugs.insert(call.slug().clone(), call.id());
        self.calls.insert(call.id(), call);
    }
}
