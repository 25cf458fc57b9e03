use std::collections::BTreeSet;

use confcall_join::Ssrc;
use confcall_join::api::Semantics;
use confcall_join::joining::JoinPayload;

use crate::limits;

/// The sources that a join payload declares, by what they carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Publication {
    pub(super) sound: Ssrc,
    /// The sizes of the picture, from the smallest; none without video.
    pub(super) layers: Vec<Layer>,
}

/// One size of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layer {
    pub(super) source: Ssrc,
    /// The source that repeats its lost packets.
    pub(super) repair: Option<Ssrc>,
}

/// What a source carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carried {
    Sound,
    /// The picture in the size of this place.
    Picture(usize),
}

impl Publication {
    /// Reads the groups of a payload; groups by which a source has two roles declare no picture.
    pub(super) fn of(payload: &JoinPayload) -> Self {
        let layers = layers(payload);
        let sound = payload.ssrc();
        let repairs = layers.iter().filter_map(|layer| layer.repair);
        let pictures = layers.iter().map(|layer| layer.source);
        let all: Vec<_> = pictures.chain(repairs).chain([sound]).collect();
        let distinct: BTreeSet<_> = all.iter().collect();
        match distinct.len() == all.len() {
            true => Self { sound, layers },
            false => Self {
                sound,
                layers: Vec::new(),
            },
        }
    }

    /// What the packets of a source carry; `None` for one that is not declared, or only repeats.
    pub(super) fn carried(&self, source: u32) -> Option<Carried> {
        if source == self.sound.value() {
            return Some(Carried::Sound);
        }
        let mut layers = self.layers.iter();
        let place = layers.position(|layer| layer.source.value() == source);
        place.map(Carried::Picture)
    }

    /// True if the payload has the source, to carry something or to repeat it.
    pub(super) fn declares(&self, source: u32) -> bool {
        let mut repairs = self.layers.iter().filter_map(|layer| layer.repair);
        self.carried(source).is_some() || repairs.any(|repair| repair.value() == source)
    }
}

/// The layers of a simulcast group, or the one of the first pair without such a group.
fn layers(payload: &JoinPayload) -> Vec<Layer> {
    let groups = payload.ssrc_groups();
    let of = |wanted| {
        groups
            .iter()
            .filter(move |group| group.semantics() == wanted)
    };
    let repair = |source: Ssrc| {
        let mut pairs = of(Semantics::FlowIdentification);
        pairs.find_map(|pair| match pair.sources() {
            [first, repair] if *first == source => Some(*repair),
            _ => None,
        })
    };
    let layer = |source: &Ssrc| Layer {
        source: *source,
        repair: repair(*source),
    };
    let simulcast = of(Semantics::Simulcast).next();
    match simulcast.or_else(|| of(Semantics::FlowIdentification).next()) {
        Some(group) if group.semantics() == Semantics::Simulcast => {
            let sources = group.sources().iter();
            sources.take(limits::VIDEO_LAYERS).map(layer).collect()
        }
        Some(pair) => pair.sources().iter().take(1).map(layer).collect(),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use confcall_join::api::SsrcGroup;
    use confcall_join::joining::{Fingerprint, IceCredentials};

    fn ssrc(value: u32) -> Ssrc {
        Ssrc::new(value).unwrap()
    }

    fn publication(groups: &[(Semantics, &[u32])]) -> Publication {
        let groups = groups.iter().map(|(semantics, sources)| {
            let sources = sources.iter().copied().map(ssrc).collect();
            SsrcGroup::new(*semantics, sources).unwrap()
        });
        let credentials =
            IceCredentials::new("name", "a-password-of-22-chars".replace('-', "0").as_str());
        let fingerprints = vec![Fingerprint::sha256([1; 32])];
        let payload = JoinPayload::new(
            ssrc(10),
            credentials.unwrap(),
            fingerprints,
            groups.collect(),
        );
        Publication::of(&payload.unwrap())
    }

    #[test]
    fn the_layers_are_those_of_the_simulcast_group_with_their_repairs() {
        let pairs: [(_, &[u32]); 3] = [
            (Semantics::Simulcast, &[11, 13]),
            (Semantics::FlowIdentification, &[11, 12]),
            (Semantics::FlowIdentification, &[13, 14]),
        ];
        let found = publication(&pairs);
        let layers: Vec<_> = found
            .layers
            .iter()
            .map(|one| (one.source, one.repair))
            .collect();
        assert_eq!(
            layers,
            [(ssrc(11), Some(ssrc(12))), (ssrc(13), Some(ssrc(14)))]
        );
        assert_eq!(found.carried(10), Some(Carried::Sound));
        assert_eq!(found.carried(13), Some(Carried::Picture(1)));
        assert_eq!((found.carried(14), found.declares(14)), (None, true));
        assert!(!found.declares(15));
    }

    #[test]
    fn a_pair_without_such_a_group_is_one_layer() {
        let found = publication(&[(Semantics::FlowIdentification, &[11, 12])]);
        assert_eq!(found.layers.len(), 1);
        assert!(publication(&[]).layers.is_empty());
    }

    #[test]
    fn a_source_with_two_roles_declares_no_picture() {
        let of_sound: &[u32] = &[10, 12];
        assert!(
            publication(&[(Semantics::FlowIdentification, of_sound)])
                .layers
                .is_empty()
        );
        let pairs: [(_, &[u32]); 3] = [
            (Semantics::Simulcast, &[11, 13]),
            (Semantics::FlowIdentification, &[11, 12]),
            (Semantics::FlowIdentification, &[13, 12]),
        ];
        assert!(publication(&pairs).layers.is_empty());
    }
}
