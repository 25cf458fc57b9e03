use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Instant;

use confcall_join::Ssrc;
use confcall_join::api::{CallRef, InviteLink, Method};
use confcall_join::engine::{EmojiOverdue, Ended, Engine, Event, Suspicion};
use confcall_join::joining::{ConnectionParameters, JoinPayload};
use confcall_join::membership::LastKnown;
use confcall_media::Cryptor;
use confcall_state::verification::{EmojiHash, Phase};
use confcall_state::{Height, UserId};

use crate::limits;

/// The state of a conference at one moment.
///
/// Everything but the connection's loss, the waits, the suspicions, the last known state and the end is empty while we are not
/// in the call.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct View {
    /// The call by its id.
    pub call: Option<CallRef>,
    /// The link of the call, if the server gave one.
    pub link: Option<InviteLink>,
    /// The height of the newest block that was followed.
    pub height: Option<Height>,
    /// The members of the chain, who have the key of its epoch, in the order of the chain.
    pub members: Vec<UserId>,
    /// The users who are connected, as far as the roster says.
    pub connected: Vec<UserId>,
    /// The members of the chain who have just left: not connected any more, and removed by a block soon.
    ///
    /// One who is not removed in time is a suspicion, [`Suspicion::UnlistedMember`].
    pub leaving: Vec<UserId>,
    /// The progress of the newest block's verification.
    pub verification: Option<Phase>,
    /// The members who hold the verification up.
    pub missing: Vec<UserId>,
    /// The emoji of the newest block, once it is verified.
    pub emoji: Option<EmojiHash>,
    /// Set while the emoji are overdue: many blocks have ended their verification, or it takes long.
    pub emoji_overdue: Option<EmojiOverdue>,
    /// The payload that the server took, with the source of our sound.
    pub payload: Option<JoinPayload>,
    /// The parameters by which the media connects, once they are known.
    pub connection: Option<Arc<ConnectionParameters>>,
    /// Those of the screen that is shared.
    pub presentation: Option<Arc<ConnectionParameters>>,
    /// The cryptor for frames, if we may seal: not before we have caught up after a restart.
    pub cryptor: Option<Arc<Cryptor>>,
    /// Set while the server is not heard.
    pub connection_lost: bool,
    /// The methods of which requests wait because the server wants time to pass, and until when.
    pub waiting: BTreeMap<Method, Instant>,
    /// The newest different suspicions, 64 at most, those of earlier memberships included.
    pub suspicions: Vec<Suspicion>,
    /// The last state that was seen of the call, to be kept for [`Config::last_known`](crate::Config::last_known) when the user
    /// enters it again.
    pub last_known: Option<LastKnown>,
    /// The end, once the server knows of it.
    pub ended: Option<Ended>,
    sources: HashMap<Ssrc, UserId>,
}

impl View {
    /// The user whose media source this is, as far as the roster says.
    ///
    /// A frame of an unknown source must be dropped.
    pub fn user_of(&self, source: Ssrc) -> Option<UserId> {
        self.sources.get(&source).copied()
    }

    /// Takes in what only an event says; gives whether the view is another one now.
    pub(crate) fn note(&mut self, event: &Event) -> bool {
        match event {
            Event::Joined(joined) | Event::Rejoined(joined) | Event::Resumed(joined) => {
                *self = Self {
                    link: joined.invite_link.clone(),
                    payload: Some(joined.payload.clone()),
                    connection: joined.connection.clone().map(Arc::from),
                    cryptor: Some(Arc::clone(&joined.cryptor)),
                    ..self.without_call()
                };
            }
            Event::Connection {
                presentation,
                parameters,
            } => {
                let parameters = Some(Arc::from(parameters.clone()));
                match presentation {
                    true => self.presentation = parameters,
                    false => self.connection = parameters,
                }
            }
            Event::Link(link) => self.link = Some(link.clone()),
            Event::EpochStarted { .. } => {
                (self.verification, self.emoji) = (None, None);
                self.missing.clear();
            }
            Event::Verification { phase, missing, .. } => {
                self.verification = Some(*phase);
                self.missing.clone_from(missing);
            }
            Event::Emoji { hash, .. } => {
                (self.emoji, self.emoji_overdue) = (Some(*hash), None);
            }
            Event::EmojiOverdue(overdue) => self.emoji_overdue = Some(overdue.clone()),
            Event::Suspicious(suspicion) => self.suspect(suspicion),
            Event::MembersChanged { .. } | Event::RosterChanged => {}
            _ => return false,
        }
        true
    }

    /// The view with nothing of a membership.
    pub(crate) fn without_call(&mut self) -> Self {
        Self {
            connection_lost: self.connection_lost,
            waiting: core::mem::take(&mut self.waiting),
            suspicions: core::mem::take(&mut self.suspicions),
            last_known: self.last_known.take(),
            ended: self.ended.take(),
            ..Self::default()
        }
    }

    /// Keeps each suspicion once, the newest last.
    fn suspect(&mut self, suspicion: &Suspicion) {
        self.suspicions.retain(|old| !replaces(suspicion, old));
        if self.suspicions.len() >= limits::SUSPICIONS {
            self.suspicions.remove(0);
        }
        self.suspicions.push(suspicion.clone());
    }

    /// Reads what the engine itself shows.
    pub(crate) fn read(&mut self, engine: &Engine) {
        let Some(membership) = engine.membership() else {
            *self = self.without_call();
            return;
        };
        let state = membership.state();
        let participants = state.group_state().participants.iter();
        self.call = engine.call();
        if self.height.replace(state.height()) != Some(state.height()) {
            self.last_known = engine.last_known();
        }
        self.members = participants.map(|one| one.user_id).collect();
        self.connected = engine.connected();
        self.leaving = engine.leaving();
        self.sources = engine.sources().collect();
    }
}

/// The rule for suspicions that are the same, their counts aside.
fn replaces(new: &Suspicion, old: &Suspicion) -> bool {
    match (new, old) {
        (Suspicion::BadBroadcasts { from, .. }, Suspicion::BadBroadcasts { from: of_old, .. }) => {
            from == of_old
        }
        (new, old) => new == old,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use confcall_join::api::RpcError;

    /// The suspicions of a view that noted these.
    fn suspicions(noted: impl IntoIterator<Item = Suspicion>) -> Vec<Suspicion> {
        let mut view = View::default();
        for suspicion in noted {
            assert!(view.note(&Event::Suspicious(suspicion)));
        }
        view.suspicions
    }

    #[test]
    fn suspicions_are_kept_once_each_and_have_a_bound() {
        let unlisted = |id| Suspicion::UnlistedMember(UserId::new(id));
        assert_eq!(suspicions((0..100).map(|_| unlisted(1))), [unlisted(1)]);
        let bad = |count| Suspicion::BadBroadcasts {
            from: Some(UserId::new(1)),
            count,
        };
        assert_eq!(suspicions([bad(5), bad(50)]), [bad(50)]);

        let refused = Suspicion::BroadcastRefused(RpcError::new(400, "A"));
        let many = core::iter::once(refused).chain((0..99).map(unlisted));
        let newest: Vec<_> = (35..99).map(unlisted).collect();
        assert_eq!(suspicions(many), newest);
    }

    #[test]
    fn overdue_emoji_are_shown_until_they_come_or_the_membership_ends() {
        let overdue = EmojiOverdue::default();
        let height = Height::new(1);
        let hash = EmojiHash::from_bytes([1; 64]);
        let mut view = View::default();
        assert!(view.note(&Event::EmojiOverdue(overdue.clone())));
        assert_eq!(view.emoji_overdue, Some(overdue.clone()));
        assert!(view.note(&Event::Emoji { height, hash }));
        assert_eq!(view.emoji_overdue, None);
        assert!(view.note(&Event::EmojiOverdue(overdue)));
        assert_eq!(view.without_call().emoji_overdue, None);
    }
}
