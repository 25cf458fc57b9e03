use core::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;
use confcall_join::Ssrc;
use confcall_join::api::{Semantics, SsrcGroup};
use confcall_join::joining::{ConnectionParameters, Fingerprint, IceCredentials, JoinPayload};
use confcall_media::{ChannelId, Cryptor, Moment};
use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};
use str0m::config::{CryptoProvider, DtlsCert};
use thiserror::Error;

use super::address::Network;
use super::answer::{AnswerError, Server};
use super::clock::Clock;
use super::link::{Identity, Link, OwnLayer};
use super::media_session::{MediaSession, Parts};
use super::protection::Protection;

/// The media of one connection that we may send, which the join payload announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// Sound.
    Sound,
    /// Sound and a camera.
    Camera,
    /// A screen with its sound, on a second connection that receives nothing.
    Screen,
}

/// An offer for a conference: the join payload, and what its secrets are for.
///
/// It becomes a session with a [`Cryptor`] alone, so that nothing is sent in clear.
pub struct ConferenceOffer(Offer);

/// An offer for a call without end-to-end encryption: a video chat, a livestream, a live story.
pub struct ChatOffer(Offer);

/// The facts beside an answer.
#[derive(Clone, Copy, Debug)]
pub struct Connecting<'a> {
    /// The instant at the origin of the caller's moments.
    pub origin: Instant,
    /// The moment, by the clock of the cryptor and the engine.
    pub now: Moment,
    /// Our own addresses, at most one of each family: those of the sockets, and not `0.0.0.0`.
    pub own: &'a [SocketAddr],
    /// The network of the server.
    pub network: Network,
}

/// There is no certificate for an offer.
#[derive(Debug, Error)]
#[error("no certificate could be made: {reason}")]
pub struct OfferError {
    reason: String,
}

struct Offer {
    sharing: Sharing,
    sources: OwnSources,
    credentials: IceCredentials,
    certificate: DtlsCert,
    provider: Arc<CryptoProvider>,
    rng: ChaCha20Rng,
}

/// Our own sources, which follow from one random number.
struct OwnSources {
    sound: Ssrc,
    /// Each layer with the source that repeats it, from the smallest.
    layers: Vec<(Ssrc, Ssrc)>,
}

impl OwnSources {
    fn new(layers: u32, random: u32) -> Self {
        // Room for the layers above it, and never zero.
        let first = (random & 0x7fff_ffff).max(1);
        #[expect(clippy::expect_used, reason = "1 to 2^31 + 6")]
        let at = |offset| Ssrc::new(first + offset).expect("a number above zero");
        Self {
            sound: at(0),
            layers: (0..layers)
                .map(|layer| (at(1 + 2 * layer), at(2 + 2 * layer)))
                .collect(),
        }
    }

    fn groups(&self) -> Vec<SsrcGroup> {
        let several = (self.layers.len() > 1).then_some(&self.layers);
        let simulcast = several.map(|layers| {
            let sources = layers.iter().map(|(source, _)| *source).collect();
            (Semantics::Simulcast, sources)
        });
        let pairs = self.layers.iter();
        let pairs = pairs.map(|(source, repetition)| {
            (Semantics::FlowIdentification, vec![*source, *repetition])
        });
        let groups = simulcast.into_iter().chain(pairs);
        groups
            .filter_map(|(semantics, sources)| SsrcGroup::new(semantics, sources).ok())
            .collect()
    }
}

impl Offer {
    fn new(sharing: Sharing, layers: u32, rng: &mut impl CryptoRng) -> Result<Self, OfferError> {
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        let mut rng = ChaCha20Rng::from_seed(seed);
        let certificate = crate::crypto::certificate(&mut rng);
        let certificate = certificate.map_err(|error| OfferError {
            reason: error.to_string(),
        })?;
        Ok(Self {
            sharing,
            sources: OwnSources::new(layers, rand_core::Rng::next_u32(&mut rng)),
            credentials: IceCredentials::generate(&mut rng),
            certificate,
            provider: crate::crypto::provider(),
            rng,
        })
    }

    fn payload(&self) -> JoinPayload {
        let fingerprint = Fingerprint::sha256(Sha256::digest(&self.certificate.certificate).into());
        let (credentials, groups) = (self.credentials.clone(), self.sources.groups());
        let payload = JoinPayload::new(self.sources.sound, credentials, vec![fingerprint], groups);
        #[expect(clippy::expect_used, reason = "there is a fingerprint")]
        payload.expect("a payload with a fingerprint")
    }

    fn accept(
        mut self,
        answer: &ConnectionParameters,
        connecting: Connecting<'_>,
        protection: Protection,
    ) -> Result<MediaSession, AnswerError> {
        let server = Server::new(answer, connecting.network, connecting.own)?;
        let clock = Clock::new(connecting.origin, connecting.now);
        let layers = match server.vp8 {
            Some(_) => self.sources.layers.as_slice(),
            None => &[],
        };
        let layers: Vec<_> = layers
            .iter()
            .map(|(source, repetition)| OwnLayer {
                source: *source,
                repetition: *repetition,
            })
            .collect();
        let identity = Identity {
            credentials: self.credentials,
            certificate: self.certificate,
            provider: self.provider,
        };
        let link = Link::new(
            clock.instant(),
            identity,
            &server,
            connecting.own,
            self.sources.sound,
            &layers,
        )?;
        let channel = match self.sharing {
            Sharing::Sound | Sharing::Camera => ChannelId::MAIN,
            Sharing::Screen => ChannelId::SCREEN,
        };
        let pairs = self.sources.layers.iter();
        let own = pairs.flat_map(|(source, repetition)| [*source, *repetition]);
        let own = core::iter::once(self.sources.sound).chain(own).collect();
        let numbers = core::array::from_fn(|_| rand_core::Rng::next_u32(&mut self.rng));
        Ok(MediaSession::new(Parts {
            clock,
            link,
            protection,
            channel,
            receives: self.sharing != Sharing::Screen,
            own,
            layers: layers.len(),
            opus: server.opus,
            level: server.extensions.level,
            numbers,
            rng: self.rng,
        }))
    }
}

impl ConferenceOffer {
    /// Draws sources, credentials and a certificate; a picture has one layer.
    ///
    /// # Errors
    ///
    /// [`OfferError`]
    pub fn new(sharing: Sharing, rng: &mut impl CryptoRng) -> Result<Self, OfferError> {
        let layers = match sharing {
            Sharing::Sound => 0,
            Sharing::Camera | Sharing::Screen => 1,
        };
        Offer::new(sharing, layers, rng).map(Self)
    }

    /// The payload for the request to join, or for that to present.
    pub fn payload(&self) -> JoinPayload {
        self.0.payload()
    }

    /// Starts the connection that the answer describes, whose frames the cryptor of the membership seals and opens.
    ///
    /// # Errors
    ///
    /// [`AnswerError`]
    pub fn accept(
        self,
        answer: &ConnectionParameters,
        connecting: Connecting<'_>,
        cryptor: Arc<Cryptor>,
    ) -> Result<MediaSession, AnswerError> {
        let protection = Protection::EndToEnd(cryptor);
        self.0.accept(answer, connecting, protection)
    }
}

impl ChatOffer {
    /// Draws sources, credentials and a certificate; a camera has three layers and a screen two.
    ///
    /// # Errors
    ///
    /// [`OfferError`]
    pub fn new(sharing: Sharing, rng: &mut impl CryptoRng) -> Result<Self, OfferError> {
        let layers = match sharing {
            Sharing::Sound => 0,
            Sharing::Camera => 3,
            Sharing::Screen => 2,
        };
        Offer::new(sharing, layers, rng).map(Self)
    }

    /// The payload for the request to join, or for that to present.
    pub fn payload(&self) -> JoinPayload {
        self.0.payload()
    }

    /// Starts the connection that the answer describes, whose frames the server can read.
    ///
    /// # Errors
    ///
    /// [`AnswerError`]
    pub fn accept(
        self,
        answer: &ConnectionParameters,
        connecting: Connecting<'_>,
    ) -> Result<MediaSession, AnswerError> {
        self.0.accept(answer, connecting, Protection::Clear)
    }
}

impl fmt::Debug for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offer")
            .field("sharing", &self.sharing)
            .field("sound", &self.sources.sound)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ConferenceOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ConferenceOffer").field(&self.0).finish()
    }
}

impl fmt::Debug for ChatOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ChatOffer").field(&self.0).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_follow_from_one_number_and_are_grouped_from_small_to_big() {
        let sources = OwnSources::new(3, 0x8000_0010);
        assert_eq!(sources.sound.value(), 0x10);
        let groups = sources.groups();
        let listed: Vec<_> = groups
            .iter()
            .map(|group| {
                let sources: Vec<_> = group
                    .sources()
                    .iter()
                    .map(|source| source.value())
                    .collect();
                (group.semantics(), sources)
            })
            .collect();
        assert_eq!(
            listed,
            [
                (Semantics::Simulcast, vec![0x11, 0x13, 0x15]),
                (Semantics::FlowIdentification, vec![0x11, 0x12]),
                (Semantics::FlowIdentification, vec![0x13, 0x14]),
                (Semantics::FlowIdentification, vec![0x15, 0x16]),
            ]
        );
        assert_eq!(OwnSources::new(1, 0x8000_0000).groups().len(), 1);
        assert_eq!(OwnSources::new(0, 0x8000_0000).sound.value(), 1);
    }

    #[test]
    fn each_kind_of_call_has_its_layers() {
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        for (sharing, conference, chat) in [
            (Sharing::Sound, 0, 0),
            (Sharing::Camera, 1, 4),
            (Sharing::Screen, 1, 3),
        ] {
            let payload = ConferenceOffer::new(sharing, &mut rng).unwrap().payload();
            assert_eq!(payload.ssrc_groups().len(), conference, "{sharing:?}");
            let payload = ChatOffer::new(sharing, &mut rng).unwrap().payload();
            assert_eq!(payload.ssrc_groups().len(), chat, "{sharing:?}");
        }
    }

    #[test]
    fn each_offer_has_its_own_secrets_and_shows_none() {
        let mut rng = ChaCha20Rng::seed_from_u64(4);
        let offers = [(); 2].map(|()| ConferenceOffer::new(Sharing::Sound, &mut rng).unwrap());
        let [one, other] = [offers[0].payload(), offers[1].payload()];
        assert_ne!(one.ssrc(), other.ssrc());
        assert_ne!(one.credentials(), other.credentials());
        assert_ne!(one.fingerprints(), other.fingerprints());
        assert!(JoinPayload::from_json(&one.to_json()).is_ok());
        let shown = format!("{:?}", offers[0]);
        assert!(!shown.contains(one.credentials().pwd()), "{shown}");
    }
}
