use core::time::Duration;
use std::collections::BTreeMap;

use confcall_join::Ssrc;
use confcall_join::api::Peer;
use confcall_media::{Moment, Speech};

use super::datagram::Level;
use super::jitter::{JitterBuffer, JitterFigures};
use super::link::Name;
use super::protection::Readable;
use crate::limits;

/// The time without a packet, or without a loud one beside somebody loud, after which a voice gives way.
const IDLE: Duration = Duration::from_secs(1);
/// The loudness from which a voice counts as speaking, in dB below the loudest.
const LOUD: u8 = 50;
/// The time for which somebody is shown as speaking after the last loud packet.
const SHOWN: Duration = Duration::from_millis(800);

/// A voice that is received.
#[derive(Debug)]
pub(super) struct Voice {
    pub(super) owner: Peer,
    pub(super) name: Name,
    pub(super) buffer: JitterBuffer<Sound>,
    /// The last packet, or the beginning.
    heard: Moment,
    /// The last loud packet, or the beginning.
    loud: Moment,
    level: u8,
    speaking_until: Option<Moment>,
}

/// A frame of sound that waits.
#[derive(Debug)]
pub(super) struct Sound {
    pub(super) time: u32,
    pub(super) frame: Readable,
    pub(super) level: Option<u8>,
}

/// A voice as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VoiceFigures {
    /// Its source.
    pub source: Ssrc,
    /// The participant.
    pub owner: Peer,
    /// Its loudness, 0 for the loudest to 127 for silence. For showing only: the server can change it.
    pub level: u8,
    /// True while it speaks.
    pub speaking: bool,
    /// The figures of its jitter buffer.
    pub jitter: JitterFigures,
}

/// Whether a source of sound is received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// It is already.
    Present,
    /// There is room.
    Room,
    /// There is room once this one is gone.
    InPlaceOf(Ssrc),
    /// There is none.
    Refused,
}

/// The voices that are received, of which there are few at a time.
#[derive(Debug, Default)]
pub(super) struct Voices(BTreeMap<Ssrc, Voice>);

impl Voices {
    /// Decides about a packet before it is looked into, by a level that nothing proves yet.
    pub(super) fn admission(&self, now: Moment, source: Ssrc, level: Option<Level>) -> Admission {
        if self.0.contains_key(&source) {
            return Admission::Present;
        }
        if self.0.len() < limits::VOICES {
            return Admission::Room;
        }
        let is_loud = level.is_none_or(is_loud);
        let since = |voice: &Voice| if is_loud { voice.loud } else { voice.heard };
        let idlest = self.0.iter().min_by_key(|(_, voice)| since(voice));
        match idlest {
            Some((idlest, voice)) if now.since(since(voice)) >= IDLE => {
                Admission::InPlaceOf(*idlest)
            }
            _ => Admission::Refused,
        }
    }

    pub(super) fn add(&mut self, now: Moment, source: Ssrc, owner: Peer, name: Name) {
        let voice = Voice {
            owner,
            name,
            buffer: JitterBuffer::new(),
            heard: now,
            loud: now,
            level: 127,
            speaking_until: None,
        };
        self.0.insert(source, voice);
    }

    pub(super) fn remove(&mut self, source: Ssrc) -> Option<Voice> {
        self.0.remove(&source)
    }

    pub(super) fn get_mut(&mut self, source: Ssrc) -> Option<&mut Voice> {
        self.0.get_mut(&source)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Ssrc, &Voice)> {
        self.0.iter().map(|(source, voice)| (*source, voice))
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (Ssrc, &mut Voice)> {
        self.0.iter_mut().map(|(source, voice)| (*source, voice))
    }

    pub(super) fn figures(&self) -> impl Iterator<Item = VoiceFigures> {
        self.iter().map(|(source, voice)| VoiceFigures {
            source,
            owner: voice.owner,
            level: voice.level,
            speaking: voice.is_speaking(),
            jitter: voice.buffer.figures(),
        })
    }

    /// The next moment at which something of a voice is due.
    pub(super) fn deadline(&self) -> Option<Moment> {
        let voices = self.0.values();
        voices
            .flat_map(|voice| [voice.buffer.deadline(), voice.speaking_until])
            .flatten()
            .min()
    }
}

impl Voice {
    /// Takes a frame that was opened; true if its owner began to speak.
    pub(super) fn hear(
        &mut self,
        now: Moment,
        number: u64,
        samples: u64,
        header: Option<Level>,
        sound: Sound,
    ) -> bool {
        self.heard = now;
        let trailer = sound.frame.level();
        let is_voice = trailer.is_some_and(|trailer| trailer.speech() == Speech::Present);
        // Some clients never set the bit that is authenticated, so the other one counts as well.
        let is_speaking = is_voice || header.is_some_and(is_loud);
        if let Some(Level { level, .. }) = header {
            self.level = level;
        }
        self.buffer.insert(now, number, samples, sound);
        if !is_speaking {
            return false;
        }
        self.loud = now;
        self.speaking_until.replace(now + SHOWN).is_none()
    }

    /// True while its owner is shown as speaking.
    pub(super) fn is_speaking(&self) -> bool {
        self.speaking_until.is_some()
    }

    /// True if its owner has stopped speaking.
    pub(super) fn take_end_of_speech(&mut self, now: Moment) -> bool {
        let is_over = self.speaking_until.is_some_and(|until| now >= until);
        if is_over {
            self.speaking_until = None;
        }
        is_over
    }
}

fn is_loud(level: Level) -> bool {
    level.voice && level.level <= LOUD
}
