//! An entry of the roster: what is kept of the server's, within bounds, and how it goes together with the entry before.

use super::super::participant::{Microphone, Participant, Picture, Volume, VolumeSetter};
use crate::api::{
    EditGroupCallParticipant, GroupCallParticipant, ParticipantVideo, Ssrc, SsrcGroup, cut_label,
};
use crate::limits;

/// An entry of the roster.
#[derive(Clone, Debug)]
pub(super) struct Listing {
    /// True if the server calls it ours.
    pub(super) own: bool,
    /// The participant, but for its place in the chain.
    pub(super) shown: Participant,
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
        let known = known.map(|known| &known.shown);
        let about = one.about.as_deref().map(|about| reading.cut(about));
        let shown = Participant {
            peer: one.peer,
            label: known.and_then(|known| known.label.clone()),
            own: false,
            microphone: microphone(one),
            muted_by_us: reading.muted_by_us(),
            volume: reading.volume(),
            raised_hand: one.raise_hand_rating,
            source: one.source,
            camera: reading.picture(one.video.as_ref()),
            screen: reading.picture(one.presentation.as_ref()),
            video_joined: one.video_joined,
            joined_at: Some(one.date).filter(|date| *date > 0),
            spoke_at: one.active_date.filter(|date| *date > 0),
            // An entry in part leaves the words out.
            about: about.or_else(|| known.and_then(|known| known.about.clone())),
            in_chain: false,
            verified: false,
        };
        let listing = Self {
            own: reading.own(),
            shown,
        };
        (listing, reading.ignored)
    }

    /// All sources of the participant.
    pub(super) fn sources(&self) -> impl Iterator<Item = Ssrc> {
        let pictures = self.shown.camera.iter().chain(&self.shown.screen);
        let sources = pictures.flat_map(|picture| picture.sources());
        self.shown.source.into_iter().chain(sources)
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
    /// An entry for all does not say whose it is.
    fn own(&self) -> bool {
        self.one.own || self.one.min && self.before.is_some_and(|before| before.own)
    }

    /// An entry for all does not say what we chose for ourselves.
    fn muted_by_us(&self) -> bool {
        match self.one.min {
            true => self.before.is_some_and(|before| before.shown.muted_by_us),
            false => self.one.muted_by_you,
        }
    }

    fn volume(&mut self) -> Volume {
        let volume = self.shown_volume();
        let before = self.before.map(|before| before.shown.volume);
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
    use crate::api::{Peer, Semantics};
    use confcall_state::UserId;

    fn entry() -> GroupCallParticipant {
        GroupCallParticipant::new(Peer::User(UserId::new(1)), Ssrc::new(1))
    }

    fn read(one: &GroupCallParticipant, known: Option<&Listing>) -> Listing {
        Listing::read(one, known).0
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
            assert_eq!(read(&one, None).shown.microphone, expected);
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
        assert!(merged.own && merged.shown.muted_by_us);
        assert_eq!(merged.shown.volume, Volume::new(5000, VolumeSetter::Us));
        assert_eq!(merged.shown.about.as_deref(), Some("about"));
        assert_eq!(merged.shown.microphone, Microphone::On);
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
        let volume = read(&by_admin(400, true), Some(&known)).shown.volume;
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
        let again = read(&again, Some(&known)).shown;
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
            assert_eq!((listing.shown.volume, ignored), (Volume::DEFAULT, 1));
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
        assert_eq!((listing.shown.camera.as_ref(), ignored), (None, 1));
        let sources: Vec<_> = listing.sources().map(Ssrc::value).collect();
        assert_eq!(sources, [1, 2, 3, 4]);
    }
}
