//! The member of a checkpoint.
//!
//! ```text
//! Member ─▶ Content ─▶ Member, behind ── both subchains read to their ends ──▶ resumed, sends again
//!                          │
//!                          └── removed, cannot follow, nonce lost: a new join
//! ```

use super::Member;
use super::follower::Follower;
use crate::api::{
    AccessHash, CallId, CallRef, InputGroupCall, InputPeer, InviteLink, MessageId, Peer, Slug,
    Ssrc, SubChain,
};
use crate::engine::checkpoint::{Content, RESERVE, RestoreError, SavedLink};
use crate::engine::context::Context;
use crate::engine::departure::Flow;
use crate::engine::own_state::Wishes;
use crate::engine::parts::liveness::Liveness;
use crate::engine::parts::presentation::Presentation;
use crate::engine::parts::reference::Reference;
use crate::engine::parts::self_state::SelfState;
use crate::engine::parts::subchain::Subchain;
use crate::engine::presence::{Controls, Presence};
use crate::joining::JoinPayload;
use crate::membership::Membership;
use crate::policy::CallKind;

/// The content of a checkpoint.
pub(in crate::engine) fn save(member: &Member, ctx: &Context) -> Content {
    let reference = &member.presence.reference;
    let call = reference.call();
    let (next_block, next_broadcast) = member.follower.next();
    Content {
        membership: member.membership().to_saved(),
        call: (call.id.value(), call.access_hash.value()),
        link: reference.found_by().and_then(saved_link),
        invite_link: reference.invite_link().map(InviteLink::to_string),
        payload: member.payload().to_json(),
        media: ctx.wishes.media,
        screen: ctx.wishes.screen.as_ref().map(JoinPayload::to_json),
        muted_by_us: ctx.wishes.muted_by_us.clone(),
        past_sources: ctx.past.sources().map(Ssrc::value).collect(),
        next_block,
        next_broadcast,
    }
}

/// The member of a checkpoint, which begins to learn what happened meanwhile.
pub(in crate::engine) fn resume(
    ctx: &mut Context,
    content: Content,
) -> Result<(Member, Flow), RestoreError> {
    let fault = |what| RestoreError::Content { what };
    let payload = JoinPayload::from_json(&content.payload);
    let payload = payload.map_err(|_| fault("its payload cannot be read"))?;
    let screen = content.screen.as_deref().map(JoinPayload::from_json);
    let screen = screen
        .transpose()
        .map_err(|_| fault("the payload of its screen cannot be read"))?;
    ctx.wishes = Wishes {
        media: content.media,
        silenced: false,
        screen,
        muted_by_us: content.muted_by_us,
        videos: Vec::new(),
    };
    let found_by = content.link.map(link_of).transpose()?;
    let removal_grace = ctx.config.removal_grace;
    let rng = ctx.secrets.rng();
    let membership = Membership::resume(ctx.now, content.membership, RESERVE, removal_grace, rng)?;
    let past_sources = content.past_sources.into_iter();
    past_sources
        .rev()
        .filter_map(Ssrc::new)
        .for_each(|source| ctx.past.add(source, None));
    let (id, access_hash) = content.call;
    let call = CallRef {
        id: CallId::new(id),
        access_hash: AccessHash::new(access_hash),
    };
    let follower = Follower::new(
        ctx,
        membership,
        Subchain::resumed(SubChain::Blocks, content.next_block),
        Subchain::resumed(SubChain::Broadcasts, content.next_broadcast),
    );
    let reference = Reference::new(call, found_by, content.invite_link.map(InviteLink::new));
    let switches = SelfState::new(payload, None, ctx.wishes.media);
    let controls = Controls::new(switches, Presentation::resumed(ctx), InputPeer::SelfUser);
    // Nothing was answered since the checkpoint, however long that is ago.
    let liveness = Liveness::new(ctx.now, None);
    let us = Peer::User(follower.user_id());
    let presence = Presence::new(CallKind::Conference, us, reference, controls, liveness);
    let mut member = Member::new(follower, presence);
    let flow = go_on(&mut member, ctx);
    Ok((member, flow))
}

fn go_on(member: &mut Member, ctx: &mut Context) -> Flow {
    let us = member.identity();
    // The checkpoint is used up.
    member.checkpoints.ask(ctx);
    member.follower.poll(ctx, SubChain::Blocks, us.call);
    member.follower.poll(ctx, SubChain::Broadcasts, us.call);
    member.presence.check(ctx);
    member.presence.liveness.start(ctx);
    member.presence.roster.load_soon(ctx);
    member.presence.settings.ask(ctx, us.call);
    member.settle(ctx)
}

fn saved_link(link: &InputGroupCall) -> Option<SavedLink> {
    match link {
        InputGroupCall::Id { .. } => None,
        InputGroupCall::Slug(slug) => Some(SavedLink::Slug(slug.as_str().to_owned())),
        InputGroupCall::InviteMessage(message) => Some(SavedLink::InviteMessage(message.value())),
    }
}

fn link_of(saved: SavedLink) -> Result<InputGroupCall, RestoreError> {
    let what = "its link cannot be read";
    Ok(match saved {
        SavedLink::Slug(slug) => {
            let slug = Slug::new(&slug).map_err(|_| RestoreError::Content { what })?;
            InputGroupCall::Slug(slug)
        }
        SavedLink::InviteMessage(message) => InputGroupCall::InviteMessage(MessageId::new(message)),
    })
}
