//! Building a block and sending it, and the ways on if it is refused.

use core::time::Duration;

use confcall_state::{Block, BlockHash};

use super::accepted::Shown;
use super::attempt::{Action, Exit, JoinAttempt, Next, SentBlock};
use super::comparison;
use crate::api::reaction::Reaction;
use crate::api::{InputGroupCall, Method, Request, Response, RpcError};
use crate::engine::context::Context;
use crate::engine::end::EndReason;
use crate::engine::event::Trouble;
use crate::engine::failure::Failure;
use crate::engine::own_state::OwnMedia;
use crate::engine::purpose::Purpose;
use crate::engine::requests::{Answer, Ticket};
use crate::joining::{AnswerFault, JoinAnswer, Tip};
use crate::policy::{ConferenceCreation, ConferenceJoin, FirstJoin, Media};

/// The time for which lost races are tried again, not counting the waits that the server imposes: two hundred people may
/// follow a link at once.
const RACING: Duration = Duration::from_secs(120);
/// The number of times that a block is refused on a tip that does not move.
const STALLED: u32 = 3;

/// Builds a block on the tip, or the first one, and sends it.
pub(super) fn send(
    attempt: &mut JoinAttempt,
    ctx: &mut Context,
    tip: Option<&Tip>,
) -> Result<Ticket, Exit> {
    let joiner = ctx.config.joiner;
    let block = tip.map(|tip| &tip.block);
    let (key, checked) = ctx.secrets.join(block, joiner)?;
    let written = checked.block().clone();
    let wanted = ctx.wishes.media;
    let media = Media {
        payload: attempt.payload.clone(),
        muted: wanted.muted,
        video_stopped: wanted.video_stopped,
    };
    let body = match &attempt.call {
        Some(call) => ConferenceJoin {
            call: call.clone(),
            block: checked,
            media,
        }
        .into_request()
        .into(),
        None => ConferenceCreation {
            random_id: attempt.random_id,
            join: Some(FirstJoin {
                block: checked,
                media,
            }),
        }
        .into_request()
        .into(),
    };
    let tip = block.map(Block::hash);
    // Kept until its fate is known: it may be the block that the server took.
    attempt.block = Some(Box::new(SentBlock {
        key,
        block: written,
        tip,
        body,
    }));
    send_again(attempt, ctx)
}

/// Sends the last block, perhaps not for the first time.
pub(super) fn send_again(attempt: &mut JoinAttempt, ctx: &mut Context) -> Result<Ticket, Exit> {
    let body = announcing(attempt, ctx.wishes.media).ok_or(AnswerFault::NoBlock)?;
    attempt.sent = attempt.sent.saturating_add(1);
    Ok(ctx.send(Purpose::Enter, body))
}

/// Rewrites the request with the last block, if it has not been sent or was refused until later.
pub(super) fn rewrite(attempt: &mut JoinAttempt, ctx: &mut Context, ticket: Ticket) {
    if ctx.holds_back(ticket)
        && let Some(body) = announcing(attempt, ctx.wishes.media)
    {
        ctx.rewrite(ticket, body);
    }
}

/// The request with the last block, which announces what is wanted.
fn announcing(attempt: &mut JoinAttempt, wanted: OwnMedia) -> Option<Request> {
    let block = attempt.block.as_mut()?;
    match &mut block.body {
        Request::Join(join) => {
            (join.muted, join.video_stopped) = (wanted.muted, wanted.video_stopped)
        }
        Request::Create(create) => {
            (create.muted, create.video_stopped) = (wanted.muted, wanted.video_stopped);
        }
        _ => {}
    }
    attempt.announced = wanted;
    Some(block.body.clone())
}

/// Takes the answer to a block.
pub(super) fn answered(
    attempt: &mut JoinAttempt,
    ctx: &mut Context,
    answer: Answer,
) -> Result<Next, Exit> {
    let method = answer.method;
    match answer.result {
        Ok(response) => Err(accepted(attempt, ctx, response)),
        Err(Failure::Lost) => in_doubt(attempt, ctx, method, &Failure::Lost),
        Err(Failure::Refused(error)) => match error.reaction(method) {
            Reaction::CheckTipFirst => in_doubt(attempt, ctx, method, &Failure::Refused(error)),
            reaction => refused(attempt, ctx, method, error, reaction),
        },
    }
}

/// Reads the answer to a block that the server took.
fn accepted(attempt: &mut JoinAttempt, ctx: &Context, response: Response) -> Exit {
    // A link names no id, and an answer could be of any call.
    let known = attempt.known.map(InputGroupCall::from);
    let target = known.or_else(|| attempt.call.clone());
    let shown = response
        .into_updates()
        .map_err(AnswerFault::from)
        .and_then(|updates| JoinAnswer::read(updates, target.as_ref()))
        .and_then(Shown::by_answer);
    match (shown, attempt.block.take()) {
        (Ok(shown), Some(block)) => comparison::accept(attempt, ctx, *block, shown),
        (Ok(_), None) => AnswerFault::NoBlock.into(),
        (Err(fault), _) => Exit::Failed(fault.into(), attempt.leave()),
    }
}

/// Looks at the tip, or sends the same creation again: the request may have been carried out.
fn in_doubt(
    attempt: &mut JoinAttempt,
    ctx: &mut Context,
    method: Method,
    failure: &Failure,
) -> Result<Next, Exit> {
    let budget = match failure {
        Failure::Lost => &mut attempt.budgets.losses,
        Failure::Refused(_) => &mut attempt.budgets.faults,
    };
    let retry = failure.retry(budget, &mut ctx.public_rng, method, attempt.sent);
    let (why, pause) = retry.map_err(|end| Exit::Failed(end, attempt.leave()))?;
    let action = match attempt.call {
        Some(_) => Action::ReadTip,
        None => Action::Repeat,
    };
    Ok(Next::After { why, pause, action })
}

/// Tries again with another block after a refusal, if that can help.
fn refused(
    attempt: &mut JoinAttempt,
    ctx: &mut Context,
    method: Method,
    error: RpcError,
    reaction: Reaction,
) -> Result<Next, Exit> {
    // It was not carried out, so that nothing hangs on its key any more.
    let block = attempt.block.take();
    match reaction {
        Reaction::RebuildOnNewTip => {
            let tip = block.and_then(|block| block.tip);
            raced(attempt, ctx, error, tip)
        }
        Reaction::NewSsrc => clashed(attempt, ctx, method, error),
        Reaction::RetryWithBackoff => {
            let (faults, rng) = (&mut attempt.budgets.faults, &mut ctx.public_rng);
            let failure = Failure::Refused(error);
            let (why, pause) = failure.retry(faults, rng, method, attempt.sent)?;
            Ok(after(why, pause, attempt))
        }
        Reaction::RefreshReferenceOnce => attempt.look_up_again(error),
        reaction => Err(EndReason::refused(method, error, reaction).into()),
    }
}

/// Builds on a newer tip: another block came first, or the server says so.
fn raced(
    attempt: &mut JoinAttempt,
    ctx: &mut Context,
    error: RpcError,
    tip: Option<BlockHash>,
) -> Result<Next, Exit> {
    let budgets = &mut attempt.budgets;
    if budgets.refused_on == Some(tip) {
        budgets.stalled += 1;
    } else {
        budgets.stalled = 1;
    }
    budgets.refused_on = Some(tip);
    if budgets.stalled >= STALLED {
        return Err(EndReason::BlockRefused { error }.into());
    }
    let pause = attempt.contention.pause(&mut ctx.public_rng);
    let until = *budgets.racing_until.get_or_insert(ctx.now + RACING);
    if ctx.now + pause >= until {
        let attempts = attempt.sent;
        return Err(EndReason::Raced { attempts }.into());
    }
    Ok(after(Trouble::Race, pause, attempt))
}

/// Takes another payload, because a source of ours is taken, and with it a new block.
fn clashed(
    attempt: &mut JoinAttempt,
    ctx: &mut Context,
    method: Method,
    error: RpcError,
) -> Result<Next, Exit> {
    let Some(pause) = attempt.budgets.clashes.next(&mut ctx.public_rng) else {
        let failure = Failure::Refused(error);
        return Err(failure.exhausted(method, attempt.sent).into());
    };
    let action = attempt.rebuild();
    Ok(Next::Renewed { pause, action })
}

/// Another block after a pause.
fn after(why: Trouble, pause: Duration, attempt: &JoinAttempt) -> Next {
    let action = attempt.rebuild();
    Next::After { why, pause, action }
}
