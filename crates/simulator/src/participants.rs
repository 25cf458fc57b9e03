//! The law of participants: when all is quiet, every client sees them as the server has them, itself included.

use std::collections::BTreeMap;
use std::time::Duration;

use confcall_join::api::{
    EditGroupCallParticipant, GetGroupParticipants, GroupCallParticipant, InputPeer,
    ParticipantVideo, Peer, Request,
};
use confcall_join::engine::{Command, Microphone, OwnState, Participant, Picture};
use confcall_join::policy::CallKind;
use confcall_state::UserId;

use crate::node::Node;
use crate::transit::NodeId;
use crate::world::World;

/// The time in which all becomes quiet: a change that nothing follows shows after a minute and a half at most.
const CALM: Duration = Duration::from_secs(120);

impl World {
    /// Lets all who are in a call turn their microphones off or on, and come to what the server has, on a network without
    /// faults.
    ///
    /// # Panics
    ///
    /// If they do not within two minutes: a client and the server have different states of its media, or different rosters; or
    /// somebody is silenced whom the creator did not; or a command has no answer.
    pub fn settle_participants(&mut self) {
        for node in 0..self.nodes.len() {
            let muted = self.below(2) == 0;
            self.command(node, Command::SetMuted { muted });
        }
        self.settle_all();
    }

    /// Lets all who are in calls come to what the server has, on a network without faults.
    ///
    /// # Panics
    ///
    /// As [`World::settle_participants`].
    pub fn settle_all(&mut self) {
        let until = self.now() + CALM;
        while let Err(difference) = self.compare_participants() {
            let history = || self.history();
            assert!(self.now() < until, "{difference}\n{}", history());
            self.run(Duration::from_secs(1));
        }
    }

    /// The first thing that a client in the call sees otherwise than the server.
    fn compare_participants(&mut self) -> Result<(), String> {
        for node in 0..self.nodes.len() {
            if self.nodes[node].ended.is_none() {
                self.compare_for(node)?;
            }
        }
        Ok(())
    }

    fn compare_for(&mut self, node: NodeId) -> Result<(), String> {
        let user = self.nodes[node].user;
        let call = self.nodes[node].engine.call();
        let call = call.ok_or_else(|| format!("user {user} is in no call"))?;
        let request = GetGroupParticipants::page(call.into(), "", 100).into();
        let page = self.server.answer(user, &request);
        let page = page.map(|answer| answer.into_participants());
        let Ok(Ok(page)) = page else {
            return Err(format!("the server does not know user {user}: {page:?}"));
        };
        let client = &self.nodes[node];
        let own = client.engine.own_state();
        let own = own.ok_or_else(|| format!("user {user} is not in the call"))?;
        let entries: BTreeMap<_, _> = page
            .participants
            .iter()
            .map(|one| (one.peer, one))
            .collect();
        let is_us = |entry: &&&GroupCallParticipant| entry.own;
        match entries.values().find(is_us) {
            Some(entry) => check_own(user, own, entry)?,
            // Who only listens need not be listed.
            None if is_listener(client.engine.kind()) => {}
            None => return Err(format!("the server does not list user {user}")),
        }
        let seen = client.engine.participants();
        if seen.len() != entries.len() {
            return Err(format!(
                "user {user} sees {} of {}",
                seen.len(),
                entries.len()
            ));
        }
        for one in seen {
            let entry = entries.get(&one.peer);
            let mut labels = page.labels.iter();
            let label = labels.find(|label| label.peer == one.peer);
            let is_named =
                one.label.as_ref().map(|label| &label.name) == label.map(|label| &label.name);
            if !is_named || entry.is_none_or(|entry| !is_as(&one, entry)) {
                return Err(format!("user {user} sees {one:?} and the server {entry:?}"));
            }
        }
        if client.engine.kind() == CallKind::Conference {
            let silenced = entries.values().filter(|entry| !entry.can_self_unmute);
            for silenced in silenced {
                let is_asked = self.nodes.iter().any(|node| silences(node, silenced.peer));
                assert!(is_asked, "nobody asked to silence {:?}", silenced.peer);
            }
        }
        match client.unanswered.is_empty() {
            true => Ok(()),
            false => Err(format!(
                "user {user}: {:?} without answer",
                client.unanswered
            )),
        }
    }
}

/// True for a call in which those who come only listen.
fn is_listener(kind: CallKind) -> bool {
    matches!(kind, CallKind::RtmpViewer | CallKind::LiveStoryListener)
}

/// True if a client of the creator, who is the first user, asked the server to silence a participant.
fn silences(node: &Node, peer: Peer) -> bool {
    let silences = |edit: &EditGroupCallParticipant| {
        let InputPeer::User { id, .. } = edit.participant else {
            return false;
        };
        edit.muted == Some(true) && Peer::User(id) == peer
    };
    let mut requests = node.requests.iter();
    node.user == UserId::new(1)
        && requests
            .any(|sent| matches!(&sent.body, Request::EditParticipant(edit) if silences(edit)))
}

/// Checks the state that a client has of its own media.
///
/// A pause of what is not shown stays a wish, and the server does not have it.
fn check_own(user: UserId, own: OwnState, entry: &GroupCallParticipant) -> Result<(), String> {
    let OwnState {
        wanted, confirmed, ..
    } = own;
    let paused = |video: &Option<ParticipantVideo>| video.as_ref().map(|video| video.paused);
    let (video, screen) = (paused(&entry.video), paused(&entry.presentation));
    let laws = [
        wanted.muted == confirmed.muted && confirmed.muted == entry.muted,
        own.can_unmute == entry.can_self_unmute || !entry.muted,
        wanted.video_stopped == confirmed.video_stopped,
        confirmed.video_stopped == video.is_none(),
        video.is_none_or(|shown| wanted.video_paused == shown && confirmed.video_paused == shown),
        own.is_presenting == screen.is_some(),
        screen.is_none_or(|shown| {
            wanted.presentation_paused == shown && confirmed.presentation_paused == shown
        }),
    ];
    match laws == [true; 7] {
        true => Ok(()),
        false => Err(format!(
            "user {user} is {own:?}, and to the server {entry:?}"
        )),
    }
}

/// True if a participant is seen as the server shows it.
///
/// How loud it is does not count among the changes, so that a client need not learn of it.
fn is_as(seen: &Participant, entry: &GroupCallParticipant) -> bool {
    let microphone = match (entry.muted, entry.can_self_unmute) {
        (false, _) => Microphone::On,
        (true, true) => Microphone::Muted,
        (true, false) => Microphone::MutedByAdmin,
    };
    seen.microphone == microphone
        && seen.source == entry.source
        && seen.own == entry.own
        && is_picture(seen.camera.as_deref(), entry.video.as_ref())
        && is_picture(seen.screen.as_deref(), entry.presentation.as_ref())
}

fn is_picture(seen: Option<&Picture>, shown: Option<&ParticipantVideo>) -> bool {
    match (seen, shown) {
        (Some(seen), Some(shown)) => {
            seen.endpoint == shown.endpoint
                && seen.paused == shown.paused
                && seen.source_groups == shown.source_groups
                && seen.audio_source == shown.audio_source
        }
        (seen, shown) => seen.is_none() && shown.is_none(),
    }
}
