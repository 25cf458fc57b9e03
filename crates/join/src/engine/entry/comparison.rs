//! The comparison of what the server shows with what we have seen of the call before, and with the block that we sent.
//!
//! ```text
//! before a join:  the last state that we knew ── compare ── tip
//! after it:       the block that we sent ──────── compare ── first block of the answer, or the tip if that was lost
//! ```
//!
//! What is behind ours is applied one by one, and blocks that the answer leaves out are read: the next that it shows could be a
//! forgery, with the announced keys of everybody and a key of the server's, and nothing would show it.

use confcall_state::{Block, Chain, UserId};

use super::accepted::{AcceptedJoin, Shown};
use super::attempt::{Exit, JoinAttempt, Next, SentBlock};
use crate::api::{CallRef, LeaveGroupCall};
use crate::engine::context::Context;
use crate::engine::end::EndReason;
use crate::engine::event::{Event, Suspicion};
use crate::joining::{AnswerFault, Tip};
use crate::membership::{Break, Continuity, LastKnown, StartError};

/// Compares the tip with what we have seen of the call before, and builds on it.
pub(super) fn build_on(
    attempt: &mut JoinAttempt,
    ctx: &mut Context,
    tip: Tip,
) -> Result<Next, Exit> {
    let call = attempt.known.or_else(|| CallRef::of(&tip.call));
    match call.and_then(|call| compared(attempt, ctx, call, &tip)) {
        None => {}
        Some(Ok(continuity)) => {
            attempt.went_back = false;
            attempt.gap = match continuity {
                Continuity::Proven => None,
                Continuity::Gap(gap) => Some(gap),
            };
        }
        Some(Err(broken)) => {
            let again = match broken {
                Break::WentBack { .. } => attempt.look_again(),
                _ => None,
            };
            match again {
                Some(again) => return Ok(again),
                None => suspect(attempt, ctx, broken)?,
            }
        }
    }
    Ok(Next::BuildOn(Box::new(tip)))
}

/// Compares the tip with the last state of the call that we knew, if we did.
fn compared(
    attempt: &JoinAttempt,
    ctx: &Context,
    call: CallRef,
    tip: &Tip,
) -> Option<Result<Continuity, Break>> {
    let known = ctx.past.last_known()?;
    if known.call() == call.id {
        return Some(known.compare(&tip.block, tip.chain.state()));
    }
    // A call that is named by its id may be any. One that is found must be the one that was found before.
    let (known, shown) = (known.call(), call.id);
    let is_found = attempt.found_by.is_some();
    is_found.then_some(Err(Break::OtherCall { known, shown }))
}

/// Shows the caller, once, that the call may be another one; ends where that was so before.
fn suspect(attempt: &mut JoinAttempt, ctx: &mut Context, broken: Break) -> Result<(), Exit> {
    if attempt.is_suspect {
        return Ok(());
    }
    attempt.is_suspect = true;
    ctx.event(Event::Suspicious(Suspicion::Swapped(broken)));
    match ctx.rejoins.suspect(ctx.now, attempt.again.as_ref()) {
        true => Ok(()),
        false => Err(EndReason::Swapped(broken).into()),
    }
}

/// Takes up what the server showed after it took our block.
pub(super) fn accept(attempt: &JoinAttempt, ctx: &Context, sent: SentBlock, shown: Shown) -> Exit {
    let user_id = ctx.config.joiner.user_id;
    let is_new = attempt.call.is_none();
    let call = shown.call;
    let compared = match ctx.past.last_known_of(call.id) {
        // No new call has the id of one that we were in.
        Some(_) if is_new => Err(AnswerFault::OtherCall.into()),
        _ => from_ours(user_id, sent.block, shown),
    };
    match compared {
        Ok(shown) => Exit::Accepted(Box::new(AcceptedJoin {
            is_rejoin: attempt.again.is_some(),
            key: sent.key,
            found_by: attempt.found_by.clone(),
            payload: attempt.payload.clone(),
            announced: attempt.announced,
            attempts: attempt.sent,
            shown,
            gap: attempt.gap.clone(),
        })),
        Err(reason) => {
            let leave = LeaveGroupCall {
                call: call.into(),
                source: Some(attempt.payload.ssrc()),
            };
            Exit::Failed(reason, Some(leave))
        }
    }
}

/// The membership from our own block on; that which was shown first must be ours or lead on from it (`spec/protocol.md`, 6).
///
/// What lies further behind ours than the next block is not judged here: it is applied once those between were read.
fn from_ours(user_id: UserId, ours: Block, shown: Shown) -> Result<Shown, EndReason> {
    let height = |block: &Block| i64::from(block.height().value());
    let behind = height(&shown.first) - height(&ours);
    if behind <= 1 {
        let known = LastKnown::new(shown.call.id, user_id, &ours);
        let known = known.map_err(|_| AnswerFault::NoBlock)?;
        let chain = Chain::start_from(&shown.first).map_err(StartError::from)?;
        known.compare(&shown.first, chain.state())?;
    }
    match behind {
        0 => Ok(shown),
        _ => {
            let between = i32::try_from(behind.saturating_sub(1)).unwrap_or(i32::MAX);
            Ok(shown.from(ours, between)?)
        }
    }
}
