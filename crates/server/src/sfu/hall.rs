use std::collections::BTreeMap;

use confcall_join::Ssrc;
use confcall_state::UserId;

use super::demux::Key;
use super::speakers::Speakers;
use crate::room::Room;

/// The members of a call who have media connections.
#[derive(Debug)]
pub(super) struct Hall {
    pub(super) members: BTreeMap<UserId, Attendee>,
    pub(super) speakers: Speakers<Key>,
}

/// A member with its connections, and what the roster says of it.
#[derive(Debug, Default)]
pub(super) struct Attendee {
    pub(super) main: Option<Seat>,
    pub(super) screen: Option<Seat>,
    /// False if it is muted by an admin, or only listens.
    pub(super) may_speak: bool,
    /// The name of the camera, while it is shown.
    camera: Option<String>,
    /// The name of the screen, while it is shared.
    shared: Option<String>,
}

/// A connection and the source that names it in the roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seat {
    pub(super) key: Key,
    pub(super) source: Ssrc,
}

impl Hall {
    pub(super) fn new() -> Self {
        Self {
            members: BTreeMap::new(),
            speakers: Speakers::new(),
        }
    }

    /// The pictures that may be passed on: their names, their connections and whose they are.
    pub(super) fn pictures(&self) -> impl Iterator<Item = (&str, Key, UserId)> {
        let members = self.members.iter().filter(|(_, one)| one.may_speak);
        members.flat_map(|(user, one)| {
            let camera = one.camera.as_deref().zip(one.main);
            let screen = one.shared.as_deref().zip(one.screen);
            let pictures = camera.into_iter().chain(screen);
            pictures.map(move |(name, seat)| (name, seat.key, *user))
        })
    }

    /// The main connections of all but one member.
    pub(super) fn listeners(&self, speaker: UserId) -> impl Iterator<Item = Key> {
        let others = self
            .members
            .iter()
            .filter(move |(user, _)| **user != speaker);
        others.filter_map(|(_, one)| Some(one.main?.key))
    }

    /// Takes over what the roster says; gives the connections that are over, and whether the pictures are others now.
    pub(super) fn follow(&mut self, room: Option<&Room>) -> (Vec<Key>, bool) {
        let before: Vec<_> = self
            .pictures()
            .map(|(name, key, _)| (name.to_owned(), key))
            .collect();
        let mut over = Vec::new();
        for (user, attendee) in &mut self.members {
            let member = room.and_then(|room| room.member(*user));
            let source = member.map(crate::room::CallMember::source);
            let screen = member.and_then(|member| member.screen.as_ref());
            let screen_source = screen.map(|screen| screen.source);
            let is_over = |seat: &mut Seat, source: Option<Ssrc>| source != Some(seat.source);
            over.extend(attendee.main.take_if(|seat| is_over(seat, source)));
            over.extend(attendee.screen.take_if(|seat| is_over(seat, screen_source)));
            attendee.may_speak = room.is_some_and(|room| room.roster.voices().may_speak(*user));
            let camera = member.filter(|member| member.camera.is_shown());
            attendee.camera = camera.map(crate::room::CallMember::camera_endpoint);
            attendee.shared = screen
                .and(member)
                .map(crate::room::CallMember::screen_endpoint);
        }
        self.members
            .retain(|_, one| one.main.is_some() || one.screen.is_some());
        let pictures = self.pictures().map(|(name, key, _)| (name, key));
        let is_changed = !pictures.eq(before.iter().map(|(name, key)| (name.as_str(), *key)));
        (over.iter().map(|seat| seat.key).collect(), is_changed)
    }
}
