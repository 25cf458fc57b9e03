//! The head and the tags of a file of Opus (RFC 7845, 5).

/// The beginning of a head.
const HEAD: &[u8; 8] = b"OpusHead";
/// The beginning of tags.
const TAGS: &[u8; 8] = b"OpusTags";
/// The maker that tags name.
const VENDOR: &str = "confcall";
/// The only version; readers take any with these upper four bits.
const VERSION: u8 = 1;
/// The mapping family of mono and stereo, the only one that WebRTC has.
const FAMILY: u8 = 0;

/// Mono or stereo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channels {
    /// One channel.
    Mono,
    /// Two channels.
    Stereo,
}

/// The head of a file of Opus with mapping family 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpusHead {
    /// The channels that are played; each packet has a number of its own.
    pub channels: Channels,
    /// The samples at 48 kHz at the beginning that a decoder needs and nobody hears.
    pub pre_skip: u16,
    /// The rate of what was encoded, in Hz; of no effect.
    pub input_rate: u32,
    /// The gain of a player, in dB by 256. A file that is sent to others is heard without it.
    pub gain: i16,
}

/// The part of a head that is not taken.
pub(super) enum HeadFault {
    NoHead,
    Version(u8),
    Family(u8),
    Channels(u8),
}

impl OpusHead {
    pub(super) fn read(packet: &[u8]) -> Result<Self, HeadFault> {
        let fields = packet.strip_prefix(HEAD).ok_or(HeadFault::NoHead)?;
        let &fields = fields.first_chunk().ok_or(HeadFault::NoHead)?;
        let [version, channels, p0, p1, r0, r1, r2, r3, g0, g1, family] = fields;
        if version & 0xf0 != 0 {
            return Err(HeadFault::Version(version));
        }
        if family != FAMILY {
            return Err(HeadFault::Family(family));
        }
        Ok(Self {
            channels: match channels {
                1 => Channels::Mono,
                2 => Channels::Stereo,
                other => return Err(HeadFault::Channels(other)),
            },
            pre_skip: u16::from_le_bytes([p0, p1]),
            input_rate: u32::from_le_bytes([r0, r1, r2, r3]),
            gain: i16::from_le_bytes([g0, g1]),
        })
    }

    pub(super) fn to_bytes(self) -> Vec<u8> {
        let channels = match self.channels {
            Channels::Mono => 1,
            Channels::Stereo => 2,
        };
        let mut bytes = HEAD.to_vec();
        bytes.extend([VERSION, channels]);
        bytes.extend(self.pre_skip.to_le_bytes());
        bytes.extend(self.input_rate.to_le_bytes());
        bytes.extend(self.gain.to_le_bytes());
        bytes.push(FAMILY);
        bytes
    }
}

/// True for a packet of tags; nothing in them matters to who plays a file.
pub(super) fn is_tags(packet: &[u8]) -> bool {
    packet.starts_with(TAGS)
}

/// Tags that name their maker and nothing else.
pub(super) fn tags() -> Vec<u8> {
    let mut bytes = TAGS.to_vec();
    bytes.extend((VENDOR.len() as u32).to_le_bytes());
    bytes.extend(VENDOR.as_bytes());
    // No comment follows.
    bytes.extend(0u32.to_le_bytes());
    bytes
}
