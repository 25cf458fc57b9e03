use core::fmt;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Instant;

use confcall_join::Ssrc;
use confcall_join::api::{CallRef, CallSettings, InviteLink, Method, Peer};
use confcall_join::engine::{
    CallInfo, EmojiOverdue, Ended, Engine, Event, Joined, MediaConnection, MediaMode, OwnState,
    Participant, Suspicion, Trouble,
};
use confcall_join::joining::{ConnectionParameters, JoinPayload};
use confcall_join::membership::LastKnown;
use confcall_join::policy::CallKind;
use confcall_join::shown::{self, List};
use confcall_media::Cryptor;
use confcall_state::verification::{EmojiHash, Phase};
use confcall_state::{Height, UserId};
use serde::{Serialize, Serializer};

use crate::limits;

/// The thing that a way into the call waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum WaitingFor {
    /// The server's answer to a request.
    Answer {
        /// The method.
        method: Method,
        /// The moment at which it was sent.
        #[serde(rename = "since_ms", serialize_with = "elapsed")]
        since: Instant,
    },
    /// The next attempt, after something failed.
    Attempt {
        /// The failure.
        #[serde(serialize_with = "shown::with_message")]
        why: Trouble,
        /// The moment of the attempt.
        #[serde(rename = "left_ms", serialize_with = "remaining")]
        until: Instant,
    },
}

impl fmt::Display for WaitingFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer { method, .. } => write!(f, "the answer to {method}"),
            Self::Attempt { why, .. } => write!(f, "the next attempt: {why}"),
        }
    }
}

/// The state of a call at one moment.
///
/// Everything but the description, the connection's loss, the waits, the suspicions, the last known state and the end is empty
/// while we are not in the call. What hangs on the chain is empty in every call that is no conference.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct View {
    /// The call by its id.
    #[serde(serialize_with = "shown::form")]
    pub call: Option<CallRef>,
    /// The kind of the call.
    pub kind: Option<CallKind>,
    /// The way in which its media comes to us.
    pub mode: Option<MediaMode>,
    /// As whom we are in it.
    #[serde(serialize_with = "shown::form")]
    pub joined_as: Option<Peer>,
    /// The description of a call that is no conference: title, recording, schedule; also while it is announced and we wait.
    pub info: Option<CallInfo>,
    /// The link of the call, if the server gave one.
    #[serde(skip)]
    pub link: Option<InviteLink>,
    /// The height of the newest block that was followed.
    #[serde(serialize_with = "shown::form")]
    pub height: Option<Height>,
    /// The settings of the call, once the server has shown them.
    pub settings: Option<CallSettings>,
    /// The members of the chain, who have the key of its epoch, in the order of the chain.
    #[serde(serialize_with = "shown::form")]
    pub members: Vec<UserId>,
    /// The users who are connected, as far as the roster says.
    #[serde(serialize_with = "shown::form")]
    pub connected: Vec<UserId>,
    /// The participants, as the roster lists them, in the order in which they are shown.
    pub participants: Vec<Participant>,
    /// The state of our own media.
    pub own: Option<OwnState>,
    /// The members of the chain who have just left: not connected any more, and removed by a block soon.
    ///
    /// One who is not removed in time is a suspicion, [`Suspicion::UnlistedMember`].
    #[serde(serialize_with = "shown::form")]
    pub leaving: Vec<UserId>,
    /// The progress of the newest block's verification.
    #[serde(serialize_with = "shown::form")]
    pub verification: Option<Phase>,
    /// The members who hold the verification up.
    #[serde(serialize_with = "shown::form")]
    pub missing: Vec<UserId>,
    /// The emoji of the newest block, once it is verified.
    #[serde(serialize_with = "shown::form")]
    pub emoji: Option<EmojiHash>,
    /// Set while the emoji are overdue: many blocks have ended their verification, or it takes long.
    pub emoji_overdue: Option<EmojiOverdue>,
    /// The payload that the server took, with the source of our sound.
    pub payload: Option<JoinPayload>,
    /// The parameters by which the media connects, once they are known.
    #[serde(serialize_with = "by_value")]
    pub connection: Option<Arc<ConnectionParameters>>,
    /// Those of the screen that is shared.
    #[serde(serialize_with = "by_value")]
    pub presentation: Option<Arc<ConnectionParameters>>,
    /// The cryptor for frames, if we may seal: not before we have caught up after a restart.
    #[serde(skip)]
    pub cryptor: Option<Arc<Cryptor>>,
    /// The thing that is waited for on the way into the call, or back into it.
    pub waiting_for: Option<WaitingFor>,
    /// Set while the server is not heard.
    pub connection_lost: bool,
    /// The methods of which requests wait because the server wants time to pass, and until when.
    #[serde(rename = "waiting_ms", serialize_with = "left")]
    pub waiting: BTreeMap<Method, Instant>,
    /// The newest different suspicions, 64 at most, those of earlier memberships included.
    #[serde(serialize_with = "with_messages")]
    pub suspicions: Vec<Suspicion>,
    /// The number of things that the server showed and that were cut or passed over, because they are too long or make no sense.
    pub ignored: u32,
    /// The last state that was seen of the call, to be kept for [`Config::last_known`](crate::Config::last_known) when the user
    /// enters it again.
    pub last_known: Option<LastKnown>,
    /// The end, once the server knows of it.
    pub ended: Option<Ended>,
    /// The beginning of the membership.
    #[serde(skip)]
    pub(crate) joined: Option<Arc<Joined>>,
    #[serde(skip)]
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
            Event::Joined(joined) | Event::Rejoined(joined) => {
                *self = self.without_call();
                self.begin(joined);
            }
            // The membership is that of before the restart, of which the emoji were shown already.
            Event::Resumed(joined) => self.begin(joined),
            Event::Connection {
                connection,
                parameters,
            } => {
                let parameters = Some(Arc::from(parameters.clone()));
                match connection {
                    MediaConnection::Main => self.connection = parameters,
                    MediaConnection::Presentation => self.presentation = parameters,
                }
            }
            // The engine shows the state itself, also where it came before the membership.
            Event::OwnState(state) => {
                self.presentation.take_if(|_| !state.is_presenting);
            }
            Event::Link(link) => self.link = Some(link.clone()),
            Event::Call(info) | Event::Scheduled(info) => self.info = Some(info.clone()),
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
            // The engine shows what they are about.
            Event::MembersChanged { .. }
            | Event::ParticipantsChanged { .. }
            | Event::Settings(_) => {}
            _ => return false,
        }
        true
    }

    fn begin(&mut self, joined: &Joined) {
        (self.kind, self.mode) = (Some(joined.kind), Some(joined.mode));
        self.joined_as = Some(joined.own);
        self.link.clone_from(&joined.invite_link);
        self.payload = Some(joined.payload.clone());
        self.connection = joined.connection.clone().map(Arc::from);
        self.cryptor.clone_from(&joined.cryptor);
        self.joined = Some(Arc::new(joined.clone()));
    }

    /// The view with nothing of a membership.
    pub(crate) fn without_call(&mut self) -> Self {
        Self {
            info: self.info.take(),
            connection_lost: self.connection_lost,
            waiting: core::mem::take(&mut self.waiting),
            waiting_for: self.waiting_for.take(),
            suspicions: core::mem::take(&mut self.suspicions),
            last_known: self.last_known.take(),
            ended: self.ended.take(),
            ignored: self.ignored,
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
        self.ignored = engine.ignored();
        self.call = engine.call();
        if self.call.is_none() {
            *self = self.without_call();
            return;
        }
        if let Some(membership) = engine.membership() {
            let state = membership.state();
            let participants = state.group_state().participants.iter();
            if self.height.replace(state.height()) != Some(state.height()) {
                self.last_known = engine.last_known();
            }
            self.members = participants.map(|one| one.user_id).collect();
        }
        self.settings = engine.settings();
        self.own = engine.own_state();
        self.connected = engine.connected();
        self.participants = engine.participants();
        self.leaving = engine.leaving();
        self.sources = engine.sources().collect();
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.connection_lost {
            f.write_str("not connected, ")?;
        }
        let Some(call) = self.call else {
            return match (&self.ended, &self.waiting_for) {
                (Some(ended), _) => write!(f, "ended: {ended}"),
                (None, Some(waiting_for)) => write!(f, "waiting for {waiting_for}"),
                (None, None) => f.write_str("not in the call"),
            };
        };
        let Some(height) = self.height else {
            let count = self.participants.len();
            write!(f, "in call {}", call.id)?;
            if let Some(kind) = self.kind {
                write!(f, ", {kind}")?;
            }
            return write!(f, ", not encrypted, with {count} listed");
        };
        let members = List(&self.members);
        write!(f, "in call {} at height {height} with {members}", call.id)?;
        match self.emoji {
            Some(emoji) => write!(f, ", verified: {emoji}"),
            None => write!(f, ", not verified, missing: {}", List(&self.missing)),
        }
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

fn by_value<T: Serialize, S: Serializer>(value: &Option<Arc<T>>, to: S) -> Result<S::Ok, S::Error> {
    value.as_deref().serialize(to)
}

fn with_messages<S: Serializer>(all: &[Suspicion], to: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Shown<'a>(#[serde(serialize_with = "shown::with_message")] &'a Suspicion);

    to.collect_seq(all.iter().map(Shown))
}

/// The time that has passed since an instant.
fn elapsed<S: Serializer>(since: &Instant, to: S) -> Result<S::Ok, S::Error> {
    shown::form(&since.elapsed(), to)
}

/// The time that is left until an instant.
fn remaining<S: Serializer>(until: &Instant, to: S) -> Result<S::Ok, S::Error> {
    shown::form(&until.saturating_duration_since(Instant::now()), to)
}

/// The methods, each with the time that is left.
fn left<S: Serializer>(waiting: &BTreeMap<Method, Instant>, to: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Left<'a>(#[serde(serialize_with = "remaining")] &'a Instant);

    to.collect_map(waiting.iter().map(|(method, until)| (method, Left(until))))
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
    fn other_settings_make_a_view_another_one() {
        let settings = CallSettings::default();
        assert!(View::default().note(&Event::Settings(settings)));
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
