//! The start of a membership.

use super::Member;
use super::follower::Follower;
use crate::api::{InputPeer, Peer, SubChain};
use crate::engine::context::Context;
use crate::engine::departure::Flow;
use crate::engine::end::EndReason;
use crate::engine::entry::AcceptedJoin;
use crate::engine::event::Event;
use crate::engine::parts::liveness::Liveness;
use crate::engine::parts::presentation::Presentation;
use crate::engine::parts::reference::Reference;
use crate::engine::parts::self_state::SelfState;
use crate::engine::presence::{Controls, Presence};
use crate::policy::CallKind;

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
    let switches = SelfState::new(join.payload, shown.connection.clone(), join.announced);
    let controls = Controls::new(switches, Presentation::default(), InputPeer::SelfUser);
    let follower = Follower::new(ctx, membership, shown.blocks, shown.broadcasts);
    let liveness = Liveness::new(ctx.now, Some(ctx.now));
    let us = Peer::User(follower.user_id());
    let presence = Presence::new(CallKind::Conference, us, reference, controls, liveness);
    let mut member = Member::new(follower, presence);
    // The caller connects its media before anything else.
    let joined = member.joined(shown.connection, join.attempts);
    if let Some(gap) = join.gap {
        ctx.event(Event::Gap(gap));
    }
    ctx.event(match join.is_rejoin {
        true => Event::Rejoined(joined),
        false => Event::Joined(joined),
    });
    begin(&mut member, ctx);
    if let Some(known) = ctx.past.last_known_of(shown.call.id).cloned() {
        member.follower.compare_members(ctx, known.group_state());
    }
    ctx.past.begin_with(member.last_known());
    let flow = match shown.group_call {
        Some(call) => Ok(member.presence.take_call(ctx, call)?),
        None => Ok(()),
    };
    member.presence.settings.ask(ctx, shown.call);
    // They may name the call by the link that we joined by.
    let mut rosters = shown.rosters.iter();
    let flow = flow.and_then(|()| rosters.try_for_each(|roster| member.take_roster(ctx, roster)));
    let flow = flow.and_then(|()| member.settle(ctx));
    let flow = flow.and_then(|()| {
        let us = member.identity();
        member.presence.controls.share_again(ctx, us);
        // The screen has another payload, which a checkpoint has to know.
        member.settle(ctx)
    });
    Ok((member, flow))
}

fn begin(member: &mut Member, ctx: &mut Context) {
    member.presence.liveness.start(ctx);
    // What was pushed between the server's answer and now is lost to us.
    member.follower.poll_soon(ctx, SubChain::Blocks);
    member.follower.poll_soon(ctx, SubChain::Broadcasts);
    member.presence.roster.load_soon(ctx);
    member.follower.start_epoch(ctx, None);
    member.presence.controls.await_connection(ctx);
}
