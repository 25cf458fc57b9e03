use std::collections::BTreeMap;

use confcall_join::api::{CallId, GroupCall, Request, Response, Update, Updates};
use confcall_join::engine::{
    EndReason, Engine, Event, Input, Joined, Outcome, RequestId, Suspicion,
};
use confcall_join::policy::CallKind;
use confcall_state::UserId;

/// The law of kinds: an engine that enters a conference never is in another call, and the other way round.
///
/// Its requests are all of one side, a membership has a chain and keys on that side alone, and only there is anything shown as
/// encrypted. A server that shows the call as one of the other side is told of at once. On the way into a call such a sight is the end:
/// neither the chain of the call is asked for then, nor is it joined.
#[derive(Clone, Debug)]
pub(super) struct Kinds {
    user: UserId,
    /// True for an engine of conferences, once its first request has said so.
    of_conferences: Option<bool>,
    /// The call that we are in.
    call: Option<CallId>,
    /// True if the input showed this call as one of the other side.
    is_contradicted: bool,
    is_told: bool,
    /// True once the caller was warned of it.
    is_suspected: bool,
    /// The requests of this membership whose answers show the call.
    asked: BTreeMap<RequestId, Asked>,
    /// On the way into the call: the newest look at it.
    look: Option<RequestId>,
    /// Whether the input answers that look and shows a conference.
    is_seen_as_conference: Option<bool>,
}

/// A request whose answer shows the call.
#[derive(Clone, Copy, Debug)]
enum Asked {
    Call,
    Change,
}

impl Kinds {
    pub(super) fn new(user: UserId) -> Self {
        Self {
            user,
            of_conferences: None,
            call: None,
            is_contradicted: false,
            is_told: false,
            is_suspected: false,
            asked: BTreeMap::new(),
            look: None,
            is_seen_as_conference: None,
        }
    }

    pub(super) fn begin(&mut self, engine: &Engine, input: &Input) {
        if engine.call().is_none() {
            // Whatever comes now is of no membership.
            (self.call, self.is_contradicted) = (None, false);
            self.asked.clear();
            if let Input::Answer {
                request,
                outcome: Outcome::Done(Response::GroupCall(info)),
            } = input
                && self.look == Some(*request)
            {
                self.is_seen_as_conference = info.call.active().map(|call| call.conference);
            }
            return;
        }
        // A late answer to a look from within the call is none on the way back.
        self.look = None;
        let calls: Vec<_> = match input {
            Input::Update(update) => shown(update).into_iter().collect(),
            Input::Answer {
                request,
                outcome: Outcome::Done(response),
            } => match (self.asked.remove(request), response) {
                (Some(Asked::Change), Response::Updates(Updates(updates))) => {
                    updates.iter().filter_map(shown).collect()
                }
                (Some(Asked::Call), Response::GroupCall(info)) => vec![&info.call],
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        let mut ours = calls.into_iter().filter_map(GroupCall::active);
        self.is_contradicted = ours.any(|call| {
            self.call == Some(call.id) && self.of_conferences == Some(!call.conference)
        });
    }

    pub(super) fn sent(&mut self, kind: CallKind, id: RequestId, body: &Request) {
        self.check(kind == CallKind::Conference, "asks about");
        let asked = match body {
            Request::Join(_) | Request::ChainBlocks(_) => {
                let (user, seen) = (self.user, self.is_seen_as_conference);
                assert!(
                    seen.is_none_or(|seen| seen == (kind == CallKind::Conference)),
                    "user {user}: enters what it has just seen to be a call of the other side"
                );
                // Its answer is not waited for any more.
                self.look = None;
                return;
            }
            Request::GroupCall(_) => {
                self.look = Some(id);
                Asked::Call
            }
            Request::EditParticipant(_) | Request::Title(_) | Request::Record(_) => Asked::Change,
            _ => return,
        };
        self.asked.insert(id, asked);
    }

    pub(super) fn see(&mut self, event: &Event) {
        match event {
            Event::Joined(joined) | Event::Rejoined(joined) | Event::Resumed(joined) => {
                self.joined(joined);
            }
            Event::Message { encrypted, .. } => self.check(*encrypted, "shows a message of"),
            Event::Emoji { .. } | Event::EpochStarted { .. } | Event::Verification { .. } => {
                self.check(true, "shows an epoch of");
            }
            Event::Suspicious(Suspicion::KindChanged { .. }) => {
                (self.is_told, self.is_suspected) = (true, true);
            }
            Event::Ended(ended) => {
                let (user, is_changed) = (
                    self.user,
                    matches!(ended.reason, EndReason::KindChanged { .. }),
                );
                assert!(
                    !is_changed || self.is_suspected,
                    "user {user}: the kind is another one, and nobody is warned"
                );
                self.is_told = true;
            }
            _ => {}
        }
    }

    fn joined(&mut self, joined: &Joined) {
        let is_conference = joined.kind == CallKind::Conference;
        self.check(is_conference, "is in");
        let user = self.user;
        assert_eq!(
            joined.cryptor.is_some(),
            is_conference,
            "user {user}: keys are of conferences alone"
        );
        (self.call, self.is_told, self.is_suspected) = (Some(joined.call.id), false, false);
        self.asked.clear();
    }

    /// Checks that what an engine does fits to all before.
    fn check(&mut self, is_conference: bool, what: &str) {
        let (user, before) = (self.user, *self.of_conferences.get_or_insert(is_conference));
        assert_eq!(
            before, is_conference,
            "user {user}: {what} a call of the other side"
        );
    }

    pub(super) fn settle(&mut self, engine: &Engine) {
        let user = self.user;
        assert!(
            engine.membership().is_none() || self.of_conferences != Some(false),
            "user {user}: a chain in a call that has none"
        );
        assert!(
            !self.is_contradicted || self.is_told,
            "user {user}: the call is shown as one of the other side, and nothing is said"
        );
        (self.is_contradicted, self.is_seen_as_conference) = (false, None);
    }
}

/// The call that an update shows.
fn shown(update: &Update) -> Option<&GroupCall> {
    match update {
        Update::GroupCall { call, .. } => Some(call),
        _ => None,
    }
}
