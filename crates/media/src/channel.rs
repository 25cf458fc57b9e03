use core::fmt;

use confcall_state::ReferenceCode;
use thiserror::Error;

use crate::limits;

/// The number of a channel, 0 to 1023.
///
/// Official clients put audio, camera and messages on 0, and screen sharing on 0 or 1 (`spec/protocol.md`, 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelId(u16);

/// A channel outside 0 to 1023.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a channel is within 0 to 1023, not {channel}")]
pub struct InvalidChannel {
    /// The number.
    pub channel: i32,
}

impl InvalidChannel {
    /// The reference's code, 600.
    pub fn reference_code(&self) -> ReferenceCode {
        ReferenceCode::CallChannelId
    }
}

impl ChannelId {
    /// The channel of audio, camera and messages.
    pub const MAIN: Self = Self(0);

    /// The channel of a shared screen and its sound.
    ///
    /// A receiver reads the channel from the packet: other clients may send theirs on [`ChannelId::MAIN`].
    pub const SCREEN: Self = Self(1);

    /// Takes the number of a channel.
    ///
    /// # Errors
    ///
    /// [`InvalidChannel`]
    pub fn new(channel: i32) -> Result<Self, InvalidChannel> {
        match u16::try_from(channel) {
            // Negative numbers fail the conversion; both are 600.
            Ok(number) if number < limits::CHANNELS => Ok(Self(number)),
            _ => Err(InvalidChannel { channel }),
        }
    }

    /// Every channel in order.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..limits::CHANNELS).map(Self)
    }

    /// The number as it goes onto the wire.
    pub const fn value(self) -> i32 {
        self.0 as i32
    }

    /// The place of the channel among all.
    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl fmt::Display for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
