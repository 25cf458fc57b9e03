use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Serialize, Serializer};

use super::{AccessHash, Peer, redact, traced};
use crate::limits;
use crate::shown::{Form, Formed};

/// The name of a user, group or channel, as the server gives it.
///
/// It is a label: the server can show any name for any peer, the same one for two, and another one tomorrow. Nothing may
/// be decided by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerLabel {
    /// The peer.
    pub peer: Peer,
    /// First and last name of a user, or the title; empty for an account that was deleted.
    #[serde(with = "traced::label")]
    pub name: String,
    /// The public name, without `@`.
    #[serde(default, with = "traced::optional_label")]
    pub username: Option<String>,
    /// The number by which this account may name the peer in requests; `None` if the server gives it only in part.
    #[serde(default, with = "traced::optional_access_hash")]
    pub access_hash: Option<AccessHash>,
    /// The photo.
    #[serde(default)]
    pub photo: Option<PeerPhoto>,
}

/// The photo of a peer, by which a client loads it from the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerPhoto {
    /// The id of the photo.
    pub id: i64,
    /// The data centre that has it.
    pub data_centre: i32,
}

impl Form for PeerPhoto {
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut object = to.serialize_struct("PeerPhoto", 2)?;
        object.serialize_field("id", &Formed(&self.id))?;
        object.serialize_field("data_centre", &self.data_centre)?;
        object.end()
    }
}

/// The bytes that a text about a peer takes up where room is limited. A short one takes up as much as its pseudonym, so that an
/// engine has the same room when its trace is replayed.
pub(crate) fn weight(text: &str) -> usize {
    cut(text).len().max(redact::SHORTEST)
}

/// The start of a text about a peer, as much of it as is kept.
pub(crate) fn cut(text: &str) -> &str {
    let is_within = |(at, letter): &(usize, char)| at + letter.len_utf8() <= limits::LABEL_BYTES;
    let kept = text.char_indices().take_while(is_within).last();
    let end = kept.map_or(0, |(at, letter)| at + letter.len_utf8());
    text.get(..end).unwrap_or_default()
}
