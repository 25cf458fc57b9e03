//! An entry of the roster: what is kept of the server's, within bounds, and how it goes together with the entry before.

use std::sync::Arc;

use super::super::participant::{Microphone, Participant, Picture, Volume, VolumeSetter};
use crate::api::{
    AccessHash, EditGroupCallParticipant, GroupCallParticipant, InputPeer, ParticipantVideo, Peer,
    Ssrc, SsrcGroup, cut_label, label_weight,
};
use crate::labels::{self, Label, Labels};
use crate::limits;

/// An entry of the roster, of which a large call has ten thousand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listing {
    label: Option<Arc<Label>>,
    about: Option<Box<str>>,
    /// Set for the few who raise a hand or send a picture.
    active: Option<Box<Active>>,
    access_hash: Option<AccessHash>,
    source: Option<Ssrc>,
    /// Zero if the server does not say.
    joined_at: i32,
    /// Zero if the server does not say.
    spoke_at: i32,
    volume: Volume,
    microphone: Microphone,
    muted_by_us: bool,
    video_joined: bool,
    /// True if the server calls it ours.
    own: bool,
    /// The number of the load that it was read or pushed in.
    pub(super) load: u8,
}

/// The things of an entry that most have not.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Active {
    raised_hand: Option<i64>,
    camera: Option<Box<Picture>>,
    screen: Option<Box<Picture>>,
}

/// A reader of one entry of the server's.
struct Reading<'a> {
    one: &'a GroupCallParticipant,
    /// The entry before, unless this is not about the same stay in the call.
    before: Option<&'a Listing>,
    /// The number of sources for which there is room.
    room: usize,
    ignored: u32,
}

impl Listing {
    /// Reads an entry that comes in place of the one before (`spec/protocol.md`, 8); gives with it the number of things that
    /// were cut or passed over.
    pub(super) fn read(one: &GroupCallParticipant, known: Option<&Self>) -> (Self, u32) {
        let mut reading = Reading {
            one,
            before: known.filter(|_| !one.just_joined),
            room: limits::LISTED_SOURCES - usize::from(one.source.is_some()),
            ignored: 0,
        };
        let about = one.about.as_deref().map(|about| reading.cut(about));
        let listing = Self {
            label: known.and_then(|known| known.label.clone()),
            // An entry in part leaves the words out.
            about: about.or_else(|| known.and_then(|known| known.about.clone())),
            active: reading.active(),
            access_hash: known.and_then(|known| known.access_hash),
            source: one.source,
            joined_at: one.date.max(0),
            spoke_at: one.active_date.unwrap_or(0).max(0),
            volume: reading.volume(),
            microphone: microphone(one),
            muted_by_us: reading.muted_by_us(),
            video_joined: one.video_joined,
            own: reading.own(),
            load: 0,
        };
        (listing, reading.ignored)
    }

    /// The participant, but for its place in the call.
    pub(super) fn participant(&self, peer: Peer) -> Participant {
        let active = self.active.as_deref();
        Participant {
            peer,
            label: self.label.clone(),
            own: false,
            microphone: self.microphone,
            muted_by_us: self.muted_by_us,
            volume: self.volume,
            raised_hand: self.raised_hand(),
            source: self.source,
            camera: active.and_then(|active| active.camera.clone()),
            screen: active.and_then(|active| active.screen.clone()),
            video_joined: self.video_joined,
            joined_at: self.joined_at(),
            spoke_at: self.spoke_at(),
            about: self.about.clone(),
            in_chain: false,
            verified: false,
        }
    }

    pub(super) fn raised_hand(&self) -> Option<i64> {
        self.active.as_ref()?.raised_hand
    }

    pub(super) fn joined_at(&self) -> Option<i32> {
        Some(self.joined_at).filter(|date| *date > 0)
    }

    pub(super) fn spoke_at(&self) -> Option<i32> {
        Some(self.spoke_at).filter(|date| *date > 0)
    }

    /// The source of its sound, if the server calls the entry ours.
    pub(super) fn own_source(&self) -> Option<Ssrc> {
        self.source.filter(|_| self.own)
    }

    /// About as many bytes as its label, its words and its pictures take.
    pub(super) fn weight(&self) -> usize {
        let label = self.label.as_deref().map_or(0, Label::weight);
        let about = self.about.as_deref().map_or(0, label_weight);
        let active = self.active.as_deref();
        let pictures = active.map(|active| [&active.camera, &active.screen]);
        let pictures = pictures.into_iter().flatten().flatten();
        let pictures = pictures.map(|picture| {
            let sources = picture.sources().count() * size_of::<Ssrc>();
            size_of::<Picture>() + picture.endpoint.len() + sources
        });
        label + about + pictures.sum::<usize>()
    }

    /// Drops label, words and pictures, for which there is no room.
    pub(super) fn lighten(&mut self) {
        (self.label, self.about, self.active) = (None, None, None);
    }

    /// The peer as a request names it, if the server has shown how.
    pub(super) fn input_peer(&self, peer: Peer) -> Option<InputPeer> {
        labels::input_peer(peer, self.access_hash)
    }

    /// Mutes the participant for ourselves, or does not; gives the entry before, if it was another one.
    pub(super) fn choose(&mut self, is_muted: bool) -> Option<Self> {
        let before = (self.muted_by_us != is_muted).then(|| self.clone());
        self.muted_by_us = is_muted;
        before
    }

    /// Takes what the server shows of the peer by now; gives the entry before, if its label was another one.
    pub(super) fn name(&mut self, peer: Peer, labels: &Labels) -> Option<Self> {
        // What was forgotten is still the last that was shown.
        self.access_hash = labels.access_hash(peer).or(self.access_hash);
        let newest = labels.of(peer).or(self.label.as_ref());
        if newest == self.label.as_ref() {
            return None;
        }
        let newest = newest.cloned();
        let before = self.clone();
        self.label = newest;
        Some(before)
    }

    /// True if both are shown alike.
    pub(super) fn looks_like(&self, other: &Self) -> bool {
        let Self {
            label,
            about,
            active,
            access_hash: _,
            source,
            joined_at,
            spoke_at,
            volume,
            microphone,
            muted_by_us,
            video_joined,
            own: _,
            load: _,
        } = self;
        let state = (*microphone, *muted_by_us, *video_joined, *volume, *source);
        let others = (
            other.microphone,
            other.muted_by_us,
            other.video_joined,
            other.volume,
            other.source,
        );
        let times = (*joined_at, *spoke_at) == (other.joined_at, other.spoke_at);
        let texts = *label == other.label && *about == other.about;
        state == others && times && texts && *active == other.active
    }

    /// All sources of the participant.
    pub(super) fn sources(&self) -> impl Iterator<Item = Ssrc> {
        let active = self.active.iter();
        let pictures = active.flat_map(|active| active.camera.iter().chain(&active.screen));
        let sources = pictures.flat_map(|picture| picture.sources());
        self.source.into_iter().chain(sources)
    }
}

fn microphone(one: &GroupCallParticipant) -> Microphone {
    match (one.muted, one.can_self_unmute) {
        (false, _) => Microphone::On,
        (true, true) => Microphone::Muted,
        (true, false) => Microphone::MutedByAdmin,
    }
}

impl Reading<'_> {
    fn active(&mut self) -> Option<Box<Active>> {
        let active = Active {
            raised_hand: self.one.raise_hand_rating,
            camera: self.picture(self.one.video.as_ref()),
            screen: self.picture(self.one.presentation.as_ref()),
        };
        let is_any =
            active.raised_hand.is_some() || active.camera.is_some() || active.screen.is_some();
        is_any.then(|| Box::new(active))
    }

    /// An entry for all does not say whose it is.
    fn own(&self) -> bool {
        self.one.own || self.one.min && self.before.is_some_and(|before| before.own)
    }

    /// An entry for all does not say what we chose for ourselves.
    fn muted_by_us(&self) -> bool {
        match self.one.min {
            true => self.before.is_some_and(|before| before.muted_by_us),
            false => self.one.muted_by_you,
        }
    }

    fn volume(&mut self) -> Volume {
        let volume = self.shown_volume();
        let before = self.before.map(|before| before.volume);
        let is_by_admin = |volume: Volume| volume.set_by == VolumeSetter::Admin;
        // In an entry for all only the volume that an admin set is ours too, unless we chose one.
        match before.filter(|_| self.one.min) {
            Some(before) if !(is_by_admin(before) && is_by_admin(volume)) => before,
            None if self.one.min && !is_by_admin(volume) => Volume::DEFAULT,
            _ => volume,
        }
    }

    fn shown_volume(&mut self) -> Volume {
        let Some(level) = self.one.volume else {
            return Volume::DEFAULT;
        };
        let set_by = match self.one.volume_by_admin {
            true => VolumeSetter::Admin,
            false => VolumeSetter::Us,
        };
        let is_one = EditGroupCallParticipant::VOLUMES.contains(&level);
        match u16::try_from(level) {
            Ok(level) if is_one => Volume::new(level, set_by),
            _ => {
                self.ignored += 1;
                Volume::DEFAULT
            }
        }
    }

    fn cut(&mut self, text: &str) -> Box<str> {
        let cut = cut_label(text);
        self.ignored += u32::from(cut.len() < text.len());
        cut.into()
    }

    /// A picture; one with an endpoint that is too long is none, because no part of the name names it.
    fn picture(&mut self, picture: Option<&ParticipantVideo>) -> Option<Box<Picture>> {
        let picture = picture?;
        if picture.endpoint.len() > limits::ENDPOINT_BYTES {
            self.ignored += 1;
            return None;
        }
        let groups = picture.source_groups.iter();
        let source_groups = groups.filter_map(|group| self.group(group)).collect();
        let audio_source = picture.audio_source.filter(|_| self.has_room());
        Some(Box::new(Picture {
            endpoint: picture.endpoint.clone(),
            paused: picture.paused,
            source_groups,
            audio_source,
        }))
    }

    /// As many sources of a group as there is room for.
    fn group(&mut self, group: &SsrcGroup) -> Option<SsrcGroup> {
        let all = group.sources();
        let kept = all.get(..self.room).unwrap_or(all);
        self.ignored += u32::from(kept.len() < all.len());
        self.room -= kept.len();
        SsrcGroup::new(group.semantics(), kept.to_vec()).ok()
    }

    fn has_room(&mut self) -> bool {
        let has_room = self.room > 0;
        self.room = self.room.saturating_sub(1);
        self.ignored += u32::from(!has_room);
        has_room
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Semantics;
    use confcall_state::UserId;

    fn entry() -> GroupCallParticipant {
        GroupCallParticipant::new(Peer::User(UserId::new(1)), Ssrc::new(1))
    }

    fn read(one: &GroupCallParticipant, known: Option<&Listing>) -> Listing {
        Listing::read(one, known).0
    }

    #[test]
    fn an_entry_is_small() {
        assert!(size_of::<Listing>() <= 80, "{}", size_of::<Listing>());
    }

    fn video(endpoint: &str) -> ParticipantVideo {
        let sources = [2, 3].map(|source| Ssrc::new(source).unwrap());
        let group = SsrcGroup::new(Semantics::Simulcast, sources.to_vec());
        ParticipantVideo {
            paused: true,
            endpoint: endpoint.to_owned(),
            source_groups: vec![group.unwrap()],
            audio_source: Ssrc::new(4),
        }
    }

    #[test]
    fn a_muted_participant_who_cannot_unmute_was_muted_by_an_admin() {
        let cases = [
            (false, false, Microphone::On),
            (false, true, Microphone::On),
            (true, true, Microphone::Muted),
            (true, false, Microphone::MutedByAdmin),
        ];
        for (muted, can_self_unmute, expected) in cases {
            let one = GroupCallParticipant {
                muted,
                can_self_unmute,
                ..entry()
            };
            assert_eq!(read(&one, None).microphone, expected);
        }
    }

    #[test]
    fn an_entry_for_all_leaves_what_is_ours_and_the_words_as_they_were() {
        let known = GroupCallParticipant {
            own: true,
            muted_by_you: true,
            volume: Some(5000),
            about: Some("about".to_owned()),
            ..entry()
        };
        let known = read(&known, None);
        let min = GroupCallParticipant {
            min: true,
            volume: Some(300),
            volume_by_admin: true,
            muted: false,
            ..entry()
        };
        let merged = read(&min, Some(&known));
        assert!(merged.own && merged.muted_by_us);
        assert_eq!(merged.volume, Volume::new(5000, VolumeSetter::Us));
        assert_eq!(merged.about.as_deref(), Some("about"));
        assert_eq!(merged.microphone, Microphone::On);
    }

    #[test]
    fn an_entry_for_all_has_the_volume_that_an_admin_set_in_place_of_one_that_an_admin_set() {
        let by_admin = |level, min| GroupCallParticipant {
            min,
            volume: Some(level),
            volume_by_admin: true,
            ..entry()
        };
        let known = read(&by_admin(300, false), None);
        let volume = read(&by_admin(400, true), Some(&known)).volume;
        assert_eq!(volume, Volume::new(400, VolumeSetter::Admin));
    }

    #[test]
    fn who_joins_again_has_nothing_of_the_stay_before_but_the_words() {
        let known = GroupCallParticipant {
            muted_by_you: true,
            about: Some("about".to_owned()),
            ..entry()
        };
        let known = read(&known, None);
        let again = GroupCallParticipant {
            min: true,
            just_joined: true,
            ..entry()
        };
        let again = read(&again, Some(&known));
        assert!(!again.muted_by_us);
        assert_eq!(again.about.as_deref(), Some("about"));
    }

    #[test]
    fn a_volume_that_there_is_not_is_the_usual_one_and_counted() {
        for volume in [i32::MIN, -1, 0, 20_001, 75_536] {
            let one = GroupCallParticipant {
                volume: Some(volume),
                ..entry()
            };
            let (listing, ignored) = Listing::read(&one, None);
            assert_eq!((listing.volume, ignored), (Volume::DEFAULT, 1));
        }
    }

    #[test]
    fn a_picture_with_an_endpoint_that_is_too_long_is_not_shown_and_has_no_sources() {
        let one = GroupCallParticipant {
            video: Some(video(&"x".repeat(1 << 20))),
            presentation: Some(video(&"x".repeat(limits::ENDPOINT_BYTES))),
            ..entry()
        };
        let (listing, ignored) = Listing::read(&one, None);
        assert_eq!(
            (
                listing
                    .active
                    .as_ref()
                    .and_then(|active| active.camera.as_ref()),
                ignored
            ),
            (None, 1)
        );
        let sources: Vec<_> = listing.sources().map(Ssrc::value).collect();
        assert_eq!(sources, [1, 2, 3, 4]);
    }
}
