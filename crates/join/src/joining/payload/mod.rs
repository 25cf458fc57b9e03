//! The join payload: what a joining client says about its media, as JSON.
//!
//! ```text
//! {"ssrc": -1720068783,                         one signed 32-bit number, never zero
//!  "ufrag": "..", "pwd": "..",                  4 and 22 characters at least
//!  "fingerprints": [{"hash": "sha-256", "fingerprint": "AA:BB:..", "setup": "passive"}],
//!  "ssrc-groups": [{"semantics": "SIM", "sources": [..]}]}      only if video is published
//! ```
//!
//! The server answers a payload without `ssrc` as if the source were taken, so a payload is checked before
//! it is sent. Implements `spec/protocol.md`, 10.

mod fingerprint;
mod ice;
mod json;

use rand_core::CryptoRng;
use serde::Serialize;
use thiserror::Error;

pub use fingerprint::{Fingerprint, FingerprintError, FingerprintHash, Setup};
pub use ice::{IceCredentials, IceError};

use crate::api::{Ssrc, SsrcGroup, SsrcGroupError, VideoLayers};
use crate::limits;
use crate::shown;

/// The media of a joining client.
///
/// Every value is one that the server takes: a source, ICE credentials, at least one fingerprint, and
/// groups of video sources if video is published. Viewers and listeners have no groups.
///
/// Serialised, it is shown without the ICE credentials.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct JoinPayload {
    ssrc: Ssrc,
    #[serde(skip)]
    credentials: IceCredentials,
    fingerprints: Vec<Fingerprint>,
    #[serde(serialize_with = "shown::form")]
    ssrc_groups: Vec<SsrcGroup>,
}

/// Something is not a join payload; the error names the field and holds none of its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// The text is too long to be a payload.
    #[error("a payload has at most {max} bytes, not {length}", max = limits::PAYLOAD_BYTES)]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// The text is not one JSON object with every field once.
    #[error("a payload is a JSON object, which fails in line {line} at column {column}")]
    NotAnObject {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// There is no `ssrc`, which the server would answer with `GROUPCALL_SSRC_DUPLICATE_MUCH`.
    #[error("a payload without ssrc would be refused as a duplicate")]
    MissingSsrc,
    /// Another field is missing.
    #[error("{field} is missing")]
    Missing {
        /// The field.
        field: &'static str,
    },
    /// A field has another JSON type.
    #[error("{field} is not {expected}")]
    WrongType {
        /// The field.
        field: &'static str,
        /// The type that it must have.
        expected: &'static str,
    },
    /// A source is not a whole number that a signed 32-bit number can hold.
    #[error("{field} is a signed 32-bit number")]
    NotSigned32 {
        /// The field.
        field: &'static str,
    },
    /// A source is zero.
    #[error("{field} is never zero")]
    ZeroSource {
        /// The field.
        field: &'static str,
    },
    /// A list is empty.
    #[error("{field} is not empty where it stands")]
    Empty {
        /// The field.
        field: &'static str,
    },
    /// The ICE credentials are not valid.
    #[error(transparent)]
    Ice(#[from] IceError),
    /// A fingerprint is not valid.
    #[error(transparent)]
    Fingerprint(#[from] FingerprintError),
    /// A group has semantics that are neither `SIM` nor `FID`.
    #[error("the semantics of a group are SIM or FID")]
    UnknownSemantics,
    /// The sources of a group are not valid.
    #[error(transparent)]
    SsrcGroup(#[from] SsrcGroupError),
}

impl JoinPayload {
    /// Takes the parts of a payload; without video, `ssrc_groups` is empty.
    ///
    /// # Errors
    ///
    /// [`PayloadError::Empty`] if there is no fingerprint.
    pub fn new(
        ssrc: Ssrc,
        credentials: IceCredentials,
        fingerprints: Vec<Fingerprint>,
        ssrc_groups: Vec<SsrcGroup>,
    ) -> Result<Self, PayloadError> {
        if fingerprints.is_empty() {
            let field = "fingerprints";
            return Err(PayloadError::Empty { field });
        }
        Ok(Self {
            ssrc,
            credentials,
            fingerprints,
            ssrc_groups,
        })
    }

    /// Draws sources and credentials for a certificate, with groups if video is published.
    pub fn generate(
        fingerprint: Fingerprint,
        video: Option<VideoLayers>,
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Self {
        let ssrc = Ssrc::generate(rng);
        let credentials = IceCredentials::generate(rng);
        let ssrc_groups = video.map(|layers| layers.generate(vec![ssrc], rng));
        Self {
            ssrc,
            credentials,
            fingerprints: vec![fingerprint],
            ssrc_groups: ssrc_groups.unwrap_or_default(),
        }
    }

    /// The same payload with every source drawn again and grouped as before.
    ///
    /// The credentials and fingerprints stay. No new source is among the old ones, so this is what follows
    /// `GROUPCALL_SSRC_DUPLICATE_MUCH`, which does not say which source was taken.
    pub fn with_new_sources(self, rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        // All of them: the server does not say which one was taken.
        let mut old: Vec<_> = self.sources().collect();
        old.sort_unstable();
        old.dedup();
        let mut taken = old.clone();
        for _ in &old {
            taken.push(Ssrc::generate_besides(&taken, rng));
        }
        let new = taken.get(old.len()..).unwrap_or_default();
        let renew = |source: Ssrc| {
            let mut pairs = old.iter().zip(new);
            pairs
                .find(|pair| *pair.0 == source)
                .map_or(source, |pair| *pair.1)
        };
        let groups = self.ssrc_groups.iter();
        Self {
            ssrc: renew(self.ssrc),
            ssrc_groups: groups.map(|group| group.renewed(renew)).collect(),
            ..self
        }
    }

    /// The same payload without groups: the form of RTMP viewers and live story listeners.
    pub fn without_ssrc_groups(self) -> Self {
        let ssrc_groups = Vec::new();
        Self {
            ssrc_groups,
            ..self
        }
    }

    /// The source of sound, which names the participant in the roster.
    pub fn ssrc(&self) -> Ssrc {
        self.ssrc
    }

    /// The ICE credentials.
    pub fn credentials(&self) -> &IceCredentials {
        &self.credentials
    }

    /// The fingerprints, at least one.
    pub fn fingerprints(&self) -> &[Fingerprint] {
        &self.fingerprints
    }

    /// The groups of video sources; none without video.
    pub fn ssrc_groups(&self) -> &[SsrcGroup] {
        &self.ssrc_groups
    }

    /// Every source of the payload, in order; one that is in two groups comes twice.
    pub fn sources(&self) -> impl Iterator<Item = Ssrc> {
        let video = self.ssrc_groups.iter().flat_map(SsrcGroup::sources);
        core::iter::once(self.ssrc).chain(video.copied())
    }
}

#[cfg(test)]
mod tests;
