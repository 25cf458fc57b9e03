use confcall_join::api::{CallId, CreateConferenceCall, Update, Updates};
use confcall_join::policy::{self, CallKind, PolicyViolation};
use confcall_state::{PublicKey, UserId};
use thiserror::Error;

use crate::admission::Announcement;
use crate::call::Call;
use crate::names::Names;
use crate::refusal::Refusal;
use crate::server::Server;

/// There are as many calls as the server keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TooManyCalls {
    /// Of all users.
    #[error("there are {limit} calls already")]
    OfAll {
        /// How many the server keeps.
        limit: usize,
    },
    /// Of one user.
    #[error("user {creator} has {limit} calls already")]
    OfCreator {
        /// Who created them.
        creator: UserId,
        /// How many the server keeps of each user.
        limit: usize,
    },
}

/// What a request to create made, to recognise the same request sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Creation {
    pub(crate) call: CallId,
    pub(crate) joined_with: Option<PublicKey>,
}

impl Server {
    /// Creates a call in which nobody has written block 0 yet.
    ///
    /// # Errors
    ///
    /// [`TooManyCalls`]
    pub fn create_empty(&mut self, creator: UserId) -> Result<CallId, TooManyCalls> {
        self.add_call(Some(creator), |_, _| Ok(()))
    }

    /// Creates a conference, joined by its creator or not.
    ///
    /// The same request sent again gives the same call and, while the first membership lasts, the same
    /// answer; a request that differs in the announced key is refused.
    pub(crate) fn create(
        &mut self,
        from: UserId,
        request: &CreateConferenceCall,
    ) -> Result<Updates, Refusal> {
        policy::check_creation(request)?;
        let announcement = announcement(from, request)?;
        let joined_with = announcement.map(|announcement| announcement.public_key);
        let number = (from, request.random_id);
        if let Some(earlier) = self.creations.get(&number) {
            let again = self.created_before(from, *earlier, joined_with);
            return again.ok_or(Refusal::RandomIdUsed(request.random_id));
        }
        self.check_space(request.block.as_ref().map_or(0, Vec::len))?;
        let limits = self.options.limits;
        let call = self.add_call::<Refusal>(Some(from), |call, _| {
            if let Some(announcement) = &announcement {
                let admission = call.check_join(announcement, &limits)?;
                call.admit(admission)?;
            }
            Ok(())
        })?;
        let creation = Creation { call, joined_with };
        self.creations.insert(number, creation);
        let answer = self.created_before(from, creation, joined_with);
        answer.ok_or(Refusal::UnknownCall)
    }

    /// The answer to a request that has made its call.
    fn created_before(
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
            None => Some(Updates(vec![Update::GroupCall(call.shown_to(from))])),
            Some(key) => {
                let member = call.member(from);
                let lasts = member.is_some_and(|member| member.public_key() == key);
                lasts.then(|| call.creation_answer(from))
            }
        }
    }

    /// Adds a call as `prepare` leaves it; if that fails, nothing has changed.
    pub(crate) fn add_call<E: From<TooManyCalls>>(
        &mut self,
        creator: Option<UserId>,
        prepare: impl FnOnce(&mut Call, &mut Names) -> Result<(), E>,
    ) -> Result<CallId, E> {
        self.check_count(creator)?;
        let mut names = self.names.clone();
        let mut call = Call::new(&mut names, creator);
        while self.calls.contains_key(&call.id()) || self.slugs.contains_key(call.slug()) {
            call = Call::new(&mut names, creator);
        }
        prepare(&mut call, &mut names)?;
        let id = call.id();
        self.names = names;
        self.slugs.insert(call.slug().clone(), id);
        self.calls.insert(id, call);
        Ok(id)
    }

    /// Whether this user can have one more call.
    fn check_count(&self, creator: Option<UserId>) -> Result<(), TooManyCalls> {
        let limit = self.options.limits.calls;
        if self.calls.len() >= limit {
            return Err(TooManyCalls::OfAll { limit });
        }
        let limit = self.options.limits.calls_per_creator;
        let Some(creator) = creator else {
            return Ok(());
        };
        let own = self.calls().filter(|call| call.creator == Some(creator));
        if own.count() >= limit {
            return Err(TooManyCalls::OfCreator { creator, limit });
        }
        Ok(())
    }
}

fn announcement(
    user_id: UserId,
    request: &CreateConferenceCall,
) -> Result<Option<Announcement<'_>>, Refusal> {
    let kind = CallKind::Conference;
    let Some(public_key) = request.public_key else {
        return Ok(None);
    };
    let block = request.block.as_deref();
    let params = request.params.as_ref();
    Ok(Some(Announcement {
        user_id,
        public_key,
        block: block.ok_or(PolicyViolation::BlockMissing(kind))?,
        params: params.ok_or(PolicyViolation::PayloadMissing(kind))?,
        muted: request.muted,
    }))
}
