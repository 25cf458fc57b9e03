use core::fmt;
use core::time::Duration;
use std::net::SocketAddr;
use std::time::Instant;

use chacha20::ChaCha20Rng;
use confcall_join::Ssrc;
use confcall_join::api::Peer;
use confcall_media::{AudioLevel, ChannelId, Codec, EncodedFrame, Moment};
use str0m::rtp::RtpPacket;

use super::assembly::{Assembled, Packet};
use super::clock::Clock;
use super::colibri::{Announcements, Message, WantedHeight, receiver_constraints};
use super::datagram::{Kind, Level, MediaHeader};
use super::life::{ConnectionFailure, ConnectionState, Life};
use super::link::{Link, Step};
use super::opus;
use super::output::{Content, Datagram, Dropped, Event, Frame, Output, SendError};
use super::pictures::{PictureOf, Pictures};
use super::protection::{Protection, Unreadable};
use super::queue::Queue;
use super::sending::{PictureStamps, SoundStamps};
use super::sizes::VIDEO_PAYLOAD;
use super::sources::{Height, PictureKind, Source, Sources, UnknownSources};
use super::voices::{Admission, Sound, VoiceFigures, Voices};
use super::vp8;
use crate::limits;

/// The least time to the next timeout, so that a clock that stands still makes no caller run in circles.
const TICK: Duration = Duration::from_millis(1);
/// The least time between two events for a key frame of one layer.
const KEY_FRAMES: Duration = Duration::from_millis(500);
/// The least time between two attempts to open the data channel.
const REOPEN: Duration = Duration::from_secs(1);

/// The parts of a session that an offer makes.
pub(super) struct Parts {
    pub(super) clock: Clock,
    pub(super) link: Link,
    pub(super) protection: Protection,
    pub(super) channel: ChannelId,
    /// False for a screen.
    pub(super) receives: bool,
    /// All our own sources.
    pub(super) own: Vec<Ssrc>,
    /// The layers that were agreed on.
    pub(super) layers: usize,
    pub(super) opus: u8,
    /// The number of the extension for the audio level.
    pub(super) level: u8,
    /// Random numbers: for sound, and for each layer.
    pub(super) numbers: [u32; 4],
    pub(super) rng: ChaCha20Rng,
}

/// The media of one connection of a call.
///
/// # Contract
///
/// After each call with a moment, [`poll`](Self::poll) until it gives a [`Timeout`](Output::Timeout): send the datagrams, take the frames
/// and events. Then wait for a datagram of the socket or for the timeout, whichever is first: [`handle_datagram`](Self::handle_datagram),
/// [`handle_timeout`](Self::handle_timeout). What is not taken in time is dropped, the oldest first, and counted.
///
/// Moments have one origin, that of [`Connecting::origin`](super::Connecting); one that is earlier than a moment before counts as that.
///
/// An event of a [connection](Event::Connection) that failed is the last thing but counters: the engine is told by
/// [`Command::Media`](confcall_join::engine::Command::Media) and asks for a payload, for which there is another offer.
pub struct MediaSession {
    clock: Clock,
    link: Link,
    life: Life,
    protection: Protection,
    channel: ChannelId,
    receives: bool,
    own: Vec<Ssrc>,
    opus: u8,
    level: u8,
    rng: ChaCha20Rng,

    is_muted: bool,
    sound: SoundStamps,
    layers: Vec<Layer>,
    longest_sound: usize,
    height: WantedHeight,

    sources: Sources,
    unknown: UnknownSources,
    voices: Voices,
    pictures: Pictures,
    announcements: Announcements,
    /// The moment from which a lost data channel may be opened again.
    reopen: Option<Moment>,

    wait: Instant,
    datagrams: Queue<Datagram>,
    frames: Queue<Frame>,
    events: Queue<Event>,
    dropped: Dropped,
}

#[derive(Debug)]
struct Layer {
    stamps: PictureStamps,
    /// The moment of the last event for a key frame.
    key_frame: Option<Moment>,
}

impl MediaSession {
    pub(super) fn new(parts: Parts) -> Self {
        let [sound, layers @ ..] = parts.numbers;
        let layers = layers.into_iter().take(parts.layers).map(|random| Layer {
            stamps: PictureStamps::new(random),
            key_frame: None,
        });
        let now = parts.clock.now();
        let mut session = Self {
            wait: parts.clock.instant(),
            life: Life::new(now),
            longest_sound: parts.protection.longest_audio_frame(now),
            clock: parts.clock,
            link: parts.link,
            protection: parts.protection,
            channel: parts.channel,
            receives: parts.receives,
            own: parts.own,
            opus: parts.opus,
            level: parts.level,
            rng: parts.rng,
            is_muted: true,
            sound: SoundStamps::new(sound),
            layers: layers.collect(),
            height: WantedHeight::new(),
            sources: Sources::default(),
            unknown: UnknownSources::default(),
            voices: Voices::default(),
            pictures: Pictures::default(),
            announcements: Announcements::new(),
            reopen: None,
            datagrams: Queue::new(limits::OUTGOING),
            frames: Queue::new(limits::FRAMES),
            events: Queue::new(limits::EVENTS),
            dropped: Dropped::default(),
        };
        session.advance();
        session
    }

    /// The state of the connection.
    pub fn state(&self) -> ConnectionState {
        self.life.state()
    }

    /// The voices that are received.
    pub fn voices(&self) -> impl Iterator<Item = VoiceFigures> {
        self.voices.figures()
    }

    /// The counters of what was dropped.
    pub fn dropped(&self) -> Dropped {
        self.dropped
    }

    /// The longest frame of sound that fits into a datagram at present, in bytes; [`Event::LongestSound`] follows each change.
    pub fn longest_sound(&self) -> usize {
        self.longest_sound
    }

    /// The next thing to be done.
    pub fn poll(&mut self) -> Output {
        if let Some(datagram) = self.datagrams.pop() {
            return Output::Datagram(datagram);
        }
        if let Some(event) = self.events.pop() {
            return Output::Event(event);
        }
        match self.frames.pop() {
            Some(frame) => Output::Frame(frame),
            None => Output::Timeout(self.deadline()),
        }
    }

    /// Takes a datagram that came to our socket from this address.
    pub fn handle_datagram(&mut self, now: Moment, from: SocketAddr, bytes: &[u8]) {
        let now = self.clock.advance(now);
        if self.life.has_failed() {
            return;
        }
        let from = SocketAddr::new(from.ip().to_canonical(), from.port());
        if !self.link.is_from_server(from) {
            self.dropped.strangers += 1;
            return;
        }
        if bytes.len() > limits::DATAGRAM {
            self.dropped.malformed += 1;
            return;
        }
        let passes = match Kind::of(bytes, self.level) {
            Kind::Connection => true,
            Kind::Media(header) => self.admit(now, header),
            Kind::Probe => {
                self.dropped.undeclared += 1;
                false
            }
            Kind::Other => {
                self.dropped.malformed += 1;
                return;
            }
        };
        self.life.heard(now);
        if passes {
            if !self.link.receive(self.clock.instant(), from, bytes) {
                self.dropped.malformed += 1;
            }
            self.advance();
        }
    }

    /// Lets the time go on to a moment, that of the [timeout](Output::Timeout) or another one.
    pub fn handle_timeout(&mut self, now: Moment) {
        self.clock.advance(now);
        self.advance();
    }

    /// Sends no sound any more, or sends it again; a session begins muted.
    ///
    /// Nothing at all goes out for sound while muted. The numbers and times of its packets go on afterwards.
    pub fn set_muted(&mut self, is_muted: bool) {
        self.is_muted = is_muted;
    }

    /// Sends a packet of Opus, with the loudness that others are shown.
    ///
    /// # Errors
    ///
    /// [`SendError`]: the packet is dropped.
    pub fn send_sound(
        &mut self,
        now: Moment,
        packet: &[u8],
        level: AudioLevel,
    ) -> Result<(), SendError> {
        let now = self.clock.advance(now);
        if self.is_muted {
            return Err(SendError::Muted);
        }
        self.check_connected()?;
        let samples = opus::samples(packet).ok_or(SendError::NotOpus)?;
        self.tell_longest_sound(now);
        let (length, longest) = (packet.len(), self.longest_sound);
        if length > longest {
            return Err(SendError::TooLong { length, longest });
        }
        let frame = EncodedFrame::Opus {
            frame: packet,
            level,
        };
        let payload = self
            .protection
            .seal(now, self.channel, frame, &mut self.rng)?;
        let stamp = self.sound.next(now, samples);
        self.link
            .send_sound(self.clock.instant(), &stamp, level, payload);
        self.advance();
        Ok(())
    }

    /// Sends a frame of a layer of our picture, 0 for the smallest, which a conference has alone.
    ///
    /// # Errors
    ///
    /// [`SendError`]: the frame is dropped.
    pub fn send_picture(
        &mut self,
        now: Moment,
        layer: usize,
        codec: Codec,
        frame: &[u8],
    ) -> Result<(), SendError> {
        let now = self.clock.advance(now);
        if codec != Codec::Vp8 {
            return Err(SendError::Codec { codec });
        }
        self.check_connected()?;
        let Some(own) = self.layers.get_mut(layer) else {
            return Err(SendError::NoLayer { layer });
        };
        let (length, longest) = (frame.len(), limits::PICTURE_BYTES);
        if length > longest {
            return Err(SendError::TooLong { length, longest });
        }
        if length == 0 {
            return Err(SendError::Empty);
        }
        let sealed =
            self.protection
                .seal(now, self.channel, EncodedFrame::Vp8(frame), &mut self.rng)?;
        let (picture, time) = own.stamps.next_frame(now);
        for part in vp8::split(&sealed, picture, VIDEO_PAYLOAD) {
            let stamp = own.stamps.next_packet(time, part.is_last);
            self.link
                .send_picture(self.clock.instant(), layer, &stamp, part.payload);
        }
        self.advance();
        Ok(())
    }

    fn check_connected(&self) -> Result<(), SendError> {
        // While disconnected too: it may come back, and packets that are lost meanwhile cost nothing.
        match self.life.state() {
            ConnectionState::Connected | ConnectionState::Disconnected => Ok(()),
            _ => Err(SendError::NotConnected),
        }
    }

    /// Takes all sources that the roster lists, in place of those before.
    ///
    /// Of a source that is not listed nothing is taken. A source that moved to another participant begins again.
    pub fn set_sources(&mut self, now: Moment, listed: &[Source]) {
        self.clock.advance(now);
        if !self.receives {
            return;
        }
        self.sources = Sources::new(listed, &self.own);
        self.unknown.forget_known(&self.sources);
        let moved = self
            .voices
            .iter()
            .filter(|(source, voice)| self.sources.owner_of_sound(*source) != Some(voice.owner));
        let moved: Vec<_> = moved.map(|(source, _)| source).collect();
        for source in moved {
            self.remove_voice(source);
        }
        self.update_pictures();
        self.advance();
    }

    /// Wants a picture of a participant in a size, or not any more; also one that is not listed yet.
    ///
    /// False if sixteen others are wanted, which is the most.
    pub fn want_picture(
        &mut self,
        now: Moment,
        owner: Peer,
        kind: PictureKind,
        height: Option<Height>,
    ) -> bool {
        self.clock.advance(now);
        let is_taken = self.receives && self.pictures.want((owner, kind), height);
        self.update_pictures();
        self.advance();
        is_taken
    }

    /// Closes the connection, with a goodbye that is to be sent.
    pub fn close(&mut self, now: Moment) {
        self.clock.advance(now);
        if !self.life.has_failed() {
            self.link.close();
            self.collect();
            self.fail(ConnectionFailure::Closed);
        }
    }

    /// Decides whether a packet of media goes further, by what its header says in clear.
    fn admit(&mut self, now: Moment, header: MediaHeader) -> bool {
        let MediaHeader {
            payload_type,
            source,
            level,
        } = header;
        if self.receives && payload_type == self.opus && !self.own.contains(&source) {
            return self.admit_sound(now, source, level);
        }
        let is_picture = self.link.is_picture(payload_type) && self.pictures.has(source);
        if !is_picture {
            self.dropped.undeclared += 1;
        }
        is_picture
    }

    fn admit_sound(&mut self, now: Moment, source: Ssrc, level: Option<Level>) -> bool {
        // One name for each source: a picture that came first keeps it.
        if self.pictures.has(source) {
            self.dropped.undeclared += 1;
            return false;
        }
        let Some(owner) = self.sources.owner_of_sound(source) else {
            self.dropped.unknown += 1;
            if self.unknown.take_question(now, source) {
                self.event(Event::UnknownSource(source));
            }
            return false;
        };
        match self.voices.admission(now, source, level) {
            Admission::Present => return true,
            Admission::Room => {}
            Admission::InPlaceOf(idle) => self.remove_voice(idle),
            Admission::Refused => {
                self.dropped.crowded += 1;
                return false;
            }
        }
        let name = self.link.add_sound(source);
        self.voices.add(now, source, owner, name);
        true
    }

    fn remove_voice(&mut self, source: Ssrc) {
        let Some(voice) = self.voices.remove(source) else {
            return;
        };
        self.link.remove(voice.name);
        if voice.is_speaking() {
            let (owner, speaking) = (voice.owner, false);
            self.event(Event::Speaking {
                source,
                owner,
                speaking,
            });
        }
    }

    /// Receives the pictures that are both wanted and listed, and no others.
    fn update_pictures(&mut self) {
        let listed = |(owner, kind): PictureOf| self.sources.picture(owner, kind);
        for picture in self.pictures.outdated(listed) {
            if let Some(received) = self.pictures.remove(picture) {
                self.link.remove(received.name);
            }
        }
        let wanted: Vec<_> = self.pictures.wanted().map(|(picture, _)| picture).collect();
        for picture in wanted {
            let listed = self.sources.picture(picture.0, picture.1).cloned();
            // Two participants cannot have one source: the first keeps it.
            let is_free = |source| {
                !self.pictures.has(source) && self.sources.owner_of_sound(source).is_none()
            };
            let listed = listed
                .filter(|listed| is_free(listed.source) && listed.repetition.is_none_or(is_free));
            let Some(listed) = listed.filter(|_| !self.pictures.is_received(picture)) else {
                continue;
            };
            let name = self.link.add_picture(listed.source, listed.repetition);
            self.pictures.add(picture, listed, name);
        }
        self.announcements.change();
    }

    /// Does what is due, and collects what came of it.
    fn advance(&mut self) {
        let now = self.clock.now();
        if self.life.has_failed() {
            return;
        }
        self.announce(now);
        for (_, received) in self.pictures.iter_mut() {
            if received.keys.take_request(now) {
                self.link.request_key_frame(received.listed.source);
            }
        }
        if self.reopen.is_some_and(|reopen| now >= reopen) {
            self.reopen = None;
            self.link.open_channel();
        }
        if !self.link.advance(self.clock.instant()) {
            self.dropped.malformed += 1;
        }
        self.collect();
        self.give_out_sound(now);
        self.give_out_pictures(now);
        self.tell_longest_sound(now);
        if let Some(height) = self.height.take(now) {
            self.event(Event::HeightWanted(height));
        }
        if self.life.update(now) {
            self.tell_state();
        }
    }

    fn announce(&mut self, now: Moment) {
        if !self.announcements.take(now) {
            return;
        }
        let wanted = self.pictures.wanted();
        let wanted = wanted.filter_map(|((owner, kind), height)| {
            Some((self.sources.picture(owner, kind)?.endpoint.as_str(), height))
        });
        // One that finds the channel full is said again before long.
        self.link.send_text(&receiver_constraints(wanted));
    }

    /// Takes what came of the connection until it waits.
    fn collect(&mut self) {
        loop {
            match self.link.poll() {
                Step::Wait(until) => {
                    self.wait = until;
                    return;
                }
                Step::Broken => return self.fail(ConnectionFailure::Handshake),
                Step::Closed => return self.fail(ConnectionFailure::ClosedByServer),
                step => self.take(step),
            }
        }
    }

    fn take(&mut self, step: Step) {
        let now = self.clock.now();
        match step {
            Step::Datagram { to, bytes } => {
                let has_room = self.datagrams.push(Datagram { to, bytes });
                self.dropped.overflowed += u64::from(!has_room);
            }
            Step::Misdirected => self.dropped.misdirected += 1,
            Step::Connected => self.life.connected(now),
            Step::Reachable(is_reachable) => self.life.reachable(now, is_reachable),
            Step::Packet(packet) => self.take_packet(now, &packet),
            Step::KeyFrameWanted(layer) => self.tell_key_frame(now, layer),
            Step::Channel { is_open } => {
                self.announcements.set_open(is_open);
                self.reopen = (!is_open).then_some(now + REOPEN);
            }
            Step::Message(data) => match Message::read(&data) {
                Message::IdealHeight(height) => self.height.set(now, height),
                Message::Other => {}
                Message::Refused => self.dropped.messages += 1,
            },
            Step::Nothing | Step::Wait(_) | Step::Broken | Step::Closed => {}
        }
    }

    fn tell_key_frame(&mut self, now: Moment, layer: usize) {
        let Some(own) = self.layers.get_mut(layer) else {
            return;
        };
        if own
            .key_frame
            .is_none_or(|last| now.since(last) >= KEY_FRAMES)
        {
            own.key_frame = Some(now);
            self.event(Event::KeyFrameWanted { layer });
        }
    }

    /// Takes a packet that the server authenticated, and no more than that.
    fn take_packet(&mut self, now: Moment, packet: &RtpPacket) {
        let Some(source) = Ssrc::new(*packet.header.ssrc) else {
            return;
        };
        // The number of a packet has 48 bits in SRTP. One that is said to be older than the first of all has more.
        if *packet.seq_no >> 48 != 0 {
            self.dropped.malformed += 1;
            return;
        }
        if packet.payload.is_empty() {
            return;
        }
        if let Some(voice) = self.voices.get_mut(source) {
            let opened =
                self.protection
                    .open(now, voice.owner, Codec::Opus, packet.payload.to_vec());
            let frame = match opened {
                Ok(frame) => frame,
                Err(error) => return self.count(error),
            };
            let values = &packet.header.ext_vals;
            let header = values.audio_level.map(|level| Level {
                level: level.unsigned_abs().min(127),
                voice: values.voice_activity == Some(true),
            });
            let time = packet.header.timestamp;
            let level = header.map(|header| header.level);
            let sound = Sound { time, frame, level };
            if voice.hear(now, *packet.seq_no, packet.time.numer(), header, sound) {
                let (owner, speaking) = (voice.owner, true);
                self.event(Event::Speaking {
                    source,
                    owner,
                    speaking,
                });
            }
        } else if let Some(picture) = self.pictures.of_source(source) {
            picture.assembly.insert(Packet {
                number: *packet.seq_no,
                time: packet.header.timestamp,
                marker: packet.header.marker,
                payload: packet.payload.clone(),
            });
        }
    }

    fn count(&mut self, error: Unreadable) {
        match error {
            Unreadable::Replayed => self.dropped.replayed += 1,
            Unreadable::Refused => self.dropped.unopened += 1,
        }
    }

    fn give_out_sound(&mut self, now: Moment) {
        let mut frames = Vec::new();
        let mut silent = Vec::new();
        for (source, voice) in self.voices.iter_mut() {
            let owner = voice.owner;
            while let Some(due) = voice.buffer.take(now) {
                let Sound { time, frame, level } = due.frame;
                let content = Content::Sound {
                    packet: frame.into_data(),
                    level,
                    missing: due.missing,
                };
                frames.push(Frame {
                    source,
                    owner,
                    time,
                    content,
                });
            }
            if voice.take_end_of_speech(now) {
                silent.push(Event::Speaking {
                    source,
                    owner,
                    speaking: false,
                });
            }
        }
        frames.into_iter().for_each(|frame| self.frame(frame));
        silent.into_iter().for_each(|event| self.event(event));
    }

    fn give_out_pictures(&mut self, now: Moment) {
        let mut frames = Vec::new();
        let mut errors = Vec::new();
        for ((owner, kind), received) in self.pictures.iter_mut() {
            while let Some(assembled) = received.assembly.take(now) {
                let Assembled::Frame { time, data } = assembled else {
                    self.dropped.broken += 1;
                    received.keys.want();
                    continue;
                };
                let opened = self.protection.open(now, owner, Codec::Vp8, data);
                let frame = match opened {
                    Ok(frame) => frame,
                    Err(error) => {
                        errors.push(error);
                        // A replay is no loss.
                        if error == Unreadable::Refused {
                            received.keys.want();
                        }
                        continue;
                    }
                };
                let is_key = vp8::is_key_frame(frame.data());
                if is_key {
                    received.keys.arrived();
                } else if received.keys.is_wanted() {
                    // Without what it builds on it cannot be decoded.
                    self.dropped.broken += 1;
                    continue;
                }
                let source = received.listed.source;
                let frame = frame.into_data();
                let content = Content::Picture {
                    kind,
                    frame,
                    is_key,
                };
                frames.push(Frame {
                    source,
                    owner,
                    time,
                    content,
                });
            }
        }
        errors.into_iter().for_each(|error| self.count(error));
        frames.into_iter().for_each(|frame| self.frame(frame));
    }

    fn tell_longest_sound(&mut self, now: Moment) {
        let longest = self.protection.longest_audio_frame(now);
        if longest != self.longest_sound {
            self.longest_sound = longest;
            self.event(Event::LongestSound(longest));
        }
    }

    fn fail(&mut self, failure: ConnectionFailure) {
        if !self.life.has_failed() {
            self.life.fail(failure);
            self.tell_state();
        }
    }

    fn tell_state(&mut self) {
        let state = self.life.state();
        self.event(Event::Connection(state));
        if let ConnectionState::Failed(failure) = state {
            self.link.stop();
            // What was decided before is of no use, but for a goodbye of ours.
            if failure != ConnectionFailure::Closed {
                self.datagrams.clear();
            }
        }
    }

    fn event(&mut self, event: Event) {
        let has_room = self.events.push(event);
        self.dropped.overflowed += u64::from(!has_room);
    }

    fn frame(&mut self, frame: Frame) {
        let has_room = self.frames.push(frame);
        self.dropped.overflowed += u64::from(!has_room);
    }

    /// The moment of the next timeout.
    fn deadline(&self) -> Option<Moment> {
        if self.life.has_failed() {
            return None;
        }
        let deadlines = [
            Some(self.clock.moment(self.wait)),
            self.life.deadline(),
            self.voices.deadline(),
            self.pictures.deadline(),
            self.announcements.deadline(),
            self.height.deadline(),
            self.reopen,
        ];
        let next = deadlines.into_iter().flatten().min();
        next.map(|next| next.max(self.clock.now() + TICK))
    }
}

impl fmt::Debug for MediaSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MediaSession")
            .field("state", &self.life.state())
            .field("dropped", &self.dropped)
            .finish_non_exhaustive()
    }
}
