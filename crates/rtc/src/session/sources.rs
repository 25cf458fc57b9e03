use core::time::Duration;
use std::collections::BTreeMap;

use confcall_join::Ssrc;
use confcall_join::api::{Peer, Semantics, SsrcGroup};
use confcall_join::engine::{Participant, Picture};
use confcall_media::Moment;

use crate::limits;

/// The time after which an unknown source is asked about again.
const ASK_AGAIN: Duration = Duration::from_secs(10);

/// A source of another participant, as the roster names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The participant, under whose key everything of the source is opened.
    pub owner: Peer,
    /// The media of the source.
    pub media: SourceMedia,
}

/// The media of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SourceMedia {
    /// Sound: a voice, or that of a shared screen.
    Sound(Ssrc),
    /// A picture in one or several layers, of which one is received.
    Picture {
        /// The camera, or the screen.
        kind: PictureKind,
        /// The name by which it is asked for.
        endpoint: String,
        /// Its sources.
        groups: Vec<SsrcGroup>,
    },
}

/// A kind of picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PictureKind {
    /// The camera.
    Camera,
    /// The shared screen.
    Screen,
}

/// The size in which a picture is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Height {
    /// 180 lines.
    Thumbnail,
    /// 360 lines.
    Medium,
    /// 720 lines.
    Full,
}

impl Height {
    /// The number of lines.
    pub const fn lines(self) -> u16 {
        match self {
            Self::Thumbnail => 180,
            Self::Medium => 360,
            Self::Full => 720,
        }
    }
}

impl Source {
    /// The sources of a participant of the roster; none of our own.
    pub fn of(participant: &Participant) -> Vec<Self> {
        let owner = participant.peer;
        let source = |media| Self { owner, media };
        let pictures = [
            (PictureKind::Camera, participant.camera.as_deref()),
            (PictureKind::Screen, participant.screen.as_deref()),
        ];
        let listed = pictures
            .into_iter()
            .filter_map(|(kind, picture)| Some((kind, picture?)));
        let mut all: Vec<_> = participant
            .source
            .map(SourceMedia::Sound)
            .into_iter()
            .collect();
        for (kind, picture) in listed {
            let Picture {
                endpoint,
                source_groups,
                audio_source,
                ..
            } = picture;
            all.extend(audio_source.map(SourceMedia::Sound));
            all.push(SourceMedia::Picture {
                kind,
                endpoint: endpoint.clone(),
                groups: source_groups.clone(),
            });
        }
        match participant.own {
            true => Vec::new(),
            false => all.into_iter().map(source).collect(),
        }
    }
}

/// A picture that can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ListedPicture {
    pub(super) endpoint: String,
    pub(super) source: Ssrc,
    pub(super) repetition: Option<Ssrc>,
}

impl ListedPicture {
    /// The first layer, onto which the server puts whichever it forwards, and the source that repeats it.
    fn new(endpoint: String, groups: &[SsrcGroup]) -> Option<Self> {
        let of = |semantics| {
            groups
                .iter()
                .filter(move |group| group.semantics() == semantics)
        };
        let simulcast = of(Semantics::Simulcast).next();
        let first = simulcast.or_else(|| groups.first())?;
        let source = *first.sources().first()?;
        let mut pairs = of(Semantics::FlowIdentification).map(SsrcGroup::sources);
        let repetition = pairs.find_map(|pair| match pair {
            [repeated, repetition] if *repeated == source => Some(*repetition),
            _ => None,
        });
        Some(Self {
            endpoint,
            source,
            repetition,
        })
    }

    pub(super) fn has(&self, source: Ssrc) -> bool {
        self.source == source || self.repetition == Some(source)
    }
}

/// The sources whose owners are known.
#[derive(Debug, Default)]
pub(super) struct Sources {
    sound: BTreeMap<Ssrc, Peer>,
    pictures: BTreeMap<(Peer, PictureKind), ListedPicture>,
}

impl Sources {
    /// Takes all sources that there are, but those of our own; a source that stands twice belongs to the first.
    pub(super) fn new(listed: &[Source], own: &[Ssrc]) -> Self {
        let mut sources = Self::default();
        for Source { owner, media } in listed.iter().take(limits::SOURCES) {
            match media {
                SourceMedia::Sound(source) if own.contains(source) => {}
                SourceMedia::Sound(source) => {
                    sources.sound.entry(*source).or_insert(*owner);
                }
                SourceMedia::Picture {
                    kind,
                    endpoint,
                    groups,
                } => {
                    let picture = ListedPicture::new(endpoint.clone(), groups);
                    let picture =
                        picture.filter(|picture| !own.iter().any(|own| picture.has(*own)));
                    if let Some(picture) = picture {
                        sources.pictures.entry((*owner, *kind)).or_insert(picture);
                    }
                }
            }
        }
        sources
    }

    pub(super) fn owner_of_sound(&self, source: Ssrc) -> Option<Peer> {
        self.sound.get(&source).copied()
    }

    pub(super) fn picture(&self, owner: Peer, kind: PictureKind) -> Option<&ListedPicture> {
        self.pictures.get(&(owner, kind))
    }
}

/// The sources of sound that somebody sends on and nobody is known to own.
#[derive(Debug, Default)]
pub(super) struct UnknownSources(BTreeMap<Ssrc, Moment>);

impl UnknownSources {
    /// True if the owner is to be asked for: once, and again after a while.
    pub(super) fn take_question(&mut self, now: Moment, source: Ssrc) -> bool {
        if self
            .0
            .get(&source)
            .is_some_and(|asked| now.since(*asked) < ASK_AGAIN)
        {
            return false;
        }
        if self.0.len() >= limits::UNKNOWN_SOURCES && !self.0.contains_key(&source) {
            self.0.retain(|_, asked| now.since(*asked) < ASK_AGAIN);
        }
        let has_room = self.0.len() < limits::UNKNOWN_SOURCES || self.0.contains_key(&source);
        if has_room {
            self.0.insert(source, now);
        }
        has_room
    }

    /// Forgets those that have an owner now.
    pub(super) fn forget_known(&mut self, sources: &Sources) {
        self.0
            .retain(|source, _| sources.owner_of_sound(*source).is_none());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use confcall_state::UserId;

    fn ssrc(value: u32) -> Ssrc {
        Ssrc::new(value).unwrap()
    }

    fn user(id: i64) -> Peer {
        Peer::User(UserId::new(id))
    }

    fn group(semantics: Semantics, sources: &[u32]) -> SsrcGroup {
        let sources = sources.iter().map(|source| ssrc(*source)).collect();
        SsrcGroup::new(semantics, sources).unwrap()
    }

    #[test]
    fn the_first_layer_and_its_repetition_are_received() {
        use Semantics::{FlowIdentification as Fid, Simulcast as Sim};
        let simulcast = [
            group(Sim, &[2, 4, 6]),
            group(Fid, &[4, 5]),
            group(Fid, &[2, 3]),
        ];
        let picture = ListedPicture::new("e".into(), &simulcast).unwrap();
        assert_eq!(
            (picture.source, picture.repetition),
            (ssrc(2), Some(ssrc(3)))
        );
        let picture = ListedPicture::new("e".into(), &[group(Fid, &[7, 8])]).unwrap();
        assert_eq!(
            (picture.source, picture.repetition),
            (ssrc(7), Some(ssrc(8)))
        );
        assert_eq!(ListedPicture::new("e".into(), &[]), None);
    }

    #[test]
    fn a_source_belongs_to_the_first_who_lists_it_and_none_of_our_own_to_anybody() {
        let sound = |owner, source| Source {
            owner: user(owner),
            media: SourceMedia::Sound(ssrc(source)),
        };
        let own = Source {
            owner: user(3),
            media: SourceMedia::Picture {
                kind: PictureKind::Camera,
                endpoint: "e".into(),
                groups: vec![group(Semantics::FlowIdentification, &[10, 9])],
            },
        };
        let sources = Sources::new(&[sound(1, 7), sound(2, 7), sound(2, 9), own], &[ssrc(9)]);
        assert_eq!(sources.owner_of_sound(ssrc(7)), Some(user(1)));
        assert_eq!(sources.owner_of_sound(ssrc(9)), None);
        assert_eq!(sources.picture(user(3), PictureKind::Camera), None);
    }

    #[test]
    fn an_unknown_source_is_asked_about_once_and_their_number_is_bounded() {
        let at = |seconds| Moment::new(Duration::from_secs(seconds));
        let mut unknown = UnknownSources::default();
        assert!(unknown.take_question(at(0), ssrc(1)));
        assert!(!unknown.take_question(at(9), ssrc(1)));
        assert!(unknown.take_question(at(10), ssrc(1)));
        let asked = (2..10_000).filter(|source| unknown.take_question(at(11), ssrc(*source)));
        assert_eq!(asked.count(), limits::UNKNOWN_SOURCES - 1);
        assert!(unknown.take_question(at(21), ssrc(1)));
        assert!(unknown.take_question(at(21), ssrc(10_000)));
    }
}
