//! Writing down a membership, and going on with it after a restart.
//!
//! ```text
//! Member ─▶ Content ─▶ Member, behind ── both subchains read to their ends ──▶ told, sends again
//!                          │
//!                          └── removed: the end; cannot follow, nonce lost: a new join
//! ```

use core::time::Duration;

use super::super::context::Context;
use super::super::cursor::Cursor;
use super::super::event::Event;
use super::super::timers::Timer;
use super::checking::CHECK;
use super::{Flow, Member};
use crate::api::{AccessHash, CallId, InputGroupCall, InviteLink, MessageId, Slug, Ssrc, SubChain};
use crate::engine::checkpoint::{CheckpointError, Content, RESERVE, RestoreError, SavedLink};
use crate::joining::JoinPayload;
use crate::membership::Membership;

/// How often a checkpoint is due at least, whatever happens.
const CHECKPOINT: Duration = Duration::from_secs(600);

impl Member {
    /// All that a checkpoint keeps.
    pub(in super::super) fn to_content(&self, ctx: &Context) -> Result<Content, CheckpointError> {
        let InputGroupCall::Id { id, access_hash } = &self.call else {
            return Err(CheckpointError::NotAMember);
        };
        Ok(Content {
            membership: self.membership.to_saved(),
            call: (id.value(), access_hash.value()),
            link: self.link.as_ref().and_then(saved_link),
            invite_link: self.invite_link.as_ref().map(InviteLink::to_string),
            payload: self.payload.to_json(),
            past_sources: ctx.past_sources().map(Ssrc::value).collect(),
            next_block: self.blocks.next(),
            next_broadcast: self.broadcasts.next(),
        })
    }

    /// The member of a checkpoint, which has yet to learn what happened meanwhile.
    pub(in super::super) fn of_content(
        ctx: &mut Context,
        content: Content,
    ) -> Result<Self, RestoreError> {
        let fault = |what| RestoreError::Content { what };
        let payload = JoinPayload::from_json(&content.payload);
        let payload = payload.map_err(|_| fault("its payload cannot be read"))?;
        let link = content.link.map(link_of).transpose()?;
        let (id, access_hash) = content.call;
        let removal_grace = ctx.config.removal_grace;
        let rng = ctx.secrets.rng();
        let membership =
            Membership::resume(ctx.now, content.membership, RESERVE, removal_grace, rng)?;
        let past_sources = content.past_sources.into_iter();
        past_sources
            .rev()
            .filter_map(Ssrc::new)
            .for_each(|source| ctx.leave_membership(source, None));
        let call = InputGroupCall::Id {
            id: CallId::new(id),
            access_hash: AccessHash::new(access_hash),
        };
        let cursors = [content.next_block, content.next_broadcast].map(Cursor::new);
        let mut member = Self::new(ctx.now, call, membership, payload, cursors);
        member.link = link;
        member.invite_link = content.invite_link.map(InviteLink::new);
        member.behind = vec![SubChain::Blocks, SubChain::Broadcasts];
        Ok(member)
    }

    /// Begins to learn what happened since the checkpoint, which is used up.
    pub(in super::super) fn go_on(&mut self, ctx: &mut Context) -> Flow {
        self.checkpoint_is_due(ctx);
        self.poll(ctx, SubChain::Blocks);
        self.poll(ctx, SubChain::Broadcasts);
        self.check(ctx);
        ctx.after(Timer::Check, CHECK);
        self.load_roster_soon(ctx);
        self.settle(ctx)
    }

    /// A subchain was read to its end: once both were, the caller gets what seals and opens frames.
    pub(super) fn caught_up(&mut self, ctx: &mut Context, sub_chain: SubChain) {
        let was_behind = self.is_behind();
        self.behind.retain(|one| *one != sub_chain);
        if was_behind && !self.is_behind() {
            let joined = self.joined(None, 0);
            ctx.event(Event::Resumed(joined));
        }
    }

    /// Whether we have not seen yet how the call went on since the checkpoint.
    pub(super) fn is_behind(&self) -> bool {
        !self.behind.is_empty()
    }

    /// Tells that a checkpoint should be taken, now and again after a while.
    pub(super) fn checkpoint_is_due(&mut self, ctx: &mut Context) {
        ctx.event(Event::CheckpointDue);
        ctx.after(Timer::Checkpoint, CHECKPOINT);
    }

    /// Tells that a checkpoint should be taken as soon as one outlives the newest block's verification.
    pub(super) fn tell_of_commits(&mut self, ctx: &mut Context) {
        use confcall_state::verification::Phase;

        let counts = self.membership.verification();
        let height = counts.height();
        if counts.phase() != Phase::Commit && self.secured != Some(height) {
            self.secured = Some(height);
            self.checkpoint_is_due(ctx);
        }
    }
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
