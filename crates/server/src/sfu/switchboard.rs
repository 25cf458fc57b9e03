use core::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use confcall_join::api::CallId;
use str0m::media::{KeyframeRequestKind, Mid};
use str0m::rtp::{ExtensionValues, RtpPacket, Vp8Descriptor};

use super::connection::{Connection, Role};
use super::constraints::{Constraints, sender_constraints};
use super::counters::SfuCounters;
use super::demux::Key;
use super::hall::{Hall, Seat};
use super::parameters::{OPUS, VP8};
use super::publication::Carried;
use super::receiver::{Passing, Track, TrackKind};
use super::rewriting::Numbers;
use crate::limits;
use crate::room::Room;

/// The level above which sound without a mark of voice counts as one, in decibels below the loudest.
const LOUD: i8 = -50;

/// The connections of all calls, and what goes from one to another.
#[derive(Default)]
pub(super) struct Switchboard {
    pub(super) connections: HashMap<Key, Connection>,
    halls: HashMap<CallId, Hall>,
    pub(super) counters: SfuCounters,
    /// The connections to which something was written.
    touched: Vec<Key>,
}

impl Switchboard {
    /// Adds a connection that its member has from now on; gives the one that it had in its place.
    pub(super) fn add(&mut self, key: Key, connection: Connection) -> Option<Key> {
        let owner = connection.owner;
        let source = connection.publisher.publication.sound;
        let hall = self.halls.entry(owner.call).or_insert_with(Hall::new);
        let attendee = hall.members.entry(owner.user).or_default();
        let seat = match owner.role {
            Role::Main => &mut attendee.main,
            Role::Screen => &mut attendee.screen,
        };
        let before = seat.replace(Seat { key, source });
        self.connections.insert(key, connection);
        before.map(|seat| seat.key)
    }

    /// Takes a connection out.
    pub(super) fn remove(&mut self, key: Key) -> Option<Connection> {
        let connection = self.connections.remove(&key)?;
        let owner = connection.owner;
        if let Some(hall) = self.halls.get_mut(&owner.call) {
            hall.speakers.forget(key);
            if let Some(attendee) = hall.members.get_mut(&owner.user) {
                attendee.main.take_if(|seat| seat.key == key);
                attendee.screen.take_if(|seat| seat.key == key);
                if attendee.main.is_none() && attendee.screen.is_none() {
                    hall.members.remove(&owner.user);
                }
            }
            // Before others are looked at: the owner may hear of it too, over its other connection.
            let listeners: Vec<_> = hall.members.values().filter_map(|one| one.main).collect();
            for seat in listeners {
                if let Some(listener) = self.connections.get_mut(&seat.key) {
                    listener.receiver.forget(key, listener.link.connected());
                }
            }
            if hall.members.is_empty() {
                self.halls.remove(&owner.call);
            }
        }
        for watched in connection.receiver.watched.keys() {
            self.unwatch(*watched, key);
        }
        Some(connection)
    }

    /// The calls in which there are connections.
    pub(super) fn calls(&self) -> Vec<CallId> {
        self.halls.keys().copied().collect()
    }

    /// Takes over what the roster of a call says; gives the connections that are over.
    pub(super) fn follow(&mut self, call: CallId, room: Option<&Room>, now: Instant) -> Vec<Key> {
        let Some(hall) = self.halls.get_mut(&call) else {
            return Vec::new();
        };
        let (over, is_changed) = hall.follow(room);
        if is_changed {
            let seats = hall.members.values().filter_map(|one| one.main);
            let receivers: Vec<_> = seats.map(|seat| seat.key).collect();
            receivers.into_iter().for_each(|key| self.watch(key, now));
        }
        over
    }

    /// Has a connection looked at before the next datagram is taken.
    pub(super) fn touch(&mut self, key: Key) {
        if let Some(connection) = self.connections.get_mut(&key) {
            touch(&mut self.touched, key, connection);
        }
    }

    /// The connections to which something was written since this was asked before.
    pub(super) fn take_touched(&mut self) -> Vec<Key> {
        let touched = core::mem::take(&mut self.touched);
        for key in &touched {
            if let Some(connection) = self.connections.get_mut(key) {
                connection.is_touched = false;
            }
        }
        touched
    }

    /// Passes a packet on to those who may have it.
    pub(super) fn pass(&mut self, from: Key, packet: RtpPacket, now: Instant) {
        let Some(publisher) = self.connections.get_mut(&from) else {
            return;
        };
        let carried = publisher.publisher.publication.carried(*packet.header.ssrc);
        let codec = *packet.header.payload_type;
        if packet.payload.len() > limits::MEDIA_PAYLOAD {
            self.counters.too_long += 1;
            return;
        }
        match carried {
            Some(Carried::Sound) if codec == OPUS => self.pass_sound(from, packet, now),
            Some(Carried::Picture(layer)) if codec == VP8 => {
                self.pass_picture(from, layer, packet, now);
            }
            _ => self.counters.undeclared += 1,
        }
    }

    fn pass_sound(&mut self, from: Key, packet: RtpPacket, now: Instant) {
        let Some(speaker) = self.connections.get_mut(&from) else {
            return;
        };
        let owner = speaker.owner;
        let Some(hall) = self.halls.get_mut(&owner.call) else {
            return;
        };
        let extensions = &packet.header.ext_vals;
        let is_loud = extensions.audio_level.is_none_or(|level| level > LOUD);
        let has_voice = extensions.voice_activity.unwrap_or(true) && is_loud;
        let may_speak = hall
            .members
            .get(&owner.user)
            .is_some_and(|one| one.may_speak);
        if !may_speak {
            self.counters.not_allowed += 1;
            return speaker.publisher.hold_back();
        }
        if !hall.speakers.admit(from, has_voice, now) {
            self.counters.crowded += 1;
            return speaker.publisher.hold_back();
        }
        let stretch = speaker.publisher.pass_sound();
        let source = speaker.publisher.publication.sound.value();
        let passing = passing(from, TrackKind::Sound, (source, None), packet, None);
        for key in hall.listeners(owner.user) {
            let Some(listener) = self.connections.get_mut(&key) else {
                continue;
            };
            let Some(rtc) = listener.link.connected() else {
                continue;
            };
            listener.receiver.pass_sound(rtc, &passing, stretch, now);
            self.counters.forwarded += 1;
            touch(&mut self.touched, key, listener);
        }
    }

    fn pass_picture(&mut self, from: Key, layer: usize, packet: RtpPacket, now: Instant) {
        let Some(sender) = self.connections.get_mut(&from) else {
            return;
        };
        let publisher = &mut sender.publisher;
        publisher.hear(layer, now);
        let layers = &publisher.publication.layers;
        let Some(first) = layers.first() else {
            return;
        };
        // Only where sizes are switched are there numbers to be read; elsewhere a packet may be of any content.
        let descriptor = match layers.len() {
            1 => None,
            _ => Vp8Descriptor::parse(&packet.payload).ok(),
        };
        let names = (first.source.value(), first.repair.map(|one| one.value()));
        let has_many = layers.len() > 1;
        if has_many && descriptor.is_none() {
            return;
        }
        // Of those who may not show it there are no watchers. Put back below: receivers are looked up in the same table.
        let watchers = core::mem::take(&mut publisher.watchers);
        let passing = passing(from, TrackKind::Picture, names, packet, descriptor);
        let mut waiting = Vec::new();
        for key in &watchers {
            let height = self
                .connections
                .get(key)
                .and_then(|one| one.receiver.watched.get(&from));
            let height = height.copied().unwrap_or_default();
            let wanted = self.connections.get(&from);
            let wanted = wanted.map_or(0, |sender| sender.publisher.layer_for(height, now));
            let Some(receiver) = self.connections.get_mut(key) else {
                continue;
            };
            let Some(rtc) = receiver.link.connected() else {
                continue;
            };
            let fate = receiver
                .receiver
                .pass_picture(rtc, &passing, layer, wanted, now);
            if fate.is_waiting {
                waiting.push(wanted);
            }
            if fate.is_passed {
                self.counters.forwarded += 1;
                touch(&mut self.touched, *key, receiver);
            }
        }
        if let Some(sender) = self.connections.get_mut(&from) {
            sender.publisher.watchers = watchers;
            for layer in waiting {
                sender.publisher.want_key_frame(layer);
            }
            touch(&mut self.touched, from, sender);
        }
    }

    /// Asks for a key frame on behalf of a receiver that names one of its streams.
    pub(super) fn key_frame_requested(&mut self, by: Key, stream: Mid) {
        let Some(receiver) = self.connections.get(&by) else {
            return;
        };
        let track = receiver.receiver.track(stream);
        let Some(track) = track.filter(|track| track.kind == TrackKind::Picture) else {
            return;
        };
        let shown = receiver.receiver.shown(track);
        if let (Some(layer), Some(sender)) = (shown, self.connections.get_mut(&track.from)) {
            sender.publisher.want_key_frame(layer);
            touch(&mut self.touched, track.from, sender);
        }
    }

    /// Passes the requests for key frames on that are due.
    pub(super) fn ask_key_frames(&mut self, of: Key, now: Instant) {
        let Some(sender) = self.connections.get_mut(&of) else {
            return;
        };
        if sender.publisher.deadline().is_none() && !sender.publisher.has_picture() {
            return;
        }
        let Some(rtc) = sender.link.connected() else {
            return;
        };
        for source in sender.publisher.due_key_frames(now) {
            let mut api = rtc.direct_api();
            if let Some(stream) = api.stream_rx(&source.into()) {
                stream.request_keyframe(KeyframeRequestKind::Pli);
                self.counters.key_frames += 1;
            }
        }
    }

    /// Takes over the pictures that a receiver wants to see.
    pub(super) fn constrain(&mut self, receiver: Key, constraints: Constraints, now: Instant) {
        let Some(connection) = self.connections.get_mut(&receiver) else {
            return;
        };
        connection.receiver.constraints = constraints;
        // Nothing is received over the connection of a screen.
        if connection.owner.role == Role::Main {
            self.watch(receiver, now);
        }
    }

    /// Lets a receiver see the pictures that it wants and that there are.
    fn watch(&mut self, receiver: Key, now: Instant) {
        let Some(connection) = self.connections.get(&receiver) else {
            return;
        };
        let Some(hall) = self.halls.get(&connection.owner.call) else {
            return;
        };
        let constraints = &connection.receiver.constraints;
        let others = hall
            .pictures()
            .filter(|(_, _, user)| *user != connection.owner.user);
        let wanted = others.map(|(name, key, _)| (name, key, constraints.height(name)));
        let mut wanted: Vec<_> = wanted.filter(|(_, _, height)| *height > 0).collect();
        wanted.sort_by_key(|(name, key, height)| {
            (Reverse((constraints.is_on_stage(name), *height)), *key)
        });
        wanted.truncate(limits::PICTURES);
        let wanted = wanted.into_iter().map(|(_, key, height)| (key, height));
        let wanted: BTreeMap<_, _> = wanted.collect();
        let Some(connection) = self.connections.get_mut(&receiver) else {
            return;
        };
        let before = core::mem::replace(&mut connection.receiver.watched, wanted.clone());
        for gone in before.keys().filter(|key| !wanted.contains_key(key)) {
            let (from, kind) = (*gone, TrackKind::Picture);
            connection.receiver.pause(Track { from, kind });
        }
        for key in before.keys().filter(|key| !wanted.contains_key(key)) {
            self.unwatch(*key, receiver);
        }
        for (key, height) in &wanted {
            if before.get(key) == Some(height) {
                continue;
            }
            if let Some(sender) = self.connections.get_mut(key) {
                if sender.publisher.watchers.insert(receiver) {
                    let layer = sender.publisher.layer_for(*height, now);
                    sender.publisher.want_key_frame(layer);
                }
                touch(&mut self.touched, *key, sender);
            }
            self.tell(*key);
        }
    }

    fn unwatch(&mut self, watched: Key, by: Key) {
        if let Some(sender) = self.connections.get_mut(&watched) {
            sender.publisher.watchers.remove(&by);
        }
        self.tell(watched);
    }

    /// Tells a sender the greatest height at which anybody sees its picture, if it does not know.
    pub(super) fn tell(&mut self, sender: Key) {
        let Some(connection) = self.connections.get(&sender) else {
            return;
        };
        let watchers = connection.publisher.watchers.iter();
        let heights = watchers.filter_map(|key| {
            let watcher = self.connections.get(key)?;
            watcher.receiver.watched.get(&sender).copied()
        });
        let height = heights.max().unwrap_or_default();
        let Some(height) = connection.publisher.to_tell(height) else {
            return;
        };
        if let Some(connection) = self.connections.get_mut(&sender)
            && connection.link.write(&sender_constraints(height))
        {
            connection.publisher.note_told(Some(height));
            touch(&mut self.touched, sender, connection);
        }
    }
}

fn touch(touched: &mut Vec<Key>, key: Key, connection: &mut Connection) {
    if !core::mem::replace(&mut connection.is_touched, true) {
        touched.push(key);
    }
}

fn passing(
    from: Key,
    kind: TrackKind,
    (source, repair): (u32, Option<u32>),
    packet: RtpPacket,
    descriptor: Option<Vp8Descriptor>,
) -> Passing {
    let header = packet.header;
    Passing {
        track: Track { from, kind },
        source,
        repair,
        payload_type: header.payload_type,
        numbers: Numbers {
            seq: *packet.seq_no,
            time: header.timestamp,
            picture: descriptor.as_ref().and_then(Vp8Descriptor::picture_id),
            base_picture: descriptor.as_ref().and_then(Vp8Descriptor::tl0_pic_idx),
        },
        marker: header.marker,
        payload: packet.payload,
        // What else there is belongs to one leg of the way.
        extensions: ExtensionValues {
            audio_level: header.ext_vals.audio_level,
            voice_activity: header.ext_vals.voice_activity,
            video_orientation: header.ext_vals.video_orientation,
            ..ExtensionValues::default()
        },
        descriptor,
    }
}
