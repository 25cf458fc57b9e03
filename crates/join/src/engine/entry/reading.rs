//! Reading what a block is built on: the call and its size, and the newest block.

use super::accepted::{AcceptedJoin, Shown};
use super::attempt::{Action, Exit, JoinAttempt, Next};
use crate::api::reaction::Reaction;
use crate::api::{CallRef, GetGroupCall, GetGroupCallChainBlocks, GroupCall, Method};
use crate::engine::config::EmptyCall;
use crate::engine::context::Context;
use crate::engine::end::EndReason;
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
    let GroupCall::Active {
        conference,
        participants_count,
        ..
    } = info.call
    else {
        return Err(EndReason::Discarded.into());
    };
    if !conference {
        return Err(AnswerFault::NoCall.into());
    }
    let count = usize::try_from(participants_count).unwrap_or(0);
    if count >= ctx.config.size_limit {
        return Err(EndReason::Full.into());
    }
    let found = CallRef::of(&info.call.reference()).ok_or(AnswerFault::NoCall)?;
    if attempt.known.is_some_and(|known| known.id != found.id) {
        return Err(AnswerFault::OtherCall.into());
    }
    // Troubles that passed do not count against those to come.
    attempt.budgets.reads.reset();
    attempt.known = Some(found);
    Ok(Next::Now(Action::ReadTip))
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
    let asked = attempt.call.as_ref().ok_or(AnswerFault::NoCall)?;
    let updates = response.into_updates().map_err(AnswerFault::from)?;
    let tip = Tip::from_answer(updates, asked)?;
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
            let accepted = AcceptedJoin {
                is_rejoin: attempt.again.is_some(),
                key: block.key,
                found_by: attempt.found_by.clone(),
                payload: attempt.payload.clone(),
                attempts: attempt.sent,
                shown: Shown::by_tip(tip, attempt.known)
                    .map_err(|fault| Exit::Failed(fault.into(), attempt.leave()))?,
            };
            Err(Exit::Accepted(Box::new(accepted)))
        }
        _ if is_elsewhere(attempt, ctx, &tip) => Err(EndReason::JoinedElsewhere.into()),
        _ => Ok(Next::BuildOn(Box::new(tip))),
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
    if attempt.had_blocks || attempt.again.is_some() {
        return Err(AnswerFault::ChainGone.into());
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
            Reaction::RefreshReferenceOnce => return attempt.look_up_again(error),
            reaction => return Err(EndReason::refused(method, error, reaction).into()),
        },
    };
    let reads = &mut attempt.budgets.reads;
    match reads.next(&mut ctx.public_rng) {
        Some(pause) => Ok(Next::After {
            why: failure.trouble(method),
            pause,
            action,
        }),
        None => {
            let tries = reads.used().saturating_add(1);
            Err(failure.exhausted(method, tries).into())
        }
    }
}
