//! The values of the API as they stand in a trace: bytes in hexadecimal, numbers as numbers, credentials redacted.
//!
//! Each module is for `#[serde(with = ..)]`. What they write holds no secret, so a trace is free of them wherever it is
//! written.

use core::fmt::Display;
use core::str::FromStr;

use confcall_state::UserId;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{AccessHash, CallId, CallRef, DataJson, InputPeer, InviteLink, Slug, StreamKey};
use super::{cut_label, redact};
use crate::joining::JoinPayload;
use crate::limits;
use crate::stream::{AudioPart, Chunk};

/// Bytes as hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hex(pub(crate) Vec<u8>);

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex::encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        hex::decode(text).map(Self).map_err(de::Error::custom)
    }
}

/// Writes what has a form of its own, and reads it back.
macro_rules! forms {
    ($($(#[$doc:meta])* $name:ident: $value:ty as $form:ty, $write:expr, $read:expr;)*) => {
        $(
            $(#[$doc])*
            pub(crate) mod $name {
                use super::*;

                pub(crate) fn serialize<S: Serializer>(
                    value: &$value,
                    to: S,
                ) -> Result<S::Ok, S::Error> {
                    // A closure of a macro has no type until it is called, so it is made a function here.
                    let write: fn(&$value) -> $form = $write;
                    write(value).serialize(to)
                }

                pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
                    from: D,
                ) -> Result<$value, D::Error> {
                    let read: fn($form) -> Result<$value, String> = $read;
                    read(<$form>::deserialize(from)?).map_err(de::Error::custom)
                }
            }
        )*
    };
}

forms! {
    /// Bytes.
    bytes: Vec<u8> as Hex, |bytes| Hex(bytes.clone()), |hex| Ok(hex.0);
    /// Several byte strings.
    byte_strings: Vec<Vec<u8>> as Vec<Hex>,
        |all| all.iter().cloned().map(Hex).collect(),
        |all| Ok(all.into_iter().map(|hex| hex.0).collect());
    /// A user.
    user: UserId as i64, |user| user.value(), |id| Ok(UserId::new(id));
    /// Several users.
    users: Vec<UserId> as Vec<i64>,
        |users| users.iter().map(|user| user.value()).collect(),
        |ids| Ok(ids.into_iter().map(UserId::new).collect());
    /// A slug; redacted.
    slug: Slug as String, |slug| redact::slug(slug).as_str().to_owned(), |text| parsed(&text);
    /// An access hash; redacted.
    access_hash: AccessHash as i64,
        |hash| redact::access_hash(*hash).value(), |hash| Ok(AccessHash::new(hash));
    /// A number that may be missing, as [`access_hash`].
    optional_access_hash: Option<AccessHash> as Option<i64>,
        |hash| hash.map(|hash| redact::access_hash(hash).value()),
        |hash| Ok(hash.map(AccessHash::new));
    /// A call, its access hash redacted.
    call: CallRef as (i64, i64), write_call, |call| Ok(read_call(call));
    /// A call that may be missing, as [`call`].
    optional_call: Option<CallRef> as Option<(i64, i64)>,
        |call| call.as_ref().map(write_call), |call| Ok(call.map(read_call));
    /// The key of a stream; redacted.
    stream_key: StreamKey as String,
        |key| redact::text(key.as_str()), |text| Ok(StreamKey::new(text));
    /// What somebody wrote, as so many letters.
    masked: String as String,
        |text| mask(text), |text| Ok(text);
    /// A part of a stream: its header or its tags, and its length. Zeros stand for the sound and picture; of one that is too long it
    /// is enough to know that.
    part: Vec<u8> as (usize, Hex),
        |part| (part.len().min(TOO_LONG), Hex(part_head(part))),
        |(length, Hex(mut head))| match (head.len()..=TOO_LONG).contains(&length) {
            true => {
                head.resize(length, 0);
                Ok(head)
            }
            false => Err(format!("a part of a stream has no {length} bytes")),
        };
    /// A name of a person or chat; redacted, and cut before so that what is the same to an engine has one pseudonym.
    label: String as String, |text| redact::text(cut_label(text)), |text| Ok(text);
    /// A text about a person or chat that may be missing, as [`label`].
    optional_label: Option<String> as Option<String>,
        |text| text.as_deref().map(|text| redact::text(cut_label(text))), |text| Ok(text);
    /// A link that may be missing; redacted.
    link: Option<InviteLink> as Option<String>,
        |link| link.as_ref().map(|link| redact::link(link.as_str())),
        |text| Ok(text.map(InviteLink::new));
    /// A link, as [`link`].
    one_link: InviteLink as String,
        |link| redact::link(link.as_str()), |text| Ok(InviteLink::new(text));
    /// A peer as a request names it; redacted.
    input_peer: InputPeer as Hex,
        |peer| Hex(redact::peer(peer).to_tl()),
        |hex| InputPeer::from_tl(&hex.0).map_err(|error| error.to_string());
    /// A peer that may be missing, as [`input_peer`].
    optional_input_peer: Option<InputPeer> as Option<Hex>,
        |peer| peer.as_ref().map(|peer| Hex(redact::peer(peer).to_tl())),
        |hex| match hex {
            Some(hex) => InputPeer::from_tl(&hex.0).map(Some).map_err(|error| error.to_string()),
            None => Ok(None),
        };
    /// A payload, as its parameters; redacted.
    payload: JoinPayload as String,
        |payload| redact::params(&payload.to_params()).as_str().to_owned(),
        |text| JoinPayload::from_json(&text).map_err(|error| error.to_string());
    /// Parameters of a connection; redacted.
    params: DataJson as String,
        |params| redact::params(params).as_str().to_owned(), |text| Ok(DataJson::new(text));
}

/// As many letters that say nothing.
pub(crate) fn mask(text: &str) -> String {
    "x".repeat(text.chars().count())
}

/// The length of a part that is too long.
const TOO_LONG: usize = limits::PART_BYTES + 1;

/// What a part of a stream says of itself: the header of a picture, or the tags of sound; nothing of one that is neither.
fn part_head(part: &[u8]) -> Vec<u8> {
    let head = match Chunk::parse(part) {
        Ok(chunk) => {
            let end = part.len().saturating_sub(chunk.media.len());
            part.get(..end).map(<[u8]>::to_vec)
        }
        Err(_) => AudioPart::without_sound(part),
    };
    head.filter(|head| head.len() <= part.len())
        .unwrap_or_default()
}

fn write_call(call: &CallRef) -> (i64, i64) {
    let hash = redact::access_hash(call.access_hash);
    (call.id.value(), hash.value())
}

fn read_call((id, access_hash): (i64, i64)) -> CallRef {
    CallRef {
        id: CallId::new(id),
        access_hash: AccessHash::new(access_hash),
    }
}

fn parsed<T: FromStr<Err: Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

#[cfg(test)]
mod tests {
    use ogg::writing::{PacketWriteEndInfo, PacketWriter};

    use super::*;
    use crate::api::FilePart;
    use crate::stream::ChunkHeader;

    #[test]
    fn a_part_in_a_trace_has_as_many_bytes_as_a_part_can_have_or_one_more() {
        let read =
            |length| serde_json::from_str::<FilePart>(&format!(r#"{{"bytes":[{length},"01"]}}"#));
        let Ok(longest) = read(TOO_LONG) else {
            panic!("a part that is too long is read as such");
        };
        assert!(read(TOO_LONG + 1).is_err());
        assert!(read(0).is_err(), "shorter than what is shown of it");
        let longer = FilePart::Bytes(vec![1; 3 * limits::PART_BYTES]);
        let written = serde_json::to_string(&longer).unwrap();
        let longest = serde_json::to_string(&longest).unwrap();
        assert!(written.starts_with(&longest[..16]), "{written:?}");
    }

    /// A part as a replay has it.
    fn replayed(part: &[u8]) -> Vec<u8> {
        let written = serde_json::to_string(&FilePart::Bytes(part.to_vec())).unwrap();
        let FilePart::Bytes(read) = serde_json::from_str(&written).unwrap() else {
            panic!("{written}");
        };
        assert_eq!(read.len(), part.len());
        let again = serde_json::to_string(&FilePart::Bytes(read.clone())).unwrap();
        assert_eq!(again, written, "a trace of a replay is the same");
        read
    }

    /// The sound of a second, as long as a real one.
    const SOUND: [u8; 2440] = [0xab; 2440];

    fn sound(tags: &str, pages: PacketWriteEndInfo) -> Vec<u8> {
        let number = |length: usize| u32::try_from(length).unwrap().to_le_bytes();
        let mut list = [b"OpusTags", &number(0)[..], &number(1)].concat();
        list.extend(number(tags.len()));
        list.extend(tags.as_bytes());
        let mut writer = PacketWriter::new(Vec::new());
        let packets = [&b"OpusHead\x01\x02"[..], &list, &SOUND];
        for packet in packets {
            writer.write_packet(packet, 7, pages, 0).unwrap();
        }
        writer
            .write_packet(&[], 7, PacketWriteEndInfo::EndStream, 0)
            .unwrap();
        writer.into_inner()
    }

    #[test]
    fn no_sound_is_in_a_trace_and_its_tags_are_read_the_same_however_long_they_are() {
        let endpoints: Vec<_> = (10..31).map(|one| format!("{one}").repeat(60)).collect();
        let long = format!("ENDPOINTS={}", endpoints.join(" "));
        assert!(long.len() > 2048);
        let pages = [
            PacketWriteEndInfo::EndPage,
            // All packets share their pages, against the rules of Opus.
            PacketWriteEndInfo::NormalPacket,
        ];
        for pages in pages {
            for tags in ["ENDPOINTS=camera", &long] {
                let part = sound(tags, pages);
                let read = replayed(&part);
                assert!(!read.contains(&0xab), "no sound");
                assert_eq!(AudioPart::read(&read), AudioPart::read(&part));
                assert!(AudioPart::read(&read).is_ok());
            }
        }
    }

    #[test]
    fn no_picture_is_in_a_trace_and_its_header_is_read_the_same() {
        let mut part = ChunkHeader::unified().to_bytes();
        part.extend(SOUND);
        let read = replayed(&part);
        assert!(!read.contains(&0xab), "no picture");
        let (read, part) = (Chunk::parse(&read).unwrap(), Chunk::parse(&part).unwrap());
        assert_eq!(read.header, part.header);
    }

    #[test]
    fn nothing_is_in_a_trace_of_a_part_that_is_neither_sound_nor_picture() {
        assert!(replayed(&SOUND).iter().all(|byte| *byte == 0));
    }
}
