//! The reference to the call, which is looked up again where it is stale, and the link of the call for others.
//!
//! While it is looked up, no request goes out that names the call by the stale one.

use core::time::Duration;

use crate::api::reaction::Reaction;
use crate::api::{
    ActiveCall, CallRef, GetGroupCall, GroupCall, InputGroupCall, InviteLink, Method, Response,
    RpcError, Slug,
};
use crate::engine::backoff::Backoff;
use crate::engine::context::Context;
use crate::engine::end::EndReason;
use crate::engine::event::Event;
use crate::engine::failure::Failure;
use crate::engine::purpose::Purpose;
use crate::engine::requests::Ticket;
use crate::engine::timers::Timer;
use crate::joining::{AnswerFault, Link};

/// The number of times that a stale reference is looked up again without an answer.
const RETRIES: u32 = 5;

/// The reference to the call.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Reference {
    call: CallRef,
    /// The link or invitation that led to it, by which a stale reference is looked up again.
    found_by: Option<InputGroupCall>,
    /// The link of the call for others, if the server named it.
    invite_link: Option<InviteLink>,
    /// True if the server shows that we created the call.
    is_creator: bool,
    /// The link that the server showed last since [`Reference::take_shown_link`].
    shown_link: Option<InviteLink>,
    progress: Progress,
    backoff: Backoff,
    /// The first request that could know the newest reference.
    known_since: Option<Ticket>,
}

/// The progress of the one look-up that a stale reference is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// It was not stale yet.
    Fresh,
    /// It is looked up.
    Looking,
    /// It was looked up.
    Refreshed,
}

impl Reference {
    pub(in crate::engine) fn new(
        call: CallRef,
        found_by: Option<InputGroupCall>,
        invite_link: Option<InviteLink>,
    ) -> Self {
        Self {
            call,
            found_by,
            invite_link,
            is_creator: false,
            shown_link: None,
            progress: Progress::Fresh,
            backoff: Backoff::new(Duration::from_millis(250), Duration::from_secs(4), RETRIES),
            known_since: None,
        }
    }

    pub(in crate::engine) fn call(&self) -> CallRef {
        self.call
    }

    /// The link or invitation that led to the call.
    pub(in crate::engine) fn found_by(&self) -> Option<&InputGroupCall> {
        self.found_by.as_ref()
    }

    pub(in crate::engine) fn invite_link(&self) -> Option<&InviteLink> {
        self.invite_link.as_ref()
    }

    /// True if we created the call.
    pub(in crate::engine) fn is_creator(&self) -> bool {
        self.is_creator
    }

    /// Takes the link that the server has shown, be it the known one.
    pub(in crate::engine) fn take_shown_link(&mut self) -> Option<InviteLink> {
        self.shown_link.take()
    }

    /// The link of the call as far as we know it: that of the server, or the one that led to the call.
    pub(in crate::engine) fn known_link(&self) -> Option<InviteLink> {
        let found_by = match &self.found_by {
            Some(InputGroupCall::Slug(slug)) => Some(Link::Conference(slug.clone())),
            _ => None,
        };
        let found_by = found_by.map(|link| InviteLink::new(link.to_string()));
        self.invite_link.clone().or(found_by)
    }

    /// The slug of that link.
    pub(in crate::engine) fn known_slug(&self) -> Option<Slug> {
        match Link::parse(self.known_link()?.as_str()) {
            Ok(Link::Conference(slug)) => Some(slug),
            _ => None,
        }
    }

    /// True if a reference names our call; what the server says of other calls is not for us.
    pub(in crate::engine) fn names(&self, call: &InputGroupCall) -> bool {
        call.id() == Some(self.call.id)
    }

    /// Looks the reference up once more, because the server does not know the call by it.
    pub(in crate::engine) fn refresh(
        &mut self,
        ctx: &mut Context,
        refused: Ticket,
        error: RpcError,
    ) -> Result<(), EndReason> {
        // A request that had to wait can name the call as it was before.
        if self.known_since.is_some_and(|since| refused < since) {
            return Ok(());
        }
        match self.progress {
            Progress::Fresh if self.found_by.is_some() => {
                self.progress = Progress::Looking;
                ctx.reference_is_stale(self.call);
                self.look_up(ctx);
                Ok(())
            }
            // Several requests may have met the same error.
            Progress::Looking => Ok(()),
            Progress::Fresh | Progress::Refreshed => Err(EndReason::NotFound(error)),
        }
    }

    /// Looks the reference up, also after a pause.
    pub(in crate::engine) fn look_up(&self, ctx: &mut Context) {
        if let Some(call) = self.found_by.clone() {
            ctx.send(Purpose::Reference, GetGroupCall { call, limit: 1 });
        }
    }

    /// Takes the answer to a look-up.
    pub(in crate::engine) fn answered(
        &mut self,
        ctx: &mut Context,
        result: Result<Response, Failure>,
    ) -> Result<(), EndReason> {
        let info = match result {
            Ok(response) => response.into_group_call(),
            Err(failure) => return self.look_up_failed(ctx, &failure),
        };
        let info = info.map_err(|wrong| EndReason::Unusable(wrong.into()))?;
        let found = CallRef::of(&info.call.reference()).filter(|found| found.id == self.call.id);
        self.call = found.ok_or(EndReason::Unusable(AnswerFault::OtherCall))?;
        self.known_since = Some(ctx.next_ticket());
        self.refreshed(ctx);
        self.take(ctx, info.call)
    }

    fn refreshed(&mut self, ctx: &mut Context) {
        self.progress = Progress::Refreshed;
        ctx.reference_is(self.call);
    }

    /// Looks the reference up after a pause, unless the server said that there is no such call.
    fn look_up_failed(&mut self, ctx: &mut Context, failure: &Failure) -> Result<(), EndReason> {
        let method = Method::GetGroupCall;
        if let Failure::Refused(error) = failure.clone() {
            match error.reaction(method) {
                Reaction::CheckTipFirst | Reaction::WaitThenRepeat(_) => {}
                Reaction::RefreshReferenceOnce => return Err(EndReason::NotFound(error)),
                // The member doubts that it is joined, and finds out in its own way.
                Reaction::Rejoin => {
                    self.refreshed(ctx);
                    return Ok(());
                }
                reaction => return Err(EndReason::refused(method, error, reaction)),
            }
        }
        // No answer is not the answer that there is no such call.
        let attempt = self.backoff.used().saturating_add(2);
        let Some(pause) = self.backoff.next(&mut ctx.public_rng) else {
            return Err(failure.exhausted(method, attempt - 1));
        };
        ctx.retrying(failure.trouble(method), pause, attempt);
        ctx.after(Timer::Reference, pause);
        Ok(())
    }

    /// Takes in what the server says of the call itself.
    pub(in crate::engine) fn take(
        &mut self,
        ctx: &mut Context,
        call: GroupCall,
    ) -> Result<(), EndReason> {
        match call {
            GroupCall::Discarded { .. } => Err(EndReason::Discarded),
            GroupCall::Active(call) => {
                let ActiveCall {
                    invite_link,
                    creator,
                    min,
                    ..
                } = *call;
                // It depends on who looks.
                if !min {
                    self.is_creator = creator;
                }
                let invite_link = invite_link.filter(|_| !min);
                if invite_link.is_some() {
                    self.shown_link.clone_from(&invite_link);
                }
                let known = self.invite_link.as_ref();
                if let Some(link) = invite_link.filter(|link| known != Some(link)) {
                    self.invite_link = Some(link.clone());
                    ctx.event(Event::Link(link));
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{GroupCallInfo, Slug};
    use crate::engine::testing::{CALL, context, outputs, refused};

    fn stale() -> RpcError {
        RpcError::new(400, "GROUPCALL_INVALID")
    }

    fn found_by_link() -> Reference {
        let slug = Slug::new("Wx5f-8PqKJk").unwrap();
        Reference::new(CALL, Some(InputGroupCall::Slug(slug)), None)
    }

    /// The answer that shows the call.
    fn found() -> Response {
        let call = ActiveCall {
            participants_count: 1,
            ..ActiveCall::conference(CALL)
        };
        let info = GroupCallInfo {
            call: call.into(),
            participants: Vec::new(),
            next_offset: None,
            labels: Vec::new(),
        };
        info.into()
    }

    #[test]
    fn a_stale_reference_is_looked_up_once_for_all_who_meet_it() {
        let (mut reference, mut ctx) = (found_by_link(), context());
        for _ in 0..3 {
            let refused = ctx.next_ticket();
            assert_eq!(reference.refresh(&mut ctx, refused, stale()), Ok(()));
        }
        assert_eq!(outputs(&mut ctx).0.len(), 1);
        let gone = reference.answered(&mut ctx, refused(400, "GROUPCALL_INVALID"));
        assert_eq!(gone, Err(EndReason::NotFound(stale())));
    }

    #[test]
    fn a_look_up_without_an_answer_is_made_again_a_few_times() {
        let (mut reference, mut ctx) = (found_by_link(), context());
        let refused = ctx.next_ticket();
        assert_eq!(reference.refresh(&mut ctx, refused, stale()), Ok(()));
        for _ in 0..RETRIES {
            assert_eq!(reference.answered(&mut ctx, Err(Failure::Lost)), Ok(()));
            assert!(ctx.timers.is_set(Timer::Reference));
            reference.look_up(&mut ctx);
        }
        assert!(reference.answered(&mut ctx, Err(Failure::Lost)).is_err());
        assert_eq!(outputs(&mut ctx).0.len(), 6);
    }

    #[test]
    fn nothing_is_asked_by_a_stale_reference_while_it_is_looked_up() {
        let (mut reference, mut ctx) = (found_by_link(), context());
        let check = |ctx: &mut Context| {
            let (call, limit) = (CALL.into(), 1);
            ctx.send(Purpose::Check, GetGroupCall { call, limit })
        };
        let refused = check(&mut ctx);
        outputs(&mut ctx);
        assert_eq!(reference.refresh(&mut ctx, refused, stale()), Ok(()));
        check(&mut ctx);
        assert_eq!(outputs(&mut ctx).0.len(), 1);
        assert_eq!(reference.answered(&mut ctx, Ok(found())), Ok(()));
        assert_eq!(outputs(&mut ctx).0.len(), 1);
    }

    #[test]
    fn a_reference_that_came_from_no_link_is_not_looked_up() {
        let (mut reference, mut ctx) = (Reference::new(CALL, None, None), context());
        let refused = ctx.next_ticket();
        let end = reference.refresh(&mut ctx, refused, stale());
        assert_eq!(end, Err(EndReason::NotFound(stale())));
        assert!(outputs(&mut ctx).0.is_empty());
    }

    #[test]
    fn a_request_that_named_the_call_as_it_was_before_is_no_reason_to_end() {
        let (mut reference, mut ctx) = (found_by_link(), context());
        let waited = ctx.send(
            Purpose::Check,
            GetGroupCall {
                call: CALL.into(),
                limit: 1,
            },
        );
        let refused = ctx.next_ticket();
        assert_eq!(reference.refresh(&mut ctx, refused, stale()), Ok(()));
        assert_eq!(reference.answered(&mut ctx, Ok(found())), Ok(()));
        assert_eq!(reference.refresh(&mut ctx, waited, stale()), Ok(()));
        let newer = ctx.next_ticket();
        let end = reference.refresh(&mut ctx, newer, stale());
        assert_eq!(end, Err(EndReason::NotFound(stale())));
    }
}
