use rand_core::CryptoRng;
use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Serialize, Serializer};
use thiserror::Error;

use super::words;
use crate::api::Ssrc;
use crate::shown::Form;

words! {
    /// The relation of the sources of a group to each other.
    Semantics {
        /// The layers of one picture, from the smallest.
        Simulcast = "SIM",
        /// A source and the source that repeats its lost packets.
        FlowIdentification = "FID",
    }
}

/// Sources of video that belong together (`spec/protocol.md`, 10).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "(String, Vec<Ssrc>)", into = "(String, Vec<Ssrc>)")]
pub struct SsrcGroup {
    semantics: Semantics,
    sources: Vec<Ssrc>,
}

/// Sources are no group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SsrcGroupError {
    /// The word for the semantics is neither `SIM` nor `FID`.
    #[error("the semantics of a group are SIM or FID")]
    Semantics,
    /// A group without a source.
    #[error("a group has at least one source")]
    Empty,
    /// A source that stands twice in one group.
    #[error("the source {source_id} stands twice in one group")]
    Repeated {
        /// The source.
        source_id: Ssrc,
    },
}

/// As the join payload names it.
impl Form for SsrcGroup {
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut object = to.serialize_struct("SsrcGroup", 2)?;
        object.serialize_field("semantics", self.semantics.as_str())?;
        object.serialize_field("sources", &self.sources)?;
        object.end()
    }
}

impl From<SsrcGroup> for (String, Vec<Ssrc>) {
    fn from(group: SsrcGroup) -> Self {
        (group.semantics.as_str().to_owned(), group.sources)
    }
}

impl TryFrom<(String, Vec<Ssrc>)> for SsrcGroup {
    type Error = SsrcGroupError;

    fn try_from((semantics, sources): (String, Vec<Ssrc>)) -> Result<Self, SsrcGroupError> {
        let semantics = Semantics::from_word(&semantics).ok_or(SsrcGroupError::Semantics)?;
        Self::new(semantics, sources)
    }
}

impl SsrcGroup {
    /// Takes the sources of a group, in order.
    ///
    /// # Errors
    ///
    /// [`SsrcGroupError`]
    pub fn new(semantics: Semantics, sources: Vec<Ssrc>) -> Result<Self, SsrcGroupError> {
        if sources.is_empty() {
            return Err(SsrcGroupError::Empty);
        }
        // Sorting a copy is cheap for a dozen sources; a payload of 64 KiB holds thousands.
        let mut sorted = sources.clone();
        sorted.sort_unstable();
        let mut pairs = sorted.iter().zip(sorted.iter().skip(1));
        match pairs.find(|(left, right)| left == right) {
            Some((&source_id, _)) => Err(SsrcGroupError::Repeated { source_id }),
            None => Ok(Self { semantics, sources }),
        }
    }

    /// The relation of the sources to each other.
    pub fn semantics(&self) -> Semantics {
        self.semantics
    }

    /// The sources, in order.
    pub fn sources(&self) -> &[Ssrc] {
        &self.sources
    }

    /// The same group of other sources; `renew` must not give one source for two.
    pub(crate) fn renewed(&self, mut renew: impl FnMut(Ssrc) -> Ssrc) -> Self {
        Self {
            semantics: self.semantics,
            sources: self.sources.iter().map(|&source| renew(source)).collect(),
        }
    }
}

/// In how many sizes a published picture is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VideoLayers {
    /// In one size.
    One,
    /// In two sizes.
    Two,
    /// In three sizes, as the official applications do.
    Three,
}

impl VideoLayers {
    /// Draws a source and a source for repetition for each layer, all of them new.
    ///
    /// Gives one group over the layers, if there are several, and then one for each layer.
    pub(crate) fn generate(
        self,
        mut taken: Vec<Ssrc>,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Vec<SsrcGroup> {
        let mut draw = || {
            let source = Ssrc::generate_besides(&taken, rng);
            taken.push(source);
            source
        };
        let layers: Vec<_> = (0..self.count()).map(|_| (draw(), draw())).collect();
        // One layer needs no group over layers, and media engines refuse a group of one.
        let simulcast = (layers.len() > 1).then(|| SsrcGroup {
            semantics: Semantics::Simulcast,
            sources: layers.iter().map(|(source, _)| *source).collect(),
        });
        let repeated = layers.iter().map(|(source, repetition)| SsrcGroup {
            semantics: Semantics::FlowIdentification,
            sources: vec![*source, *repetition],
        });
        simulcast.into_iter().chain(repeated).collect()
    }

    const fn count(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Three => 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chacha20::ChaCha20Rng;
    use chacha20::rand_core::SeedableRng;

    fn sources(values: &[u32]) -> Vec<Ssrc> {
        values
            .iter()
            .map(|&value| Ssrc::new(value).unwrap())
            .collect()
    }

    #[test]
    fn a_group_without_sources_or_with_one_twice_is_refused() {
        let group = |values| SsrcGroup::new(Semantics::Simulcast, sources(values));
        assert!(group(&[3, 1, 2]).is_ok());
        assert_eq!(group(&[]), Err(SsrcGroupError::Empty));
        let source_id = Ssrc::new(3).unwrap();
        assert_eq!(
            group(&[3, 1, 3]),
            Err(SsrcGroupError::Repeated { source_id })
        );
    }

    #[test]
    fn three_layers_have_six_sources_in_four_groups() {
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let groups = VideoLayers::Three.generate(vec![], &mut rng);
        let [simulcast, layers @ ..] = &groups[..] else {
            panic!("no group")
        };
        assert_eq!(simulcast.semantics(), Semantics::Simulcast);
        let firsts: Vec<_> = layers.iter().map(|layer| layer.sources()[0]).collect();
        assert_eq!(simulcast.sources(), firsts);
        let mut all: Vec<_> = layers.iter().flat_map(SsrcGroup::sources).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 6);
    }

    #[test]
    fn one_layer_has_no_simulcast_group() {
        let mut rng = ChaCha20Rng::seed_from_u64(4);
        let groups = VideoLayers::One.generate(vec![], &mut rng);
        assert_eq!(groups.len(), 1);
        assert_eq!(groups[0].semantics(), Semantics::FlowIdentification);
    }
}
