//! Sending the join, and the ways on if it is refused.

use confcall_media::Moment;

use super::attempt::{Accepted, Action, Attempt, Exit, Joined, Next};
use super::finding::{kind_changed, kind_of, look_up_again};
use crate::api::reaction::{GiveUpReason, Reaction};
use crate::api::{GroupCall, JoinGroupCall, Method, Response, RpcError};
use crate::engine::context::Context;
use crate::engine::end::EndReason;
use crate::engine::failure::Failure;
use crate::engine::own_state::OwnMedia;
use crate::engine::purpose::Purpose;
use crate::engine::requests::{Answer, Ticket};
use crate::joining::{Answer as Media, AnswerFault, GroupJoinAnswer, InviteHash, Target};
use crate::policy::{CallKind, LiveStoryJoin, RtmpJoin, VideoChatJoin};

/// Sends the join, perhaps not for the first time.
pub(super) fn join(attempt: &mut Attempt, ctx: &mut Context) -> Result<Ticket, Exit> {
    let request = announcing(attempt, ctx)?;
    attempt.sent = attempt.sent.saturating_add(1);
    Ok(ctx.send(Purpose::Enter, request))
}

/// Rewrites a join that has not been sent, or was refused until later.
pub(super) fn rewrite(
    attempt: &mut Attempt,
    ctx: &mut Context,
    ticket: Ticket,
) -> Result<(), Exit> {
    if ctx.holds_back(ticket) {
        let request = announcing(attempt, ctx)?;
        ctx.rewrite(ticket, request);
    }
    Ok(())
}

/// The join that announces what is wanted, as far as its kind lets it.
fn announcing(attempt: &mut Attempt, ctx: &mut Context) -> Result<JoinGroupCall, AnswerFault> {
    if attempt.from.is_story {
        // It may have been shown since the last join.
        ctx.kind_is(CallKind::LiveStoryListener);
    }
    let request = request(attempt, ctx)?;
    attempt.was_guarded = !attempt.from.is_certain;
    attempt.announced = OwnMedia {
        muted: request.muted,
        video_stopped: request.video_stopped,
        ..ctx.wishes.media
    };
    Ok(request)
}

/// The join as its kind has it.
fn request(attempt: &Attempt, ctx: &Context) -> Result<JoinGroupCall, AnswerFault> {
    let call = attempt.from.call.ok_or(AnswerFault::NoCall)?.into();
    let (payload, join_as) = (attempt.payload.clone(), attempt.from.join_as());
    let (wanted, silenced) = (ctx.wishes.media, ctx.wishes.silenced);
    Ok(match ctx.kind() {
        CallKind::LiveStoryListener => LiveStoryJoin { call, payload }.into_request(),
        CallKind::VideoChat if attempt.from.is_certain => VideoChatJoin {
            call,
            join_as,
            invite_hash: invite_hash(ctx),
            payload,
            muted: wanted.muted || silenced,
            video_stopped: wanted.video_stopped || silenced,
        }
        .into_request(),
        // Who may be in a live story sends nothing before the server says that it is none. No conference is entered here.
        CallKind::VideoChat | CallKind::RtmpViewer | CallKind::Conference => RtmpJoin {
            call,
            join_as,
            invite_hash: invite_hash(ctx),
            payload,
        }
        .into_request(),
    })
}

fn invite_hash(ctx: &Context) -> Option<InviteHash> {
    match &ctx.config.target {
        Target::Group(target) => target.invite_hash().cloned(),
        _ => None,
    }
}

/// Takes the answer to a join.
pub(super) fn answered(
    attempt: &mut Attempt,
    ctx: &mut Context,
    answer: Answer,
) -> Result<Next, Exit> {
    attempt.sent = attempt.sent.saturating_add(answer.repeats);
    let (method, sent) = (answer.method, answer.sent);
    match answer.result {
        Ok(response) => accepted(attempt, ctx, response, sent),
        Err(Failure::Lost) => in_doubt(attempt, ctx, method, &Failure::Lost),
        Err(Failure::Refused(error)) => match error.reaction(method) {
            Reaction::CheckTipFirst => in_doubt(attempt, ctx, method, &Failure::Refused(error)),
            reaction => refused(attempt, ctx, method, error, reaction),
        },
    }
}

/// Reads the answer to a join that the server took.
fn accepted(
    attempt: &mut Attempt,
    ctx: &mut Context,
    response: Response,
    sent: Moment,
) -> Result<Next, Exit> {
    // From now on the server counts us as joined, and by nothing else.
    attempt.joined = Joined::By(attempt.payload.ssrc());
    let read = response.into_updates().map_err(AnswerFault::from);
    let call = attempt.from.call.ok_or(AnswerFault::NoCall)?;
    let answer = read.and_then(|updates| GroupJoinAnswer::read(updates, call));
    let answer = answer?;
    let kind = kind_shown(attempt, ctx, &answer)?;
    if kind != ctx.kind() {
        // The join had the rules of another kind: once more, with those of this one. Who was there before is told of it.
        let has_learned = core::mem::replace(&mut attempt.has_learned, true);
        if has_learned || attempt.again.is_some() {
            return Err(EndReason::Converted { to: kind }.into());
        }
        ctx.kind_is(kind);
        return Ok(Next::Now(Action::Join));
    }
    let (was_guarded, is_certain) = (attempt.was_guarded, attempt.from.is_certain);
    let has_groups = !attempt.payload.ssrc_groups().is_empty();
    if kind == CallKind::VideoChat && was_guarded && is_certain && has_groups {
        // Only a join announces the sources of a camera; the microphone is turned on by an edit.
        return Ok(Next::Now(Action::Join));
    }
    if !is_certain {
        // The caller is to ask for it, and sees meanwhile what the server shows.
        (ctx.wishes.media.muted, ctx.wishes.media.video_stopped) = (true, true);
    }
    let own = attempt.from.own(ctx.config.joiner.user_id);
    Err(Exit::Accepted(Box::new(Accepted {
        is_rejoin: attempt.again.is_some(),
        kind,
        call,
        from: attempt.from.clone(),
        own,
        payload: attempt.payload.clone(),
        announced: attempt.announced,
        attempts: attempt.sent,
        sent,
        media: answer.media,
        shown: answer.shown,
        host: answer.host,
        rosters: answer.rosters,
    })))
}

/// The kind that the answer shows; a call that is encrypted all at once is told of.
fn kind_shown(
    attempt: &mut Attempt,
    ctx: &mut Context,
    answer: &GroupJoinAnswer,
) -> Result<CallKind, Exit> {
    let from = ctx.kind();
    // The way of the media says it too, and who is not sure of being a participant is a viewer.
    let by_media = answer.media == Media::Stream { rtmp: true };
    if answer.shown.is_some() {
        attempt.from.shown(answer.is_story);
    }
    if answer.is_conference {
        return Err(kind_changed(ctx).into());
    }
    let is_rtmp = match &answer.shown {
        Some(GroupCall::Discarded { .. }) => return Err(EndReason::Discarded.into()),
        Some(GroupCall::Active(call)) => {
            ctx.stream_is_at(call.stream_dc);
            call.rtmp_stream || by_media
        }
        None => from == CallKind::RtmpViewer || by_media,
    };
    Ok(kind_of(attempt.from.is_story, is_rtmp))
}

/// Sends the same join again: it may have been carried out, and the server takes the second one for a rejoin.
fn in_doubt(
    attempt: &mut Attempt,
    ctx: &mut Context,
    method: Method,
    failure: &Failure,
) -> Result<Next, Exit> {
    attempt.joined = attempt.joined.or_by(attempt.payload.ssrc());
    let budget = match failure {
        Failure::Lost => &mut attempt.losses,
        Failure::Refused(_) => &mut attempt.faults,
    };
    let (why, pause) = failure.retry(budget, &mut ctx.public_rng, method, attempt.sent)?;
    let action = Action::Join;
    Ok(Next::After { why, pause, action })
}

/// Tries again after a refusal, if that can help.
fn refused(
    attempt: &mut Attempt,
    ctx: &mut Context,
    method: Method,
    error: RpcError,
    reaction: Reaction,
) -> Result<Next, Exit> {
    match reaction {
        Reaction::NewSsrc => match attempt.clashes.next(&mut ctx.public_rng) {
            Some(pause) => Ok(Next::Renewed { pause }),
            None => {
                let failure = Failure::Refused(error);
                Err(failure.exhausted(method, attempt.sent).into())
            }
        },
        Reaction::RetryWithBackoff => {
            let (faults, rng) = (&mut attempt.faults, &mut ctx.public_rng);
            let failure = Failure::Refused(error);
            let (why, pause) = failure.retry(faults, rng, method, attempt.sent)?;
            let action = Action::Join;
            Ok(Next::After { why, pause, action })
        }
        Reaction::RefreshReferenceOnce => look_up_again(attempt, error),
        // Another peer was asked for, and the one before is still good. Which refusals are of the peer no table says in full.
        Reaction::Report
        | Reaction::GiveUp(
            GiveUpReason::NotAsThisPeer | GiveUpReason::OurMistake | GiveUpReason::NotAllowed,
        ) if attempt.from.fallback.is_some() => {
            attempt.from.join_as = attempt.from.fallback.take();
            attempt.has_fallen_back = true;
            Ok(Next::Now(Action::Join))
        }
        reaction => Err(EndReason::refused(method, error, reaction).into()),
    }
}
