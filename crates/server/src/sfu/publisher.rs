use core::time::Duration;
use std::collections::BTreeSet;
use std::time::Instant;

use super::constraints::FULL;
use super::demux::Key;
use super::key_frames::KeyFrames;
use super::publication::Publication;

/// The time without a packet after which a size of a picture counts as switched off.
const IDLE: Duration = Duration::from_secs(1);

/// A connection as the source of sound and of a picture.
#[derive(Debug)]
pub(super) struct Publisher {
    pub(super) publication: Publication,
    layers: Vec<LayerState>,
    /// The moment from which on any size was sent without a pause.
    shown_since: Option<Instant>,
    /// The receivers of the picture.
    pub(super) watchers: BTreeSet<Key>,
    /// The stretches of sound that were passed on, counted: between two of them packets were held back.
    sound_stretch: u64,
    is_held_back: bool,
    /// The height that the client was last said to be wanted.
    told: Option<u16>,
}

#[derive(Debug, Default)]
struct LayerState {
    heard: Option<Instant>,
    key_frames: KeyFrames,
}

impl Publisher {
    pub(super) fn new(publication: Publication) -> Self {
        let layers = publication.layers.iter();
        Self {
            layers: layers.map(|_| LayerState::default()).collect(),
            publication,
            shown_since: None,
            watchers: BTreeSet::new(),
            sound_stretch: 0,
            is_held_back: false,
            told: None,
        }
    }

    pub(super) fn has_picture(&self) -> bool {
        !self.layers.is_empty()
    }

    /// Notes a packet of sound that is held back.
    pub(super) fn hold_back(&mut self) {
        self.is_held_back = true;
    }

    /// The stretch that a packet of sound belongs to that is passed on.
    pub(super) fn pass_sound(&mut self) -> u64 {
        if core::mem::take(&mut self.is_held_back) {
            self.sound_stretch = self.sound_stretch.wrapping_add(1);
        }
        self.sound_stretch
    }

    /// Notes a packet of a size of the picture.
    pub(super) fn hear(&mut self, layer: usize, now: Instant) {
        if !self.layers.iter().any(|layer| layer.is_sent(now)) {
            self.shown_since = Some(now);
        }
        if let Some(layer) = self.layers.get_mut(layer) {
            layer.heard = Some(now);
        }
    }

    /// The size for a receiver that wants this height: the largest up to it of those that are sent, or the smallest.
    pub(super) fn layer_for(&self, height: u16, now: Instant) -> usize {
        let sizes = self.layers.len();
        // Each size is half of the next one.
        let fits = |place: usize| FULL >> (sizes - 1 - place).min(15) <= height;
        let sent = self.layers.iter().enumerate();
        let mut sent = sent.filter(|(_, layer)| layer.is_sent(now));
        // At first the smallest may only come later than the others.
        let shown = self
            .shown_since
            .map(|since| now.saturating_duration_since(since));
        let is_settled = shown.is_some_and(|shown| shown >= IDLE);
        let smallest = sent.clone().next().filter(|_| is_settled);
        let largest = sent.rfind(|(place, _)| fits(*place));
        largest.or(smallest).map_or(0, |(place, _)| place)
    }

    /// Notes that a receiver needs a key frame of a size.
    pub(super) fn want_key_frame(&mut self, layer: usize) {
        if let Some(layer) = self.layers.get_mut(layer) {
            layer.key_frames.want();
        }
    }

    /// The sources of which a key frame is to be asked for now.
    pub(super) fn due_key_frames(&mut self, now: Instant) -> impl Iterator<Item = u32> {
        let layers = self.publication.layers.iter().zip(&mut self.layers);
        let due = layers.filter_map(move |(layer, state)| {
            state.key_frames.take_due(now).then(|| layer.source.value())
        });
        due.collect::<Vec<_>>().into_iter()
    }

    /// The moment at which the next key frame is to be asked for.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let layers = self.layers.iter();
        layers.filter_map(|layer| layer.key_frames.deadline()).min()
    }

    /// The height to tell the client, if it is another one than it was told.
    pub(super) fn to_tell(&self, height: u16) -> Option<u16> {
        (self.has_picture() && self.told != Some(height)).then_some(height)
    }

    /// Notes what the client was told; nothing after its channel was lost.
    pub(super) fn note_told(&mut self, height: Option<u16>) {
        self.told = height;
    }
}

impl LayerState {
    fn is_sent(&self, now: Instant) -> bool {
        let heard = self.heard.map(|at| now.saturating_duration_since(at));
        heard.is_some_and(|since| since < IDLE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sfu::publication::Layer;
    use confcall_join::Ssrc;

    fn publisher(layers: u32) -> Publisher {
        let ssrc = |value| Ssrc::new(value).unwrap();
        let layers = (0..layers).map(|place| Layer {
            source: ssrc(11 + 2 * place),
            repair: Some(ssrc(12 + 2 * place)),
        });
        Publisher::new(Publication {
            sound: ssrc(10),
            layers: layers.collect(),
        })
    }

    #[test]
    fn the_size_is_the_largest_that_is_wanted_and_sent() {
        let (mut three, now) = (publisher(3), Instant::now());
        assert_eq!(three.layer_for(720, now), 0);
        for layer in 0..3 {
            three.hear(layer, now);
        }
        let sizes = [0, 180, 359, 360, 719, 720].map(|height| three.layer_for(height, now));
        assert_eq!(sizes, [0, 0, 0, 1, 1, 2]);
        // The others have become idle, which is waited for before a size is shown that is larger than wanted.
        let soon = now + IDLE / 2;
        three.hear(1, soon);
        let later = now + IDLE;
        let sizes = [180, 360, 720].map(|height| three.layer_for(height, later));
        assert_eq!(sizes, [1, 1, 1]);
        let mut late = publisher(3);
        late.hear(2, now);
        assert_eq!([180, 720].map(|height| late.layer_for(height, now)), [0, 2]);
        let (mut one, mut two) = (publisher(1), publisher(2));
        one.hear(0, now);
        two.hear(0, now);
        two.hear(1, now);
        assert_eq!([180, 720].map(|height| one.layer_for(height, now)), [0, 0]);
        assert_eq!(
            [180, 360, 720].map(|height| two.layer_for(height, now)),
            [0, 0, 1]
        );
    }

    #[test]
    fn a_stretch_of_sound_ends_with_a_packet_that_is_held_back() {
        let mut publisher = publisher(0);
        assert_eq!((publisher.pass_sound(), publisher.pass_sound()), (0, 0));
        publisher.hold_back();
        publisher.hold_back();
        assert_eq!((publisher.pass_sound(), publisher.pass_sound()), (1, 1));
    }

    #[test]
    fn a_client_is_told_a_height_once() {
        let mut with_picture = publisher(1);
        assert_eq!(with_picture.to_tell(360), Some(360));
        with_picture.note_told(Some(360));
        assert_eq!(
            (with_picture.to_tell(360), with_picture.to_tell(0)),
            (None, Some(0))
        );
        assert_eq!(publisher(0).to_tell(360), None);
    }
}
