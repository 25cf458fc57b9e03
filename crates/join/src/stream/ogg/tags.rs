//! The list of tags of a stream of Opus, and the three of them that a call has.

use core::fmt::Write as _;
use core::num::NonZeroU8;

use base64::alphabet;
use base64::engine::{DecodePaddingMode, Engine as _, GeneralPurpose, GeneralPurposeConfig};

use super::values::{AudioPart, AudioPartError, SpeakerChange};
use crate::Ssrc;
use crate::limits;

/// What the packet begins with.
const MAGIC: &[u8] = b"OpusTags";
/// The writer of our tags.
const VENDOR: &str = "confcall";
/// The tag that says who speaks on which channel.
const META: &str = "TG_META";
/// The tag with the mask of the pictures that there are.
const MASK: &str = "ACTIVE_MASK";
/// The tag with their endpoints.
const ENDPOINTS: &str = "ENDPOINTS";

/// Base64 as lenient as that of the official applications.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The values of the tags, the first of each name.
#[derive(Default)]
pub(super) struct Tags<'a> {
    meta: Option<&'a [u8]>,
    mask: Option<&'a [u8]>,
    endpoints: Option<&'a [u8]>,
}

impl<'a> Tags<'a> {
    /// Reads a packet; `None` if it has no list of tags, or not all of it.
    pub(super) fn read(packet: &'a [u8]) -> Option<Self> {
        let mut rest = packet.strip_prefix(MAGIC)?;
        text(&mut rest)?;
        let mut tags = Self::default();
        // A count without as many tags ends with the bytes.
        for _ in 0..number(&mut rest)? {
            let tag = text(&mut rest)?;
            let Some(equals) = tag.iter().position(|byte| *byte == b'=') else {
                continue;
            };
            let (name, value) = tag.split_at_checked(equals)?;
            let slot = match name {
                name if name.eq_ignore_ascii_case(META.as_bytes()) => &mut tags.meta,
                name if name.eq_ignore_ascii_case(MASK.as_bytes()) => &mut tags.mask,
                name if name.eq_ignore_ascii_case(ENDPOINTS.as_bytes()) => &mut tags.endpoints,
                _ => continue,
            };
            slot.get_or_insert(value.strip_prefix(b"=")?);
        }
        Some(tags)
    }

    /// Who speaks on which channel; changes on channels that there are not are left out.
    pub(super) fn speakers(
        &self,
        channels: NonZeroU8,
    ) -> Result<Vec<SpeakerChange>, AudioPartError> {
        let Some(meta) = self.meta else {
            return Ok(Vec::new());
        };
        let changes = speaker_changes(meta).ok_or(AudioPartError::Value(META))?;
        let usable = changes.into_iter().filter_map(|[frame, channel, source]| {
            let channel = u8::try_from(channel).ok()?;
            (channel < channels.get()).then_some(SpeakerChange {
                frame: u32::try_from(frame).ok()?,
                channel,
                source: Ssrc::from_signed(source),
            })
        });
        Ok(usable.collect())
    }

    /// The pictures that there are; a bit without an endpoint is left out, and an endpoint that is too long with its bit.
    pub(super) fn active(&self) -> Result<Vec<(u8, String)>, AudioPartError> {
        let Some(mask) = self.mask else {
            return Ok(Vec::new());
        };
        let mask = decimal_mask(mask).ok_or(AudioPartError::Value(MASK))?;
        let endpoints = str::from_utf8(self.endpoints.unwrap_or_default())
            .map_err(|_| AudioPartError::Value(ENDPOINTS))?;
        let bits = (0_u8..32).filter(|bit| mask & (1 << bit) != 0);
        Ok(bits
            .zip(endpoints.split_ascii_whitespace())
            .filter(|(_, endpoint)| endpoint.len() <= limits::ENDPOINT_BYTES)
            .map(|(bit, endpoint)| (bit, endpoint.to_owned()))
            .collect())
    }

    /// Writes a packet with the tags of a part.
    pub(super) fn write(part: &AudioPart) -> Vec<u8> {
        let (mut mask, mut endpoints) = (0_u32, String::new());
        for (bit, endpoint) in &part.active {
            mask |= 1_u32.checked_shl(u32::from(*bit)).unwrap_or(0);
            let separator = if endpoints.is_empty() { "" } else { " " };
            // Nothing fails that is written to memory.
            let _ = write!(endpoints, "{separator}{endpoint}");
        }
        let mut packet = MAGIC.to_vec();
        let tags = [
            format!("{META}={}", BASE64.encode(meta(part))),
            format!("{MASK}={mask}"),
            format!("{ENDPOINTS}={endpoints}"),
        ];
        write_text(&mut packet, VENDOR);
        packet.extend(length(tags.len()));
        for tag in tags {
            write_text(&mut packet, &tag);
        }
        packet
    }
}

fn number(rest: &mut &[u8]) -> Option<u32> {
    let (number, behind) = rest.split_first_chunk()?;
    *rest = behind;
    Some(u32::from_le_bytes(*number))
}

fn text<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(number(rest)?).ok()?;
    let (text, behind) = rest.split_at_checked(length)?;
    *rest = behind;
    Some(text)
}

/// A length as the list of tags has it.
fn length(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes()
}

fn write_text(packet: &mut Vec<u8>, text: &str) {
    packet.extend(length(text.len()));
    packet.extend(text.as_bytes());
}

/// Reads the changes of the speakers: frame, channel and source each.
fn speaker_changes(meta: &[u8]) -> Option<Vec<[i32; 3]>> {
    let bytes = BASE64.decode(meta.trim_ascii()).ok()?;
    let (numbers, _) = bytes.as_chunks();
    let mut numbers = numbers.iter().map(|number| i32::from_le_bytes(*number));
    // The head of the stream says how many channels there are.
    let _channels = numbers.next()?;
    let count = usize::try_from(numbers.next()?).ok()?;
    let numbers: Vec<i32> = numbers.collect();
    let (changes, _) = numbers.as_chunks();
    Some(changes.get(..count)?.to_vec())
}

fn meta(part: &AudioPart) -> Vec<u8> {
    let mut meta = Vec::new();
    meta.extend(i32::from(part.channels.get()).to_le_bytes());
    meta.extend(length(part.speakers.len()));
    for change in &part.speakers {
        meta.extend(change.frame.to_le_bytes());
        meta.extend(i32::from(change.channel).to_le_bytes());
        meta.extend(change.source.map_or(0, Ssrc::signed).to_le_bytes());
    }
    meta
}

/// Reads a mask of 32 bits in decimal, signed or unsigned.
fn decimal_mask(text: &[u8]) -> Option<u32> {
    let number: i64 = str::from_utf8(text).ok()?.trim().parse().ok()?;
    let signed = i32::try_from(number).ok().map(i32::cast_unsigned);
    signed.or_else(|| u32::try_from(number).ok())
}
