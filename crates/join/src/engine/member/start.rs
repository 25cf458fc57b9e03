//! The start of a membership.

use super::Member;
use crate::engine::context::Context;
use crate::engine::departure::Flow;
use crate::engine::end::EndReason;
use crate::engine::entry::AcceptedJoin;
use crate::engine::event::Event;
use crate::engine::parts::reference::Reference;
use crate::engine::parts::self_state::SelfState;

/// Takes up the membership that the server showed, and begins to follow the call.
///
/// # Errors
///
/// The reason why what the server showed holds no membership for us.
pub(in crate::engine) fn take_up(
    ctx: &mut Context,
    join: AcceptedJoin,
) -> Result<(Member, Flow), EndReason> {
    let shown = join.shown;
    let membership = ctx.secrets.start(
        ctx.now,
        ctx.config.joiner.user_id,
        join.key,
        &shown.first,
        ctx.config.removal_grace,
    )?;
    let reference = Reference::new(shown.call, join.found_by, shown.invite_link);
    let self_state = SelfState::new(join.payload, shown.connection.clone());
    let (blocks, broadcasts) = (shown.blocks, shown.broadcasts);
    let mut member = Member::new(
        ctx.now, membership, reference, self_state, blocks, broadcasts,
    );
    // The caller connects its media before anything else.
    let joined = member.joined(shown.connection, join.attempts);
    ctx.event(match join.is_rejoin {
        true => Event::Rejoined(joined),
        false => Event::Joined(joined),
    });
    begin(&mut member, ctx);
    // They may name the call by the link that we joined by.
    let mut rosters = shown.rosters.iter();
    let flow = rosters.try_for_each(|roster| member.take_roster(ctx, roster));
    let flow = flow.and_then(|()| member.settle(ctx));
    Ok((member, flow))
}

fn begin(member: &mut Member, ctx: &mut Context) {
    member.self_state.await_connection(ctx);
    member.liveness.start(ctx);
    // What was pushed between the server's answer and now is lost to us.
    member.blocks.poll_soon(ctx);
    member.broadcasts.poll_soon(ctx);
    member.roster.load_soon(ctx);
    member.epoch_started(ctx);
}
