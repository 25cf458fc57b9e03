//! Reading what a block is built on: the call and its size, and the newest block.

use super::accepted::Shown;
use super::attempt::{Action, Exit, JoinAttempt, Next, SentBlock};
use super::comparison;
use crate::api::reaction::Reaction;
use crate::api::{
    GetAppConfig, GetGroupCall, GetGroupCallChainBlocks, GroupCall, InputGroupCall, Method,
    Response,
};
use crate::engine::config::EmptyCall;
use crate::engine::context::Context;
use crate::engine::end::{EndReason, OtherKind};
use crate::engine::event::Trouble;
use crate::engine::failure::Failure;
use crate::engine::purpose::Purpose;
use crate::engine::requests::{Answer, Ticket};
use crate::joining::{AnswerFault, Tip};

/// Asks for the call.
pub(super) fn locate(attempt: &JoinAttempt, ctx: &mut Context) -> Result<Ticket, Exit> {
    let call = attempt.call.clone().ok_or(AnswerFault::NoCall)?;
    Ok(ctx.send(Purpose::Enter, GetGroupCall { call, limit: 1 }))
}

/// Takes the call, which must be a conference that has room.
pub(super) fn located(
    attempt: &mut JoinAttempt,
    ctx: &mut Context,
    answer: Answer,
) -> Result<Next, Exit> {
    let info = match answer.result {
        Ok(response) => response.into_group_call().map_err(AnswerFault::from)?,
        Err(failure) => return failed(attempt, ctx, answer.method, failure, Action::Locate),
    };
    let GroupCall::Active(call) = info.call else {
        return Err(EndReason::Discarded.into());
    };
    if !call.conference {
        let kind = match call.rtmp_stream {
            true => OtherKind::RtmpStream,
            false => OtherKind::ChatOrStory,
        };
        return Err(EndReason::OtherKind(kind).into());
    }
    let found = call.named();
    if attempt.known.is_some_and(|known| known.id != found.id) {
        return Err(AnswerFault::OtherCall.into());
    }
    // Troubles that passed do not count against those to come.
    attempt.budgets.reads.reset();
    attempt.known = Some(found);
    attempt.looked_up = Some(call.into());
    Ok(Next::Now(match has_room(attempt, ctx.config.size_limit) {
        true => Action::ReadTip,
        // The server's limit may be a higher one. It is asked only here: of a lower one the server itself tells who joins.
        false => Action::ReadLimit,
    }))
}

fn has_room(attempt: &JoinAttempt, limit: usize) -> bool {
    let call = attempt.looked_up.as_ref().and_then(GroupCall::active);
    let count = call.map_or(0, |call| call.participants_count);
    usize::try_from(count).unwrap_or(0) < limit
}

/// Asks for the number of participants that a call may have.
pub(super) fn read_limit(ctx: &mut Context) -> Ticket {
    ctx.send(Purpose::Enter, GetAppConfig)
}

/// Takes the number of participants that a call may have; without one that of the caller counts.
pub(super) fn limit_read(
    attempt: &mut JoinAttempt,
    ctx: &mut Context,
    answer: Answer,
) -> Result<Next, Exit> {
    let config = answer.result.ok().map(Response::into_app_config);
    let limit = config.and_then(|config| config.ok()?.conference_size_limit);
    let limit = limit.and_then(|limit| usize::try_from(limit).ok());
    match has_room(attempt, limit.unwrap_or(ctx.config.size_limit)) {
        true => Ok(Next::Now(Action::ReadTip)),
        false => Err(EndReason::Full.into()),
    }
}

/// Asks for the newest block.
pub(super) fn read_tip(attempt: &mut JoinAttempt, ctx: &mut Context) -> Result<Ticket, Exit> {
    let call = attempt.call.clone().ok_or(AnswerFault::NoCall)?;
    attempt.tip_asked = ctx.now;
    Ok(ctx.send(Purpose::Enter, GetGroupCallChainBlocks::tip(call)))
}

/// Takes the newest block: ours, if the answer to our join was lost, or the one on which ours is to stand.
pub(super) fn tip_read(
    attempt: &mut JoinAttempt,
    ctx: &mut Context,
    answer: Answer,
) -> Result<Next, Exit> {
    let response = match answer.result {
        Ok(response) => response,
        Err(failure) => return failed(attempt, ctx, answer.method, failure, Action::ReadTip),
    };
    // A link names no id, and an answer could be of any call.
    let known = attempt.known.map(InputGroupCall::from);
    let asked = known.or_else(|| attempt.call.clone());
    let asked = asked.ok_or(AnswerFault::NoCall)?;
    let updates = response.into_updates().map_err(AnswerFault::from)?;
    let tip = Tip::from_answer(updates, &asked)?;
    attempt.budgets.reads.reset();
    let block = attempt.block.take();
    let Some(tip) = tip else {
        return no_block(attempt, ctx);
    };
    // From now on an empty chain is one that was taken away.
    attempt.had_blocks = true;
    let round_trip = ctx.now.since(attempt.tip_asked);
    // A wait that the server imposed says nothing about how fast the others are.
    let round_trip = round_trip.saturating_sub(answer.waited);
    attempt.contention.tip_read(tip.block.height(), round_trip);
    match block {
        Some(block) if tip.holds(&block.key.public_key()) => {
            Err(recovered(attempt, ctx, *block, tip))
        }
        _ => {
            let is_elsewhere = is_elsewhere(attempt, ctx, &tip);
            // The comparison first: in another call there can be anybody in our place.
            match comparison::build_on(attempt, ctx, tip)? {
                Next::BuildOn(_) if is_elsewhere => Err(EndReason::JoinedElsewhere.into()),
                next => Ok(next),
            }
        }
    }
}

/// Takes up the membership whose answer was lost.
fn recovered(attempt: &JoinAttempt, ctx: &Context, block: SentBlock, tip: Tip) -> Exit {
    match Shown::by_tip(tip, attempt.known, attempt.looked_up.clone()) {
        Ok(shown) => comparison::accept(attempt, ctx, block, shown),
        Err(fault) => Exit::Failed(fault.into(), attempt.leave()),
    }
}

/// True if we lost a membership because the same account joined from another place: it has a key in the call that was
/// never ours. Later tips can hold one of a block of ours whose answer was lost.
fn is_elsewhere(attempt: &JoinAttempt, ctx: &Context, tip: &Tip) -> bool {
    let key = tip.key_of(ctx.config.joiner.user_id);
    let is_foreign = key.is_some_and(|key| !ctx.past.had_key(&key));
    attempt.again.is_some() && attempt.sent == 0 && is_foreign
}

/// Waits for the first block, or writes it: an invitation can be older, and only a caller who asked to writes it. A
/// chain that we have seen does not begin again.
fn no_block(attempt: &mut JoinAttempt, ctx: &mut Context) -> Result<Next, Exit> {
    let call = attempt.known.map(|known| known.id);
    let was_known = call.is_some_and(|call| ctx.past.last_known_of(call).is_some());
    if attempt.had_blocks || was_known {
        let gone = || AnswerFault::ChainGone.into();
        return attempt.look_again().ok_or_else(gone);
    }
    match attempt.budgets.first_block.next(&mut ctx.public_rng) {
        Some(pause) => Ok(Next::After {
            why: Trouble::NoBlockYet,
            pause,
            action: Action::ReadTip,
        }),
        None if ctx.config.empty_call == EmptyCall::Start => Ok(Next::Now(Action::WriteFirst)),
        None => Err(EndReason::Empty.into()),
    }
}

/// Tries a request again that changes nothing, if it may succeed then.
fn failed(
    attempt: &mut JoinAttempt,
    ctx: &mut Context,
    method: Method,
    failure: Failure,
    action: Action,
) -> Result<Next, Exit> {
    let failure = match failure {
        Failure::Lost => Failure::Lost,
        Failure::Refused(error) => match error.reaction(method) {
            Reaction::CheckTipFirst | Reaction::RetryWithBackoff => Failure::Refused(error),
            // The same look-up would have the same answer.
            Reaction::RefreshReferenceOnce if matches!(action, Action::Locate) => {
                return Err(EndReason::NotFound(error).into());
            }
            Reaction::RefreshReferenceOnce => return attempt.look_up_again(error),
            reaction => return Err(EndReason::refused(method, error, reaction).into()),
        },
    };
    let reads = &mut attempt.budgets.reads;
    let tries = reads.used().saturating_add(1);
    let (why, pause) = failure.retry(reads, &mut ctx.public_rng, method, tries)?;
    Ok(Next::After { why, pause, action })
}
