use confcall_join::api::{
    CallRef, GroupCallParticipant, InputGroupCall, InputPeer, Peer, Request, Response, Update,
    Updates,
};
use confcall_join::engine::{Command, Engine, Event, Input, Outcome};
use confcall_join::policy::CallKind;
use confcall_state::UserId;

/// The law of silence: nobody speaks, nor wants to, where it is not allowed to.
///
/// It is not in a call of which one only is a viewer or listener; nor after an answer to a join that shows us as muted by an
/// admin, until the server shows us otherwise.
#[derive(Clone, Debug)]
pub(super) struct Silence {
    user: UserId,
    /// The call that we are in, as whom, and its kind.
    place: Option<(CallRef, Peer, CallKind)>,
    /// The entries that the input shows, and the call that each is of, if that is said.
    entries: Vec<(Option<InputGroupCall>, GroupCallParticipant)>,
    is_silenced: bool,
}

impl Silence {
    pub(super) fn new(user: UserId) -> Self {
        Self {
            user,
            place: None,
            entries: Vec::new(),
            is_silenced: false,
        }
    }

    pub(super) fn begin(&mut self, engine: &Engine, input: &Input) {
        self.entries = match input {
            Input::Update(update) => entries(update).collect(),
            Input::Answer {
                outcome: Outcome::Done(response),
                ..
            } => match response {
                Response::Updates(updates) => newest(updates),
                Response::GroupCall(info) => unnamed(&info.participants),
                Response::Participants(page) => unnamed(&page.participants),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        let is_allowed = self.own_entries().any(|entry| !is_silent(entry));
        // In the next membership it is for the server to say.
        let is_new_wish = engine.call().is_none() && wants_to_speak(input);
        if is_allowed || is_new_wish {
            self.is_silenced = false;
        }
    }

    /// The entries of the input that are about us.
    fn own_entries(&self) -> impl Iterator<Item = &GroupCallParticipant> {
        let entries = self.entries.iter().filter(|(call, entry)| {
            self.place.is_some_and(|(ours, own, _)| {
                let is_named = call.as_ref().is_none_or(|call| *call == ours.into());
                is_named && entry.peer == own
            })
        });
        entries.map(|(_, entry)| entry)
    }

    pub(super) fn sent(&self, body: &Request) {
        let user = self.user;
        let speaks = match body {
            Request::Join(join) => !join.muted || !join.video_stopped,
            Request::EditParticipant(edit) => {
                let ours = edit.participant == InputPeer::SelfUser
                    || edit.participant.peer(user) == self.place.map(|(_, own, _)| own);
                ours && (edit.muted == Some(false) || edit.video_stopped == Some(false))
            }
            Request::JoinPresentation(_) => true,
            _ => false,
        };
        assert!(
            !speaks || !self.is_silenced,
            "user {user}: {body:?} of one who is not allowed to speak"
        );
    }

    pub(super) fn see(&mut self, event: &Event) {
        if let Event::Joined(joined) | Event::Rejoined(joined) = event {
            self.place = Some((joined.call, joined.own, joined.kind));
            self.is_silenced =
                self.own_entries().next().is_some() && self.own_entries().all(is_silent);
        }
    }

    pub(super) fn settle(&self, engine: &Engine) {
        let (user, Some(own)) = (self.user, engine.own_state()) else {
            return;
        };
        let is_listener = self.place.is_some_and(|(_, _, kind)| {
            matches!(kind, CallKind::RtmpViewer | CallKind::LiveStoryListener)
        });
        assert!(
            !is_listener && !self.is_silenced || own.wanted.muted && own.wanted.video_stopped,
            "user {user}: {own:?} of one who is not allowed to speak"
        );
    }
}

/// True for a command to turn sound or picture on.
fn wants_to_speak(input: &Input) -> bool {
    let Input::Command { command, .. } = input else {
        return false;
    };
    matches!(
        command,
        Command::SetMuted { muted: false } | Command::SetVideo { on: true }
    )
}

/// True for one who is there, and muted until an admin lets it speak.
fn is_silent(entry: &GroupCallParticipant) -> bool {
    entry.muted && !entry.can_self_unmute && !entry.left
}

/// The entries that an update shows, with their call.
fn entries(
    update: &Update,
) -> impl Iterator<Item = (Option<InputGroupCall>, GroupCallParticipant)> {
    let change = match update {
        Update::Participants(change) => Some(change),
        _ => None,
    };
    change.into_iter().flat_map(|change| {
        let participants = change.participants.iter();
        participants.map(|entry| (Some(change.call.clone()), entry.clone()))
    })
}

/// The entries that updates of one answer show, without changes that are older than one before them.
fn newest(Updates(updates): &Updates) -> Vec<(Option<InputGroupCall>, GroupCallParticipant)> {
    let mut newest = None;
    let is_new = |update: &&Update| match update {
        Update::Participants(change) if change.participants.iter().any(|one| one.versioned) => {
            let is_new = newest.is_none_or(|newest| newest < change.version);
            newest = newest.max(Some(change.version));
            is_new
        }
        _ => true,
    };
    updates.iter().filter(is_new).flat_map(entries).collect()
}

/// The entries of an answer that names no call.
fn unnamed(
    participants: &[GroupCallParticipant],
) -> Vec<(Option<InputGroupCall>, GroupCallParticipant)> {
    let participants = participants.iter();
    participants.map(|entry| (None, entry.clone())).collect()
}
