//! Lines about the participants of a call and their media.

use confcall::CallKind;
use confcall::api::Peer;
use confcall::join::engine::{
    Microphone, OwnState, Participant, ParticipantChange, ParticipantField, Picture, VolumeSetter,
};
use confcall::join::joining::{InvitationChange, InvitationEvent};

use super::super::kinds;
use super::super::names::{Names, listed};
use super::call_report::Presence;
use crate::screen::{Level, Line};

/// The most people who are named in a line: thousands come to a livestream.
const NAMED: usize = 5;

/// One who is in the call, in a line.
pub(super) fn presence(one: &Presence, names: &Names, kind: Option<CallKind>) -> Line {
    let (level, place) = match (one.is_member, one.is_connected) {
        _ if kind.is_some_and(kinds::is_open) => (Level::Info, "in the call"),
        (true, true) if one.is_missing => (Level::Warning, "not verified yet"),
        (true, true) => (Level::Success, "in the call"),
        (true, false) => (
            Level::Warning,
            "not connected, and can decrypt until a block removes it",
        ),
        (false, _) => (Level::Info, "connected, and without the key"),
    };
    let mut parts = vec![place.to_owned()];
    parts.extend(one.participant.iter().flat_map(state));
    let peer = one.user.map(Peer::User);
    let peer = peer.or(one.participant.as_ref().map(|one| one.peer));
    let name = peer.map_or_else(String::new, |peer| names.peer_with_id(peer));
    let text = format!("{name}: {}", parts.join(", "));
    Line::new(level, "who", text)
}

/// The state of a participant's media, in words.
fn state(one: &Participant) -> Vec<String> {
    let mut words = vec![microphone(one.microphone).to_owned()];
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

fn microphone(microphone: Microphone) -> &'static str {
    match microphone {
        Microphone::On => "can be heard",
        Microphone::Muted => "muted",
        Microphone::MutedByAdmin => "muted by an admin",
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
        ParticipantField::Microphone => {
            Some(line("sound", format!("is {}", heard(now.microphone))))
        }
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

fn heard(microphone: Microphone) -> &'static str {
    match microphone {
        Microphone::On => "heard again",
        microphone => self::microphone(microphone),
    }
}

/// One who is called otherwise than before.
fn renamed(change: &ParticipantChange, names: &Names) -> Option<Line> {
    let before = change.before.label.as_ref()?;
    let now = change.now.label.as_ref()?;
    let name = names.peer_with_id(change.now.peer);
    let text = format!("{name} was {:?} before", before.name);
    (before.name != now.name).then(|| Line::new(Level::Warning, "name", text))
}

fn picture([before, now]: [&Option<Box<Picture>>; 2], what: &str, verb: &str) -> Option<String> {
    match (is_shown(before.as_deref()), is_shown(now.as_deref())) {
        (false, true) => Some(format!("{verb} {what}")),
        (true, false) => Some(format!("{verb} {what} no more")),
        _ => None,
    }
}

/// What others, or the server, did with our microphone, and what became of our hand.
pub(super) fn own(
    before: Option<&OwnState>,
    now: &OwnState,
    kind: Option<CallKind>,
) -> Option<Line> {
    let (has_hands, admin) = match kind {
        Some(CallKind::RtmpViewer | CallKind::LiveStoryListener) => return None,
        kind => (kind == Some(CallKind::VideoChat), kinds::admin(kind)),
    };
    let could = before.is_none_or(|before| before.can_unmute);
    let was_raised = before.is_some_and(|before| before.hand_raised);
    let (level, label, text) = match (could, now.can_unmute) {
        (true, false) if has_hands && before.is_none() => {
            let text = "you only listen here: /hand shows the admins that you want to speak";
            (Level::Warning, "sound", text.to_owned())
        }
        (true, false) if has_hands => {
            let text = format!("{admin} muted you; /hand asks to speak again");
            (Level::Warning, "sound", text)
        }
        (true, false) => (Level::Warning, "sound", format!("{admin} muted you")),
        (false, true) => {
            let text = "you may speak now: /unmute turns the microphone on";
            (Level::Success, "sound", text.to_owned())
        }
        _ if was_muted_by_others(before, now) => {
            let text = format!("{admin} turned your microphone off; /unmute turns it on");
            (Level::Warning, "sound", text)
        }
        _ if was_raised != now.hand_raised => {
            let text = match now.hand_raised {
                true => "your hand is raised; /hand down lowers it",
                false => "your hand is down",
            };
            (Level::Info, "hand", text.to_owned())
        }
        _ => return None,
    };
    Some(Line::new(level, label, text))
}

/// True if the microphone went off without our wanting it: a wish of ours is seen before the server has it.
fn was_muted_by_others(before: Option<&OwnState>, now: &OwnState) -> bool {
    let is_off = now.wanted.muted && now.confirmed.muted;
    is_off && before.is_some_and(|before| !before.wanted.muted && !before.confirmed.muted)
}

/// Those who came and left, where no chain says it.
pub(super) fn came_and_left(
    joined: &[Participant],
    left: &[Participant],
    more: u32,
    names: &Names,
) -> Vec<Line> {
    let others = |label, people: &[Participant]| {
        let others = people.iter().filter(|one| !one.own);
        let others: Vec<_> = others.map(|one| names.of_peer(one.peer)).collect();
        let unnamed = others.len().saturating_sub(NAMED);
        let mut shown: Vec<_> = others.into_iter().take(NAMED).collect();
        shown.extend((unnamed > 0).then(|| format!("{unnamed} others")));
        (!shown.is_empty()).then(|| Line::new(Level::Info, label, listed(&shown)))
    };
    let unsaid = (more > 0).then(|| {
        let text = format!("{more} others came, left or are other than before");
        Line::new(Level::Detail, "roster", text)
    });
    let lines = [others("came", joined), others("gone", left), unsaid];
    lines.into_iter().flatten().collect()
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
