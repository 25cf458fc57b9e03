use std::collections::BTreeMap;

use confcall_join::Ssrc;
use confcall_join::api::Peer;
use confcall_media::Moment;

use super::assembly::Assembly;
use super::key_frames::KeyFrames;
use super::link::Name;
use super::sources::{Height, ListedPicture, PictureKind};
use crate::limits;

/// Whose picture, and which.
pub(super) type PictureOf = (Peer, PictureKind);

/// The pictures that are asked for.
#[derive(Debug, Default)]
pub(super) struct Pictures {
    wanted: BTreeMap<PictureOf, Height>,
    received: BTreeMap<PictureOf, Received>,
}

/// A picture that is received.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) listed: ListedPicture,
    pub(super) name: Name,
    pub(super) assembly: Assembly,
    pub(super) keys: KeyFrames,
}

impl Pictures {
    /// Wants a picture in a size, or not any more; false if there are too many already.
    pub(super) fn want(&mut self, picture: PictureOf, height: Option<Height>) -> bool {
        match height {
            None => {
                self.wanted.remove(&picture);
                true
            }
            Some(height) => {
                let has_room =
                    self.wanted.len() < limits::PICTURES || self.wanted.contains_key(&picture);
                if has_room {
                    self.wanted.insert(picture, height);
                }
                has_room
            }
        }
    }

    pub(super) fn wanted(&self) -> impl Iterator<Item = (PictureOf, Height)> {
        self.wanted
            .iter()
            .map(|(picture, height)| (*picture, *height))
    }

    /// The pictures that are received as they are not listed any more, or not wanted.
    pub(super) fn outdated<'a>(
        &'a self,
        listed: impl Fn(PictureOf) -> Option<&'a ListedPicture>,
    ) -> Vec<PictureOf> {
        let received = self.received.iter();
        let outdated = received.filter(|(picture, received)| {
            !self.wanted.contains_key(picture) || listed(**picture) != Some(&received.listed)
        });
        outdated.map(|(picture, _)| *picture).collect()
    }

    pub(super) fn is_received(&self, picture: PictureOf) -> bool {
        self.received.contains_key(&picture)
    }

    pub(super) fn add(&mut self, picture: PictureOf, listed: ListedPicture, name: Name) {
        let received = Received {
            listed,
            name,
            assembly: Assembly::new(),
            keys: KeyFrames::new(),
        };
        self.received.insert(picture, received);
    }

    pub(super) fn remove(&mut self, picture: PictureOf) -> Option<Received> {
        self.received.remove(&picture)
    }

    pub(super) fn has(&self, source: Ssrc) -> bool {
        self.received
            .values()
            .any(|received| received.listed.has(source))
    }

    pub(super) fn of_source(&mut self, source: Ssrc) -> Option<&mut Received> {
        let mut received = self.received.values_mut();
        received.find(|received| received.listed.source == source)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (PictureOf, &mut Received)> {
        self.received
            .iter_mut()
            .map(|(picture, received)| (*picture, received))
    }

    pub(super) fn deadline(&self) -> Option<Moment> {
        let received = self.received.values();
        received
            .flat_map(|received| [received.assembly.deadline(), received.keys.deadline()])
            .flatten()
            .min()
    }
}
