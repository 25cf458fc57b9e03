//! A video chat: an admin mutes one who takes part, who raises the hand and may speak again.

use std::io::Write;

use confcall::api::Peer;
use confcall::join::engine::{Command, CommandFailure, Event, Microphone, Participant};
use confcall::join::message::RandomId;
use confcall::{CallKind, GroupMessage, UserId};

use super::super::broken::DidNotHold;
use super::super::life::leaving;
use super::super::life::stage::Stage;
use super::following::{ADMIN, GUEST, follow};

pub(super) fn play(stage: &mut Stage<'_, impl Write>) -> anyhow::Result<()> {
    stage.title("a video chat, in which the server hears everything")?;
    let link = "https://t.me/walkers?videochat";
    follow(link, &[ADMIN, GUEST], CallKind::VideoChat, stage)?;
    stage.proof("what a call is, the server says; one without a key is shown as not encrypted")?;
    write(GUEST, "Is the path dry?", stage)?;
    mute(GUEST, stage)?;
    raise_hand(GUEST, stage)?;
    let_speak(GUEST, stage)?;
    stage.proof(
        "who may speak, the admins decide, and an engine asks for nothing that it may not",
    )?;
    leaving::leave(GUEST, stage)?;
    leaving::leave(ADMIN, stage)
}

/// Writes a message, which the others get as one that is not encrypted.
fn write(from: UserId, text: &str, stage: &mut Stage<'_, impl Write>) -> anyhow::Result<()> {
    let message = GroupMessage::new(RandomId::generate(&mut stage.rng), text, Vec::new())?;
    stage.command(from, Command::Send(message))?;
    stage.wait_for(
        |stage| {
            let mut events = stage.node(ADMIN).ok()?.events.iter();
            let is_it = |event: &&Event| {
                matches!(event, Event::Message { from: Peer::User(user), encrypted: false, message, .. }
                    if *user == from && message.text() == text)
            };
            events.find(is_it).map(|_| ())
        },
        DidNotHold::MessagePushed(ADMIN),
    )?;
    let (from, to) = (stage.name(from), stage.name(ADMIN));
    let text = format!("{from} writes {text:?}; {to} reads it, marked as not encrypted");
    stage.line("message", &text)
}

/// Has the admin mute a participant, who cannot turn the microphone on then.
pub(super) fn mute(user_id: UserId, stage: &mut Stage<'_, impl Write>) -> anyhow::Result<()> {
    let peer = Peer::User(user_id);
    stage.command(ADMIN, Command::Mute { peer, muted: true })?;
    stage.wait_for(
        |stage| (!may_speak(stage, user_id)?).then_some(()),
        DidNotHold::Silenced(user_id),
    )?;
    let names = [ADMIN, user_id].map(|user| stage.name(user));
    stage.line("muted", &names.join(" mutes "))?;
    stage.command(user_id, Command::SetMuted { muted: false })?;
    let refused = stage.wait_for(
        |stage| {
            let events = stage.node(user_id).ok()?.events.iter();
            events.rev().find_map(|event| match event {
                Event::Failed { why, .. } => Some(why.clone()),
                _ => None,
            })
        },
        DidNotHold::Silenced(user_id),
    )?;
    match refused {
        CommandFailure::Silenced => Ok(()),
        _ => Err(DidNotHold::Silenced(user_id).into()),
    }
}

fn raise_hand(user_id: UserId, stage: &mut Stage<'_, impl Write>) -> anyhow::Result<()> {
    stage.command(user_id, Command::RaiseHand { raised: true })?;
    stage.wait_for(
        |stage| seen_by_admin(stage, user_id)?.raised_hand,
        DidNotHold::Hand(user_id),
    )?;
    let (name, admin) = (stage.name(user_id), stage.name(ADMIN));
    stage.line(
        "hand",
        &format!("{name} raises the hand, and {admin} sees it"),
    )
}

fn let_speak(user_id: UserId, stage: &mut Stage<'_, impl Write>) -> anyhow::Result<()> {
    let peer = Peer::User(user_id);
    stage.command(ADMIN, Command::Mute { peer, muted: false })?;
    stage.wait_for(
        |stage| may_speak(stage, user_id)?.then_some(()),
        DidNotHold::MaySpeak(user_id),
    )?;
    let (name, admin) = (stage.name(user_id), stage.name(ADMIN));
    let text = format!("{admin} lets {name} speak, who turns the microphone on");
    stage.line("allowed", &text)?;
    stage.command(user_id, Command::SetMuted { muted: false })?;
    stage.wait_for(
        |stage| {
            let is_on = seen_by_admin(stage, user_id)?.microphone == Microphone::On;
            is_on.then_some(())
        },
        DidNotHold::Heard(user_id),
    )?;
    stage.line(
        "heard",
        &format!("{name} is heard by all, and by the server"),
    )
}

/// True if a participant may turn the microphone on, by its own engine.
fn may_speak(stage: &Stage<'_, impl Write>, user_id: UserId) -> Option<bool> {
    let own = stage.node(user_id).ok()?.engine.own_state()?;
    Some(own.can_unmute)
}

/// A participant as the admin's engine lists it.
fn seen_by_admin(stage: &Stage<'_, impl Write>, user_id: UserId) -> Option<Participant> {
    let participants = stage.node(ADMIN).ok()?.engine.participants();
    let peer = Peer::User(user_id);
    participants.into_iter().find(|one| one.peer == peer)
}
