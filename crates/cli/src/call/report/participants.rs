//! Lines about the participants of a call and their media.

use confcall::join::engine::{
    Microphone, OwnState, Participant, ParticipantChange, ParticipantField, Picture, VolumeSetter,
};
use confcall::join::joining::{InvitationChange, InvitationEvent};

use super::super::names::Names;
use super::call_report::Presence;
use crate::screen::{Level, Line};

/// A user in the call, in a line.
pub(super) fn presence(one: &Presence, names: &Names) -> Line {
    let (level, place) = match (one.is_member, one.is_connected) {
        _ if !one.is_encrypted => (Level::Info, "in the call"),
        (true, true) if one.is_missing => (Level::Warning, "not verified yet"),
        (true, true) => (Level::Success, "in the call"),
        (true, false) => (
            Level::Warning,
            "not connected, and can decrypt until a block removes it",
        ),
        (false, _) => (Level::Info, "connected, and without the key"),
    };
    let mut parts = vec![place.to_owned()];
    parts.extend(one.participant.iter().flat_map(|one| state(one, names)));
    let name = match (one.user, &one.participant) {
        (Some(user), _) => names.with_id(user),
        (None, Some(one)) => names.of_peer(one.peer),
        (None, None) => "somebody".to_owned(),
    };
    Line::new(level, "who", format!("{name}: {}", parts.join(", ")))
}

/// The state of a participant's media, in words.
fn state(one: &Participant, names: &Names) -> Vec<String> {
    let mut words = vec![microphone(one.microphone, names)];
    let mut add = |holds: bool, text: &str| words.extend(holds.then(|| text.to_owned()));
    add(one.muted_by_us, "muted for you");
    add(is_shown(one.camera.as_deref()), "shows the camera");
    add(is_shown(one.screen.as_deref()), "shares a screen");
    add(one.raised_hand.is_some(), "raises the hand");
    if one.volume.set_by != VolumeSetter::Default {
        words.push(format!("volume {} %", one.volume.level / 100));
    }
    words
}

fn microphone(microphone: Microphone, names: &Names) -> String {
    match microphone {
        Microphone::On => "can be heard".to_owned(),
        Microphone::Muted => "muted".to_owned(),
        Microphone::MutedByAdmin => format!("muted by {}", names.ruler()),
    }
}

fn is_shown(picture: Option<&Picture>) -> bool {
    picture.is_some_and(|picture| !picture.paused)
}

/// The changes of another participant that people want to know of.
pub(super) fn changes(change: &ParticipantChange, names: &Names) -> Vec<Line> {
    let (before, now) = (&change.before, &change.now);
    if now.own {
        return Vec::new();
    }
    let name = names.of_peer(now.peer);
    let line = |label, text: String| Line::new(Level::Info, label, format!("{name} {text}"));
    let lines = change.fields().into_iter().filter_map(|field| match field {
        ParticipantField::Label => renamed(change, names),
        ParticipantField::Microphone => Some(line(
            "sound",
            format!("is {}", heard(now.microphone, names)),
        )),
        ParticipantField::RaisedHand if now.raised_hand.is_some() => {
            Some(line("hand", "raises the hand".to_owned()))
        }
        ParticipantField::Camera => picture([&before.camera, &now.camera], "the camera", "shows")
            .map(|text| line("camera", text)),
        ParticipantField::Screen => picture([&before.screen, &now.screen], "a screen", "shares")
            .map(|text| line("screen", text)),
        _ => None,
    });
    lines.collect()
}

fn heard(microphone: Microphone, names: &Names) -> String {
    match microphone {
        Microphone::On => "heard again".to_owned(),
        microphone => self::microphone(microphone, names),
    }
}

/// A user who is called otherwise than before.
fn renamed(change: &ParticipantChange, names: &Names) -> Option<Line> {
    let user = change.now.peer.user()?;
    let before = change.before.label.as_ref()?;
    let now = change.now.label.as_ref()?;
    let text = format!("{} was {:?} before", names.with_id(user), before.name);
    (before.name != now.name).then(|| Line::new(Level::Warning, "name", text))
}

fn picture([before, now]: [&Option<Box<Picture>>; 2], what: &str, verb: &str) -> Option<String> {
    match (is_shown(before.as_deref()), is_shown(now.as_deref())) {
        (false, true) => Some(format!("{verb} {what}")),
        (true, false) => Some(format!("{verb} {what} no more")),
        _ => None,
    }
}

/// The correction of our own state by the server, if it is one.
pub(super) fn own(before: Option<&OwnState>, now: &OwnState, names: &Names) -> Option<Line> {
    let could = before.is_none_or(|before| before.can_unmute);
    let (level, text) = match (could, now.can_unmute) {
        (true, false) if before.is_none() && names.is_of_chat() => {
            (Level::Info, "you may only listen here".to_owned())
        }
        (true, false) => (Level::Warning, format!("{} muted you", names.ruler())),
        (false, true) => (Level::Success, "you may speak again: /unmute".to_owned()),
        _ => return None,
    };
    Some(Line::new(level, "sound", text))
}

/// The progress of an invitation that we sent.
pub(super) fn invitation(invitation: &InvitationEvent, names: &Names) -> Vec<Line> {
    let (level, text) = match invitation.change {
        InvitationChange::Created => (Level::Info, "is invited, and has not answered yet"),
        InvitationChange::Answered => (Level::Success, "has answered"),
        InvitationChange::Missed => (Level::Warning, "declined, or did not answer in time"),
        InvitationChange::Over | InvitationChange::Deleted => {
            (Level::Info, "can follow the invitation no more")
        }
        // Those of others ring elsewhere.
        InvitationChange::Ringing => return Vec::new(),
    };
    let text = format!("{} {text}", names.with_id(invitation.to));
    vec![Line::new(level, "invited", text)]
}
