//! An attempt to join a call that is no conference: where it is, as whom it is joined, and what the tries have used up.

use core::time::Duration;

use confcall_media::Moment;
use confcall_state::UserId;

use crate::api::{
    ActiveCall, CallRef, GroupCall, InputPeer, LeaveGroupCall, Participants, Peer, Ssrc,
};
use crate::engine::backoff::Backoff;
use crate::engine::context::Context;
use crate::engine::end::RejoinReason;
use crate::engine::event::Trouble;
use crate::engine::exit;
use crate::engine::own_state::OwnMedia;
use crate::joining::{Answer, CallPlace, GroupCallTarget, JoinPayload};
use crate::policy::CallKind;

/// The parts of an attempt to join that stay over all its steps.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    /// The reason to join again, if it is not the first time.
    pub(super) again: Option<RejoinReason>,
    pub(super) from: Standpoint,
    pub(super) payload: JoinPayload,
    /// The switches of our media as the last join announced them.
    pub(super) announced: OwnMedia,
    pub(super) clashes: Backoff,
    pub(super) faults: Backoff,
    pub(super) losses: Backoff,
    pub(super) reads: Backoff,
    /// True once a stale reference was looked up again.
    pub(super) is_refreshed: bool,
    /// True if the last join was that of a viewer because the call might have been a live story.
    pub(super) was_guarded: bool,
    /// True once the server has shown the kind of the call.
    pub(super) has_looked: bool,
    /// True once the answer to a join has shown another kind than was known.
    pub(super) has_learned: bool,
    /// True once the peer as whom we were before is tried again.
    pub(super) has_fallen_back: bool,
    pub(super) joined: Joined,
    /// The number of times that a join was sent.
    pub(super) sent: u32,
}

/// The source by which the server may have us in the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joined {
    /// It has not: no join was carried out.
    Not,
    /// This one: of a join that was or may have been carried out, or of the membership before.
    By(Ssrc),
    /// One of several, and it is not known which.
    BySome,
}

impl Joined {
    /// The same, after a join with this source that may have been carried out.
    pub(super) fn or_by(self, source: Ssrc) -> Self {
        match self {
            Self::Not => Self::By(source),
            Self::By(known) if known == source => self,
            Self::By(_) | Self::BySome => Self::BySome,
        }
    }
}

/// The things about a call and our place in it that outlive a membership.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Standpoint {
    /// The group or channel of the call, or the peer whose story it is, once it is known.
    pub(in crate::engine) chat: Option<InputPeer>,
    pub(in crate::engine) call: Option<CallRef>,
    /// True for a live story.
    pub(in crate::engine) is_story: bool,
    /// True once it is known whether it is one: the id alone does not say so.
    pub(in crate::engine) is_certain: bool,
    /// As whom we join; `None` before that is known.
    pub(in crate::engine) join_as: Option<InputPeer>,
    /// As whom we were in the call before another peer was asked for.
    pub(in crate::engine) fallback: Option<InputPeer>,
    /// The source of the membership before.
    pub(in crate::engine) source: Option<Ssrc>,
}

/// An action of the attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Ask for the peer of a name.
    Resolve,
    /// Ask for the call of a peer.
    Find,
    /// Ask for the call itself.
    Look,
    /// Join it.
    Join,
}

/// The consequence of an answer.
#[derive(Debug)]
pub(super) enum Next {
    /// Do this now.
    Now(Action),
    /// Wait for the call to begin.
    Wait(Box<ActiveCall>),
    /// Join after a pause with another payload: a source of ours is taken.
    Renewed { pause: Duration },
    /// Do this after a pause, of which the caller learns.
    After {
        why: Trouble,
        pause: Duration,
        action: Action,
    },
}

/// The end of an attempt.
pub(in crate::engine) type Exit = exit::Exit<Box<Accepted>>;

/// A join that the server took: all that a membership starts from.
#[derive(Debug)]
pub(in crate::engine) struct Accepted {
    /// True if it is not the first one.
    pub(in crate::engine) is_rejoin: bool,
    pub(in crate::engine) kind: CallKind,
    pub(in crate::engine) call: CallRef,
    pub(in crate::engine) from: Standpoint,
    /// As whom we are in the call.
    pub(in crate::engine) own: Peer,
    pub(in crate::engine) payload: JoinPayload,
    pub(in crate::engine) announced: OwnMedia,
    pub(in crate::engine) attempts: u32,
    /// The time at which the join was sent that was taken.
    pub(in crate::engine) sent: Moment,
    pub(in crate::engine) media: Answer,
    pub(in crate::engine) shown: Option<GroupCall>,
    /// The group or channel whose call it is, if the answer says so.
    pub(in crate::engine) host: Option<Peer>,
    pub(in crate::engine) rosters: Vec<Participants>,
}

impl Standpoint {
    /// The peer as whom we are in the call.
    pub(in crate::engine) fn own(&self, user: UserId) -> Peer {
        let peer = self.join_as.as_ref();
        let peer = peer.and_then(|peer| peer.peer(user));
        peer.unwrap_or(Peer::User(user))
    }

    /// Notes whether the server shows a live story, in which everyone is as themselves.
    pub(super) fn shown(&mut self, is_story: bool) {
        self.is_certain = true;
        self.is_story |= is_story;
        if self.is_story {
            (self.join_as, self.fallback) = (None, None);
        }
    }

    /// As whom a join names us.
    pub(in crate::engine) fn join_as(&self) -> InputPeer {
        self.join_as.clone().unwrap_or(InputPeer::SelfUser)
    }
}

impl Attempt {
    pub(super) fn first(ctx: &mut Context, target: &GroupCallTarget) -> Self {
        // Until the server shows more; what is asked before that is allowed of both.
        ctx.kind_is(match target.is_story() {
            true => CallKind::LiveStoryListener,
            false => CallKind::VideoChat,
        });
        let chat = match target.place() {
            CallPlace::Chat(peer) | CallPlace::Story { peer, .. } => Some(peer.clone()),
            _ => None,
        };
        let call = match target.place() {
            CallPlace::Call(call) => Some(*call),
            _ => None,
        };
        let join_as = ctx.config.join_as.clone().filter(|_| !target.is_story());
        let from = Standpoint {
            chat,
            call,
            is_story: target.is_story(),
            is_certain: !matches!(target.place(), CallPlace::Call(_)),
            join_as,
            fallback: None,
            source: None,
        };
        let payload = ctx.config.media.payload.clone();
        Self::new(ctx, None, from, payload)
    }

    pub(super) fn again(
        ctx: &Context,
        reason: RejoinReason,
        from: Standpoint,
        payload: JoinPayload,
    ) -> Self {
        Self::new(ctx, Some(reason), from, payload)
    }

    fn new(
        ctx: &Context,
        again: Option<RejoinReason>,
        from: Standpoint,
        payload: JoinPayload,
    ) -> Self {
        let backoff = |first, longest, tries| {
            Backoff::new(
                Duration::from_millis(first),
                Duration::from_millis(longest),
                tries,
            )
        };
        Self {
            has_looked: again.is_some(),
            again,
            // The membership before stands until it is known that it does not.
            joined: from.source.map_or(Joined::Not, Joined::By),
            from,
            payload,
            announced: ctx.wishes.media,
            clashes: backoff(50, 500, 5),
            faults: backoff(250, 4_000, 6),
            losses: backoff(250, 4_000, 6),
            reads: backoff(250, 4_000, 6),
            is_refreshed: false,
            was_guarded: false,
            has_learned: false,
            has_fallen_back: false,
            sent: 0,
        }
    }

    /// The request that leaves the call that we may be in: by a join that may have been carried out, or by the membership before.
    pub(super) fn leave(&self) -> Option<LeaveGroupCall> {
        let source = match self.joined {
            Joined::Not => return None,
            Joined::By(source) => Some(source),
            Joined::BySome => None,
        };
        let call = self.from.call?.into();
        Some(LeaveGroupCall { call, source })
    }
}
