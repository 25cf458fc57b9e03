use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use str0m::Rtc;
use str0m::media::{MediaKind, Mid, Pt};
use str0m::rtp::{ExtensionValues, RtpWrite, Vp8Descriptor};

use super::constraints::Constraints;
use super::demux::Key;
use super::rewriting::{Numbers, Rewriter};
use crate::limits;

/// A connection as the end of the streams of others.
#[derive(Debug, Default)]
pub(super) struct Receiver {
    pub(super) constraints: Constraints,
    /// The connections whose picture is passed on, and at which height.
    pub(super) watched: BTreeMap<Key, u16>,
    outlets: BTreeMap<Track, Outlet>,
    /// The number of streams that were ever declared, by which each has a name of its own.
    declared: u64,
}

/// What is passed on of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Track {
    pub(super) from: Key,
    pub(super) kind: TrackKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TrackKind {
    Sound,
    Picture,
}

/// The stream of one track towards the receiver.
#[derive(Debug)]
struct Outlet {
    source: u32,
    repair: Option<u32>,
    /// Its name while the connection has the stream; numbers go on when it is declared again.
    mid: Option<Mid>,
    used: Instant,
    rewriter: Rewriter,
    sound_stretch: u64,
}

/// A packet on its way to receivers.
pub(super) struct Passing {
    pub(super) track: Track,
    /// The source under which receivers know the track.
    pub(super) source: u32,
    pub(super) repair: Option<u32>,
    pub(super) payload_type: Pt,
    pub(super) numbers: Numbers,
    pub(super) marker: bool,
    pub(super) payload: Arc<[u8]>,
    pub(super) extensions: ExtensionValues,
    /// The head of the payload where there is more than one size, and so numbers in it to be rewritten.
    pub(super) descriptor: Option<Vp8Descriptor>,
}

impl Passing {
    fn clock_rate(&self) -> u32 {
        match self.track.kind {
            TrackKind::Sound => 48_000,
            TrackKind::Picture => 90_000,
        }
    }

    fn media_kind(&self) -> MediaKind {
        match self.track.kind {
            TrackKind::Sound => MediaKind::Audio,
            TrackKind::Picture => MediaKind::Video,
        }
    }

    /// True if a picture can be shown from this packet on.
    fn is_entrance(&self) -> bool {
        let descriptor = self.descriptor.as_ref();
        // Of a picture in one size nothing is switched: a receiver asks for the key frame that it needs.
        descriptor.is_none_or(|head| head.starts_keyframe(&self.payload))
    }
}

impl Receiver {
    /// Passes a packet of sound on; `stretch` counts up when packets before it were held back.
    pub(super) fn pass_sound(
        &mut self,
        rtc: &mut Rtc,
        packet: &Passing,
        stretch: u64,
        now: Instant,
    ) {
        let outlet = self.outlet(packet, now);
        if outlet.rewriter.source().is_none() || outlet.sound_stretch != stretch {
            outlet.sound_stretch = stretch;
            outlet
                .rewriter
                .begin(0, packet.numbers, now, packet.clock_rate());
        }
        self.write(rtc, packet, now);
    }

    /// Passes a packet of a picture on if it is of the size `layer` that is shown, and shows the size `wanted` from a key frame on.
    pub(super) fn pass_picture(
        &mut self,
        rtc: &mut Rtc,
        packet: &Passing,
        layer: usize,
        wanted: usize,
        now: Instant,
    ) -> PictureFate {
        let outlet = self.outlet(packet, now);
        let shown = outlet.rewriter.source();
        if shown != Some(wanted) && layer == wanted && packet.is_entrance() {
            outlet
                .rewriter
                .begin(layer, packet.numbers, now, packet.clock_rate());
        }
        let shown = outlet.rewriter.source();
        let is_passed = shown == Some(layer) && self.write(rtc, packet, now);
        PictureFate {
            is_passed,
            is_waiting: shown != Some(wanted),
        }
    }

    fn outlet(&mut self, packet: &Passing, now: Instant) -> &mut Outlet {
        let outlet = self.outlets.entry(packet.track);
        outlet.or_insert_with(|| Outlet {
            source: packet.source,
            repair: packet.repair,
            mid: None,
            used: now,
            rewriter: Rewriter::default(),
            sound_stretch: 0,
        })
    }

    /// Writes a packet under the numbers that it has for the receiver; false if it has none.
    fn write(&mut self, rtc: &mut Rtc, packet: &Passing, now: Instant) -> bool {
        self.declare(rtc, packet);
        let Some(outlet) = self.outlets.get_mut(&packet.track) else {
            return false;
        };
        let Some(numbers) = outlet.rewriter.pass(packet.numbers, now) else {
            return false;
        };
        outlet.used = now;
        let mut api = rtc.direct_api();
        let Some(stream) = api.stream_tx(&outlet.source.into()) else {
            return false;
        };
        let payload = Arc::clone(&packet.payload);
        let mut write = RtpWrite::new(
            packet.payload_type,
            numbers.seq.into(),
            numbers.time,
            now,
            payload,
        )
        .marker(packet.marker)
        .ext_vals(packet.extensions.clone())
        .nackable(packet.repair.is_some());
        if let Some(descriptor) = &packet.descriptor {
            let patch = patch(descriptor, numbers);
            // One whose numbers have no room goes as it is.
            write = patch.into_iter().fold(write, RtpWrite::vp8_patch);
        }
        stream.write_rtp(write);
        true
    }

    /// Gives the connection the stream of a track; the one that was idle longest goes if there are too many.
    fn declare(&mut self, rtc: &mut Rtc, packet: &Passing) {
        let declared = |outlet: &&mut Outlet| outlet.mid.is_some();
        let has_stream = self.outlets.get(&packet.track);
        if has_stream.is_none_or(|outlet| outlet.mid.is_some()) {
            return;
        }
        if self.outlets.values_mut().filter(declared).count() >= limits::STREAMS {
            let idle = self.outlets.values_mut().filter(declared);
            if let Some(idle) = idle.min_by_key(|outlet| outlet.used) {
                idle.withdraw(rtc);
            }
        }
        let Some(outlet) = self.outlets.get_mut(&packet.track) else {
            return;
        };
        self.declared = self.declared.wrapping_add(1);
        let mid = Mid::from(format!("o{:x}", self.declared).as_str());
        let mut api = rtc.direct_api();
        api.declare_media(mid, packet.media_kind());
        let repair = outlet.repair.map(u32::into);
        api.declare_stream_tx(outlet.source.into(), repair, mid, None);
        outlet.mid = Some(mid);
    }

    /// The track of a stream.
    pub(super) fn track(&self, mid: Mid) -> Option<Track> {
        let mut outlets = self.outlets.iter();
        let found = outlets.find(|(_, outlet)| outlet.mid == Some(mid));
        found.map(|(track, _)| *track)
    }

    /// The size of a picture that the receiver sees.
    pub(super) fn shown(&self, track: Track) -> Option<usize> {
        self.outlets.get(&track)?.rewriter.source()
    }

    /// Holds a picture back until it is wanted again.
    pub(super) fn pause(&mut self, track: Track) {
        if let Some(outlet) = self.outlets.get_mut(&track) {
            outlet.rewriter.pause();
        }
    }

    /// Forgets the tracks of a connection that is over.
    pub(super) fn forget(&mut self, from: Key, mut rtc: Option<&mut Rtc>) {
        self.watched.remove(&from);
        for kind in [TrackKind::Sound, TrackKind::Picture] {
            let outlet = self.outlets.remove(&Track { from, kind });
            if let (Some(mut outlet), Some(rtc)) = (outlet, rtc.as_deref_mut()) {
                outlet.withdraw(rtc);
            }
        }
    }
}

impl Outlet {
    /// Takes the stream out of the connection.
    fn withdraw(&mut self, rtc: &mut Rtc) {
        if let Some(mid) = self.mid.take() {
            let mut api = rtc.direct_api();
            api.remove_stream_tx(self.source.into());
            api.remove_media(mid);
        }
    }
}

/// The outcome of a packet of a picture for one receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PictureFate {
    pub(super) is_passed: bool,
    /// True if the receiver needs a key frame of the size that it is to see.
    pub(super) is_waiting: bool,
}

fn patch(descriptor: &Vp8Descriptor, numbers: Numbers) -> Option<str0m::rtp::Vp8Patch> {
    let mut patch = descriptor.patch();
    if let Some(picture) = numbers.picture {
        patch = patch.picture_id(picture);
    }
    if let Some(base_picture) = numbers.base_picture {
        patch = patch.tl0_pic_idx(base_picture);
    }
    patch.build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound(from: Key, seq: u64) -> Passing {
        Passing {
            track: Track {
                from,
                kind: TrackKind::Sound,
            },
            source: u32::try_from(from).unwrap(),
            repair: None,
            payload_type: 111.into(),
            numbers: Numbers {
                seq,
                time: 0,
                picture: None,
                base_picture: None,
            },
            marker: false,
            payload: [1].into(),
            extensions: ExtensionValues::default(),
            descriptor: None,
        }
    }

    #[test]
    fn a_receiver_has_so_many_streams_and_the_one_that_was_idle_longest_gives_way() {
        let start = Instant::now();
        let config = str0m::RtcConfig::new().set_crypto_provider(confcall_rtc::crypto::provider());
        let mut rtc = config.set_rtp_mode(true).build(start);
        let mut receiver = Receiver::default();
        let most = u64::try_from(limits::STREAMS).unwrap();
        let mut at = start;
        for from in (1..=most).chain([1, most + 1]) {
            at += core::time::Duration::from_millis(1);
            receiver.pass_sound(&mut rtc, &sound(from, 10), 0, at);
        }
        let mut has = |from: u32| rtc.direct_api().stream_tx(&from.into()).is_some();
        assert!(has(1) && !has(2) && has(3));
        let track = |from| Track {
            from,
            kind: TrackKind::Sound,
        };
        assert_eq!(receiver.outlets[&track(2)].mid, None);
        // It comes back, and goes on with its numbers.
        receiver.pass_sound(&mut rtc, &sound(2, 11), 0, at);
        assert_eq!(receiver.outlets[&track(2)].rewriter.source(), Some(0));
        assert!(rtc.direct_api().stream_tx(&2.into()).is_some());
        assert!(rtc.direct_api().stream_tx(&3.into()).is_none());
        receiver.forget(2, Some(&mut rtc));
        assert!(rtc.direct_api().stream_tx(&2.into()).is_none());
    }
}
