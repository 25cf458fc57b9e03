//! Finding the call: the peer of a name, the call of a peer, and what the server says of the call.

use super::attempt::{Action, Attempt, Exit, Next};
use crate::api::reaction::Reaction;
use crate::api::{
    CallRef, GetFullChannel, GetFullChat, GetGroupCall, GetPeerStories, GetStoriesById, GroupCall,
    InputPeer, Method, Peer, ResolveUsername, Response, RpcError, StoryId,
};
use crate::engine::context::Context;
use crate::engine::end::{EndReason, OtherKind};
use crate::engine::event::{Event, Suspicion};
use crate::engine::failure::Failure;
use crate::engine::purpose::Purpose;
use crate::engine::requests::{Answer, Ticket};
use crate::joining::{AnswerFault, CallPlace, GroupCallTarget, Target};
use crate::policy::CallKind;

/// The place where the call is found.
fn target(ctx: &Context) -> Option<&GroupCallTarget> {
    match &ctx.config.target {
        Target::Group(target) => Some(target),
        _ => None,
    }
}

/// Asks for the peer of the name.
pub(super) fn resolve(ctx: &mut Context) -> Result<Ticket, Exit> {
    let place = target(ctx).map(GroupCallTarget::place);
    let Some(CallPlace::Name(name) | CallPlace::StoryOfName(name)) = place else {
        return Err(AnswerFault::NoCall.into());
    };
    let username = name.as_str().to_owned();
    Ok(ctx.send(Purpose::Enter, ResolveUsername { username }))
}

/// Takes the peer of the name.
pub(super) fn resolved(
    attempt: &mut Attempt,
    ctx: &mut Context,
    answer: Answer,
) -> Result<Next, Exit> {
    let found = match answer.result {
        Ok(response) => response.into_resolved_peer().map_err(AnswerFault::from)?,
        Err(failure) => return failed(attempt, ctx, answer.method, failure, Action::Resolve),
    };
    attempt.reads.reset();
    // The names in the answer have just been learned.
    attempt.from.chat = ctx.labels.input_peer(found.peer);
    match attempt.from.chat {
        Some(_) => Ok(Next::Now(Action::Find)),
        None => Err(AnswerFault::NoCall.into()),
    }
}

/// Asks for the call of the peer.
pub(super) fn find(attempt: &Attempt, ctx: &mut Context) -> Result<Ticket, Exit> {
    let peer = attempt.from.chat.clone().ok_or(AnswerFault::NoCall)?;
    if attempt.from.is_story {
        return Ok(match story(ctx) {
            Some(story) => {
                let ids = vec![story];
                ctx.send(Purpose::Enter, GetStoriesById { peer, ids })
            }
            None => ctx.send(Purpose::Enter, GetPeerStories { peer }),
        });
    }
    match peer {
        InputPeer::Channel { id, access_hash } => {
            Ok(ctx.send(Purpose::Enter, GetFullChannel { id, access_hash }))
        }
        InputPeer::Chat(chat) => Ok(ctx.send(Purpose::Enter, GetFullChat { chat })),
        // A user has live stories and no other calls.
        _ => Err(EndReason::NoCallNow.into()),
    }
}

fn story(ctx: &Context) -> Option<StoryId> {
    match target(ctx)?.place() {
        CallPlace::Story { story, .. } => *story,
        _ => None,
    }
}

/// Takes the call of the peer.
pub(super) fn found(
    attempt: &mut Attempt,
    ctx: &mut Context,
    answer: Answer,
) -> Result<Next, Exit> {
    let response = match answer.result {
        Ok(response) => response,
        Err(failure) => return failed(attempt, ctx, answer.method, failure, Action::Find),
    };
    attempt.reads.reset();
    let call = match attempt.from.is_story {
        true => live(ctx, response)?,
        false => {
            let chat = response.into_full_chat().map_err(AnswerFault::from)?;
            // The choice of the caller goes before the one that was saved, and who comes back is the one who was there.
            let us = Peer::User(ctx.config.joiner.user_id);
            let saved = chat.default_join_as.filter(|peer| *peer != us);
            if attempt.again.is_none()
                && attempt.from.join_as.is_none()
                && let Some(peer) = saved
            {
                let named = ctx.labels.input_peer(peer);
                attempt.from.join_as = Some(named.ok_or(AnswerFault::UnnamedSelf(peer))?);
            }
            chat.call
        }
    };
    let call = call.ok_or(EndReason::NoCallNow)?;
    // A new call in the place of the one that we were in is not the one that we come back to.
    let before = attempt.from.call.filter(|_| attempt.again.is_some());
    if before.is_some_and(|before| before.id != call.id) {
        return Err(EndReason::Discarded.into());
    }
    attempt.from.call = Some(call);
    Ok(Next::Now(Action::Look))
}

/// The call of the story that is wanted, while it is live.
fn live(ctx: &Context, response: Response) -> Result<Option<CallRef>, Exit> {
    let stories = response.into_live_stories().map_err(AnswerFault::from)?;
    let wanted = story(ctx);
    let mut live = stories.live.into_iter();
    let story = live.find(|story| wanted.is_none_or(|wanted| story.id == wanted));
    Ok(story.map(|story| story.call))
}

/// Asks for the call itself.
pub(super) fn look(attempt: &Attempt, ctx: &mut Context) -> Result<Ticket, Exit> {
    let call = attempt.from.call.ok_or(AnswerFault::NoCall)?.into();
    Ok(ctx.send(Purpose::Enter, GetGroupCall { call, limit: 1 }))
}

/// Takes the call, which must be no conference; one that has not begun is waited for.
pub(super) fn looked(
    attempt: &mut Attempt,
    ctx: &mut Context,
    answer: Answer,
) -> Result<Next, Exit> {
    let info = match answer.result {
        Ok(response) => response.into_group_call().map_err(AnswerFault::from)?,
        Err(failure) => return failed(attempt, ctx, answer.method, failure, Action::Look),
    };
    let GroupCall::Active(call) = info.call else {
        return Err(EndReason::Discarded.into());
    };
    if attempt.from.call.is_some_and(|known| known.id != call.id) {
        return Err(AnswerFault::OtherCall.into());
    }
    if call.conference {
        return Err(match attempt.has_looked {
            true => kind_changed(ctx).into(),
            false => EndReason::OtherKind(OtherKind::Conference).into(),
        });
    }
    let kind = kind_of(attempt.from.is_story, call.rtmp_stream);
    if attempt.again.is_some() && kind != ctx.kind() {
        return Err(EndReason::Converted { to: kind }.into());
    }
    attempt.has_looked = true;
    attempt.reads.reset();
    attempt.from.call = Some(call.named());
    ctx.kind_is(kind);
    ctx.stream_is_at(call.stream_dc);
    Ok(match call.scheduled_for {
        Some(_) => Next::Wait(call),
        None => Next::Now(Action::Join),
    })
}

/// The end by a call that is shown as a conference where its kind was known, of which the caller is told.
pub(super) fn kind_changed(ctx: &mut Context) -> EndReason {
    let from = ctx.kind();
    ctx.event(Event::Suspicious(Suspicion::KindChanged { from }));
    EndReason::KindChanged { from }
}

/// The kind of a call that is no conference, as the server shows it.
pub(super) fn kind_of(is_story: bool, is_rtmp: bool) -> CallKind {
    match (is_story, is_rtmp) {
        (true, _) => CallKind::LiveStoryListener,
        (false, true) => CallKind::RtmpViewer,
        (false, false) => CallKind::VideoChat,
    }
}

/// Tries a request again that changes nothing, if it may succeed then.
fn failed(
    attempt: &mut Attempt,
    ctx: &mut Context,
    method: Method,
    failure: Failure,
    action: Action,
) -> Result<Next, Exit> {
    let failure = match failure {
        Failure::Lost => Failure::Lost,
        Failure::Refused(error) => match error.reaction(method) {
            Reaction::CheckTipFirst | Reaction::RetryWithBackoff => Failure::Refused(error),
            Reaction::RefreshReferenceOnce => return look_up_again(attempt, error),
            // A name that nobody has, or a chat that is not for us.
            Reaction::Report if method != Method::GetGroupCall => {
                return Err(EndReason::NotFound(error).into());
            }
            reaction => return Err(EndReason::refused(method, error, reaction).into()),
        },
    };
    let reads = &mut attempt.reads;
    let tries = reads.used().saturating_add(1);
    let (why, pause) = failure.retry(reads, &mut ctx.public_rng, method, tries)?;
    Ok(Next::After { why, pause, action })
}

/// Has a reference that leads nowhere found once more, if it was found by its chat or story.
pub(super) fn look_up_again(attempt: &mut Attempt, error: RpcError) -> Result<Next, Exit> {
    let may = attempt.from.chat.is_some() && !attempt.is_refreshed;
    if !may {
        return Err(EndReason::NotFound(error).into());
    }
    attempt.is_refreshed = true;
    Ok(Next::Now(Action::Find))
}
